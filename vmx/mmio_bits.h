/* SPDX-License-Identifier: MIT */
/*
 * Shifts, rotations, bit scans and multiplication, as vmx/mmio_alu.h has the
 * rest. Pure.
 */
#pragma once

#include "vmx/mmio_alu.h"

/* MMIO_ROL to MMIO_SAR: `value` by `count`, which is cut as the processor cuts it. */
u64 mmio_shift(enum mmio_op op, u64 value, u64 count, unsigned size, u64 *rflags);

/* MMIO_SHLD, MMIO_SHRD: x->memory by x->reg, with what comes in from x->second. */
u64 mmio_double_shift(const struct mmio_instruction *i, struct mmio_values *x);

/* MMIO_BSF, MMIO_BSR, MMIO_POPCNT; with F3 the first two are TZCNT and LZCNT, where they exist. */
void mmio_scan(const struct mmio_instruction *i, struct mmio_values *x);

/* The signed product; CF and OF tell whether it was cut. */
u64 mmio_multiply(u64 a, u64 b, unsigned size, u64 *rflags);
