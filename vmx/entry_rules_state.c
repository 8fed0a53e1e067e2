/* SPDX-License-Identifier: MIT */
/* SDM "Checks on Guest Non-Register State": activity, interruptibility, pending debug exceptions. */
#include "vmx/entry_words.h"

#define TITLE "Checks on Guest Non-Register State"

#define BLOCKED_BY_INSTRUCTION (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS)
#define INTERRUPTIBILITY_ENCLAVE BIT(4)
#define PENDING_BREAKPOINT	 BIT(12)
#define PENDING_BUS_LOCK	 BIT(11)
#define PENDING_RESERVED	 (BITS(63, 17) | BIT(15) | BIT(13) | BITS(10, 4))

/* clang-format off */
#define RULES_STATE(R) \
R(activity_known, 1, F(GUEST_ACTIVITY_STATE) <= ACTIVITY_WAIT_SIPI, \
  "0 active, 1 HLT, 2 shutdown, 3 wait-for-SIPI") \
R(activity_supported, F(GUEST_ACTIVITY_STATE) - 1 < 3, \
  CAP(misc) >> (5 + F(GUEST_ACTIVITY_STATE)) & 1, \
  "this processor cannot enter into that state (IA32_VMX_MISC[8:6]): wait in the host instead") \
R(activity_hlt_privilege, F(GUEST_ACTIVITY_STATE) == ACTIVITY_HLT, DPL(SS) == 0, \
  "only privilege level 0 can have executed HLT") \
R(activity_blocked, F(GUEST_INTERRUPTIBILITY) & BLOCKED_BY_INSTRUCTION, \
  F(GUEST_ACTIVITY_STATE) == ACTIVITY_ACTIVE, \
  "an inactive guest is not in the shadow of STI or MOV SS: clear bits 1:0 of the interruptibility state") \
R(activity_hlt_event, INJECTS && F(GUEST_ACTIVITY_STATE) == ACTIVITY_HLT, \
  wakes_hlt(INJECT_TYPE, INJECT_VECTOR), \
  "only interrupts, NMIs, #DB, #MC and MTF go into HLT: make the activity state active") \
R(activity_shutdown_event, INJECTS && F(GUEST_ACTIVITY_STATE) == ACTIVITY_SHUTDOWN, \
  INJECT_TYPE == INTR_NMI || (INJECT_TYPE == INTR_HARD_EXCEPTION && INJECT_VECTOR == VECTOR_MC), \
  "only NMIs and #MC go into shutdown") \
R(activity_sipi_event, INJECTS, F(GUEST_ACTIVITY_STATE) != ACTIVITY_WAIT_SIPI, \
  "a processor that waits for SIPI takes no event") \
R(interruptibility_reserved, 1, CLEAR(GUEST_INTERRUPTIBILITY, BITS(31, 5)), \
  "the interruptibility state has five bits") \
R(interruptibility_sti_or_mov_ss, F(GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_STI, \
  CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS), \
  "the last instruction was STI or MOV SS, not both") \
R(interruptibility_sti_needs_if, !(F(GUEST_RFLAGS) & RFLAGS_IF), \
  CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI), \
  "with RFLAGS.IF clear there is no blocking by STI: clear it when RIP is moved past the next instruction") \
R(interruptibility_interrupt, INJECTS_A(EXTERNAL), \
  CLEAR(GUEST_INTERRUPTIBILITY, BLOCKED_BY_INSTRUCTION), \
  "wait with the interrupt until the shadow is over: use interrupt-window exiting") \
R(interruptibility_nmi, INJECTS_A(NMI), CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS), \
  "wait with the NMI until the shadow of MOV SS is over: use NMI-window exiting") \
R(interruptibility_smi, 1, CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_SMI), \
  "outside of SMM there is no blocking by SMI: clear bit 2") \
R(interruptibility_virtual_nmi, INJECTS_A(NMI) && PIN(VIRTUAL_NMIS), \
  CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_NMI), \
  "the guest is still in its NMI handler: use NMI-window exiting") \
