/* SPDX-License-Identifier: MIT */
/*
 * The VMX instructions, and nothing else. Host tests put tests/sim ahead
 * in the include path, whose file of this name is a VMCS in memory that
 * refuses what the processor would refuse.
 *
 * A VMREAD or VMWRITE that fails is a bug of ours and panics here, once,
 * so no caller checks. SDM "VMX Instruction Reference".
 */
#pragma once

#include "lib/types.h"
#include "vmx/vmcs.h"

/* How a VMX instruction ended. SDM "Conventions" of that chapter. */
enum vmx_result {
	VMX_OK,
	VMX_FAIL_INVALID, /* no current VMCS, or a bad pointer */
	VMX_FAIL_VALID,	  /* VMCS_INSTRUCTION_ERROR tells why */
};

_Noreturn void vmx_access_failed(u32 field, bool write);

static __always_inline u64 vmcs_read(enum vmcs_field field)
{
	u64 value;

	asm goto("vmread %[field], %[value]\n\tjbe %l[failed]"
		 : [value] "=r"(value)
		 : [field] "r"((u64)field)
		 : "cc"
		 : failed);
	return value;
failed:
	vmx_access_failed(field, false);
}

static __always_inline void vmcs_write(enum vmcs_field field, u64 value)
{
	asm goto("vmwrite %[value], %[field]\n\tjbe %l[failed]"
		 :
		 : [field] "r"((u64)field), [value] "r"(value)
		 : "cc"
		 : failed);
	return;
failed:
	vmx_access_failed(field, true);
}

/*
 * For readers of every field there is: false for one that this processor does
 * not have. That spoils VMCS_INSTRUCTION_ERROR: read it before.
 */
static inline bool vmcs_try_read(enum vmcs_field field, u64 *value)
{
	bool failed;

	asm volatile("vmread %[field], %[value]"
		     : [value] "=r"(*value), "=@ccbe"(failed)
		     : [field] "r"((u64)field));
	return !failed;
}

/* The instructions below take a memory operand and report by CF and ZF. */
#define VMX_INSTRUCTION(text, ...)                                                                 \
	({                                                                                         \
		bool invalid, valid;                                                               \
                                                                                                   \
		asm volatile(text : "=@ccc"(invalid), "=@ccz"(valid) : __VA_ARGS__ : "memory");    \
		invalid ? VMX_FAIL_INVALID : valid ? VMX_FAIL_VALID : VMX_OK;                      \
	})

static inline enum vmx_result vmxon(hpa_t region)
{
	return VMX_INSTRUCTION("vmxon %2", "m"(region));
}

static inline enum vmx_result vmxoff(void)
{
	bool invalid, valid;

	asm volatile("vmxoff" : "=@ccc"(invalid), "=@ccz"(valid) : : "memory");
	return invalid ? VMX_FAIL_INVALID : valid ? VMX_FAIL_VALID : VMX_OK;
}

static inline enum vmx_result vmclear(hpa_t vmcs)
{
	return VMX_INSTRUCTION("vmclear %2", "m"(vmcs));
}

static inline enum vmx_result vmptrld(hpa_t vmcs)
{
	return VMX_INSTRUCTION("vmptrld %2", "m"(vmcs));
}

enum invept_type { INVEPT_SINGLE = 1, INVEPT_ALL = 2 };

static inline enum vmx_result invept(enum invept_type type, u64 eptp)
{
	struct {
		u64 eptp, reserved;
	} descriptor = { eptp, 0 };

	return VMX_INSTRUCTION("invept %2, %3", "m"(descriptor), "r"((u64)type));
}

enum invvpid_type { INVVPID_ADDRESS, INVVPID_SINGLE, INVVPID_ALL, INVVPID_SINGLE_KEEP_GLOBAL };

static inline enum vmx_result invvpid(enum invvpid_type type, u16 vpid, gva_t address)
{
	struct {
		u64 vpid, address;
	} descriptor = { vpid, address };

	return VMX_INSTRUCTION("invvpid %2, %3", "m"(descriptor), "r"((u64)type));
}
