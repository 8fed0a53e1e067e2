/* SPDX-License-Identifier: MIT */
/* INT 13H, between its files. */
#pragma once

#include "machine/bios_call.h"

#define BIOS_HARD_DISK 0x80 /* the first one; floppy disks are below */

/* What AH says of a call that failed. */
#define DISK_BAD_COMMAND 0x01
#define DISK_PROTECTED	 0x03
#define DISK_NO_SECTOR	 0x04
#define DISK_BAD_ADDRESS 0x09

/* End with that status in AH, or 0. */
enum bios_result bios_disk_end(struct vm *vm, struct vcpu *v, u8 status);

/* Are there so many sectors? */
bool bios_disk_has(const struct bios *b, u64 lba, u64 count);

/* Copy sectors to the guest's memory: 0, or a status. */
u8 bios_disk_read(struct vm *vm, u64 lba, u64 count, gpa_t to);

/* The kind of a floppy disk as INT 13H AH=08H tells it; 0: a size that no floppy disk has. */
u8 bios_floppy_type(const struct bios *b);

/* AH = 41H to 48H, of a hard disk. */
enum bios_result bios_disk_extended(struct vm *vm, struct vcpu *v, u8 function);
