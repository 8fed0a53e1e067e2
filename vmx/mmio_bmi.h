/* SPDX-License-Identifier: MIT */
/*
 * The youngest of the integer instructions, CRC32 to RORX, as vmx/mmio_alu.h
 * has the rest. Pure, and without those instructions: a guest that tricks the
 * decoder must not fault in the host.
 */
#pragma once

#include "vmx/mmio_alu.h"

/* MMIO_CRC32 to MMIO_RORX: x->reg and x->rflags become what they leave. */
void mmio_bmi(const struct mmio_instruction *i, struct mmio_values *x);
