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
	const struct port_access access = { io.port, io.size };
	enum verdict verdict;
	u32 value;

	if (unlikely(io.string))
		return exit_io_string(v, &io);
	if (!io.in)
		return v->ops->port_out(v, &access, (u32)(v->regs.rax & bits_byte_mask(io.size)));

	verdict = v->ops->port_in(v, &access, &value);
	if (io.size == 4) /* a 32-bit result clears the upper half of RAX */
		v->regs.rax = value;
	else
		v->regs.rax = (v->regs.rax & ~bits_byte_mask(io.size)) |
			      (value & bits_byte_mask(io.size));
	return verdict;
}
