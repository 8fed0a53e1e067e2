/* SPDX-License-Identifier: MIT */
/*
 * A PC's firmware: SeaBIOS, a UEFI, a coreboot image. It is what the chip
 * holds, whose last byte is the one below 4 GiB, and is entered by the reset
 * vector. What a boot loader would need is left out: the firmware brings its
 * own BIOS data and ACPI tables.
 *
 * It is known by its shape: whole 64K, with a jump where the processor begins,
 * 16 bytes before the end; or whole 4K that begin with a UEFI volume; or by
 * load=, if that makes it end at 4 GiB.
 */
#include "kernel/log.h"
#include "lib/error.h"
#include "lib/number.h"
#include "machine/loader_elf.h"
#include "machine/loader_place.h"
#include "machine/memory_map.h"

#define RESET_VECTOR (MAP_HIGH_START - 16)
#define UNIT	     0x10000UL

#define UEFI_SIGNATURE_AT 40 /* of a firmware volume */
#define UEFI_SIGNATURE	  0x4856465fU /* "_FVH" */

enum { SHORT_JUMP = 0xeb, NEAR_JUMP = 0xe9, FAR_JUMP = 0xea, NOP = 0x90, CLI = 0xfa, CLD = 0xfc };

static bool find_option(const struct loader_file *f, const char *name, u64 *value)
{
	const char *text;
	int length = option_find(f->cmdline, name, &text);

	return length >= 0 && !number_parse_size(text, (size_t)length, value);
}

static bool jumps(const u8 *code)
{
	unsigned i = 0;

	while (i < 8 && (code[i] == NOP || code[i] == CLI || code[i] == CLD))
		i++;
	return code[i] == SHORT_JUMP || code[i] == NEAR_JUMP || code[i] == FAR_JUMP;
}

/* Whoever says that it goes elsewhere has a raw blob. */
bool loader_firmware_probe(const struct loader_file *f)
{
	const char *text;
	u64 load;

	if (find_option(f, "load", &load))
		return load < MAP_HIGH_START && MAP_HIGH_START - load == f->length;
	if (option_find(f->cmdline, "load", &text) >= 0 || elf_probe(f))
		return false;
	if (IS_ALIGNED(f->length, UNIT) && jumps(f->data + f->length - 16))
		return true;
	return IS_ALIGNED(f->length, PAGE_SIZE) &&
	       loader_read32(f, UEFI_SIGNATURE_AT) == UEFI_SIGNATURE;
}

static void enter(struct vm *vm, struct vcpu *v)
{
	(void)vm;
	vcpu_set_reset_entry(v);
}

/* Memory and chipset as they are at power-on: below 1 MiB there is the end of the ROM as well. */
static void power_on(struct load *l)
{
	static const u8 zeros[PAGE_SIZE];

	load_write(l, 0, zeros, MAP_BIOS_DATA_END);
	load_write(l, MAP_EBDA, zeros, MAP_VGA_START - MAP_EBDA);
	for (gpa_t at = MAP_ACPI; at < MAP_BIOS_END; at += sizeof(zeros))
		load_write(l, at, zeros, sizeof(zeros));
	chipset_power_on(&l->vm->chipset);
}

int loader_firmware_load(struct load *l)
{
	const struct loader_request *r = l->request;
	const struct loader_file *f = &r->kernel;
	u64 load = MAP_HIGH_START - f->length, entry = RESET_VECTOR;
	int error;

	/* Trivet's own options have been out of sight until now. */
	if (!find_option(f, "load", &load) && r->load != LOADER_NOT_GIVEN)
		load = r->load;
	if (load != MAP_HIGH_START - f->length)
		return loader_raw_load(l);
	if (!find_option(f, "entry", &entry) && r->entry != LOADER_NOT_GIVEN)
		entry = r->entry;
	if (entry != RESET_VECTOR)
		return load_fail(l, f, -ERR_RANGE,
				 "entry=%#lx: a firmware is entered at %#lx: leave entry= out, or give load= "
				 "below 1M", entry, RESET_VECTOR);
	if (f->length > ROM_MAX || !IS_ALIGNED(f->length, PAGE_SIZE))
		return load_fail(l, f, -ERR_RANGE,
				 "a firmware of %#lx bytes at load=%#lx: give one of whole 4K, at most %luM",
				 f->length, load, ROM_MAX >> 20);
	error = rom_create(&l->vm->rom, &l->vm->ept, f->data, f->length);
	if (error)
		return load_fail(l, f, error,
				 "no memory is left for a ROM of %luK: give the guest less with mem=",
				 f->length >> 10);
	power_on(l);
	load_no_modules(l);
	l->vm->bios.present = false;
	l->vm->enter = enter;
	log_info("loader", "%s: %s is a firmware: rom=%#lx-%#lx entry=%#lx", l->vm->name, f->name,
		 l->vm->rom.start, MAP_HIGH_START - 1, entry);
	return 0;
}
