/* SPDX-License-Identifier: MIT */
/*
 * The operand that caused the exit needs no walk: the processor reports
 * both of its addresses, linear and guest-physical.
 */
#include "vmx/mmio_operand.h"

#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/instructions.h"

/* Is this what the processor accessed, all of it, and with as much right? */
static bool is_reported(const struct mmio *m, gva_t gva, unsigned size, bool write)
{
	return m->exit->gva_valid && gva == m->exit->gva &&
	       gva % PAGE_SIZE + size <= PAGE_SIZE && (!write || m->exit->write);
}

/*
 * The same by the offset alone, for an instruction's one operand that is not
 * implied: a stack, if there is one as well, is accessed the other way.
 */
static bool is_alike(const struct mmio *m, gva_t gva, unsigned size, bool write)
{
	return m->exit->same_offset && (gva ^ m->exit->gpa) % PAGE_SIZE == 0 &&
	       gva % PAGE_SIZE + size <= PAGE_SIZE && write == m->exit->write;
}

static void use_reported(const struct mmio *m, unsigned size, struct guest_span *span)
{
	span->parts[0].gpa = m->exit->gpa;
	span->parts[0].at = NULL;
	span->parts[0].length = size;
	span->count = 1;
}

/* SDM "Alignment Check Exception (#AC)": user code that asked for it. */
static bool misaligned(const struct mmio *m, gva_t gva, unsigned size)
{
	return !m->unaligned && gva % size && guest_cr0(m->v) & CR0_AM &&
	       vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_AC && vcpu_cpl(m->v) == 3;
}

void mmio_keep_read_only(const struct mmio *m, struct guest_span *span)
{
	for (unsigned n = 0; n < span->count && m->ops->read_only; n++)
		if (m->ops->read_only(m->state, span->parts[n].gpa))
			span->parts[n].at = NULL;
}

static __noinline enum verdict walk(const struct mmio *m, gva_t gva, unsigned size, bool write,
				    struct guest_span *span)
{
	unsigned access = guest_operand_access(m->v) | GUEST_DEVICE | (write ? GUEST_WRITE : 0);
	enum verdict verdict;

	if (misaligned(m, gva, size)) {
		event_exception_error(m->v, VECTOR_AC, 0);
		return AGAIN;
	}
	verdict = guest_span(m->v, gva, size, access, span);
	if (verdict != NEXT)
		return verdict;
	/* Memory that the guest may read but not write is the device's as well. */
	for (unsigned n = 0; n < span->count; n++)
		if (span->parts[n].gpa / PAGE_SIZE == m->exit->gpa / PAGE_SIZE)
			span->parts[n].at = NULL;
	if (write)
		mmio_keep_read_only(m, span);
	return NEXT;
}

enum verdict mmio_find_linear(const struct mmio *m, gva_t gva, unsigned size, bool write,
			      struct guest_span *span)
{
	if (!is_reported(m, gva, size, write))
		return walk(m, gva, size, write, span);
	use_reported(m, size, span);
	return NEXT;
}

static gva_t linear(const struct mmio *m, enum segment segment, u64 offset)
{
	if (!m->long_code)
		return (u32)(vmcs_read(VMCS_GUEST_BASE(segment)) + offset);
	if (segment == SEG_FS || segment == SEG_GS)
		return vmcs_read(VMCS_GUEST_BASE(segment)) + offset;
	return offset;
}

enum verdict mmio_find(const struct mmio *m, enum segment segment, u64 offset, unsigned size,
		       bool write, struct guest_span *span)
{
	const struct segment_access access = {
		.segment = segment, .offset = offset, .size = size, .write = write,
	};
	enum verdict verdict;
	gva_t gva;

	gva = linear(m, segment, offset);
	if (likely(is_reported(m, gva, size, write) || is_alike(m, gva, size, write))) {
		use_reported(m, size, span);
		return NEXT;
	}
	verdict = segment_address(m->v, &access, &gva);
	return verdict == NEXT ? walk(m, gva, size, write, span) : verdict;
}

