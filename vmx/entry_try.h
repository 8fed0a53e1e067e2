/* SPDX-License-Identifier: MIT */
/*
 * One VMLAUNCH that is expected to fail, for vmx/entry_selftest.c. See vmx/entry_try.S.
 */
#pragma once

#include "lib/types.h"

enum { ENTRY_TRY_EXIT, ENTRY_TRY_INVALID, ENTRY_TRY_VALID };

/*
 * VMLAUNCH the current VMCS. `stack` keeps our RSP: its address must be in
 * VMCS_HOST_RSP, and entry_try_exit in VMCS_HOST_RIP. Interrupts off.
 * Returns how it ended; ENTRY_TRY_EXIT: by a VM exit, so the reason is in the VMCS.
 */
u32 entry_try(u64 *stack);

/* The value for VMCS_HOST_RIP; not to be called. */
void entry_try_exit(void);
