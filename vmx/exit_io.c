/* SPDX-License-Identifier: MIT */
/*
 * IN and OUT. SDM "Exit Qualification for I/O Instructions".
 */
#include "vmx/exits.h"

#include "vmx/decode.h"
#include "vmx/exit_io_string.h"
#include "vmx/instructions.h"

enum verdict exit_io(struct vcpu *v)
{
	struct io_exit io = decode_io(vmcs_read(VMCS_EXIT_QUALIFICATION));
	u64 mask;
	u32 value;

	if (unlikely(io.string))
		return exit_io_string(v, &io);
	mask = bits_byte_mask(io.size);
	if (!io.in)
		return v->ops->port_out(v, io.port, io.size, (u32)(v->regs.rax & mask));

	value = v->ops->port_in(v, io.port, io.size);
	if (io.size == 4) /* a 32-bit result clears the upper half of RAX */
		v->regs.rax = value;
	else
		v->regs.rax = (v->regs.rax & ~mask) | (value & mask);
	return NEXT;
}
