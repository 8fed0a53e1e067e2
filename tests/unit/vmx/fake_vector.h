/* SPDX-License-Identifier: MIT */
/* In place of vmx/vector_registers.c: registers in memory. */
#pragma once

#include "lib/types.h"

extern struct fake_vectors {
	u64 mmx[8], zmm[32][8], opmask[8];
	bool x87_pending;
	unsigned avx;	  /* accesses that need AVX */
	unsigned avx_512; /* or all of AVX-512 */
} vectors;
