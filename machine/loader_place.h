/* SPDX-License-Identifier: MIT */
/*
 * A load in progress: which guest memory is taken, what is put where, and
 * how a complaint is made. What loaders share; for machine/loader_*.c only.
 */
#pragma once

#include "machine/loader.h"

#define LOAD_CLAIMS 64

struct load {
	struct vm *vm;
	const struct loader_request *request;
	char *why;
	struct load_claim {
		gpa_t start, end;
	} claims[LOAD_CLAIMS];
	unsigned claim_count;
};

/* Begin: what is not RAM, and what is the firmware's, is taken. */
void load_begin(struct load *l, struct vm *vm, const struct loader_request *r, char *why);

/* "module 1: TEXT" is the complaint; returns `error`. */
int load_fail(struct load *l, const struct loader_file *file, int error, const char *fmt, ...)
	__printf(4, 5) __must_check;

/*
 * A number by its name in the kernel's command line, or else Trivet's option, or
 * else `otherwise`. 0, or -ERR_INVAL with a complaint: it is no number.
 */
int load_number(struct load *l, const char *name, u64 option, u64 otherwise, u64 *value)
	__must_check;

/* This format has no way to hand over modules: warn if there are any. */
void load_no_modules(const struct load *l);

/*
 * Take a range that must be exactly there. -ERR_RANGE with a complaint when it
 * is not RAM, the firmware's, or taken. The text begins that: it names the
 * fields that ask for this range, as they are in the file. An empty range is
 * always free.
 */
int load_claim(struct load *l, const struct loader_file *file, gpa_t start, u64 length,
	       const char *fmt, ...) __printf(5, 6) __must_check;

/* The same without a complaint. */
bool load_try_claim(struct load *l, gpa_t start, u64 length);

struct load_place {
	u64 size, align; /* `align`: a power of two */
	gpa_t min, max;	 /* lowest first byte, highest last byte */
	bool high;	 /* the highest place there is, not the lowest */
};

/* Find a free place and take it; false if there is none. */
bool load_find(struct load *l, const struct load_place *p, gpa_t *at);

/* The same with a complaint, that the text begins as in load_claim(): -ERR_RANGE. */
int load_place(struct load *l, const struct loader_file *file, const struct load_place *p,
	       gpa_t *at, const char *fmt, ...) __printf(5, 6) __must_check;

/* Write to a range that was taken. Memory that is not written is zero. */
void load_write(struct load *l, gpa_t at, const void *from, u64 length);

/*
 * A block of structures and strings for the guest, filled from its start on.
 * load_put() returns where it went; `align` is a power of two.
 */
struct load_block {
	struct load *load;
	gpa_t start, at, end;
};

#define LOAD_BLOCK_MIN 0x10000UL /* blocks lie from here on, as GRUB's do */

int load_block(struct load_block *b, struct load *l, u64 size) __must_check;
gpa_t load_put(struct load_block *b, const void *from, u64 length, u64 align);
gpa_t load_put_string(struct load_block *b, const char *text);

/* Room that all command lines of the request need in a block. */
u64 load_cmdlines_size(const struct loader_request *r);

/* Where the modules go: page-aligned, in order, behind `after`, below 4 GiB. */
int load_modules(struct load *l, gpa_t after, gpa_t at[LOADER_MODULES]) __must_check;

/* The first instruction, in real mode; DL is the number of the disk it came from. */
void load_enter_real(struct load *l, u16 cs, u16 ip, u16 sp, u8 drive);

/*
 * The first instruction; see vmx/entry_state.h. They take memory for the
 * descriptors and, in 64-bit mode, for page tables that map the first 4 GiB
 * to themselves.
 */
int load_enter_protected(struct load *l, const struct entry_state *s) __must_check;
int load_enter_long(struct load *l, const struct entry_state *s) __must_check;

/* The formats. */
bool loader_linux_probe(const struct loader_file *kernel);
int loader_linux_load(struct load *l);
bool loader_firmware_probe(const struct loader_file *kernel);
int loader_firmware_load(struct load *l);
bool loader_multiboot1_probe(const struct loader_file *kernel);
int loader_multiboot1_load(struct load *l);
bool loader_multiboot2_probe(const struct loader_file *kernel);
int loader_multiboot2_load(struct load *l);
bool loader_pvh_probe(const struct loader_file *kernel);
int loader_pvh_load(struct load *l);
int loader_elf_refuse(struct load *l); /* an ELF file of no format: which field is to blame */
bool loader_disk_probe(const struct loader_file *kernel);
int loader_disk_load(struct load *l);
bool loader_raw_probe(const struct loader_file *kernel);
int loader_raw_load(struct load *l);