R(interruptibility_enclave, F(GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_ENCLAVE, \
  CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS), \
  "an enclave does not end in the shadow of MOV SS") \
R(interruptibility_no_enclaves, !(CAP(proc2).may_be_one & PROC2_ENCLS), \
  CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_ENCLAVE), \
  "this processor has no enclaves: clear bit 4")

#define RULES_PENDING(R) \
R(pending_debug_reserved, 1, CLEAR(GUEST_PENDING_DEBUG, PENDING_RESERVED), \
  "leave the reserved bits 0; 0 is right for a guest that is not debugged") \
R(pending_debug_bus_lock, !CAP(bus_lock_debug), CLEAR(GUEST_PENDING_DEBUG, PENDING_BUS_LOCK), \
  "this processor has no bus-lock debug exceptions: clear bit 11") \
R(pending_debug_step, \
  (F(GUEST_INTERRUPTIBILITY) & BLOCKED_BY_INSTRUCTION || F(GUEST_ACTIVITY_STATE) == ACTIVITY_HLT) && \
  F(GUEST_RFLAGS) & RFLAGS_TF && !(F(GUEST_DEBUGCTL) & DEBUGCTL_BTF), \
  SET(GUEST_PENDING_DEBUG, PENDING_DEBUG_BS), \
  "a guest with RFLAGS.TF set, in HLT or a shadow, has a single-step exception pending: set BS") \
R(pending_debug_no_step, \
  (F(GUEST_INTERRUPTIBILITY) & BLOCKED_BY_INSTRUCTION || F(GUEST_ACTIVITY_STATE) == ACTIVITY_HLT) && \
  (!(F(GUEST_RFLAGS) & RFLAGS_TF) || F(GUEST_DEBUGCTL) & DEBUGCTL_BTF), \
  CLEAR(GUEST_PENDING_DEBUG, PENDING_DEBUG_BS), \
  "a guest that does not single-step has no single-step exception pending: clear BS") \
R(pending_debug_rtm_others, F(GUEST_PENDING_DEBUG) & PENDING_DEBUG_RTM, \
  CLEAR(GUEST_PENDING_DEBUG, BITS(15, 13) | BITS(11, 0)), \
  "with RTM set, only bit 12 is set besides it") \
R(pending_debug_rtm_enabled, F(GUEST_PENDING_DEBUG) & PENDING_DEBUG_RTM, \
  SET(GUEST_PENDING_DEBUG, PENDING_BREAKPOINT), \
  "with RTM set, bit 12 is set too") \
R(pending_debug_rtm_supported, !CAP(rtm), CLEAR(GUEST_PENDING_DEBUG, PENDING_DEBUG_RTM), \
  "this processor has no RTM: clear bit 16") \
R(pending_debug_rtm_shadow, F(GUEST_PENDING_DEBUG) & PENDING_DEBUG_RTM, \
  CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS), \
  "a transaction does not end in the shadow of MOV SS")

#define RULES_NMI(R) \
R(interruptibility_nmi_sti, INJECTS_A(NMI), \
  CLEAR(GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI), \
  "some processors do not take an NMI in the shadow of STI: use NMI-window exiting")
/* clang-format on */

/* What would wake a processor from HLT. */
static bool wakes_hlt(u64 type, u64 vector)
{
	switch (type) {
	case INTR_EXTERNAL:
	case INTR_NMI:
		return true;
	case INTR_HARD_EXCEPTION:
		return vector == VECTOR_DB || vector == VECTOR_MC;
	case INTR_OTHER:
		return vector == 0;
	default:
		return false;
	}
}

ENTRY_GROUP(entry_guest_state, ENTRY_GUEST_STATE, TITLE, RULES_STATE)
ENTRY_GROUP(entry_guest_pending, ENTRY_GUEST_STATE, TITLE, RULES_PENDING)
ENTRY_GROUP(entry_guest_nmi, ENTRY_GUEST_NMI, TITLE, RULES_NMI)
