/* SPDX-License-Identifier: MIT */
#include "vmx/dump_code.h"

#include "lib/x86.h"
#include "vmx/dump_text.h"
#include "vmx/dump_walk.h"

#define BEFORE 16
#define AFTER  32
#define WORDS  16
#define LINE   32 /* bytes of stack */

/* Bits of an address in this segment, in this mode: 16, 32, 64. SDM "Guest Register State". */
static unsigned segment_bits(const struct vcpu *v, enum segment segment)
{
	if (vcpu_in_64bit_code(v))
		return 64;
	return dump_field(VMCS_GUEST_ACCESS_RIGHTS(segment)) & AR_DB ? 32 : 16;
}

gva_t dump_code_address(const struct vcpu *v)
{
	u64 rip = dump_field(VMCS_GUEST_RIP);

	return vcpu_in_64bit_code(v) ? rip : (u32)(dump_field(VMCS_GUEST_CS_BASE) + rip);
}

gva_t dump_stack_address(const struct vcpu *v)
{
	u64 rsp = dump_field(VMCS_GUEST_RSP);

	if (vcpu_in_64bit_code(v))
		return rsp;
	return (u32)(dump_field(VMCS_GUEST_SS_BASE) +
		     (segment_bits(v, SEG_SS) == 16 ? (u16)rsp : (u32)rsp));
}

/* Bytes just before an address: as many as can be had, or those of its page, or none. */
static unsigned peek_before(struct vcpu *v, gva_t linear, u8 *bytes)
{
	unsigned n = (unsigned)MIN(dump_field(VMCS_GUEST_RIP), (u64)BEFORE);

	n = (unsigned)MIN(n, linear);
	if (dump_peek(v, linear - n, bytes, n) == n)
		return n;
	n = (unsigned)MIN(n, linear % PAGE_SIZE);
	return dump_peek(v, linear - n, bytes, n) == n ? n : 0;
}

void dump_code(struct vcpu *v)
{
	u8 bytes[BEFORE + AFTER];
	char text[2 * sizeof(bytes) + sizeof("<>")], name[8];
	struct dump_text t = dump_text(text, sizeof(text));
	unsigned before, n;
	gva_t linear;

	if (!dump_possible(v))
		return;
	linear = dump_code_address(v);
	before = peek_before(v, linear, bytes);
	n = before + dump_peek(v, linear, bytes + before, AFTER);
	for (unsigned i = 0; n > before && i < n; i++)
		dump_add(&t, i == before ? "<%02x>" : "%02x", bytes[i]);
	dump_vm_name(v, name);
	dump_line("code: vm=%s vcpu=%u mode=%u rip=%#lx linear=%#lx bytes=%s", name, v->index,
		  segment_bits(v, SEG_CS), dump_field(VMCS_GUEST_RIP), linear,
		  n > before ? text : "-");
}

void dump_stack(struct vcpu *v)
{
	unsigned size, have;
	u64 words[WORDS]; /* of 8 bytes at most */
	char text[96], name[8];
	gva_t linear;

	if (!dump_possible(v))
		return;
	size = segment_bits(v, SEG_SS) / 8;
	linear = dump_stack_address(v);
	have = dump_peek(v, linear, words, WORDS * size);
	dump_vm_name(v, name);
	dump_line("stack: vm=%s vcpu=%u size=%u rsp=%#lx linear=%#lx%s", name, v->index, size,
		  dump_field(VMCS_GUEST_RSP), linear, have < size ? " is nowhere" : "");
	for (unsigned at = 0; at + size <= have; at += LINE) {
		struct dump_text t = dump_text(text, sizeof(text));

		for (unsigned i = at; i < at + LINE && i + size <= have; i += size) {
			const u8 *word = (const u8 *)words + i;
			u64 value = 0;

			for (unsigned byte = size; byte--;)
				value = value << 8 | word[byte];
			dump_add(&t, " %0*lx", (int)size * 2, value);
		}
		dump_line("  %0*lx:%s", size == 8 ? 16 : 8, linear + at, text);
	}
}
