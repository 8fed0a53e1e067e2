/* SPDX-License-Identifier: MIT */
/* In place of vmx/vector_registers.c: registers in memory. */
#pragma once

#include "lib/types.h"

extern struct fake_vectors {
	u64 mmx[8], ymm[16][4];
	bool x87_pending;
	unsigned avx; /* accesses that need AVX */
} vectors;
