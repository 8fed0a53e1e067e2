/* SPDX-License-Identifier: MIT */
/*
 * A raw blob: copied to load= and entered in real mode at entry=. Both are
 * looked for in the module's command line, then among Trivet's options.
 *
 * The guest finds: CS:IP = 0:entry, or entry/16:entry%16 from 64 KiB up; all
 * other segments 0; DL = 80H, as if booted from the first disk; interrupts
 * off, because there is no BIOS; SP below the blob, or 7C00H when there is
 * no room below it.
 */
#include "machine/loader.h"

#include "kernel/log.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/number.h"
#include "machine/memory_map.h"

#define DEFAULT_LOAD	0x7c00UL
#define REAL_MODE_END	0x100000UL
#define LOWEST_STACK	0x1000UL /* above the interrupt vectors and a BIOS' data, with some room */
#define DISK		0x80
#define RSP_INDEX	4
#define QUOTE_MAX	40 /* of a bad value in a complaint */

/* A number from the module's command line, or else the option's value, or else `otherwise`. */
static int find_number(const struct loader_file *f, const char *name, u64 option, u64 otherwise,
		       u64 *value, char *why)
{
	const char *text;
	int length = option_find(f->cmdline, name, &text);

	if (length < 0) {
		*value = option == LOADER_NOT_GIVEN ? otherwise : option;
		return 0;
	}
	if (!number_parse_size(text, (size_t)length, value))
		return 0;
	format(why, VM_WHY_MAX, "%s: %s=%.*s is no number: give one like 0x7c00 or 31K", f->name,
	       name, MIN(length, QUOTE_MAX), text);
	return -ERR_INVAL;
}

static int check(const struct vm *vm, const struct loader_file *f, u64 load, u64 entry, char *why)
{
	if (f->length > vm->ram.size) {
		format(why, VM_WHY_MAX,
		       "%s has %luK, the guest %luK of memory: give more with mem=", f->name,
		       f->length >> 10, vm->ram.size >> 10);
		return -ERR_RANGE;
	}
	if (!ram_contains(&vm->ram, load, f->length)) {
		format(why, VM_WHY_MAX,
		       "%s: load=%#lx with %#lx bytes is not all RAM: give another load= or mem=",
		       f->name, load, f->length);
		return -ERR_RANGE;
	}
	if (entry < load || entry - load >= f->length) {
		format(why, VM_WHY_MAX,
		       "%s: entry=%#lx is not in the blob at %#lx to %#lx: give another", f->name,
		       entry, load, load + f->length - 1);
		return -ERR_RANGE;
	}
	if (entry >= REAL_MODE_END) {
		format(why, VM_WHY_MAX,
		       "%s: entry=%#lx is out of reach for real mode: give one below 1M", f->name,
		       entry);
		return -ERR_RANGE;
	}
	return 0;
}

static void enter(struct vm *vm, struct vcpu *v)
{
	vcpu_set_real_mode_entry(v, vm->real_mode.cs, vm->real_mode.ip);
	vcpu_set_register(v, RSP_INDEX, vm->real_mode.sp);
	v->regs.rdx = DISK;
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

int loader_raw_load(struct vm *vm, const struct loader_request *r, char *why)
{
	const struct loader_file *f = &r->kernel;
	u64 load, entry;
	int error;

	error = find_number(f, "load", r->load, DEFAULT_LOAD, &load, why);
	if (!error)
		error = find_number(f, "entry", r->entry, load, &entry, why);
	if (!error)
		error = check(vm, f, load, entry, why);
	if (!error)
		error = vm_ram_write(vm, load, f->data, f->length);
	if (error)
		return error;
	if (r->initrd.data)
		log_warn("loader", "%s: a raw blob cannot be told of %s: it is not loaded",
			 vm->name, r->initrd.name);
	vm->enter = enter;
	vm->real_mode.cs = entry < 0x10000 ? 0 : (u16)(entry >> 4);
	vm->real_mode.ip = entry < 0x10000 ? (u16)entry : entry & 15;
	vm->real_mode.sp = stack_below(load);
	log_info("loader", "%s: %s is a raw blob: bytes=%lu load=%#lx entry=%#lx", vm->name,
		 f->name, f->length, load, entry);
	return 0;
}
