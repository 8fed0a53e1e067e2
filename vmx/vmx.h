/* SPDX-License-Identifier: MIT */
/*
 * VMX on this computer: what it can do, the solved controls, and switching
 * it on and off on each CPU.
 */
#pragma once

#include "vmx/caps.h"
#include "vmx/controls.h"

struct vmx_host {
	struct vmx_caps caps;
	struct controls controls;
	unsigned physical_bits; /* MAXPHYADDR, for checks on what a guest writes */
};

/* Written once by vmx_init() before any guest runs; constant afterwards. */
extern struct vmx_host vmx_host;

/* Read capabilities and solve the controls. 0, or -ERR_UNSUPPORTED: preflight_report() says what is missing. Boot CPU. */
int vmx_init(void) __must_check;

/* VMXON and VMXOFF on this CPU. 0, -ERR_NOMEM, -ERR_UNSUPPORTED (the processor refused; logged). */
int vmx_on(void) __must_check;
void vmx_off(void);

