/* SPDX-License-Identifier: MIT */
/*
 * Instructions that a guest may try although CPUID does not offer them, and
 * that end in #UD without an exit of their own: so #UD is watched. Known by
 * their bytes; whether CPUID offers them is the machine's to say.
 */
#pragma once

#include "lib/types.h"

struct vcpu;

struct surprise {
	char name[9];
	u8 prefix;	    /* that it must have, or 0: none of 66, F2, F3 */
	u8 map, opcode;	    /* 0: one byte; 1: 0F; 2: 0F 38 */
	u8 mask, value;	    /* of the ModRM byte */
	u8 leaf_low, high;  /* CPUID leaf; high: 8000_0000H + */
	u8 subleaf, reg, bit;
};

/* The row for an instruction of these bytes, or NULL. Pure. */
const struct surprise *surprise_find(const u8 *bytes, unsigned count);

/* The guest has #UD at RIP: note it in v->notes if it is one of these. Must be loaded. */
void surprise_note(struct vcpu *v);
