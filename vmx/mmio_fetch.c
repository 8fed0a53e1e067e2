/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_fetch.h"

#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/guest_memory.h"
#include "vmx/instructions.h"

#define ENTRY_P	      BIT(0)
#define ENTRY_PS      BIT(7)
#define ENTRY_ADDRESS BITS(51, 12)

/* Nothing on the way to this page has changed since it was found: it still is where it was. */
static bool is_known(const struct vcpu_code *c, gva_t page, u64 cr3)
{
	if (c->page != page || c->cr3 != cr3 || !c->count)
		return false;
	for (unsigned n = 0; n < c->count; n++)
		if (*c->entries[n] != c->values[n])
			return false;
	return true;
}

/*
 * The page of 64-bit code in RAM, or NULL. The processor has just fetched
 * from it: rights were checked and the tables marked, so this walk looks
 * for the address only. Finding memory of the machine takes longer than all
 * else here, so the way is remembered, and looked over before it is used.
 */
static const u8 *code_page(struct vcpu *v, gva_t page)
{
	u64 entry = vmcs_read(VMCS_GUEST_CR3), offset;
	struct vcpu_code *c = &v->code;
	unsigned shift = 48, count = 0;

	if (likely(is_known(c, page, entry)))
		return c->at;
	c->count = 0;
	c->page = page;
	c->cr3 = entry;
	do {
		const volatile u64 *table;

		shift -= 9;
		table = v->ops->ram(v, (entry & ENTRY_ADDRESS) + (page >> shift & 511) * 8, 8);
		if (!table)
			return NULL;
		entry = *table;
		if (!(entry & ENTRY_P))
			return NULL;
		c->entries[count] = table;
		c->values[count++] = entry;
	} while (shift > PAGE_SHIFT && !(entry & ENTRY_PS));
	offset = BITS(shift - 1, 0);
	c->at = v->ops->ram(v, (entry & ENTRY_ADDRESS & ~offset) | (page & offset), PAGE_SIZE);
	if (c->at)
		c->count = count;
	return c->at;
}

/*
 * A kernel has few instructions that access a device, and it takes longer to
 * decode them than to see that they are the same as last time.
 */
static struct vcpu_decoded *find_decoded(struct vcpu *v, u64 rip)
{
	return &v->code.decoded[(rip ^ rip >> 3 ^ rip >> 6) % ARRAY_SIZE(v->code.decoded)];
}

static bool is_decoded(const struct vcpu_decoded *d, const u64 *bytes)
{
	return d->bytes[0] == bytes[0] && d->bytes[1] == bytes[1] && d->i.length;
}

/* What the decoder does not know ends the machine, with the first bytes to read in order. */
static enum verdict unknown(struct vcpu *v, const u8 *code)
{
	u64 bytes;

	memcpy(&bytes, code, sizeof(bytes));
	return vcpu_stop(v, STOP_UNKNOWN_CODE, "not known on device memory, begins with the bytes",
			 __builtin_bswap64(bytes));
}

/* Bytes of code, with the fault that the processor would raise. */
static enum verdict read_code(struct vcpu *v, gva_t gva, u8 *code, unsigned length)
{
	return guest_read(v, gva, code, length, guest_operand_access(v) | GUEST_FETCH);
}

enum verdict mmio_fetch(struct mmio *m, u64 rip, struct mmio_instruction *i)
{
	struct vcpu *v = m->v;
	u64 efer = vmcs_read(VMCS_GUEST_EFER), rights = vmcs_read(VMCS_GUEST_CS_ACCESS_RIGHTS);
	enum verdict verdict = NEXT;
	u8 code[INSTRUCTION_MAX] = { 0 };
	enum mmio_decoded decoded;
	unsigned length, code_bits;
	struct vcpu_decoded *decoded_before = NULL;
	const u8 *ram;
	gva_t gva = rip;

	m->long_code = efer & EFER_LMA && rights & AR_L;
	code_bits = m->long_code ? 64 : rights & AR_DB ? 32 : 16;
	if (!m->long_code)
		gva = (u32)(vmcs_read(VMCS_GUEST_CS_BASE) + rip);
	length = MIN(INSTRUCTION_MAX, (unsigned)(PAGE_SIZE - gva % PAGE_SIZE));
	ram = m->long_code ? code_page(v, gva & ~(PAGE_SIZE - 1)) : NULL;
	if (likely(ram && length == INSTRUCTION_MAX && gva % PAGE_SIZE <= PAGE_SIZE - 16)) {
		u64 bytes[2];

		memcpy(bytes, ram + gva % PAGE_SIZE, sizeof(bytes));
		decoded_before = find_decoded(v, rip);
		if (is_decoded(decoded_before, bytes)) {
			*i = decoded_before->i;
			return NEXT;
		}
		memcpy(decoded_before->bytes, bytes, sizeof(bytes));
		decoded_before->i.length = 0;
		memcpy(code, bytes, INSTRUCTION_MAX);
	} else if (ram) {
		memcpy(code, ram + gva % PAGE_SIZE, length);
	} else { /* other modes; or the tables have changed meanwhile */
		verdict = read_code(v, gva, code, length);
	}
	if (verdict != NEXT)
		return verdict;
	decoded = mmio_decode(code, length, code_bits, i);
	if (decoded == MMIO_TRUNCATED && length < INSTRUCTION_MAX) {
		verdict = read_code(v, gva + length, code + length, INSTRUCTION_MAX - length);
		if (verdict != NEXT)
			return verdict;
		decoded = mmio_decode(code, INSTRUCTION_MAX, code_bits, i);
	}
	if (decoded == MMIO_KNOWN) {
		if (decoded_before)
			decoded_before->i = *i;
		return NEXT;
	}
	if (decoded != MMIO_UNDEFINED)
		return unknown(v, code);
	event_exception(v, VECTOR_UD);
	return AGAIN;
}
