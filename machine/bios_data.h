/* SPDX-License-Identifier: MIT */
/*
 * What a PC's BIOS leaves in memory: interrupt vectors, the words of the BIOS
 * data area that are looked at without a call, and, at the end of the first
 * megabyte, its code, with the reset vector at F000:FFF0 (it resets the
 * machine) and the model byte. What the code does when called is
 * machine/bios.h.
 */
#pragma once

#include "machine/memory_map.h"
#include "machine/vm.h"

/* Words of the BIOS data area that are looked at or changed after the start, too. */
#define BIOS_DATA_EQUIPMENT    (MAP_BIOS_DATA + 0x10)
#define BIOS_DATA_LOW_MEMORY   (MAP_BIOS_DATA + 0x13) /* KiB */
#define BIOS_DATA_CURSOR       (MAP_BIOS_DATA + 0x50) /* of page 0: column, row */
#define BIOS_DATA_CURSOR_SHAPE (MAP_BIOS_DATA + 0x60)
#define BIOS_DATA_TICKS	       (MAP_BIOS_DATA + 0x6c) /* of 18.2 Hz, since midnight */
#define BIOS_DATA_MIDNIGHT     (MAP_BIOS_DATA + 0x70) /* it has passed */
#define BIOS_DATA_HARD_DISKS   (MAP_BIOS_DATA + 0x75)

/* Into a fresh machine, before a loader. */
void bios_data_write(struct vm *vm);

/* There is one drive: 0 or 80H. */
void bios_data_disk(struct vm *vm, u8 drive);
