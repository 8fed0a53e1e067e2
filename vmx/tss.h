/* SPDX-License-Identifier: MIT */
/*
 * Task-state segments of 32 and of 16 bits: their layout in memory, and
 * what both keep of a task. Pure.
 * SDM "Task-State Segment (TSS)", "16-Bit Task-State Segment (TSS)".
 */
#pragma once

#include "lib/types.h"
#include "vmx/vmcs.h"

struct tss32 {
	u16 link, reserved0;
	u32 esp0, ss0, esp1, ss1, esp2, ss2;
	u32 cr3;
	/* from here to ldt it is saved */
	u32 eip, eflags;
	u32 registers[8]; /* in the processor's order */
	struct {
		u16 selector, reserved;
	} segments[SEG_GS + 1];
	u32 ldt;
	u16 trap, io_map;
};

struct tss16 {
	u16 link, sp0, ss0, sp1, ss1, sp2, ss2;
	/* from here to ldt it is saved */
	u16 ip, flags;
	u16 registers[8];
	u16 segments[SEG_DS + 1];
	u16 ldt;
};

_Static_assert(sizeof(struct tss32) == 104, "SDM");
_Static_assert(sizeof(struct tss16) == 44, "SDM");

union tss {
	struct tss32 wide;
	struct tss16 narrow;
};

/* A task as the processor has it. */
struct task_state {
	u32 cr3; /* load only; 0 from a narrow TSS, which has none */
	u32 eip, eflags;
	u32 registers[8];
	u16 segments[SEG_GS + 1];
	u16 ldt; /* load only */
	bool trap; /* load only */
};

/* The least limit of a TSS descriptor. */
static inline u32 tss_least_limit(bool wide)
{
	return (wide ? sizeof(struct tss32) : sizeof(struct tss16)) - 1;
}

/* The part that a task switch saves. */
static inline u32 tss_saved_from(bool wide)
{
	return wide ? offsetof(struct tss32, eip) : offsetof(struct tss16, ip);
}

static inline u32 tss_saved_to(bool wide)
{
	return wide ? offsetof(struct tss32, ldt) : offsetof(struct tss16, ldt);
}

/* Write the saved part into an image; what is reserved in it stays. */
void tss_save(union tss *tss, bool wide, const struct task_state *s);
void tss_load(const union tss *tss, bool wide, struct task_state *s);
