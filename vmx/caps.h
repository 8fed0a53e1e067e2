/* SPDX-License-Identifier: MIT */
/*
 * What this processor's VMX can do: the capability MSRs, read once into a
 * struct on which everything else computes. SDM "VMX Capability Reporting Facility".
 */
#pragma once

#include "lib/bits.h"
#include "lib/types.h"

/* A control word: a bit set in must_be_one has to be 1, a bit clear in may_be_one has to be 0. */
struct vmx_allowed {
	u32 must_be_one;
	u32 may_be_one;
};

struct vmx_caps {
	bool vmx; /* CPUID.1:ECX.VMX; all below is zero without it */
	u64 feature_control;
	u64 basic;
	struct vmx_allowed pin, proc, proc2, exit, entry; /* the TRUE ones where they exist */
	u64 misc;
	u64 cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
	u64 ept_vpid; /* 0 without EPT and VPID */
	u64 vmfunc;
	u64 proc3, exit2; /* tertiary controls, secondary exit controls: what may be one */

	/* Not MSRs of VMX, but VM entries check by them; read by vmx_init(). */
	u8 physical_bits, linear_bits;
	bool rtm, bus_lock_debug; /* CPUID.7: RTM; bus-lock debug exceptions */
};

/* IA32_VMX_BASIC */
#define BASIC_REVISION	   BITS(30, 0)
#define BASIC_REGION_SIZE  BITS(44, 32)
#define BASIC_32BIT_ADDRESSES BIT(48)
#define BASIC_MEMORY_TYPE  BITS(53, 50)
#define BASIC_IO_INFO	   BIT(54)
#define BASIC_TRUE_CONTROLS BIT(55)
#define BASIC_ANY_ERROR_CODE BIT(56) /* events may be injected with or without one */

/* IA32_VMX_MISC */
#define MISC_PREEMPTION_SHIFT BITS(4, 0)
#define MISC_EFER_LMA_STORED  BIT(5)
#define MISC_ACTIVITY_HLT     BIT(6)
#define MISC_ACTIVITY_SHUTDOWN BIT(7)
#define MISC_ACTIVITY_SIPI    BIT(8)
#define MISC_WRITE_ANY_FIELD  BIT(29)
#define MISC_INJECT_LENGTH_0  BIT(30)

/* IA32_VMX_EPT_VPID_CAP */
#define EPTCAP_EXECUTE_ONLY  BIT(0)
#define EPTCAP_WALK_4	     BIT(6)
#define EPTCAP_WALK_5	     BIT(7)
#define EPTCAP_UC	     BIT(8)
#define EPTCAP_WB	     BIT(14)
#define EPTCAP_2M	     BIT(16)
#define EPTCAP_1G	     BIT(17)
#define EPTCAP_INVEPT	     BIT(20)
#define EPTCAP_ACCESSED_DIRTY BIT(21)
#define EPTCAP_SHADOW_STACK  BIT(23)
#define EPTCAP_INVEPT_SINGLE BIT(25)
#define EPTCAP_INVEPT_ALL    BIT(26)
#define EPTCAP_INVVPID	     BIT(32)
#define EPTCAP_INVVPID_ADDRESS BIT(40)
#define EPTCAP_INVVPID_SINGLE BIT(41)
#define EPTCAP_INVVPID_ALL   BIT(42)
#define EPTCAP_INVVPID_KEEP_GLOBAL BIT(43)

/* Reads an MSR: 0, or negative when it does not exist. rdmsr_safe on hardware. */
typedef int (*caps_rdmsr_fn)(u32 msr, u64 *value);

/* Read all into `caps`. `vmx` is CPUID.1:ECX[5]. MSRs that do not exist read as 0. */
void caps_read(struct vmx_caps *caps, bool vmx, caps_rdmsr_fn read);
