/* SPDX-License-Identifier: MIT */
/*
 * What a PC's BIOS leaves in memory: interrupt vectors, the words of the BIOS
 * data area that are looked at without a call, and, at the end of the first
 * megabyte, its code, with the reset vector at F000:FFF0 (it resets the
 * machine) and the model byte. What the code does when called is
 * machine/bios.h.
 */
#pragma once

#include "machine/vm.h"

/* Into a fresh machine, before a loader. */
void bios_data_write(struct vm *vm);

/* There is one drive: 0 or 80H. */
void bios_data_disk(struct vm *vm, u8 drive);
