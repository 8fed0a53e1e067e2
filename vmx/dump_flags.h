/* SPDX-License-Identifier: MIT */
/*
 * The bits of registers and of VMCS fields in words. Pure. Names of single
 * bits are the doctor's (vmx/entry_bits.h); here is what takes more than one.
 */
#pragma once

#include "vmx/dump_text.h"
#include "vmx/vmcs_image.h"

/*
 * What the value of a field says beyond being a number: "PE ET PG", "64-bit
 * code, readable, DPL 0", ... Nothing for a field that is only a number,
 * for the control words and for the exit information.
 */
void dump_add_field(struct dump_text *t, unsigned index, u64 value);

void dump_add_xcr0(struct dump_text *t, u64 value);
void dump_add_dr6(struct dump_text *t, u64 value);
void dump_add_dr7(struct dump_text *t, u64 value);

/* Access rights of a segment: type, DPL, size, granularity. SDM "Guest Register State". */
void dump_add_rights(struct dump_text *t, u64 rights);

/* "WB", "UC", ...: a memory type of PAT, MTRR and EPT. */
void dump_add_memory_type(struct dump_text *t, unsigned type);
