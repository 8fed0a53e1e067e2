/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_execute.h"

#include "lib/x86.h"
#include "vmx/instructions.h"
#include "vmx/step.h"

/* SDM "Address-Size Attributes for Stack Accesses". */
static u64 stack_mask(const struct mmio *m)
{
	if (m->long_code)
		return ~0UL;
	return vmcs_read(VMCS_GUEST_SS_ACCESS_RIGHTS) & AR_DB ? 0xffffffff : 0xffff;
}

enum verdict mmio_execute_stack(const struct mmio *m, const struct mmio_instruction *i, u64 offset)
{
	bool push = i->op == MMIO_PUSH;
	u64 mask = stack_mask(m), rsp = vmcs_read(VMCS_GUEST_RSP);
	u64 after = push ? rsp - i->size : rsp + i->size;
	struct guest_span spans[2]; /* what is read, and checked first; what is written */
	enum verdict verdict;

	for (unsigned n = 0; n < 2; n++) {
		if (push == n)
			verdict = mmio_find(m, SEG_SS, (push ? after : rsp) & mask, i->size, n,
					    &spans[n]);
		else
			verdict = mmio_find(m, i->segment, offset, i->size, n, &spans[n]);
		if (verdict != NEXT)
			return verdict;
	}
	verdict = mmio_write(m, &spans[1], mmio_read(m, &spans[0]));
	if (verdict == NEXT)
		vmcs_write(VMCS_GUEST_RSP, mmio_replace_address(rsp, after, mask));
	return verdict;
}

/* Where a near branch may not lead. SDM "Canonical Addressing", "Limit Checking" */
static bool out_of_reach(const struct mmio *m, u64 target)
{
	if (m->long_code)
		return !address_is_canonical(target);
	return target > vmcs_read(VMCS_GUEST_LIMIT(SEG_CS));
}

enum verdict mmio_execute_branch(const struct mmio *m, const struct mmio_instruction *i,
				 u64 offset, u64 rip)
{
	u64 mask = stack_mask(m), rsp = vmcs_read(VMCS_GUEST_RSP), target;
	struct guest_span pointer, stack;
	enum verdict verdict;

	verdict = mmio_find(m, i->segment, offset, i->size, false, &pointer);
	if (verdict == NEXT && i->op == MMIO_CALL)
		verdict = mmio_find(m, SEG_SS, (rsp - i->size) & mask, i->size, true, &stack);
	if (verdict != NEXT)
		return verdict;
	target = mmio_read(m, &pointer);
	if (out_of_reach(m, target)) {
		event_exception_error(m->v, VECTOR_GP, 0);
		return AGAIN;
	}
	if (i->op == MMIO_CALL) {
		verdict = mmio_write(m, &stack, rip + i->length);
		if (verdict != NEXT)
			return verdict;
		vmcs_write(VMCS_GUEST_RSP, mmio_replace_address(rsp, rsp - i->size, mask));
	}
	step_from(m->v, target, 0);
	return AGAIN;
}
