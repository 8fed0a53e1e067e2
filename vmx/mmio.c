/* SPDX-License-Identifier: MIT */
/*
 * From the exit to the instruction and over it. EPT violations do not
 * report an instruction's length, so the step uses the decoder's.
 * SDM "Information for VM Exits Due to Instruction Execution".
 */
#include "vmx/mmio.h"

#include "vmx/instructions.h"
#include "vmx/mmio_execute.h"
#include "vmx/mmio_fetch.h"
#include "vmx/step.h"

enum verdict mmio_emulate(struct vcpu *v, const struct memory_access *a,
			  const struct mmio_device_ops *ops, void *state)
{
	struct mmio m = { .v = v, .exit = a, .ops = ops, .state = state };
	u64 rip = vmcs_read(VMCS_GUEST_RIP);
	struct mmio_instruction i;
	enum verdict verdict;

	if (unlikely(a->fetch || a->table_walk || v->events.next.info & INTR_VALID))
		return vcpu_stop(v, STOP_BAD_MEMORY,
				 "code, page table or stack of an event in device memory, at",
				 a->gpa);
	verdict = mmio_fetch(&m, rip, &i);
	if (verdict == NEXT)
		verdict = mmio_execute(&m, &i, rip);
	if (verdict != NEXT)
		return verdict;
	step_from(v, rip, i.length);
	return AGAIN;
}
