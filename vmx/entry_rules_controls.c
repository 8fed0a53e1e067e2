/* SPDX-License-Identifier: MIT */
/* SDM "VM-Exit Control Fields", "VM-Entry Control Fields" (of the checks): and the event to inject. */
#include "vmx/entry_words.h"

#define MSR_ENTRY 16

/* clang-format off */
#define RULES_EXIT(R) \
R(exit_allowed, 1, ALLOWED(EXIT_CONTROLS, exit), \
  "compute the word from IA32_VMX_TRUE_EXIT_CTLS: (wanted & high half) | low half") \
R(exit2_allowed, EXITCTL(SECONDARY), CLEAR(EXIT_CONTROLS2, ~CAP(exit2)), \
  "keep only bits that are 1 in IA32_VMX_EXIT_CTLS2") \
R(save_preemption_needs_timer, EXITCTL(SAVE_PREEMPTION), \
  SET(PIN_CONTROLS, PIN_PREEMPTION_TIMER), \
  "turn on the preemption timer, or do not save its value") \
R(exit_msr_store_address, F(EXIT_MSR_STORE_COUNT) != 0, \
  ADDRESS(EXIT_MSR_STORE_ADDRESS, MSR_ENTRY), \
  "give the physical address of a list that is aligned to 16 bytes, or a count of 0") \
R(exit_msr_store_end, F(EXIT_MSR_STORE_COUNT) != 0, \
  LIST_ENDS(EXIT_MSR_STORE_ADDRESS, EXIT_MSR_STORE_COUNT), \
  "the list's last byte has to lie below the physical-address width") \
R(exit_msr_load_address, F(EXIT_MSR_LOAD_COUNT) != 0, \
  ADDRESS(EXIT_MSR_LOAD_ADDRESS, MSR_ENTRY), \
  "give the physical address of a list that is aligned to 16 bytes, or a count of 0") \
R(exit_msr_load_end, F(EXIT_MSR_LOAD_COUNT) != 0, \
  LIST_ENDS(EXIT_MSR_LOAD_ADDRESS, EXIT_MSR_LOAD_COUNT), \
  "the list's last byte has to lie below the physical-address width")

#define RULES_ENTRY(R) \
R(entry_allowed, 1, ALLOWED(ENTRY_CONTROLS, entry), \
  "compute the word from IA32_VMX_TRUE_ENTRY_CTLS: (wanted & high half) | low half") \
R(entry_msr_load_address, F(ENTRY_MSR_LOAD_COUNT) != 0, \
  ADDRESS(ENTRY_MSR_LOAD_ADDRESS, MSR_ENTRY), \
  "give the physical address of a list that is aligned to 16 bytes, or a count of 0") \
R(entry_msr_load_end, F(ENTRY_MSR_LOAD_COUNT) != 0, \
  LIST_ENDS(ENTRY_MSR_LOAD_ADDRESS, ENTRY_MSR_LOAD_COUNT), \
  "the list's last byte has to lie below the physical-address width") \
R(entry_to_smm, 1, CLEAR(ENTRY_CONTROLS, ENTRYCTL_TO_SMM), \
  "only an SMM monitor, in SMM, may enter SMM") \
R(entry_end_dual_monitor, 1, CLEAR(ENTRY_CONTROLS, ENTRYCTL_END_DUAL_MONITOR), \
  "only an SMM monitor, in SMM, may end the dual-monitor treatment")

#define RULES_INJECTION(R) \
R(inject_type, INJECTS, INJECT_TYPE != 1, \
  "type 1 is reserved: 0 external interrupt, 2 NMI, 3 exception, 4 INT n, 5 INT1, 6 INT3/INTO") \
R(inject_other_event, INJECTS_A(OTHER), CAP(proc).may_be_one & PROC_MONITOR_TRAP, \
  "type 7 is a pending monitor-trap-flag exit, which this processor does not have") \
R(inject_other_vector, INJECTS_A(OTHER), CLEAR(ENTRY_INTERRUPTION_INFO, INTR_VECTOR), \
  "with type 7 the vector is 0") \
