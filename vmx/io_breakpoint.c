/* SPDX-License-Identifier: MIT */
#include "vmx/io_breakpoint.h"

#include "lib/bits.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/debug_registers.h"
#include "vmx/event.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

#define BREAKPOINTS  4
#define CONDITION_IO 2

static bool is_on_ports(u64 dr7, unsigned n)
{
	return dr7 >> 2 * n & 3 && (dr7 >> (16 + 4 * n) & 3) == CONDITION_IO;
}

/* LEN is 1, 2, 8 or 4 bytes, and the address is taken down to a multiple of it. */
static bool hit(u64 dr7, unsigned n, u16 port, unsigned size)
{
	static const u8 lengths[] = { 1, 2, 8, 4 };
	unsigned length = lengths[dr7 >> (18 + 4 * n) & 3];
	u64 first = guest_dr(n) & ~(u64)(length - 1);

	return first < (u64)port + size && port < first + length;
}

/*
 * A trap: behind the instruction, or the iteration of one. A single step
 * that is due there too takes the causes with it.
 */
static void look(struct vcpu *v, u16 port, unsigned size)
{
	u64 dr7 = vmcs_read(VMCS_GUEST_DR7), causes = 0;

	if (!(guest_cr4(v) & CR4_DE))
		return;
	for (unsigned n = 0; n < BREAKPOINTS; n++)
		if (is_on_ports(dr7, n) && hit(dr7, n, port, size))
			causes |= BIT(n);
	if (!causes)
		return;
	causes |= vmcs_read(VMCS_GUEST_PENDING_DEBUG);
	if (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF &&
	    !(vmcs_read(VMCS_GUEST_DEBUGCTL) & DEBUGCTL_BTF))
		vmcs_write(VMCS_GUEST_PENDING_DEBUG, causes | PENDING_DEBUG_ENABLED);
	else
		event_debug(v, causes);
}

static u32 port_in(struct vcpu *v, u16 port, unsigned size)
{
	u32 value = v->unwatched_ops->port_in(v, port, size);

	look(v, port, size);
	return value;
}

static enum verdict port_out(struct vcpu *v, u16 port, unsigned size, u32 value)
{
	enum verdict verdict = v->unwatched_ops->port_out(v, port, size, value);

	if (verdict == NEXT)
		look(v, port, size);
	return verdict;
}

void io_breakpoint_changed(struct vcpu *v)
{
	u64 dr7 = vmcs_read(VMCS_GUEST_DR7);
	bool wanted = false;

	for (unsigned n = 0; n < BREAKPOINTS; n++)
		wanted |= is_on_ports(dr7, n);
	if (wanted == (v->ops == &v->watched_ops))
		return;
	if (wanted) {
		v->unwatched_ops = v->ops;
		v->watched_ops = *v->ops;
		v->watched_ops.port_in = port_in;
		v->watched_ops.port_out = port_out;
		v->ops = &v->watched_ops;
	} else {
		v->ops = v->unwatched_ops;
	}
}
