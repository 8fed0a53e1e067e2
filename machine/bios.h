/* SPDX-License-Identifier: MIT */
/*
 * As much of a PC's BIOS as boot sectors call. Its code in the guest
 * (bios_code.c) is little more than an OUT to a port of its own, at which the
 * services below read and write the caller's registers:
 *
 *	INT 10H  text goes to COM1		INT 16H  keys come from COM1
 *	INT 11H  equipment			INT 17H  no printer
 *	INT 12H  low memory			INT 18H  nothing to boot: stops
 *	INT 13H  the image, as a disk		INT 19H  resets
 *	INT 14H  COM1				INT 1AH  ticks, RTC
 *	INT 15H  memory map, A20, block move, wait, power off
 *
 * The functions are those of IBM's PC/AT and PS/2 BIOS, the Enhanced Disk
 * Drive Specification 3.0, APM 1.2 for real mode, and E820H of ACPI "System
 * Address Map Interfaces". What is not there fails as on a PC: where a BIOS
 * tells by carry, with that, and AH = 86H or 01H.
 *
 * A guest can reach the services from nowhere but the code in F000H. Nothing
 * here trusts what it finds in the guest's registers.
 */
#pragma once

#include "lib/types.h"
#include "machine/bus.h"

#define BIOS_SECTOR  512U
#define BIOS_COLUMNS 80U
#define BIOS_NO_ROW  0xff

struct bios {
	bool present;	/* its code is in the guest's memory */
	const u8 *disk; /* the image, read only; NULL: no disk */
	u64 length;
	u64 sectors; /* of a floppy disk: all of its tracks, whether the image has them or not */
	u16 cylinders;
	u8 heads, track; /* sectors of a track */
	u8 drive;	 /* 0: a floppy disk; 80H: a hard disk */
	u8 status;	 /* of the last call of INT 13H */
	u16 key;	 /* scan code and character, typed but not taken yet; 0: none */
	u8 escape;	 /* of a key that is several bytes: the last one; 0: none is under way */
	u64 escape_until; /* after this time no more of them come */
	u8 row;		 /* of the screen, that the console's line shows; or BIOS_NO_ROW */
	u8 column;	 /* where the console's cursor is in it */
	u8 written;	 /* so much of line[] */
	u8 line[BIOS_COLUMNS];
	u64 wait_until;	 /* INT 15H AH=86H: the machine's clock; 0: nobody waits */
};

extern const struct port_device bios_ports; /* 1; state: struct vm */

/* Boot from this image as this drive, 0 or 80H. The geometry follows from that and its size. */
void bios_disk_insert(struct bios *bios, const u8 *image, u64 length, u8 drive);

/* The drive that such an image is for, unless the user says otherwise. */
u8 bios_disk_guess(const u8 *image, u64 length);
