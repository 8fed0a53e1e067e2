/* SPDX-License-Identifier: MIT */
/* Why a vCPU stopped: the first cause counts. */
#include "vmx/vcpu.h"

enum verdict vcpu_stop(struct vcpu *v, enum stop_cause cause, const char *detail, u64 value)
{
	if (v->stop.cause == STOP_NONE)
		v->stop = (struct vcpu_stop){ cause, detail, value };
	return STOP;
}

const char *stop_cause_name(enum stop_cause cause)
{
	static const char *const names[] = {
		[STOP_NONE] = "still running",
		[STOP_REQUESTED] = "stopped on request",
		[STOP_POWER_OFF] = "power-off",
		[STOP_RESET] = "reset",
		[STOP_TRIPLE_FAULT] = "triple fault",
		[STOP_BAD_MEMORY] = "access to memory that is not there",
		[STOP_UNHANDLED] = "unhandled exit",
		[STOP_ENTRY_FAILED] = "VM entry failed",
		[STOP_STUCK] = "waits for ever",
		[STOP_EMULATION] = "instruction that cannot be emulated",
		[STOP_UNKNOWN_CODE] = "instruction that cannot be emulated",
		[STOP_NO_MEMORY] = "out of memory",
	};

	return names[cause];
}
