/* SPDX-License-Identifier: MIT */
/*
 * The VM-execution, VM-exit and VM-entry controls, and the solver that
 * turns what we must, want and may have into control words for one CPU.
 * Which we use, and why, is the table in vmx/controls.c and docs/vmx.md.
 */
#pragma once

#include "lib/bits.h"
#include "lib/types.h"
#include "vmx/caps.h"

/* Pin-based. SDM "Pin-Based VM-Execution Controls". */
#define PIN_EXTERNAL_INTERRUPT BIT(0)
#define PIN_NMI		       BIT(3)
#define PIN_VIRTUAL_NMIS       BIT(5)
#define PIN_PREEMPTION_TIMER   BIT(6)
#define PIN_POSTED_INTERRUPTS  BIT(7)

/* Primary processor-based. SDM "Processor-Based VM-Execution Controls". */
#define PROC_INTERRUPT_WINDOW  BIT(2)
#define PROC_TSC_OFFSETTING    BIT(3)
#define PROC_HLT	       BIT(7)
#define PROC_INVLPG	       BIT(9)
#define PROC_MWAIT	       BIT(10)
#define PROC_RDPMC	       BIT(11)
#define PROC_RDTSC	       BIT(12)
#define PROC_CR3_LOAD	       BIT(15)
#define PROC_CR3_STORE	       BIT(16)
#define PROC_TERTIARY	       BIT(17)
#define PROC_CR8_LOAD	       BIT(19)
#define PROC_CR8_STORE	       BIT(20)
#define PROC_TPR_SHADOW	       BIT(21)
#define PROC_NMI_WINDOW	       BIT(22)
#define PROC_MOV_DR	       BIT(23)
#define PROC_IO_ALL	       BIT(24)
#define PROC_IO_BITMAPS	       BIT(25)
#define PROC_MONITOR_TRAP      BIT(27)
#define PROC_MSR_BITMAP	       BIT(28)
#define PROC_MONITOR	       BIT(29)
#define PROC_PAUSE	       BIT(30)
#define PROC_SECONDARY	       BIT(31)

/* Secondary processor-based. */
#define PROC2_VIRTUAL_APIC_ACCESS BIT(0)
#define PROC2_EPT		  BIT(1)
#define PROC2_DESCRIPTOR_TABLE	  BIT(2)
#define PROC2_RDTSCP		  BIT(3)
#define PROC2_VIRTUAL_X2APIC	  BIT(4)
#define PROC2_VPID		  BIT(5)
#define PROC2_WBINVD		  BIT(6)
#define PROC2_UNRESTRICTED_GUEST  BIT(7)
#define PROC2_APIC_REGISTER	  BIT(8)
#define PROC2_VIRTUAL_INTERRUPT	  BIT(9)
#define PROC2_PAUSE_LOOP	  BIT(10)
#define PROC2_RDRAND		  BIT(11)
#define PROC2_INVPCID		  BIT(12)
#define PROC2_VMFUNC		  BIT(13)
#define PROC2_SHADOW_VMCS	  BIT(14)
#define PROC2_ENCLS		  BIT(15)
#define PROC2_RDSEED		  BIT(16)
#define PROC2_PML		  BIT(17)
#define PROC2_EPT_VE		  BIT(18)
#define PROC2_CONCEAL_PT	  BIT(19)
#define PROC2_XSAVES		  BIT(20)
#define PROC2_PASID		  BIT(21)
#define PROC2_MODE_BASED_EXECUTE  BIT(22)
#define PROC2_SUB_PAGE		  BIT(23)
#define PROC2_PT_GUEST_PHYSICAL	  BIT(24)
#define PROC2_TSC_SCALING	  BIT(25)
#define PROC2_USER_WAIT_PAUSE	  BIT(26)
#define PROC2_PCONFIG		  BIT(27)
#define PROC2_ENCLV		  BIT(28)
#define PROC2_BUS_LOCK		  BIT(30)
#define PROC2_INSTRUCTION_TIMEOUT BIT(31)

