/* SPDX-License-Identifier: MIT */
/*
 * Moves of those elements of a vector that a mask selects. The others are not
 * accessed: they raise no fault, and a device does not see them.
 */
#include "vmx/mmio_execute.h"

#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/vector_registers.h"

#define VECTOR_BYTES 64

/* A bit for each element. */
static u64 selected(const struct mmio_instruction *i, unsigned element)
{
	unsigned count = i->size / element;
	u64 value[VECTOR_BYTES / 8], mask = 0;
	const u8 *bytes = (const u8 *)value;

	if (i->op == MMIO_EVEX_MASKED)
		return vector_opmask_read(i->mask & MMIO_MASK_REGISTER) & (~0UL >> (64 - count));
	mmio_vector_read(i, i->second, value);
	for (unsigned n = 0; n < count; n++)
		if (bytes[(n + 1) * element - 1] & 0x80)
			mask |= BIT(n);
	return mask;
}

enum verdict mmio_execute_masked(const struct mmio *m, const struct mmio_instruction *i, u64 offset)
{
	unsigned element = 1U << (i->mask >> MMIO_MASK_ELEMENT_SHIFT), first, last;
	bool write = i->flags & MMIO_WRITES;
	u64 value[VECTOR_BYTES / 8] = {0};
	u8 vector = mmio_vector_fault(m->v, i), *bytes = (u8 *)value;
	enum verdict verdict = NEXT;
	struct guest_span all, part;
	struct mmio any = *m;
	u64 mask;

	if (vector) {
		event_exception(m->v, vector);
		return AGAIN;
	}
	mask = selected(i, element);
	first = mask ? __builtin_ctzl(mask) : 0;
	last = mask ? 63 - __builtin_clzl(mask) : 0;
	/* Up to 64 bytes: no page lies between these two. */
	any.unaligned = true;
	if (mask)
		verdict = mmio_find(&any, i->segment,
				    (offset + first * element) & bits_byte_mask(i->address_size),
				    (last - first + 1) * element, write, &all);
	if (verdict != NEXT)
		return verdict;
	if (write || (i->op == MMIO_EVEX_MASKED && !(i->mask & MMIO_MASK_ZEROES)))
		mmio_vector_read(i, i->reg, value);
	memset(bytes + i->size, 0, VECTOR_BYTES - i->size);
	for (unsigned n = first; mask && n <= last && verdict == NEXT; n++) {
		if (!(mask >> n & 1))
			continue;
		mmio_part(&all, (n - first) * element, element, &part);
		if (write)
			verdict = mmio_write_bytes(m, &part, bytes + n * element);
		else
			mmio_read_bytes(m, &part, bytes + n * element);
	}
	if (!write)
		mmio_vector_write(i, value);
	return verdict;
}
