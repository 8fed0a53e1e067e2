/* SPDX-License-Identifier: MIT */
/*
 * A raw blob: copied to load= and entered in real mode at entry=. Both are
 * looked for in the module's command line, then among Trivet's options.
 *
 * The guest finds: CS:IP = 0:entry, or entry/16:entry%16 from 64 KiB up; all
 * other segments 0; DL = 80H, as if booted from the first disk; interrupts
 * off; SP below the blob, or 7C00H when there is no room below it.
 */
#include "kernel/log.h"
#include "lib/error.h"
#include "machine/loader_place.h"
#include "machine/memory_map.h"

#define DEFAULT_LOAD	0x7c00UL
#define REAL_MODE_END	0x100000UL
#define LOWEST_STACK	0x1000UL /* above the interrupt vectors and a BIOS' data, with some room */
#define DISK		0x80

static int check(struct load *l, u64 load, u64 entry)
{
	const struct loader_file *f = &l->request->kernel;
	const struct ram *ram = &l->vm->ram;

	if (f->length > ram->size)
		return load_fail(l, f, -ERR_RANGE,
				 "it has %luK, the guest %luK of memory: give more with mem=",
				 f->length >> 10, ram->size >> 10);
	if (!ram_contains(ram, load, f->length))
		return load_fail(l, f, -ERR_RANGE,
				 "load=%#lx with %#lx bytes is not all RAM: give another load= or mem=",
				 load, f->length);
	if (entry < load || entry - load >= f->length)
		return load_fail(l, f, -ERR_RANGE,
				 "entry=%#lx is not in the blob at %#lx to %#lx: give another",
				 entry, load, load + f->length - 1);
	if (entry >= REAL_MODE_END)
		return load_fail(l, f, -ERR_RANGE,
				 "%s=%#lx is out of reach for real mode: give one below 1M",
				 entry == load ? "load" : "entry", entry);
	return 0;
}

static u16 stack_below(u64 load)
{
	return (u16)(load >= LOWEST_STACK && load <= 0xfff0 ? ALIGN_DOWN(load, 16) : DEFAULT_LOAD);
}

bool loader_raw_probe(const struct loader_file *kernel)
{
	(void)kernel;
	return true;
}

/* What is the firmware's may be written here: the blob may be a firmware. It has no ACPI tables then. */
static void hide_acpi(struct load *l, u64 load, u64 length)
{
	static const u8 nothing[16];

	if (load >= MAP_BIOS_END || load + length <= MAP_ACPI)
		return;
	load_write(l, MAP_BIOS, nothing, sizeof(nothing));
	l->vm->bios.present = false;
}

int loader_raw_load(struct load *l)
{
	const struct loader_request *r = l->request;
	const struct loader_file *f = &r->kernel;
	struct vm *vm = l->vm;
	u64 load, entry;
	int error;

	error = load_number(l, "load", r->load, DEFAULT_LOAD, &load);
	if (!error && load + f->length == MAP_HIGH_START)
		return loader_firmware_load(l); /* only Trivet's own load= tells of it */
	if (!error)
		error = load_number(l, "entry", r->entry, load, &entry);
	if (!error)
		error = check(l, load, entry);
	if (error)
		return error;
	hide_acpi(l, load, f->length);
	load_write(l, load, f->data, f->length);
	load_no_modules(l);
	load_enter_real(l, entry < 0x10000 ? 0 : (u16)(entry >> 4),
			entry < 0x10000 ? (u16)entry : entry & 15, stack_below(load), DISK);
	log_info("loader", "%s: %s is a raw blob: bytes=%lu load=%#lx entry=%#lx", vm->name,
		 f->name, f->length, load, entry);
	return 0;
}
