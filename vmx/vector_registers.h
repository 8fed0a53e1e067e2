/* SPDX-License-Identifier: MIT */
/*
 * MMX, XMM, YMM and ZMM registers by number, as they are in this processor: the
 * loaded guest's. The host has no use for them, and its compiler knows of none.
 */
#pragma once

#include "lib/types.h"

/* 0 to 7, 8 bytes. They are x87's: as for every MMX instruction, no exception may be pending. */
void vector_mmx_read(unsigned reg, u64 *to);
void vector_mmx_write(unsigned reg, const u64 *from);
bool vector_x87_pending(void);

/* 0 to 15, 16 bytes; what lies above in the register stays. */
void vector_xmm_read(unsigned reg, u64 *to);
void vector_xmm_write(unsigned reg, const u64 *from);

/* The same, 32 bytes; all above becomes zero. XCR0 must have SSE and AVX. */
void vector_ymm_read(unsigned reg, u64 *to);
void vector_ymm_write(unsigned reg, const u64 *from);

/* 0 to 31, 64 bytes; and opmask registers 0 to 7. XCR0 must have all of AVX-512, too. */
void vector_zmm_read(unsigned reg, u64 *to);
void vector_zmm_write(unsigned reg, const u64 *from);
u64 vector_opmask_read(unsigned reg);
