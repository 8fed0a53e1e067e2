/* SPDX-License-Identifier: MIT */
/*
 * IN and OUT. SDM "Exit Qualification for I/O Instructions".
 */
#include "vmx/exits.h"

#include "vmx/decode.h"
#include "vmx/exit_io_string.h"
#include "vmx/instructions.h"

static __always_inline enum verdict in(struct vcpu *v, struct io_exit io)
{
	u32 value = v->ops->port_in(v, io.port, io.size);

	switch (io.size) {
	case 1:
		__builtin_memcpy(&v->regs.rax, &value, 1);
		break;
	case 2:
		__builtin_memcpy(&v->regs.rax, &value, 2);
		break;
	default:
		v->regs.rax = value; /* 32 bits clear the upper half of RAX */
	}
	return NEXT;
}

enum verdict exit_io(struct vcpu *v)
{
	u64 qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
	struct io_exit io = decode_io(qualification);

	if (unlikely(io.string))
		return exit_io_string(v, qualification);
	if (io.in)
		return in(v, io);
	return v->ops->port_out(v, io.port, io.size, (u32)(v->regs.rax & bits_byte_mask(io.size)));
}
