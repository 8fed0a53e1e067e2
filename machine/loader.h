/* SPDX-License-Identifier: MIT */
/*
 * Loaders: they put what GRUB brought into a machine and prepare its first
 * instruction. What a file is decides its header: the first format that
 * knows it takes it; a file that nobody knows is a raw blob.
 *
 * GRUB's side:	module2 FILE COMMAND-LINE...
 * The first module is the guest's kernel, a second its initrd or data.
 * GRUB hands over the command line without the file's name.
 */
#pragma once

#include "boot/info.h"
#include "kernel/options.h"
#include "machine/vm.h"

#define LOADER_NOT_GIVEN (~0UL)

struct loader_file {
	const char *name; /* for complaints: "module 1", "bundled guest" */
	const u8 *data;	  /* NULL: there is no such file */
	u64 length;
	const char *cmdline;
};

struct loader_request {
	struct loader_file kernel, initrd;
	u64 load, entry; /* Trivet's own options; LOADER_NOT_GIVEN */
};

struct loader_format {
	const char *name; /* "Linux bzImage" */
	bool (*probe)(const struct loader_file *kernel);
	/* 0, or -ERR_... with a complaint in `why` (VM_WHY_MAX bytes). */
	int (*load)(struct vm *vm, const struct loader_request *r, char *why);
};

/* What the loader has for us. Without a module: the bundled guest. */
void loader_request_make(struct loader_request *r, const struct boot_info *boot,
			 const struct options *options);

/*
 * Load a guest into a fresh machine. 0, or -ERR_INVAL, -ERR_RANGE,
 * -ERR_UNSUPPORTED... with a complaint of one line in `why` (VM_WHY_MAX bytes).
 */
int loader_load(struct vm *vm, const struct loader_request *r, char *why) __must_check;

/* A raw blob, entered in real mode: loader_raw.c. */
bool loader_raw_probe(const struct loader_file *kernel);
int loader_raw_load(struct vm *vm, const struct loader_request *r, char *why);

/* Little-endian numbers at an offset of a file; 0 beyond its end. */
u16 loader_read16(const struct loader_file *file, u64 offset);
u32 loader_read32(const struct loader_file *file, u64 offset);
