/* SPDX-License-Identifier: MIT */
/*
 * Memory operands of an instruction under emulation: where they lie, and
 * reading and writing them, be it RAM or a device. For vmx/mmio*.c, and for
 * vmx/exit_io_string.c, which has found its spans by itself.
 */
#pragma once

#include "vmx/guest_memory.h"
#include "vmx/mmio.h"
#include "vmx/segment.h"

/* One instruction under emulation: what all of its steps need. */
struct mmio {
	struct vcpu *v;
	const struct memory_access *exit;
	const struct mmio_device_ops *ops;
	void *state;
	bool long_code;
	bool unaligned; /* operands of any address and length: nothing to check */
};

/*
 * Find `size` bytes at an offset, cut to the address size, in a segment.
 *   NEXT   reading and writing them cannot fault any more
 *   AGAIN  the guest has its fault waiting
 *   STOP   a table is not RAM; v->stop says where
 */
enum verdict mmio_find(const struct mmio *m, enum segment segment, u64 offset, unsigned size,
		       bool write, struct guest_span *span) __must_check;

/* The same for a linear address, which the segment's limit and type allow. */
enum verdict mmio_find_linear(const struct mmio *m, gva_t gva, unsigned size, bool write,
			      struct guest_span *span) __must_check;

/* A span found otherwise, to be written: its read-only memory is the device's. */
void mmio_keep_read_only(const struct mmio *m, struct guest_span *span);

/* `length` bytes of a span, from `offset` on, as a span. */
void mmio_part(const struct guest_span *span, unsigned offset, unsigned length,
	       struct guest_span *part);

/* All of the span, at most 8 bytes. A write returns the device's verdict: NEXT or STOP. */
u64 mmio_read(const struct mmio *m, const struct guest_span *span);
enum verdict mmio_write(const struct mmio *m, const struct guest_span *span, u64 value)
	__must_check;

/* The same for any length, to and from memory of ours. */
void mmio_read_bytes(const struct mmio *m, const struct guest_span *span, void *to);
enum verdict mmio_write_bytes(const struct mmio *m, const struct guest_span *span,
			      const void *from) __must_check;

/* A register as an address size uses it: 16 bits change it in part, 32 bits as a whole. */
static inline u64 mmio_replace_address(u64 before, u64 value, u64 mask)
{
	return mask == 0xffff ? (before & ~mask) | (value & mask) : value & mask;
}
