/* SPDX-License-Identifier: MIT */
/* SDM "Checks on Guest Control Registers, Debug Registers, and MSRs". */
#include "vmx/entry_words.h"

#define TITLE "Checks on Guest Control Registers, Debug Registers, and MSRs"

#define EFER_DEFINED	  (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define CR0_UNRESTRICTED  (CR0_PE | CR0_PG)
#define CR0_NOT_LOADED	  (CR0_NW | CR0_CD) /* an entry does not change them, nor check */
#define CR4_LAM_SUP	  BIT(28)
#define CR3_LAM		  BITS(62, 61)
#define DEBUGCTL_RESERVED (BITS(63, 16) | BITS(5, 3))
#define DEBUGCTL_BUS_LOCK BIT(2)
#define DEBUGCTL_RTM	  BIT(15)
#define PERF_RESERVED	  (BITS(63, 49) | BITS(47, 40))
#define RTIT_RESERVED	  (BITS(63, 57) | BITS(54, 48) | BITS(30, 28) | BIT(23) | BIT(18))
#define LBR_RESERVED	  (BITS(63, 23) | BITS(15, 4))
#define S_CET_RESERVED	  BITS(9, 6)
#define S_CET_SUPPRESS	  BIT(10)
#define S_CET_TRACKER	  BIT(11)

/* clang-format off */
#define RULES_REGISTERS(R) \
R(guest_cr0_fixed, 1, \
  FIXED(GUEST_CR0, CAP(cr0_fixed0) & ~(UNRESTRICTED ? CR0_UNRESTRICTED : 0), CAP(cr0_fixed1) | CR0_NOT_LOADED), \
  "in VMX operation IA32_VMX_CR0_FIXED0 and _FIXED1 rule the guest too (PE and PG not with unrestricted guest)") \
R(guest_paging_needs_protection, F(GUEST_CR0) & CR0_PG, SET(GUEST_CR0, CR0_PE), \
  "paging exists in protected mode alone: set CR0.PE, or clear CR0.PG") \
R(guest_cr4_fixed, 1, FIXED(GUEST_CR4, CAP(cr4_fixed0), CAP(cr4_fixed1)), \
  "the guest's real CR4 has VMXE and other bits of IA32_VMX_CR4_FIXED0; hide them by mask and read shadow") \
R(guest_cet_needs_wp, F(GUEST_CR4) & CR4_CET, SET(GUEST_CR0, CR0_WP), \
  "set CR0.WP, or clear CR4.CET") \
R(guest_long_mode_needs_paging, ENTRYCTL(IA32E_GUEST), SET(GUEST_CR0, CR0_PG), \
  "IA-32e mode is on only while CR0.PG is: keep the entry control in step with EFER.LMA") \
R(guest_long_mode_needs_pae, ENTRYCTL(IA32E_GUEST), SET(GUEST_CR4, CR4_PAE), \
  "IA-32e mode needs CR4.PAE") \
R(guest_pcide_legacy, !ENTRYCTL(IA32E_GUEST), CLEAR(GUEST_CR4, CR4_PCIDE), \
  "PCIDs exist in IA-32e mode alone") \
R(guest_cr3_width, 1, \
  CLEAR(GUEST_CR3, ABOVE_PHYSICAL & ~(CAP(cr4_fixed1) & CR4_LAM_SUP ? CR3_LAM : 0)), \
  "CR3 holds a physical address (without bit 63, which is for MOV to CR3)") \
R(guest_dr7, ENTRYCTL(LOAD_DEBUG), CLEAR(GUEST_DR7, BITS(63, 32)), \
  "DR7 has 32 bits; after reset it is 400H")

#define RULES_MSRS(R) \
R(guest_debugctl_reserved, ENTRYCTL(LOAD_DEBUG), CLEAR(GUEST_DEBUGCTL, DEBUGCTL_RESERVED), \
  "leave the reserved bits of IA32_DEBUGCTL 0") \
R(guest_debugctl_bus_lock, ENTRYCTL(LOAD_DEBUG) && !CAP(bus_lock_debug), \
  CLEAR(GUEST_DEBUGCTL, DEBUGCTL_BUS_LOCK), \
  "this processor has no bus-lock debug exceptions") \
