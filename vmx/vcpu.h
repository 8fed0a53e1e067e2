/* SPDX-License-Identifier: MIT */
/*
 * A virtual CPU: its registers, its VMCS, what waits to be injected, and
 * the loop that runs it.
 *
 * Life: vcpu_create, vcpu_reset, vcpu_load, vcpu_run (until it stops),
 * vcpu_unload, vcpu_destroy. A vCPU runs on the CPU that loaded it. Only
 * that CPU touches the struct, except for `attention`.
 */
#pragma once

#include "lib/bits.h"
#include "lib/types.h"
#include "vmx/apic_virtual.h"
#include "vmx/event.h"
#include "vmx/exit_reason.h"
#include "vmx/mmio_decode.h"
#include "vmx/switch.h"
#include "vmx/vcpu_offsets.h"
#include "vmx/vcpu_ops.h"
#include "vmx/vmcs_image.h"

struct exit_record;
struct stats;
struct surprise;
struct trace;
struct vcpu;
struct vm;
struct ept;

/* Registers by the processor's numbers. RSP lives in the VMCS: slot 4 is a scratch slot. */
union vcpu_regs {
	u64 by_index[16];
	struct {
		u64 rax, rcx, rdx, rbx, unused_rsp, rbp, rsi, rdi;
		u64 r8, r9, r10, r11, r12, r13, r14, r15;
	};
};

/* Why a vCPU stopped. Whether that is a clean end is the machine's to say. */
enum stop_cause {
	STOP_NONE,
	STOP_REQUESTED,	   /* the machine or the user asked for it */
	STOP_POWER_OFF,	   /* the guest switched its machine off */
	STOP_RESET,	   /* the guest asked for a reset */
	STOP_TRIPLE_FAULT,
	STOP_BAD_MEMORY,   /* access to guest-physical memory that is nothing */
	STOP_UNHANDLED,	   /* an exit nobody answers */
	STOP_ENTRY_FAILED, /* the processor refused the guest's state */
	STOP_STUCK,	   /* the guest waits for an event that cannot come */
	STOP_EMULATION,	   /* an instruction we cannot emulate */
	STOP_UNKNOWN_CODE, /* or cannot decode: the value is its first 8 bytes, big-endian */
	STOP_NO_MEMORY,
};

const char *stop_cause_name(enum stop_cause cause); /* "triple fault", ... */

struct vcpu_stop {
	enum stop_cause cause;
	const char *detail; /* a literal, or NULL */
	u64 value;	    /* what `detail` speaks of: an address, a port, a status */
};

/* Bits of vcpu->attention: why the loop must look before it enters again. */
#define ATTENTION_EVENT BIT(0) /* something may be injectable */
#define ATTENTION_POLL	BIT(1) /* call ops->poll */
#define ATTENTION_STOP	BIT(2) /* stop at the next chance */
#define ATTENTION_CHECK BIT(3) /* judge the entry; see vmx/entry_check.h */
#define ATTENTION_WATCH BIT(4) /* v->watch may have changed */

/* What is noted of each exit. The run loop exists once for each of these, so what is off costs nothing. */
enum watch {
	WATCH_NOTHING, /* counters alone */
	WATCH_RECORDS, /* the flight recorder */
	WATCH_STATS,   /* and statistics, made from its records */
	WATCH_TRACE,   /* and the tracer sees each exit */
};

#define REFUSED_XCR0 16 /* as notes.refused_register; others are a CR's number */

/* Kept for reports; see vmx/autopsy.h, machine/hints.h. */
struct vcpu_notes {
	u64 double_faults; /* how many were delivered, and the last one's state */
	u64 double_fault_rip, double_fault_rsp, double_fault_cr2;
	u64 refused_writes; /* of control registers and XCR0, by #GP; and the last one */
	u64 refused_value, refused_rip;
	unsigned refused_register;
	u64 surprises; /* #UD at instructions of vmx/surprise.h, and the last one */
	const struct surprise *surprise;
	u64 surprise_rip;
};

