/* SPDX-License-Identifier: MIT */
/*
 * What a vCPU asks of its machine, and what becomes of an exit: the one way
 * up from vmx/ to machine/.
 */
#pragma once

#include "lib/types.h"

struct mmio_device_ops;
struct vcpu;

/*
 * The only statement of an exit's fate.
 *   NEXT   the instruction is done: step over it, go on
 *   AGAIN  run it again, or go on at a RIP that was set: no step
 *   WAIT   step over it, then wait for an event (HLT)
 *   STOP   this vCPU stops here; v->stop tells why
 */
enum verdict { NEXT, AGAIN, WAIT, STOP };

/* An access to guest-physical memory without a mapping, or against its permissions. */
struct memory_access {
	gpa_t gpa;
	gva_t gva; /* valid if gva_valid */
	bool gva_valid;
	bool same_offset; /* not valid, but its low 12 bits are those of gpa */
	bool read, write, fetch;
	bool table_walk; /* the access was to a guest paging structure */
};

/*
 * What a vCPU asks of its machine. Declared here, filled in machine/,
 * faked in tests/sim. All are called with the vCPU loaded; none may block.
 */
struct vcpu_ops {
	/* Answer CPUID: leaf in RAX, subleaf in RCX; set RAX, RBX, RCX, RDX. NEXT. */
	enum verdict (*cpuid)(struct vcpu *v);

	/*
	 * One element of a port access of 1, 2 or 4 bytes. A read's value is in
	 * the low bytes of the result. An absent port reads as all ones and
	 * swallows writes. A write returns NEXT, or STOP.
	 */
	u32 (*port_in)(struct vcpu *v, u16 port, unsigned size);
	enum verdict (*port_out)(struct vcpu *v, u16 port, unsigned size, u32 value);

	/* 0, or -ERR_...: the guest gets #GP(0). */
	int (*msr_read)(struct vcpu *v, u32 msr, u64 *value);
	int (*msr_write)(struct vcpu *v, u32 msr, u64 value);

	/* An EPT violation. AGAIN (now mapped), NEXT (emulated), STOP. */
	enum verdict (*memory)(struct vcpu *v, const struct memory_access *a);

	/*
	 * The same memory by address, for INS and OUTS, with the vCPU as their
	 * state. NULL: such an access stops the guest.
	 */
	const struct mmio_device_ops *devices;

	/* VMCALL: number in RAX. NEXT, or STOP. */
	enum verdict (*hypercall)(struct vcpu *v);

	/*
	 * Pointer to guest RAM of the given range for reading or writing, or NULL
	 * when it is not all RAM within one 4K page. A ROM counts as RAM: only what
	 * the processor writes by itself may go there; see mmio_device_ops.read_only.
	 */
	void *(*ram)(struct vcpu *v, gpa_t gpa, u64 length);

	/*
	 * The interrupt controller's answer to INTA: a vector, or -1. It calls
	 * event_interrupt_line with what its output is afterwards.
	 */
	int (*interrupt_acknowledge)(struct vcpu *v);

	/* ATTENTION_POLL was set: run what is due (timers, console input). */
	void (*poll)(struct vcpu *v);

	/* Nothing to run: wait (at most some ms) until something may have changed. */
	void (*idle)(struct vcpu *v);

	/* Can an interrupt still come? If not, a HLT is for ever: STOP_STUCK. */
	bool (*can_wake)(struct vcpu *v);
	/* The same while the guest's interrupts are off (RFLAGS.IF): can an NMI? */
	bool (*nmi_can_come)(struct vcpu *v);

	/*
	 * FERR#: an x87 instruction waits for an error to be answered, and CR0.NE is clear. It
	 * runs again until an interrupt has seen to it.
	 */
	void (*x87_error)(struct vcpu *v);

	/*
	 * The guest's time stands still from pause() to resume(), in which it does
	 * not run: what watching it takes is not to be seen by it.
	 */
	void (*pause)(struct vcpu *v);
	void (*resume)(struct vcpu *v);

	/* TPR in the virtual-APIC page is new, or may be. */
	void (*priority_changed)(struct vcpu *v);
	/* The guest has written to the register at this offset of that page, past the APIC's model. */
	void (*apic_written)(struct vcpu *v, unsigned offset);
	/* The processor has ended an interrupt of which apic_virtual_set_end() wants to be told. */
	void (*apic_ended)(struct vcpu *v, u8 vector);

	/* CR4 or XCR0 changed: CPUID answers that mirror them must follow. */
	void (*state_changed)(struct vcpu *v);
};
