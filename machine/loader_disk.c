/* SPDX-License-Identifier: MIT */
/*
 * A disk: a file whose first sector ends in 55H AAH, without load= and
 * entry=. It is booted as a BIOS does it: the sector at 7C00H, interrupts on,
 * timer running, the number of the disk in DL (drive=), and INT 13H reads it
 * (machine/bios.h). Of an image that fits there, the rest is in memory, too,
 * as of any raw blob.
 */
#include "kernel/log.h"
#include "lib/error.h"
#include "machine/bios_code.h"
#include "machine/bios_data.h"
#include "machine/loader_elf.h"
#include "machine/loader_place.h"
#include "machine/memory_map.h"

#define BOOT_SECTOR   0x7c00UL
#define SIGNATURE_AT  510
#define SIGNATURE     0xaa55
#define FLOPPY_DISK   0x00
#define HARD_DISK     0x80

bool loader_disk_probe(const struct loader_file *f)
{
	const char *text;

	return loader_read16(f, SIGNATURE_AT) == SIGNATURE && !elf_probe(f) &&
	       option_find(f->cmdline, "load", &text) < 0 &&
	       option_find(f->cmdline, "entry", &text) < 0;
}

int loader_disk_load(struct load *l)
{
	const struct loader_request *r = l->request;
	const struct loader_file *f = &r->kernel;
	const u64 room = MAP_EBDA - BOOT_SECTOR;
	struct bios *b = &l->vm->bios;
	u64 drive;
	int error;

	/* Trivet's own options have been out of sight until now. */
	if (r->load != LOADER_NOT_GIVEN || r->entry != LOADER_NOT_GIVEN)
		return loader_raw_load(l);
	error = load_number(l, "drive", LOADER_NOT_GIVEN, bios_disk_guess(f->data, f->length),
			    &drive);
	if (error)
		return error;
	if (drive != FLOPPY_DISK && drive != HARD_DISK)
		return load_fail(l, f, -ERR_INVAL,
				 "drive=%#lx: there is no such disk: give 0 (floppy) or 0x80 (hard disk)",
				 drive);
	bios_disk_insert(b, f->data, f->length, (u8)drive);
	bios_data_disk(l->vm, (u8)drive);
	load_write(l, BOOT_SECTOR, f->data, f->length <= room ? f->length : BIOS_SECTOR);
	load_no_modules(l);
	load_enter_real(l, MAP_BIOS >> 4, bios_code_at(bios_code_boot), BOOT_SECTOR, (u8)drive);
	log_info("loader", "%s: %s is a boot sector: bytes=%lu load=%#lx entry=%#lx drive=%#x "
		 "sectors=%lu cylinders=%u heads=%u track=%u", l->vm->name, f->name, f->length,
		 BOOT_SECTOR, BOOT_SECTOR, b->drive, b->sectors, b->cylinders, b->heads, b->track);
	return 0;
}