/* See vmx/recorder.h. */
struct recorder {
	struct exit_record *next;  /* the slot of the next exit, or of the one being handled */
	struct exit_record *ring, *end;
	struct exit_record *taken; /* those before it are in the statistics */
	u64 page_n;		   /* number of the first record of next's page */
	u64 resumed;		   /* TSC when the guest went on before *taken */
	u32 nothing;		   /* 0: the key of exits without one */
	struct stats *stats;	   /* NULL: off */
};

/* Where the last page of emulated code is, and what led there: vmx/mmio_fetch.c. */
struct vcpu_code {
	gva_t page;
	u64 cr3;
	unsigned count; /* of entries; 0: nothing known */
	const volatile u64 *entries[4];
	u64 values[4];
	const u8 *at;
	/* What was made of some instructions of 64-bit code; length 0: nothing yet. */
	struct vcpu_decoded {
		u64 bytes[2]; /* one more than an instruction can have */
		struct mmio_instruction i;
	} decoded[8];
};

struct vcpu {
	/* Known to vmx/entry.S by vmx/vcpu_offsets.h. */
	union vcpu_regs regs;
	u64 host_stack; /* while in the guest: our RSP */
	u64 launched;	/* bit 0: entered since VMPTRLD of a clear VMCS: VMRESUME next */

	/* Hot: the loop's and the handlers'. */
	u32 attention; /* by __atomic functions; the loop looks at every turn */
	unsigned index; /* in its VM */
	const struct vcpu_ops *ops; /* the machine's, or `watched_ops` */
	void *cpuid_table; /* machine/cpuid.c's answers for this vCPU */
	struct vm *vm;

	struct recorder recorder;
	enum watch watch;
	struct trace *trace; /* see vmx/trace.h; NULL: never asked for */
	struct vcpu_events events;

	/* Guest state that the processor does not switch. */
	u32 *virtual_apic; /* registers of its local APIC, a page; TPR is CR8 */
	struct vcpu_apic apic;
	u64 xcr0;
	struct switched_state switched; /* valid while not loaded */

	/* What this vCPU runs with; see vmx/setup.c. */
	u32 pin_controls, proc_controls, proc_controls2, entry_controls, exit_controls;
	u64 cr0_guest_owned, cr4_guest_owned;
	u64 cr4_allowed; /* CR4 bits the machine's CPUID policy offers */
	u64 xcr0_allowed;
	u64 efer_allowed;
	u32 slice;	/* preemption timer, in its ticks; 0 = off */
	u32 polled;	/* low half of the TSC when the machine was polled last, or the run began */
	u16 vpid;
	struct ept *ept;
	hpa_t vmcs;
	hpa_t fpu; /* XSAVE area, one or more frames */
	unsigned fpu_order;
	struct cpu *cpu; /* where it is loaded, or NULL */

	/* Breakpoints on ports: see vmx/io_breakpoint.h. */
	struct vcpu_ops watched_ops;
	const struct vcpu_ops *unwatched_ops;

	struct vcpu_code code;
	struct vcpu_stop stop;
	struct vcpu_notes notes;
	struct exit_counters {
		u64 count[EXIT_REASONS];
		u64 cycles[EXIT_REASONS]; /* TSC ticks from exit to the next entry */
	} counters; /* of exits that are not in recorder.stats: see vcpu_exits() */

	/* For a debugger, to which the VMCS in memory means nothing: see vcpu_remember(). */
	struct vmcs_image remembered;
	u64 remembered_tsc; /* when; 0: never */
};

