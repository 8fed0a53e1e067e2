/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts of the host. The stubs in kernel/trap_stubs.S
 * build a struct trap_frame and call trap_handle().
 */
#pragma once

#include "lib/types.h"

struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error_code;
	u64 rip, cs, rflags, rsp, ss;
};

#define TRAP_STUB_SIZE 16 /* bytes between two entries of trap_stubs[] */
#define TRAP_VECTORS   256

/* Vectors for our own use; those below 32 are exceptions. */
#define VECTOR_PIC	0x20 /* 16 for the 8259s, which are masked: only a spurious one can come */
#define VECTOR_SPURIOUS 0xff
#define VECTOR_TIMER	0xf0 /* local APIC timer: ends a wait */
#define VECTOR_STOP	0xf1 /* another CPU panicked: halt */
#define VECTOR_CONSOLE	0xf2 /* serial input: ends a wait */
#define VECTOR_CALL	0xf3 /* smp_run_on() has work for this CPU: ends its wait */

/* Build the IDT. Boot CPU, once; cpu_init_this() loads it on each CPU. */
void traps_init(void);
void traps_load(void);

/* Called by the stubs alone. */
void trap_handle(struct trap_frame *frame);

/* Handler for an interrupt vector (32 to 255). NULL takes it away. */
void trap_set_handler(u8 vector, void (*handler)(void));

/*
 * Run the handler of an interrupt that was acknowledged by a VM exit,
 * without going through the IDT, and end it at the APIC.
 */
void trap_run_interrupt(u8 vector);

/*
 * After a VM exit caused by an NMI: handle it as if it had come here. It
 * goes through the IDT because only an IRET lets the next NMI in.
 */
static __always_inline void trap_run_nmi(void)
{
	asm volatile("int $2" : : : "memory");
}

/* After a VM exit or a failed entry caused by a machine check: as if it had come here. */
static __always_inline void trap_run_machine_check(void)
{
	asm volatile("int $18" : : : "memory");
}

/*
 * RDMSR and WRMSR that survive #GP. Return 0 or -ERR_FAULT. Any CPU.
 */
int rdmsr_safe(u32 msr, u64 *value) __must_check;
int wrmsr_safe(u32 msr, u64 value) __must_check;
