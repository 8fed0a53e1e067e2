/* SPDX-License-Identifier: MIT */
/*
 * A guest whose end is a fault of the very instruction that a timer's
 * interrupt had interrupted before, and that its handler has changed.
 */
#pragma once

#include "guest/guest.h"

#define LOAD_FROM_RAX 0x008b /* mov (%rax), %eax: as long as the jump */

extern volatile u16 spin[];
static u64 flags_off;

static void served(struct interrupt_frame *frame)
{
	frame->rflags &= ~flags_off;
	*spin = LOAD_FROM_RAX;
}

/* The handler returns without these flags. */
static inline void fault_where_interrupted(u64 flags)
{
	flags_off = flags;
	interrupts_init();
	interrupts_set_handler(VECTOR_IRQ, served);
	interrupts_set_present(VECTOR_GP, false);
	interrupts_set_present(VECTOR_DF, false);
	interrupts_set_present(VECTOR_NP, false);
	print("autopsy: now\n");
	pit_once(11932);
	irq_unmask(0);
	asm volatile("sti\n.globl spin\nspin:\tjmp spin" : : "a"(1UL << 63));
	print("FAIL: still here\n");
}
