/* SPDX-License-Identifier: MIT */
/*
 * LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT and STR, where the vCPU has
 * "descriptor-table exiting" on. The processor has checked the privilege
 * level and UMIP before it exited; operands and descriptors are ours to check.
 * SDM "VM-Exit Instruction Information".
 */
#include "vmx/exits.h"

#include "vmx/decode.h"
#include "vmx/descriptor_registers.h"
#include "vmx/guest_memory.h"
#include "vmx/instruction_prefix.h"
#include "vmx/instructions.h"
#include "vmx/segment.h"

/* Identity of the instruction: bit 1 loads, bit 0 says which of the two registers. */
#define IDENTITY_LOADS	BIT(1)
#define IDENTITY_SECOND BIT(0) /* IDTR, or TR */

static struct instruction_info read_info(void)
{
	return decode_instruction_info((u32)vmcs_read(VMCS_EXIT_INSTRUCTION_INFO));
}

/* The linear address of a memory operand. NEXT, or AGAIN with the fault raised. */
static enum verdict find_operand(struct vcpu *v, const struct instruction_info *i, unsigned size,
				 bool write, gva_t *gva)
{
	u64 offset = vmcs_read(VMCS_EXIT_QUALIFICATION); /* the displacement; with RIP, if relative */
	struct segment_access access = { .segment = i->segment, .size = size, .write = write };

	if (i->has_base)
		offset += vcpu_register(v, i->base);
	if (i->has_index)
		offset += vcpu_register(v, i->index) << i->scale;
	access.offset = offset & bits_byte_mask(i->address_size / 8);
	return segment_address(v, &access, gva);
}

static enum verdict store_table(struct vcpu *v, gva_t gva, unsigned size, bool idt)
{
	const struct table_operand operand = {
		.limit = (u16)vmcs_read(idt ? VMCS_GUEST_IDTR_LIMIT : VMCS_GUEST_GDTR_LIMIT),
		.base = vmcs_read(idt ? VMCS_GUEST_IDTR_BASE : VMCS_GUEST_GDTR_BASE),
	};

	return guest_write(v, gva, &operand, size, guest_operand_access(v));
}

static enum verdict load_table(struct vcpu *v, gva_t gva, unsigned size, u64 base_mask, bool idt)
{
	struct table_operand operand = { .base = 0 };
	enum verdict verdict;

	verdict = guest_read(v, gva, &operand, size, guest_operand_access(v));
	if (verdict != NEXT)
		return verdict;
	return descriptor_set_table(v, idt, operand.base & base_mask, operand.limit);
}

enum verdict exit_gdtr_idtr(struct vcpu *v)
{
	struct instruction_info i = read_info();
	bool long_code = vcpu_in_64bit_code(v);
	bool loads = i.identity & IDENTITY_LOADS, idt = i.identity & IDENTITY_SECOND;
	unsigned size = long_code ? 10 : 6;
	/* With a 16-bit operand size LGDT and LIDT take 24 bits of base. */
	u64 mask = long_code || i.operand_32 ? ~0UL : BITS(23, 0);
	enum verdict verdict;
	gva_t gva;

	verdict = find_operand(v, &i, size, !loads, &gva);
	if (verdict != NEXT)
		return verdict;
	return loads ? load_table(v, gva, size, mask, idt) : store_table(v, gva, size, idt);
}

/* Into memory go 16 bits; into a register as many as the operand size, upper ones zero. */
static enum verdict store_selector(struct vcpu *v, const struct instruction_info *i, u16 selector)
{
	enum verdict verdict;
	unsigned size;
	gva_t gva;

	if (i->is_register) {
		verdict = instruction_operand_size(v, &size);
		if (verdict != NEXT)
			return verdict;
		vcpu_set_register(v, i->register1,
				  size == 2 ? (vcpu_register(v, i->register1) & ~0xffffUL) | selector
					    : selector);
		return NEXT;
	}
	verdict = find_operand(v, i, sizeof(selector), true, &gva);
	if (verdict != NEXT)
		return verdict;
	return guest_write(v, gva, &selector, sizeof(selector), guest_operand_access(v));
}

static enum verdict fetch_selector(struct vcpu *v, const struct instruction_info *i, u16 *selector)
{
	enum verdict verdict;
	gva_t gva;

	if (i->is_register) {
		*selector = (u16)vcpu_register(v, i->register1);
		return NEXT;
	}
	verdict = find_operand(v, i, sizeof(*selector), false, &gva);
	if (verdict != NEXT)
		return verdict;
	return guest_read(v, gva, selector, sizeof(*selector), guest_operand_access(v));
}

enum verdict exit_ldtr_tr(struct vcpu *v)
{
	struct instruction_info i = read_info();
	enum segment segment = i.identity & IDENTITY_SECOND ? SEG_TR : SEG_LDTR;
	enum verdict verdict;
	u16 selector;

	if (!(i.identity & IDENTITY_LOADS))
		return store_selector(v, &i, (u16)vmcs_read(VMCS_GUEST_SELECTOR(segment)));
	verdict = fetch_selector(v, &i, &selector);
	if (verdict != NEXT)
		return verdict;
	return segment == SEG_TR ? descriptor_set_tr(v, selector)
				 : descriptor_set_ldtr(v, selector);
}
