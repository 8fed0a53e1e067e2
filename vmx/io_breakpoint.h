/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints on ports (DR7's condition 10B, with CR4.DE). The processor does
 * not look for them where an access exits, and all accesses do.
 *
 * While DR7 has one, the machine's port handlers in v->ops are wrapped. Nobody
 * else pays: an access without them costs what it did.
 * SDM "Debug Registers", "Data Memory and I/O Breakpoint Exception Conditions".
 */
#pragma once

struct vcpu;

/* DR7 has been written. */
void io_breakpoint_changed(struct vcpu *v);
