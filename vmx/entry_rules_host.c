/* SPDX-License-Identifier: MIT */
/*
 * SDM "Checks on Host Control Registers, MSRs, and SSP", "Checks on Host
 * Segment and Descriptor-Table Registers", "Checks Related to Address-Space Size".
 */
#include "vmx/entry_words.h"

#define EFER_DEFINED	(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define S_CET_RESERVED	BITS(9, 6)
#define S_CET_SUPPRESS	BIT(10)
#define S_CET_TRACKER	BIT(11)
/* Performance counters that no processor has; which others, CPUID.0AH says. */
#define PERF_RESERVED	(BITS(63, 49) | BITS(47, 40))
#define CR4_LAM_SUP	BIT(28)
#define CR3_LAM		BITS(62, 61)

/* clang-format off */
#define RULES_HOST_REGISTERS(R) \
R(host_cr0_fixed, 1, FIXED(HOST_CR0, CAP(cr0_fixed0), CAP(cr0_fixed1)), \
  "in VMX operation IA32_VMX_CR0_FIXED0 and _FIXED1 say which bits of CR0 are 1 and 0") \
R(host_cr4_fixed, 1, FIXED(HOST_CR4, CAP(cr4_fixed0), CAP(cr4_fixed1)), \
  "in VMX operation IA32_VMX_CR4_FIXED0 and _FIXED1 say which bits of CR4 are 1 and 0") \
R(host_cet_needs_wp, F(HOST_CR4) & CR4_CET, SET(HOST_CR0, CR0_WP), \
  "set CR0.WP, or clear CR4.CET") \
R(host_cr3_width, 1, CLEAR(HOST_CR3, ABOVE_PHYSICAL & ~(CAP(cr4_fixed1) & CR4_LAM_SUP ? CR3_LAM : 0)), \
  "give the physical address of the host's root table (without bit 63, which is for MOV to CR3)") \
R(host_sysenter_esp, 1, CANONICAL(HOST_SYSENTER_ESP), "give a canonical address") \
R(host_sysenter_eip, 1, CANONICAL(HOST_SYSENTER_EIP), "give a canonical address") \
R(host_perf_global, EXITCTL(LOAD_PERF_GLOBAL), CLEAR(HOST_PERF_GLOBAL_CTRL, PERF_RESERVED), \
  "enable only counters that CPUID.0AH shows") \
R(host_pat, EXITCTL(LOAD_PAT), PAT_TYPES(HOST_PAT), \
  "each byte is 0, 1, 4, 5, 6 or 7; after reset it is 0007040600070406H") \
R(host_efer_reserved, EXITCTL(LOAD_EFER), CLEAR(HOST_EFER, ~EFER_DEFINED), \
  "EFER has the bits SCE, LME, LMA and NXE") \
R(host_efer_lma, EXITCTL(LOAD_EFER), \
  !(F(HOST_EFER) & EFER_LMA) == !EXITCTL(HOST_64), \
  "EFER.LMA has to say the same as host address-space size") \
R(host_efer_lme, EXITCTL(LOAD_EFER), \
  !(F(HOST_EFER) & EFER_LME) == !EXITCTL(HOST_64), \
  "EFER.LME has to say the same as host address-space size") \
R(host_s_cet, EXITCTL(LOAD_CET), CANONICAL(HOST_S_CET), "give a canonical address") \
R(host_s_cet_reserved, EXITCTL(LOAD_CET), CLEAR(HOST_S_CET, S_CET_RESERVED), \
  "bits 9:6 of IA32_S_CET are reserved") \
R(host_s_cet_tracker, EXITCTL(LOAD_CET) && F(HOST_S_CET) & S_CET_TRACKER, \
  CLEAR(HOST_S_CET, S_CET_SUPPRESS), \
  "SUPPRESS and TRACKER cannot both be 1") \
R(host_ssp_aligned, EXITCTL(LOAD_CET), CLEAR(HOST_SSP, BITS(1, 0)), \
  "a shadow stack is aligned to 4 bytes") \
