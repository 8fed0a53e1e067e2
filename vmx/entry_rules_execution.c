/* SPDX-License-Identifier: MIT */
/* SDM "VM-Execution Control Fields" (of the checks): the words themselves, bitmaps, NMIs, APIC. */
#include "vmx/entry_words.h"

#define TITLE "VM-Execution Control Fields"

/* clang-format off */
#define RULES_EXECUTION(R) \
R(pin_allowed, 1, ALLOWED(PIN_CONTROLS, pin), \
  "compute the word from IA32_VMX_TRUE_PINBASED_CTLS: (wanted & high half) | low half") \
R(proc_allowed, 1, ALLOWED(PROC_CONTROLS, proc), \
  "compute the word from IA32_VMX_TRUE_PROCBASED_CTLS: (wanted & high half) | low half") \
R(proc2_allowed, PROC(SECONDARY), ALLOWED(PROC_CONTROLS2, proc2), \
  "compute the word from IA32_VMX_PROCBASED_CTLS2: (wanted & high half) | low half") \
R(proc3_allowed, PROC(TERTIARY), CLEAR(PROC_CONTROLS3, ~CAP(proc3)), \
  "keep only bits that are 1 in IA32_VMX_PROCBASED_CTLS3") \
R(cr3_target_count, 1, F(CR3_TARGET_COUNT) <= bits_get(CAP(misc), 24, 16), \
  "use no more CR3 targets than IA32_VMX_MISC[24:16] says (4 on all processors so far)") \
R(io_bitmap_a, PROC(IO_BITMAPS), ADDRESS(IO_BITMAP_A, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(io_bitmap_b, PROC(IO_BITMAPS), ADDRESS(IO_BITMAP_B, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(msr_bitmap, PROC(MSR_BITMAP), ADDRESS(MSR_BITMAP, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(virtual_nmis_need_nmi_exiting, PIN(VIRTUAL_NMIS), SET(PIN_CONTROLS, PIN_NMI), \
  "turn on NMI exiting, or turn off virtual NMIs") \
R(nmi_window_needs_virtual_nmis, PROC(NMI_WINDOW), SET(PIN_CONTROLS, PIN_VIRTUAL_NMIS), \
  "turn on virtual NMIs, or turn off NMI-window exiting")

#define RULES_APIC(R) \
R(virtual_apic_page, PROC(TPR_SHADOW), ADDRESS(VIRTUAL_APIC_ADDRESS, PAGE_SIZE), \
  "give the physical address of a 4-KByte page, or turn off the TPR shadow") \
R(tpr_threshold_reserved, PROC(TPR_SHADOW) && !PROC2(VIRTUAL_INTERRUPT), \
  CLEAR(TPR_THRESHOLD, BITS(31, 4)), \
  "the threshold is a priority of 0 to 15") \
R(tpr_threshold_not_above_vtpr, \
  PROC(TPR_SHADOW) && !PROC2(VIRTUAL_INTERRUPT) && !PROC2(VIRTUAL_APIC_ACCESS), \
  (F(TPR_THRESHOLD) & 15) <= vtpr_class(c, F(VIRTUAL_APIC_ADDRESS)), \
  "lower the threshold to VTPR[7:4], which is at offset 80H of the virtual-APIC page") \
R(apic_access_page, PROC2(VIRTUAL_APIC_ACCESS), ADDRESS(APIC_ACCESS_ADDRESS, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(x2apic_mode_needs_tpr_shadow, PROC2(VIRTUAL_X2APIC), SET(PROC_CONTROLS, PROC_TPR_SHADOW), \
  "turn on the TPR shadow, or turn off virtualize x2APIC mode") \
R(apic_registers_need_tpr_shadow, PROC2(APIC_REGISTER), SET(PROC_CONTROLS, PROC_TPR_SHADOW), \
  "turn on the TPR shadow, or turn off APIC-register virtualization") \
R(interrupt_delivery_needs_tpr_shadow, PROC2(VIRTUAL_INTERRUPT), \
  SET(PROC_CONTROLS, PROC_TPR_SHADOW), \
  "turn on the TPR shadow, or turn off virtual-interrupt delivery") \
R(ipi_virtualization_needs_tpr_shadow, PROC3(IPI), SET(PROC_CONTROLS, PROC_TPR_SHADOW), \
  "turn on the TPR shadow, or turn off IPI virtualization") \
R(x2apic_mode_or_apic_accesses, PROC2(VIRTUAL_X2APIC), \
  CLEAR(PROC_CONTROLS2, PROC2_VIRTUAL_APIC_ACCESS), \
  "a guest's APIC is in one mode: turn one of the two off") \
R(interrupt_delivery_needs_interrupt_exiting, PROC2(VIRTUAL_INTERRUPT), \
  SET(PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT), \
  "turn on external-interrupt exiting, or turn off virtual-interrupt delivery") \
R(posted_interrupts_need_delivery, PIN(POSTED_INTERRUPTS), PROC2(VIRTUAL_INTERRUPT), \
  "turn on virtual-interrupt delivery (and the secondary controls)") \
R(posted_interrupts_need_acknowledge, PIN(POSTED_INTERRUPTS), \
  SET(EXIT_CONTROLS, EXITCTL_ACK_INTERRUPT), \
  "turn on acknowledge interrupt on exit") \
R(posted_interrupt_vector, PIN(POSTED_INTERRUPTS), \
  CLEAR(POSTED_INTR_NOTIFICATION, BITS(15, 8)), \
  "the notification vector is 0 to 255") \
R(posted_interrupt_descriptor, PIN(POSTED_INTERRUPTS), ADDRESS(POSTED_INTR_DESCRIPTOR, 64), \
  "give the physical address of a descriptor that is aligned to 64 bytes")
/* clang-format on */

#define VTPR 0x80

static u64 vtpr_class(struct entry_case *c, u64 page)
{
	const u8 *vtpr = entry_memory(c, page + VTPR, 1);

	return vtpr ? *vtpr >> 4 : 0;
}

ENTRY_GROUP(entry_execution, ENTRY_CONTROLS, TITLE, RULES_EXECUTION)
ENTRY_GROUP(entry_execution_apic, ENTRY_CONTROLS, TITLE, RULES_APIC)
