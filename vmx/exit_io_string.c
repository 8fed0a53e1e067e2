/* SPDX-License-Identifier: MIT */
/*
 * One element after the other, as the processor does it: RSI or RDI and
 * RCX are right after each one, so a fault in the middle, or the end of a
 * batch, simply leaves the instruction to run again.
 */
#include "vmx/exit_io_string.h"

#include "lib/x86.h"
#include "vmx/decode.h"
#include "vmx/guest_memory.h"
#include "vmx/instructions.h"
#include "vmx/mmio_operand.h"
#include "vmx/segment.h"
#include "vmx/step.h"

/* What lies where there is no RAM, in the terms of vmx/mmio_operand.h. */
static struct mmio device(struct vcpu *v)
{
	return (struct mmio){.v = v, .ops = v->ops->devices, .state = v};
}

static enum verdict find(struct vcpu *v, gva_t gva, const struct io_exit *io,
			 struct guest_span *span)
{
	unsigned access = guest_operand_access(v) | (io->in ? GUEST_WRITE : 0) |
			  (v->ops->devices ? GUEST_DEVICE : 0);
	const struct mmio m = device(v);
	enum verdict verdict = guest_span(v, gva, io->size, access, span);

	if (verdict == NEXT && io->in && m.ops)
		mmio_keep_read_only(&m, span);
	return verdict;
}

static bool is_ram(const struct guest_span *span)
{
	return span->parts[0].at && (span->count == 1 || span->parts[1].at);
}

/* The memory is checked before the port is read: a device must not lose a byte to a fault. */
static enum verdict in(struct vcpu *v, const struct io_exit *io, const struct guest_span *span)
{
	const struct mmio m = device(v);
	u32 value = v->ops->port_in(v, io->port, io->size);

	if (unlikely(!is_ram(span)))
		return mmio_write(&m, span, value);
	guest_span_write(span, 0, &value, io->size);
	return NEXT;
}

static enum verdict out(struct vcpu *v, const struct io_exit *io, const struct guest_span *span)
{
	const struct mmio m = device(v);
	u32 value = 0;

	if (unlikely(!is_ram(span)))
		value = (u32)mmio_read(&m, span);
	else
		guest_span_read(span, 0, &value, io->size);
	return v->ops->port_out(v, io->port, io->size, value);
}

enum verdict exit_io_string(struct vcpu *v, u64 qualification)
{
	const struct io_exit exit = decode_io(qualification), *io = &exit;
	struct instruction_info info =
		decode_instruction_info((u32)vmcs_read(VMCS_EXIT_INSTRUCTION_INFO));
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	u64 mask = bits_byte_mask(info.address_size / 8);
	u64 stride = rflags & RFLAGS_DF ? -(u64)io->size : io->size;
	u64 *index = io->in ? &v->regs.rdi : &v->regs.rsi;
	u64 left = io->rep ? v->regs.rcx & mask : 1;
	unsigned batch = rflags & RFLAGS_TF ? 1 : IO_STRING_BATCH; /* a trap after each element */

	for (unsigned done = 0; left; done++, left--) {
		struct segment_access memory = {
			.segment = io->in ? SEG_ES : info.segment,
			.offset = *index & mask,
			.size = io->size,
			.write = io->in,
		};
		struct guest_span span;
		enum verdict verdict;
		gva_t gva;

		if (done == batch || (done && v->attention)) {
			step_iteration(v, rflags);
			return AGAIN;
		}
		verdict = segment_address(v, &memory, &gva);
		if (verdict == NEXT)
			verdict = find(v, gva, io, &span);
		if (verdict == NEXT)
			verdict = io->in ? in(v, io, &span) : out(v, io, &span);
		if (verdict != NEXT)
			return verdict;
		*index = mmio_replace_address(*index, *index + stride, mask);
		if (io->rep)
			v->regs.rcx = mmio_replace_address(v->regs.rcx, left - 1, mask);
	}
	return NEXT;
}
