/* SPDX-License-Identifier: MIT */
#include "vmx/instruction_prefix.h"

#include "lib/x86.h"
#include "vmx/guest_memory.h"
#include "vmx/instructions.h"
#include "vmx/segment.h"

#define PREFIX_OPERAND_SIZE 0x66

static bool is_legacy_prefix(u8 byte)
{
	switch (byte) {
	case 0x26: /* ES, CS, SS, DS */
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64: /* FS, GS */
	case 0x65:
	case PREFIX_OPERAND_SIZE:
	case 0x67: /* address size */
	case 0xf0: /* LOCK, REPNE, REP */
	case 0xf2:
	case 0xf3:
		return true;
	}
	return false;
}

unsigned prefix_operand_size(const u8 *code, unsigned length, bool long_code, unsigned by_default)
{
	bool other = false;
	unsigned i;

	for (i = 0; i < length && is_legacy_prefix(code[i]); i++)
		other |= code[i] == PREFIX_OPERAND_SIZE;
	/* REX comes last, and its W wins. */
	if (long_code && i < length && (code[i] & 0xf8) == 0x48)
		return 8;
	return other ? 6 - by_default : by_default;
}

enum verdict instruction_operand_size(struct vcpu *v, unsigned *size)
{
	unsigned length = (unsigned)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH);
	bool long_code = vcpu_in_64bit_code(v);
	u64 rights = vmcs_read(VMCS_GUEST_CS_ACCESS_RIGHTS);
	u64 rip = vmcs_read(VMCS_GUEST_RIP);
	u8 code[INSTRUCTION_MAX];
	enum verdict verdict;

	length = MIN(length, INSTRUCTION_MAX);
	if (!long_code)
		rip = (u32)(vmcs_read(VMCS_GUEST_CS_BASE) + rip);
	verdict = guest_read(v, rip, code, length, guest_operand_access(v) | GUEST_FETCH);
	if (verdict == NEXT)
		*size = prefix_operand_size(code, length, long_code,
					    long_code || rights & AR_DB ? 4 : 2);
	return verdict;
}
