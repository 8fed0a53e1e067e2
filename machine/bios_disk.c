/* SPDX-License-Identifier: MIT */
/*
 * INT 13H: the image as a disk that cannot be written, by cylinder, head and
 * sector, as on a PC/AT.
 */
#include "machine/bios_disk.h"

#include "machine/bios_code.h"
#include "machine/memory_map.h"
#include "vmx/instructions.h"

#define TRANSFER_MAX 128U /* sectors of a call */
#define NO_DRIVE     0	  /* as a kind: AH=15H */

/* ---- Sectors --------------------------------------------------------------------- */

enum bios_result bios_disk_end(struct vm *vm, struct vcpu *v, u8 status)
{
	vm->bios.status = status;
	bios_set_high(&v->regs.rax, status);
	return status ? BIOS_FAILED : BIOS_DONE;
}

bool bios_disk_has(const struct bios *b, u64 lba, u64 count)
{
	return lba <= b->sectors && count <= b->sectors - lba;
}

/* A floppy's image may be shorter than the disk: the rest is zero. */
u8 bios_disk_read(struct vm *vm, u64 lba, u64 count, gpa_t to)
{
	static const u8 zeros[BIOS_SECTOR];
	const struct bios *b = &vm->bios;

	if (!bios_disk_has(b, lba, count))
		return DISK_NO_SECTOR;
	if (!ram_contains(&vm->ram, to, count * BIOS_SECTOR))
		return DISK_BAD_ADDRESS;
	for (; count; count--, lba++, to += BIOS_SECTOR) {
		u64 at = lba * BIOS_SECTOR;
		u64 have = at < b->length ? MIN(b->length - at, (u64)BIOS_SECTOR) : 0;

		if (vm_ram_write(vm, to, have ? b->disk + at : zeros, have) ||
		    vm_ram_write(vm, to + have, zeros, BIOS_SECTOR - have))
			return DISK_BAD_ADDRESS;
	}
	return 0;
}

/* Cylinder, head and sector of CX and DH. False: there is no such one. */
static bool find_lba(const struct bios *b, const struct vcpu *v, u64 *lba)
{
	u32 cx = (u16)v->regs.rcx, head = bios_high(v->regs.rdx);
	u32 cylinder = cx >> 8 | (cx & 0xc0) << 2, sector = cx & 0x3f;

	*lba = ((u64)cylinder * b->heads + head) * b->track + sector - 1;
	return sector && sector <= b->track && head < b->heads;
}

/* AL is how many sectors it were: all or, with a status, none. */
static u8 try_transfer(struct vm *vm, const struct vcpu *v, bool verify)
{
	u32 count = bios_low(v->regs.rax);
	u64 lba;

	if (!count || count > TRANSFER_MAX)
		return DISK_BAD_COMMAND;
	if (!find_lba(&vm->bios, v, &lba) || !bios_disk_has(&vm->bios, lba, count))
		return DISK_NO_SECTOR;
	if (verify)
		return 0;
	return bios_disk_read(vm, lba, count, vmcs_read(VMCS_GUEST_ES_BASE) + (u16)v->regs.rbx);
}

static u8 transfer(struct vm *vm, struct vcpu *v, bool verify)
{
	u8 status = try_transfer(vm, v, verify);

	if (status)
		bios_set_low(&v->regs.rax, 0);
	return status;
}

/* ---- What there is ----------------------------------------------------------------- */

static u8 tell_geometry(const struct bios *b, struct vcpu *v)
{
	u8 floppy = bios_floppy_type(b);
	unsigned last = b->cylinders - 1U;

	bios_set_word(&v->regs.rcx, (u16)(last << 8 | (last >> 2 & 0xc0) | b->track));
	bios_set_word(&v->regs.rdx, (u16)((b->heads - 1U) << 8 | 1)); /* one drive */
	bios_set_word(&v->regs.rax, 0);
	if (b->drive >= BIOS_HARD_DISK || !floppy)
		return 0;
	bios_set_word(&v->regs.rbx, floppy);
	bios_set_word(&v->regs.rdi, bios_code_at(bios_code_floppy));
	vmcs_write(VMCS_GUEST_ES_SELECTOR, MAP_BIOS >> 4);
	vmcs_write(VMCS_GUEST_ES_BASE, MAP_BIOS);
	return 0;
}

/* AH=15H: the kind, and for a hard disk its size. */
static enum bios_result tell_kind(struct vm *vm, struct vcpu *v)
{
	const struct bios *b = &vm->bios;

	vm->bios.status = 0;
	if (b->drive < BIOS_HARD_DISK) {
		bios_set_high(&v->regs.rax, 1); /* cannot tell whether it was changed */
		return BIOS_DONE;
	}
	bios_set_high(&v->regs.rax, 3);
	bios_set_word(&v->regs.rcx, (u16)(b->sectors >> 16));
	bios_set_word(&v->regs.rdx, (u16)b->sectors);
	return BIOS_DONE;
}

enum bios_result bios_disk(struct vm *vm, struct vcpu *v)
{
	struct bios *b = &vm->bios;
	u8 function = bios_high(v->regs.rax);

	if (!b->disk || bios_low(v->regs.rdx) != b->drive) {
		bios_disk_end(vm, v, DISK_BAD_COMMAND);
		return function == 0x15 ? bios_fail(v, NO_DRIVE) : BIOS_FAILED;
	}
	switch (function) {
	case 0x00: /* reset */
	case 0x0c: /* seek */
	case 0x0d: /* reset */
	case 0x10: /* ready? */
	case 0x11: /* recalibrate */
		return bios_disk_end(vm, v, 0);
	case 0x01:
		return bios_disk_end(vm, v, b->status);
	case 0x02:
		return bios_disk_end(vm, v, transfer(vm, v, false));
	case 0x03:
	case 0x05:
		return bios_disk_end(vm, v, DISK_PROTECTED);
	case 0x04:
		return bios_disk_end(vm, v, transfer(vm, v, true));
	case 0x08:
		return bios_disk_end(vm, v, tell_geometry(b, v));
	case 0x15:
		return tell_kind(vm, v);
	case 0x16: /* changed? */
		return bios_disk_end(vm, v, b->drive < BIOS_HARD_DISK ? 0 : DISK_BAD_COMMAND);
	case 0x41 ... 0x48:
		if (b->drive >= BIOS_HARD_DISK)
			return bios_disk_extended(vm, v, function);
	}
	return bios_disk_end(vm, v, DISK_BAD_COMMAND);
}
