/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_execute.h"

#include "vmx/instructions.h"

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