struct vcpu_config {
	unsigned index;
	u16 vpid; /* not 0, unique on this computer */
	struct vm *vm;
	const struct vcpu_ops *ops;
	void *cpuid_table;
	struct ept *ept;
	hpa_t msr_bitmap;   /* one frame; shared by a VM's vCPUs */
	hpa_t io_bitmaps;   /* two frames in a row */
	/*
	 * For APIC virtualization: a frame that stands for the APIC's page, which
	 * `ept` maps at apic_gpa with EPT_RESERVED and no permission; and a frame
	 * for an MSR bitmap of x2APIC mode. 0: off. Both shared by a VM's vCPUs.
	 */
	hpa_t apic_page, x2apic_bitmap;
	gpa_t apic_gpa;
	bool no_virtual_delivery; /* leave "virtual-interrupt delivery" off */
	u64 cr4_allowed, xcr0_allowed, efer_allowed;
	u64 slice_tsc;	    /* a guest that does not exit for so long is made to; 0: never */
	u8 vm_number;	    /* of the machine, in records */
	u32 records;	    /* the flight recorder keeps so many exits; 0: it is off */
	bool stats;	    /* and makes statistics of them */
	bool tsc_exits;	    /* intercept RDTSC(P) */
	bool descriptor_exits; /* intercept LGDT, SIDT, LTR, ..., where the CPU can */
};

/* Make a vCPU in the state of vcpu_reset(). 0, -ERR_NOMEM. Any CPU with VMX on. */
int vcpu_create(struct vcpu **out, const struct vcpu_config *config) __must_check;
void vcpu_destroy(struct vcpu *v);

/* Architectural reset state, but real mode at 0000:0000. Must be loaded. SDM "Processor State After Reset". */
void vcpu_reset(struct vcpu *v);

/* Take the vCPU onto this CPU: VMPTRLD, host state, guest FPU and MSRs. */
void vcpu_load(struct vcpu *v);
void vcpu_unload(struct vcpu *v);

/*
 * Copy the VMCS into v->remembered, as the layout of the VMCS itself is the
 * processor's own. vcpu_unload() does; so may whoever stops the guest for
 * somebody to look (a panic, a pause). Must be loaded. Not for the exit path.
 */
void vcpu_remember(struct vcpu *v);

/*
 * Run until the vCPU stops; v->stop then tells why. Must be loaded. The
 * book's first page: vmx/vcpu.c.
 */
void vcpu_run(struct vcpu *v);

/* Exits of a reason so far, and the TSC ticks their handling took, without waits. Its own CPU, or when it is stopped. */
void vcpu_exits(struct vcpu *v, unsigned reason, u64 *count, u64 *ticks);

/* Ask a vCPU to look at its attention bits; any CPU. */
void vcpu_attend(struct vcpu *v, u32 attention);

/*
 * Poll the machine if that has not been done for many slices, as when the
 * guest exits all the time. Every now and then, by the recorder or the counters.
 */
void vcpu_poll_if_overdue(struct vcpu *v);

/* End with STOP from a handler: `return vcpu_stop(v, STOP_..., "text", value);` The first cause stays. */
enum verdict vcpu_stop(struct vcpu *v, enum stop_cause cause, const char *detail, u64 value);

/* RFLAGS, RIP, RSP and a register by number, as the guest sees them. Must be loaded. */
u64 vcpu_register(const struct vcpu *v, unsigned index);
void vcpu_set_register(struct vcpu *v, unsigned index, u64 value);
unsigned vcpu_cpl(const struct vcpu *v);
bool vcpu_in_64bit_code(const struct vcpu *v);

/* Drop all cached translations of this vCPU's linear addresses (INVVPID). Must be loaded. */
void vcpu_flush(struct vcpu *v);

/* Start at CS:IP in real mode with the given registers cleared, DL as a BIOS leaves it. Must be loaded. */
void vcpu_set_real_mode_entry(struct vcpu *v, u16 cs, u16 ip);

/* Start where a processor does after a reset: at FFFFFFF0H, in real mode. Must be loaded. */
void vcpu_set_reset_entry(struct vcpu *v);