void mmio_part(const struct guest_span *span, unsigned offset, unsigned length,
	       struct guest_span *part)
{
	part->count = 0;
	for (unsigned n = 0; n < span->count && length; n++) {
		unsigned here = span->parts[n].length - MIN(span->parts[n].length, offset);
		unsigned skipped = span->parts[n].length - here;

		offset -= skipped;
		here = MIN(here, length);
		if (!here)
			continue;
		part->parts[part->count].gpa = span->parts[n].gpa + skipped;
		part->parts[part->count].at =
			span->parts[n].at ? span->parts[n].at + skipped : NULL;
		part->parts[part->count++].length = here;
		length -= here;
	}
}

/* The largest piece that a device takes at once. */
static unsigned piece(const struct mmio *m, gpa_t gpa, unsigned left)
{
	unsigned size = m->ops->widest == 8 ? 8 : 4;

	while (size > left || gpa & (size - 1))
		size /= 2;
	return size;
}

/* The whole operand in one access to the device: nearly always. */
static bool is_simple(const struct mmio *m, const struct guest_span *span)
{
	unsigned size = span->parts[0].length;

	return span->count == 1 && !span->parts[0].at && !(span->parts[0].gpa & (size - 1)) &&
	       (size <= 4 || m->ops->widest == 8);
}

static void copy_or_read(const struct mmio *m, gpa_t gpa, const u8 *at, u8 *value, unsigned length)
{
	if (at) {
		memcpy(value, at, length);
		return;
	}
	while (length) {
		unsigned size = piece(m, gpa, length);
		u64 part = m->ops->read(m->state, gpa, size);

		memcpy(value, &part, size);
		value += size;
		gpa += size;
		length -= size;
	}
}

static enum verdict copy_or_write(const struct mmio *m, gpa_t gpa, u8 *at, const u8 *value,
				  unsigned length)
{
	enum verdict verdict = NEXT;

	if (at) {
		memcpy(at, value, length);
		return NEXT;
	}
	while (length && verdict == NEXT) {
		unsigned size = piece(m, gpa, length);
		u64 part = 0;

		memcpy(&part, value, size);
		verdict = m->ops->write(m->state, m->v, gpa, size, part);
		value += size;
		gpa += size;
		length -= size;
	}
	return verdict;
}

void mmio_read_bytes(const struct mmio *m, const struct guest_span *span, void *to)
{
	u8 *bytes = to;

	for (unsigned n = 0; n < span->count; bytes += span->parts[n++].length)
		copy_or_read(m, span->parts[n].gpa, span->parts[n].at, bytes,
			     span->parts[n].length);
}

enum verdict mmio_write_bytes(const struct mmio *m, const struct guest_span *span, const void *from)
{
	enum verdict verdict = NEXT;
	const u8 *bytes = from;

	for (unsigned n = 0; n < span->count && verdict == NEXT; bytes += span->parts[n++].length)
		verdict = copy_or_write(m, span->parts[n].gpa, span->parts[n].at, bytes,
					span->parts[n].length);
	return verdict;
}

u64 mmio_read(const struct mmio *m, const struct guest_span *span)
{
	u64 value = 0;

	if (likely(is_simple(m, span)))
		return m->ops->read(m->state, span->parts[0].gpa, span->parts[0].length) &
		       bits_byte_mask(span->parts[0].length);
	mmio_read_bytes(m, span, &value);
	return value;
}

enum verdict mmio_write(const struct mmio *m, const struct guest_span *span, u64 value)
{
	if (likely(is_simple(m, span)))
		return m->ops->write(m->state, m->v, span->parts[0].gpa, span->parts[0].length,
				     value & bits_byte_mask(span->parts[0].length));
	return mmio_write_bytes(m, span, &value);
}
