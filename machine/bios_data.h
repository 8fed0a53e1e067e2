/* SPDX-License-Identifier: MIT */
/*
 * What a PC's BIOS leaves behind, as far as programs use it that were not
 * written for a PC without one: interrupt vectors, the words of the BIOS
 * data area that are looked at without a call, and, at the end of the first
 * megabyte, a few bytes of code:
 *
 *	INT 10H		AH = 0EH writes AL to COM1; all else does nothing
 *	INT 12H		AX = KiB of low memory
 *	INT 11H, 13H-1AH  not there: AH = 86H, carry set
 *	other vectors	IRET
 *	F000:FFF0	the reset vector: resets the machine
 *
 * This is no BIOS: there is no disk, no keyboard, no memory map to ask for.
 */
#pragma once

#include "machine/vm.h"

/* Into a fresh machine, before a loader. */
void bios_data_write(struct vm *vm);