R(guest_debugctl_rtm, ENTRYCTL(LOAD_DEBUG) && !CAP(rtm), CLEAR(GUEST_DEBUGCTL, DEBUGCTL_RTM), \
  "this processor has no RTM") \
R(guest_sysenter_esp, 1, CANONICAL(GUEST_SYSENTER_ESP), "give a canonical address") \
R(guest_sysenter_eip, 1, CANONICAL(GUEST_SYSENTER_EIP), "give a canonical address") \
R(guest_perf_global, ENTRYCTL(LOAD_PERF_GLOBAL), CLEAR(GUEST_PERF_GLOBAL_CTRL, PERF_RESERVED), \
  "enable only counters that CPUID.0AH shows") \
R(guest_pat, ENTRYCTL(LOAD_PAT), PAT_TYPES(GUEST_PAT), \
  "each byte is 0, 1, 4, 5, 6 or 7; after reset it is 0007040600070406H") \
R(guest_efer_reserved, ENTRYCTL(LOAD_EFER), CLEAR(GUEST_EFER, ~EFER_DEFINED), \
  "EFER has the bits SCE, LME, LMA and NXE") \
R(guest_efer_lma, ENTRYCTL(LOAD_EFER), \
  !(F(GUEST_EFER) & EFER_LMA) == !ENTRYCTL(IA32E_GUEST), \
  "EFER.LMA has to say the same as the entry control IA-32e mode guest") \
R(guest_efer_lme, ENTRYCTL(LOAD_EFER) && F(GUEST_CR0) & CR0_PG, \
  !(F(GUEST_EFER) & EFER_LME) == !ENTRYCTL(IA32E_GUEST), \
  "with paging on, EFER.LME has to say the same as EFER.LMA") \
R(guest_bndcfgs_reserved, ENTRYCTL(LOAD_BNDCFGS), CLEAR(GUEST_BNDCFGS, BITS(11, 2)), \
  "bits 11:2 of IA32_BNDCFGS are reserved") \
R(guest_bndcfgs, ENTRYCTL(LOAD_BNDCFGS), CANONICAL(GUEST_BNDCFGS), "give a canonical address") \
R(guest_rtit, ENTRYCTL(LOAD_RTIT), CLEAR(GUEST_RTIT_CTL, RTIT_RESERVED), \
  "leave the reserved bits of IA32_RTIT_CTL 0; CPUID.14H shows which others there are") \
R(guest_uinv, ENTRYCTL(LOAD_UINV), CLEAR(GUEST_UINV, BITS(15, 8)), \
  "UINV is a vector of 0 to 255") \
R(guest_s_cet, ENTRYCTL(LOAD_CET), CANONICAL(GUEST_S_CET), "give a canonical address") \
R(guest_s_cet_reserved, ENTRYCTL(LOAD_CET), CLEAR(GUEST_S_CET, S_CET_RESERVED), \
  "bits 9:6 of IA32_S_CET are reserved") \
R(guest_s_cet_tracker, ENTRYCTL(LOAD_CET) && F(GUEST_S_CET) & S_CET_TRACKER, \
  CLEAR(GUEST_S_CET, S_CET_SUPPRESS), \
  "SUPPRESS and TRACKER cannot both be 1") \
R(guest_ssp_table, ENTRYCTL(LOAD_CET), CANONICAL(GUEST_INTERRUPT_SSP_TABLE), \
  "give a canonical address") \
R(guest_lbr, ENTRYCTL(LOAD_LBR), CLEAR(GUEST_LBR_CTL, LBR_RESERVED), \
  "leave the reserved bits of IA32_LBR_CTL 0") \
R(guest_pkrs, ENTRYCTL(LOAD_PKRS), CLEAR(GUEST_PKRS, BITS(63, 32)), \
  "PKRS has 32 bits")
/* clang-format on */

ENTRY_GROUP(entry_guest_registers, ENTRY_GUEST_STATE, TITLE, RULES_REGISTERS)
ENTRY_GROUP(entry_guest_msrs, ENTRY_GUEST_STATE, TITLE, RULES_MSRS)
