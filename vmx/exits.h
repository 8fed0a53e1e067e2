/* SPDX-License-Identifier: MIT */
/*
 * The table of exits: one row a basic exit reason. A handler decodes what
 * the processor reports into a small struct, acts on it (or asks the
 * machine through v->ops), and returns the exit's verdict. An empty row
 * stops the vCPU. Those few that can interrupt the delivery of an event call
 * event_requeue() first. SDM "Information for VM Exits During Event Delivery".
 * All run with the vCPU loaded, on the exit path: no
 * allocation, no lock, no text.
 */
#pragma once

#include "lib/bits.h"
#include "lib/x86.h"
#include "vmx/entry.h"
#include "vmx/vcpu.h"

typedef enum verdict (*exit_handler_fn)(struct vcpu *v);

extern const exit_handler_fn exit_handlers[EXIT_REASONS];

/* The processor refused the guest's state (bit 31 of the reason). STOP; AGAIN: it will not once more. */
enum verdict exit_entry_failed(struct vcpu *v, u32 reason);

/* SDM "VM-Instruction Error Numbers": what a number means, or "unknown". */
const char *vmx_error_text(u32 number);

/* What to do about it, or what it is for. */
const char *vmx_error_meaning(u32 number);

/* exit_simple.c */
enum verdict exit_cpuid(struct vcpu *v);
enum verdict exit_vmcall(struct vcpu *v);
enum verdict exit_hlt(struct vcpu *v);
enum verdict exit_skip(struct vcpu *v);	   /* PAUSE, WBINVD, INVD: nothing to do here */
enum verdict exit_undefined(struct vcpu *v); /* #UD: instructions that we do not offer */
enum verdict exit_protected(struct vcpu *v); /* #GP(0) */
/* Note a write that gets #GP: a CR's number, or REFUSED_XCR0. */
void exit_refused(struct vcpu *v, unsigned cr, u64 value);
enum verdict exit_invlpg(struct vcpu *v);
enum verdict exit_triple_fault(struct vcpu *v);
enum verdict exit_ignore(struct vcpu *v);  /* INIT of the computer: not the guest's */

/* exit_interrupt.c */
#define EXCEPTIONS_THAT_EXIT                                                                       \
	(BIT(VECTOR_DB) | BIT(VECTOR_UD) | BIT(VECTOR_DF) | BIT(VECTOR_AC) | BIT(VECTOR_MC))
enum verdict exit_exception_nmi(struct vcpu *v);
enum verdict exit_external_interrupt(struct vcpu *v);
enum verdict exit_interrupt_window(struct vcpu *v);
enum verdict exit_nmi_window(struct vcpu *v);
enum verdict exit_preemption_timer(struct vcpu *v);

/* exit_cr.c, exit_dr.c */
enum verdict exit_cr_access(struct vcpu *v);
enum verdict exit_mov_dr(struct vcpu *v);

/* exit_msr.c */
enum verdict exit_rdmsr(struct vcpu *v);
enum verdict exit_wrmsr(struct vcpu *v);
enum verdict exit_xsetbv(struct vcpu *v);
enum verdict exit_rdtsc(struct vcpu *v);
enum verdict exit_rdtscp(struct vcpu *v);

/* exit_io.c, exit_io_string.c */
enum verdict exit_io(struct vcpu *v);

/* exit_memory.c */
enum verdict exit_ept_violation(struct vcpu *v);
enum verdict exit_ept_misconfiguration(struct vcpu *v);

/* exit_apic.c */
enum verdict exit_apic_access(struct vcpu *v);
enum verdict exit_apic_write(struct vcpu *v);
enum verdict exit_virtualized_eoi(struct vcpu *v);
enum verdict exit_tpr_below_threshold(struct vcpu *v);

/* exit_task.c, exit_descriptor.c */
enum verdict exit_task_switch(struct vcpu *v);
enum verdict exit_gdtr_idtr(struct vcpu *v);
enum verdict exit_ldtr_tr(struct vcpu *v);