R(inject_nmi_vector, INJECTS_A(NMI), INJECT_VECTOR == VECTOR_NMI, \
  "the vector of an NMI is 2") \
R(inject_exception_vector, INJECTS_A(HARD_EXCEPTION), INJECT_VECTOR <= 31, \
  "exceptions have vectors 0 to 31; an interrupt is type 0") \
R(inject_error_code_type, INJECTS && F(ENTRY_INTERRUPTION_INFO) & INTR_HAS_ERROR, \
  INJECT_TYPE == INTR_HARD_EXCEPTION, \
  "only hardware exceptions deliver an error code: clear bit 11") \
R(inject_error_code_real_mode, \
  INJECTS && F(ENTRY_INTERRUPTION_INFO) & INTR_HAS_ERROR && UNRESTRICTED, \
  SET(GUEST_CR0, CR0_PE), \
  "in real-address mode no exception delivers an error code: clear bit 11") \
R(inject_error_code_vector, \
  INJECTS_A(HARD_EXCEPTION) && F(ENTRY_INTERRUPTION_INFO) & INTR_HAS_ERROR && error_code_by_vector(CAP(basic)), \
  has_error_code(INJECT_VECTOR, CAP(cr4_fixed1)), \
  "this exception has no error code: clear bit 11") \
R(inject_error_code_absent, \
  INJECTS_A(HARD_EXCEPTION) && error_code_by_vector(CAP(basic)) && has_error_code(INJECT_VECTOR, CAP(cr4_fixed1)) && \
  (!UNRESTRICTED || F(GUEST_CR0) & CR0_PE), \
  SET(ENTRY_INTERRUPTION_INFO, INTR_HAS_ERROR), \
  "this exception delivers an error code: set bit 11 and give one") \
R(inject_reserved, INJECTS, CLEAR(ENTRY_INTERRUPTION_INFO, BITS(30, 12)), \
  "bits 30:12 are reserved; bit 12 of an exit's information is not for injection") \
R(inject_error_code_reserved, INJECTS && F(ENTRY_INTERRUPTION_INFO) & INTR_HAS_ERROR, \
  CLEAR(ENTRY_EXCEPTION_ERROR_CODE, BITS(31, 16)), \
  "error codes have 16 bits") \
R(inject_length, INJECTS && (INJECT_TYPE - INTR_SOFT_INTERRUPT) <= 2, \
  F(ENTRY_INSTRUCTION_LENGTH) <= 15, \
  "give the length of the INT, INT1, INT3 or INTO: RIP is pushed behind it") \
R(inject_length_zero, \
  INJECTS && (INJECT_TYPE - INTR_SOFT_INTERRUPT) <= 2 && !(CAP(misc) & MISC_INJECT_LENGTH_0), \
  F(ENTRY_INSTRUCTION_LENGTH) != 0, \
  "give the length of the instruction: this processor does not take 0 (IA32_VMX_MISC[30])")
/* clang-format on */

/* Is the error code a matter of the vector? SDM "Basic VMX Information". */
static bool error_code_by_vector(u64 basic)
{
	return !(basic & BASIC_ANY_ERROR_CODE);
}

static bool has_error_code(u64 vector, u64 cr4_fixed1)
{
	static const u64 with = BIT(VECTOR_DF) | BIT(VECTOR_TS) | BIT(VECTOR_NP) | BIT(VECTOR_SS) |
				BIT(VECTOR_GP) | BIT(VECTOR_PF) | BIT(VECTOR_AC);

	return vector < 32 &&
	       ((with | (cr4_fixed1 & CR4_CET ? BIT(VECTOR_CP) : 0)) >> vector & 1);
}

ENTRY_GROUP(entry_exit, ENTRY_CONTROLS, "VM-Exit Control Fields", RULES_EXIT)
ENTRY_GROUP(entry_entry, ENTRY_CONTROLS, "VM-Entry Control Fields", RULES_ENTRY)
ENTRY_GROUP(entry_injection, ENTRY_CONTROLS, "VM-Entry Control Fields", RULES_INJECTION)
