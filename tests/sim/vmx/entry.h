/* SPDX-License-Identifier: MIT */
/*
 * Stands in for vmx/entry.h in host tests: the guest is a function of the
 * test. See tests/sim/vmx.h.
 */
#pragma once

#include "kernel/time.h"
#include "vmx/vcpu.h"

struct tsc vmx_run(struct vcpu *v);
void vmx_exit(void);
_Noreturn void vmx_enter_failed(bool valid, bool resume);
