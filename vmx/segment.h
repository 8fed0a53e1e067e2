/* SPDX-License-Identifier: MIT */
/*
 * Segments: a segment register as the VMCS keeps it, and what segmentation
 * makes of an offset. SDM "Protected-Mode Memory Management", "Limit Checking",
 * "Type Checking"; for 64-bit mode "Canonical Addressing".
 */
#pragma once

#include "lib/types.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

struct segment_register {
	u16 selector;
	u32 limit;  /* in bytes, inclusive */
	u32 rights; /* AR_... */
	u64 base;
};

enum segment_mode {
	SEGMENT_REAL,	   /* and virtual-8086: limits, but no types */
	SEGMENT_PROTECTED, /* and compatibility mode */
	SEGMENT_LONG,	   /* 64-bit code: FS and GS bases, nothing else */
};

struct segment_access {
	enum segment segment;
	u64 offset; /* already cut to the address size */
	unsigned size;
	bool write;
};

/*
 * Pure: the linear address of an access through segment `s`. 0 with
 * *linear set, or the vector of the fault, whose error code is 0: #SS for
 * the stack segment, #GP for all others.
 */
u8 segment_linear(enum segment_mode mode, const struct segment_register *s,
		  const struct segment_access *access, gva_t *linear) __must_check;

/* The vCPU's own; must be loaded. */
enum segment_mode segment_mode(const struct vcpu *v);
void segment_read(enum segment segment, struct segment_register *s);
void segment_write(enum segment segment, const struct segment_register *s);

/* segment_linear() on the vCPU's segment. NEXT, or AGAIN with the fault raised. */
enum verdict segment_address(struct vcpu *v, const struct segment_access *access, gva_t *linear)
	__must_check;
