/* SPDX-License-Identifier: MIT */
/* INT 13H by sector numbers: "BIOS Enhanced Disk Drive Specification" 3.0. */
#include "machine/bios_disk.h"
#include "vmx/instructions.h"

#define EDD_VERSION   0x30
#define EDD_ACCESS    0x0001 /* of the extensions there are reading and telling the parameters */
#define EDD_SIGNATURE 0x55aa
#define EDD_ANSWER    0xaa55
#define EDD_CHS_VALID 0x0002
#define EDD_FLAT      0xffffffffU /* as address: it is behind the block */

struct edd_packet {
	u8 size, reserved;
	u16 count;
	u16 offset, segment;
	u64 lba;
	u64 flat;
} __packed;

struct edd_parameters {
	u16 size, flags;
	u32 cylinders, heads, track;
	u64 sectors;
	u16 sector_size;
	u32 configuration; /* where the drive's ports are told */
} __packed;
_Static_assert(sizeof(struct edd_parameters) == 30, "EDD 2.0's");
#define EDD_1_SIZE	 26 /* up to there */
#define NO_CONFIGURATION 0xffffffffU

static gpa_t packet_at(const struct vcpu *v)
{
	return vmcs_read(VMCS_GUEST_DS_BASE) + (u16)v->regs.rsi;
}

static u8 check_extensions(struct vcpu *v)
{
	if ((u16)v->regs.rbx != EDD_SIGNATURE)
		return DISK_BAD_COMMAND;
	bios_set_word(&v->regs.rbx, EDD_ANSWER);
	bios_set_word(&v->regs.rcx, EDD_ACCESS);
	return 0;
}

/* All of them or, with a status, none: then the block says so. */
static u8 extended_transfer(struct vm *vm, struct vcpu *v, bool verify)
{
	struct edd_packet p = { 0 };
	const u16 none = 0;
	u8 status = 0;
	gpa_t to;

	if (vm_ram_read(vm, packet_at(v), &p, offsetof(struct edd_packet, flat)) || p.size < 16)
		return DISK_BAD_COMMAND;
	to = ((u64)p.segment << 4) + p.offset;
	if (((u32)p.segment << 16 | p.offset) == EDD_FLAT) {
		if (p.size < sizeof(p) || vm_ram_read(vm, packet_at(v), &p, sizeof(p)))
			return DISK_BAD_COMMAND;
		to = p.flat;
	}
	if (!bios_disk_has(&vm->bios, p.lba, p.count))
		status = DISK_NO_SECTOR;
	else if (!verify)
		status = bios_disk_read(vm, p.lba, p.count, to);
	if (status && vm_ram_write(vm, packet_at(v) + offsetof(struct edd_packet, count), &none,
				   sizeof(none)))
		return DISK_BAD_COMMAND;
	return status;
}

static u8 tell_parameters(struct vm *vm, struct vcpu *v)
{
	const struct bios *b = &vm->bios;
	struct edd_parameters p = {
		sizeof(struct edd_parameters), EDD_CHS_VALID, b->cylinders, b->heads, b->track,
		b->sectors, BIOS_SECTOR, NO_CONFIGURATION,
	};
	u16 room;

	if (vm_ram_read(vm, packet_at(v), &room, sizeof(room)) || room < EDD_1_SIZE)
		return DISK_BAD_COMMAND;
	p.size = room < sizeof(p) ? EDD_1_SIZE : sizeof(p);
	if (vm_ram_write(vm, packet_at(v), &p, p.size))
		return DISK_BAD_COMMAND;
	return 0;
}

enum bios_result bios_disk_extended(struct vm *vm, struct vcpu *v, u8 function)
{
	u8 status = DISK_BAD_COMMAND;

	switch (function) {
	case 0x41:
		status = check_extensions(v);
		if (status)
			break;
		vm->bios.status = 0;
		bios_set_high(&v->regs.rax, EDD_VERSION);
		return BIOS_DONE;
	case 0x42:
		status = extended_transfer(vm, v, false);
		break;
	case 0x43:
		status = DISK_PROTECTED;
		break;
	case 0x44:
	case 0x47: /* seek */
		status = extended_transfer(vm, v, true);
		break;
	case 0x48:
		status = tell_parameters(vm, v);
		break;
	}
	return bios_disk_end(vm, v, status);
}
