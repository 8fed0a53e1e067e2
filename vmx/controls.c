/* SPDX-License-Identifier: MIT */
/*
 * Which controls Trivet uses and why; docs/vmx.md has the same table with
 * those that it leaves off.
 */
#include "vmx/controls.h"

#include "lib/error.h"

/* Default1 bits that are reserved: they have to be one, and mean nothing. */
#define PIN_DEFAULT1   (BIT(1) | BIT(2) | BIT(4))
#define PROC_DEFAULT1  (BIT(1) | BITS(6, 4) | BIT(8) | BITS(14, 13) | BIT(26))
#define EXIT_DEFAULT1  (BITS(1, 0) | BITS(8, 3) | BITS(11, 10) | BITS(14, 13) | BITS(17, 16))
#define ENTRY_DEFAULT1 (BITS(1, 0) | BITS(8, 3) | BIT(12))

const struct control_want control_wants[CONTROL_WORDS] = {
	[CONTROL_PIN] = {
		/* The computer's interrupts and NMIs are the host's, whatever the guest masks. */
		.must = PIN_EXTERNAL_INTERRUPT | PIN_NMI | PIN_VIRTUAL_NMIS,
		.want = PIN_PREEMPTION_TIMER,
		.may = PIN_DEFAULT1,
	},
	[CONTROL_PROC] = {
		.must = PROC_HLT | PROC_MOV_DR | PROC_IO_BITMAPS | PROC_MSR_BITMAP | PROC_SECONDARY |
			PROC_TSC_OFFSETTING | PROC_CR8_LOAD | PROC_CR8_STORE | PROC_RDPMC |
			PROC_MONITOR | PROC_MWAIT,
		/* CR8 exits are for CPUs without it; see vmx/apic_virtual.c. */
		.want = PROC_TPR_SHADOW,
		/* CR3 and INVLPG exits are forced on some old processors, and handled. */
		.may = PROC_DEFAULT1 | PROC_CR3_LOAD | PROC_CR3_STORE | PROC_INVLPG,
	},
	[CONTROL_PROC2] = {
		.must = PROC2_EPT | PROC2_UNRESTRICTED_GUEST,
		/* Without WBINVD exits a guest could flush all caches at will; RDTSCP and INVPCID
		 * raise #UD in the guest unless they are enabled here. */
		.want = PROC2_VPID | PROC2_WBINVD | PROC2_RDTSCP | PROC2_INVPCID |
			PROC2_VIRTUAL_APIC_ACCESS | PROC2_VIRTUAL_X2APIC | PROC2_APIC_REGISTER |
			PROC2_VIRTUAL_INTERRUPT,
	},
	[CONTROL_EXIT] = {
		.must = EXITCTL_HOST_64 | EXITCTL_ACK_INTERRUPT | EXITCTL_SAVE_DEBUG |
			EXITCTL_SAVE_EFER | EXITCTL_LOAD_EFER | EXITCTL_SAVE_PAT | EXITCTL_LOAD_PAT,
		/* A slice is a guest's own time, however often it exits meanwhile. */
		.want = EXITCTL_SAVE_PREEMPTION,
		.may = EXIT_DEFAULT1,
	},
	[CONTROL_ENTRY] = {
		.must = ENTRYCTL_LOAD_DEBUG | ENTRYCTL_LOAD_EFER | ENTRYCTL_LOAD_PAT,
		.may = ENTRY_DEFAULT1,
	},
};

int control_solve(const struct control_want *want, const struct vmx_allowed *allowed, u32 *value,
		  u32 *missing, u32 *forced)
{
	u32 known = want->must | want->want | want->may;

	*missing = want->must & ~allowed->may_be_one;
	*forced = allowed->must_be_one & ~known;
	*value = ((want->must | want->want) & allowed->may_be_one) | allowed->must_be_one;
	return *missing || *forced ? -ERR_UNSUPPORTED : 0;
}

int controls_solve(struct controls *controls, const struct vmx_caps *caps)
{
	int result = 0;

	for (enum control_word w = 0; w < CONTROL_WORDS; w++) {
		u32 missing, forced;
		int error = control_solve(&control_wants[w], caps_allowed(caps, w),
					  &controls->word[w], &missing, &forced);

		if (error)
			result = error;
	}
	return result;
}
