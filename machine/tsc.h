/* SPDX-License-Identifier: MIT */
/* The guest's time-stamp counter: the host's plus an offset in the VMCS. The vCPU is loaded. */
#pragma once

#include "lib/types.h"

struct vcpu;

u64 tsc_guest(const struct vcpu *v);
void tsc_set_guest(struct vcpu *v, u64 value);

/* Move it by so many ticks, forwards or (as a negative number) back. None is lost by the way. */
void tsc_move(struct vcpu *v, u64 ticks);

/* So many ticks have not passed for the guest. It must not run meanwhile. See clock_resume(). */
void tsc_skip(struct vcpu *v, u64 ticks);
