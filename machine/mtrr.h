/* SPDX-License-Identifier: MIT */
/*
 * A guest's MTRRs: kept and checked as the processor would, and what they
 * mean. They start as firmware leaves them: enabled, everything write-back.
 * SDM "Memory Type Range Registers (MTRRs)", "MTRR Precedences".
 */
#pragma once

#include "lib/types.h"
#include "lib/x86.h"

#define MTRR_VARIABLE 8
#define MTRR_FIXED    11

struct mtrr {
	u64 default_type;
	u64 fixed[MTRR_FIXED];
	u64 base[MTRR_VARIABLE], mask[MTRR_VARIABLE];
	u64 reserved; /* bits of addresses that this processor does not have */
	bool changed; /* since memory_type_apply() */
};

void mtrr_reset(struct mtrr *m, unsigned physical_bits);

/* 0, -ERR_NOENT (not an MTRR), -ERR_INVAL (the processor would refuse the value). */
int mtrr_read(const struct mtrr *m, u32 msr, u64 *value) __must_check;
int mtrr_write(struct mtrr *m, u32 msr, u64 value) __must_check;

/*
 * The memory type of a page of `size` bytes (a power of two, from 4K) at
 * `page`. UC where its parts have different types.
 */
enum memory_type mtrr_type(const struct mtrr *m, u64 page, u64 size);
