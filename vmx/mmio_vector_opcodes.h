/* SPDX-License-Identifier: MIT */
/*
 * Moves between memory and vector registers: what compilers make of memcpy()
 * and memset(), and thus of a screen that is cleared or scrolls. Pure.
 * SDM "Opcode Map".
 */
#pragma once

#include "vmx/mmio_prefix.h"

/* `opcode` as mmio_opcode_of() gives it. Sets op, flags, size, second and mask of *i. */
bool mmio_vector_find(const struct mmio_cursor *c, unsigned opcode, struct mmio_instruction *i);
