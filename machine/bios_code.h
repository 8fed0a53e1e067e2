/* SPDX-License-Identifier: MIT */
/*
 * The BIOS' code in the guest, as one block for F000:BIOS_CODE. Its services
 * are one slot each, for the vectors 10H to 1FH; see machine/bios.h.
 */
#pragma once

#include "lib/types.h"

#define BIOS_CODE	  0xe000U /* offset in the segment F000H */
#define BIOS_FIRST_VECTOR 0x10U
#define BIOS_SLOTS	  16U
#define BIOS_SLOT	  16U /* bytes */

extern const u8 bios_code_start[], bios_code_end[];
extern const u8 bios_code_timer[];    /* IRQ 0 */
extern const u8 bios_code_keyboard[]; /* IRQ 1 */
extern const u8 bios_code_master[];   /* the other IRQs up to 7 */
extern const u8 bios_code_slave[];    /* IRQ 8 to 15 */
extern const u8 bios_code_boot[];     /* prepares 8259s and 8254, goes to 0:7C00H */
extern const u8 bios_code_reset[];    /* resets the machine */
extern const u8 bios_code_floppy[];   /* 11 bytes: what INT 1EH points to */
extern const u8 bios_code_system[];   /* 10 bytes: what INT 15H AH=C0H points to */

/* Where a label of the block is in the segment F000H. */
static inline u16 bios_code_at(const u8 *label)
{
	return (u16)(BIOS_CODE + (label - bios_code_start));
}
