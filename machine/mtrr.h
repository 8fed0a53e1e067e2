/* SPDX-License-Identifier: MIT */
/*
 * A guest's MTRRs: kept and checked as the processor would, and without
 * effect on its memory, which is write-back by EPT. They start as firmware
 * leaves them: enabled, everything write-back. SDM "Memory Type Range Registers (MTRRs)".
 */
#pragma once

#include "lib/types.h"

#define MTRR_VARIABLE 8
#define MTRR_FIXED    11

struct mtrr {
	u64 default_type;
	u64 fixed[MTRR_FIXED];
	u64 base[MTRR_VARIABLE], mask[MTRR_VARIABLE];
	u64 reserved; /* bits of addresses that this processor does not have */
};

void mtrr_reset(struct mtrr *m, unsigned physical_bits);

/* 0, -ERR_NOENT (not an MTRR), -ERR_INVAL (the processor would refuse the value). */
int mtrr_read(const struct mtrr *m, u32 msr, u64 *value) __must_check;
int mtrr_write(struct mtrr *m, u32 msr, u64 value) __must_check;
