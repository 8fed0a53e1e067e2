/* SPDX-License-Identifier: MIT */
/*
 * Loaders: they put what GRUB brought into a machine and prepare its first
 * instruction. What a file is decides its header: the first format that
 * knows it takes it; a file that nobody knows is a raw blob.
 *
 * GRUB's side:	module2 FILE COMMAND-LINE...
 * The first module is the guest's kernel, the others are its initrd or its
 * modules. GRUB hands over the command line without the file's name.
 *
 * Nothing in a file is believed: each offset, length and address is checked
 * before it is used, and what is wrong is told in one line.
 */
#pragma once

#include "boot/info.h"
#include "kernel/options.h"
#include "machine/vm.h"

#define LOADER_NOT_GIVEN (~0UL)
#define LOADER_MODULES	 (BOOT_MAX_MODULES - 1)

struct loader_file {
	char name[16]; /* for complaints: "module 1", "bundled guest" */
	const u8 *data;
	u64 length;
	const char *cmdline;
};

struct loader_request {
	struct loader_file kernel;
	struct loader_file modules[LOADER_MODULES];
	unsigned module_count;
	u64 load, entry; /* Trivet's own options; LOADER_NOT_GIVEN */
};

struct load;

struct loader_format {
	const char *name; /* "Linux bzImage" */
	bool (*probe)(const struct loader_file *kernel);
	int (*load)(struct load *l); /* see machine/loader_place.h */
};

/* What the loader has for us. Without a module: the bundled guest. */
void loader_request_make(struct loader_request *r, const struct boot_info *boot,
			 const struct options *options);

/*
 * Load a guest into a fresh machine, whose RAM is all zeros. 0, or
 * -ERR_INVAL, -ERR_RANGE, -ERR_UNSUPPORTED, -ERR_CORRUPT with a complaint of
 * one line in `why` (VM_WHY_MAX bytes).
 */
int loader_load(struct vm *vm, const struct loader_request *r, char *why) __must_check;

/* Little-endian numbers at an offset of a file; 0 beyond its end. */
u16 loader_read16(const struct loader_file *file, u64 offset);
u32 loader_read32(const struct loader_file *file, u64 offset);

/* Does the file have all of these bytes? */
bool loader_has(const struct loader_file *file, u64 offset, u64 length);