/* Tertiary processor-based. */
#define PROC3_HLAT		  BIT(1)
#define PROC3_EPT_PAGING_WRITE	  BIT(2)
#define PROC3_GUEST_PAGING_VERIFY BIT(3)
#define PROC3_IPI		  BIT(4)

/* SDM "VM-Exit Controls". */
#define EXITCTL_SAVE_DEBUG	     BIT(2)
#define EXITCTL_HOST_64	     BIT(9)
#define EXITCTL_LOAD_PERF_GLOBAL     BIT(12)
#define EXITCTL_ACK_INTERRUPT	     BIT(15)
#define EXITCTL_SAVE_PAT	     BIT(18)
#define EXITCTL_LOAD_PAT	     BIT(19)
#define EXITCTL_SAVE_EFER	     BIT(20)
#define EXITCTL_LOAD_EFER	     BIT(21)
#define EXITCTL_SAVE_PREEMPTION	     BIT(22)
#define EXITCTL_CLEAR_BNDCFGS	     BIT(23)
#define EXITCTL_CONCEAL_PT	     BIT(24)
#define EXITCTL_CLEAR_RTIT	     BIT(25)
#define EXITCTL_CLEAR_LBR	     BIT(26)
#define EXITCTL_LOAD_CET	     BIT(28)
#define EXITCTL_LOAD_PKRS	     BIT(29)
#define EXITCTL_SAVE_PERF_GLOBAL     BIT(30)
#define EXITCTL_SECONDARY	     BIT(31)

/* SDM "VM-Entry Controls". */
#define ENTRYCTL_LOAD_DEBUG	 BIT(2)
#define ENTRYCTL_IA32E_GUEST	 BIT(9)
#define ENTRYCTL_TO_SMM		 BIT(10)
#define ENTRYCTL_END_DUAL_MONITOR BIT(11)
#define ENTRYCTL_LOAD_PERF_GLOBAL BIT(13)
#define ENTRYCTL_LOAD_PAT	 BIT(14)
#define ENTRYCTL_LOAD_EFER	 BIT(15)
#define ENTRYCTL_LOAD_BNDCFGS	 BIT(16)
#define ENTRYCTL_CONCEAL_PT	 BIT(17)
#define ENTRYCTL_LOAD_RTIT	 BIT(18)
#define ENTRYCTL_LOAD_UINV	 BIT(19)
#define ENTRYCTL_LOAD_CET	 BIT(20)
#define ENTRYCTL_LOAD_LBR	 BIT(21)
#define ENTRYCTL_LOAD_PKRS	 BIT(22)

enum control_word { CONTROL_PIN, CONTROL_PROC, CONTROL_PROC2, CONTROL_EXIT, CONTROL_ENTRY,
		    CONTROL_WORDS };

struct control_want {
	u32 must; /* Trivet does not run without */
	u32 want; /* on where the CPU has it; what follows without is known */
	u32 may;  /* tolerated when the CPU forces it to one */
};

/* What Trivet asks of each word; see controls.c for the reason of each bit. */
extern const struct control_want control_wants[CONTROL_WORDS];

struct controls {
	u32 word[CONTROL_WORDS];
};

/*
 * Solve one word: *value gets every must and every want that the CPU
 * allows, and what it forces. 0, or -ERR_UNSUPPORTED with the culprits:
 * *missing (must, but not allowed) and *forced (forced to one, not tolerated).
 */
int control_solve(const struct control_want *want, const struct vmx_allowed *allowed, u32 *value,
		  u32 *missing, u32 *forced) __must_check;

/* All words. 0 or -ERR_UNSUPPORTED; preflight tells the user which. */
int controls_solve(struct controls *controls, const struct vmx_caps *caps) __must_check;

/* The SDM's name of a control bit ("unrestricted guest"), or NULL; word names: "pin-based", ... */
const char *control_name(enum control_word word, unsigned bit);
const char *control_word_name(enum control_word word);

const struct vmx_allowed *caps_allowed(const struct vmx_caps *caps, enum control_word word);