R(host_ssp, EXITCTL(LOAD_CET), CANONICAL(HOST_SSP), "give a canonical address") \
R(host_ssp_table, EXITCTL(LOAD_CET), CANONICAL(HOST_INTERRUPT_SSP_TABLE), \
  "give a canonical address") \
R(host_pkrs, EXITCTL(LOAD_PKRS), CLEAR(HOST_PKRS, BITS(63, 32)), \
  "PKRS has 32 bits")

#define SELECTOR_RULE(R, S, s) \
R(host_##s##_selector, 1, CLEAR(HOST_##S##_SELECTOR, BITS(2, 0)), \
  "a host selector has RPL 0 and the GDT: its low three bits are 0")

#define RULES_HOST_SEGMENTS(R) \
SELECTOR_RULE(R, CS, cs) SELECTOR_RULE(R, SS, ss) SELECTOR_RULE(R, DS, ds) \
SELECTOR_RULE(R, ES, es) SELECTOR_RULE(R, FS, fs) SELECTOR_RULE(R, GS, gs) \
SELECTOR_RULE(R, TR, tr) \
R(host_cs_not_null, 1, F(HOST_CS_SELECTOR) != 0, "the host runs on a code segment: give its selector") \
R(host_tr_not_null, 1, F(HOST_TR_SELECTOR) != 0, \
  "the host needs a TSS: put a descriptor into the GDT, load TR with LTR, give the selector") \
R(host_ss_not_null, !EXITCTL(HOST_64), F(HOST_SS_SELECTOR) != 0, \
  "outside of 64-bit mode the host needs a stack segment") \
R(host_fs_base, 1, CANONICAL(HOST_FS_BASE), "give a canonical address") \
R(host_gs_base, 1, CANONICAL(HOST_GS_BASE), "give a canonical address") \
R(host_tr_base, 1, CANONICAL(HOST_TR_BASE), "give a canonical address") \
R(host_gdtr_base, 1, CANONICAL(HOST_GDTR_BASE), "give a canonical address") \
R(host_idtr_base, 1, CANONICAL(HOST_IDTR_BASE), "give a canonical address")

#define RULES_ADDRESS_SPACE(R) \
R(host_64_from_long_mode, c->in->long_mode, SET(EXIT_CONTROLS, EXITCTL_HOST_64), \
  "a 64-bit host enters with host address-space size 1, so that exits return to 64-bit mode") \
R(host_64_from_legacy_mode, !c->in->long_mode, CLEAR(EXIT_CONTROLS, EXITCTL_HOST_64), \
  "a 32-bit host enters with host address-space size 0") \
R(guest_64_from_legacy_mode, !c->in->long_mode || !EXITCTL(HOST_64), \
  CLEAR(ENTRY_CONTROLS, ENTRYCTL_IA32E_GUEST), \
  "only a 64-bit host can run a guest in IA-32e mode") \
R(host_pcide_legacy, !EXITCTL(HOST_64), CLEAR(HOST_CR4, CR4_PCIDE), \
  "PCIDs exist in IA-32e mode alone") \
R(host_rip_legacy, !EXITCTL(HOST_64), CLEAR(HOST_RIP, BITS(63, 32)), \
  "a 32-bit host has 32 bits of EIP") \
R(host_pae, EXITCTL(HOST_64), SET(HOST_CR4, CR4_PAE), \
  "IA-32e mode needs CR4.PAE") \
R(host_rip, EXITCTL(HOST_64), CANONICAL(HOST_RIP), "give a canonical address")
/* clang-format on */

ENTRY_GROUP(entry_host_registers, ENTRY_HOST_STATE,
	    "Checks on Host Control Registers, MSRs, and SSP", RULES_HOST_REGISTERS)
ENTRY_GROUP(entry_host_segments, ENTRY_HOST_STATE,
	    "Checks on Host Segment and Descriptor-Table Registers", RULES_HOST_SEGMENTS)
ENTRY_GROUP(entry_address_space, ENTRY_HOST_STATE, "Checks Related to Address-Space Size",
	    RULES_ADDRESS_SPACE)
