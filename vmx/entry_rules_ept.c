/* SPDX-License-Identifier: MIT */
/* SDM "VM-Execution Control Fields" (of the checks): EPT, and what the later controls demand. */
#include "vmx/entry_words.h"

#define TITLE "VM-Execution Control Fields"

#define EPTP_TYPE	BITS(2, 0)
#define EPTP_DIRTY	BIT(6)
#define EPTP_SHADOW	BIT(7)
#define EPTP_RESERVED	BITS(11, 8)
#define HLATP_RESERVED	(BITS(2, 0) | BITS(11, 5))
#define VMFUNC_EPTP	BIT(0)

/* clang-format off */
#define RULES_EPT(R) \
R(eptp_memory_type, PROC2(EPT), eptp_type(F(EPT_POINTER) & EPTP_TYPE, CAP(ept_vpid)), \
  "EPTP[2:0] is 6 (write-back) or 0 (uncacheable), as IA32_VMX_EPT_VPID_CAP has it") \
R(eptp_walk_length, PROC2(EPT), eptp_walk(F(EPT_POINTER) >> 3 & 7, CAP(ept_vpid)), \
  "EPTP[5:3] is 3 for four levels, or 4 for five where IA32_VMX_EPT_VPID_CAP[7] is 1") \
R(eptp_accessed_dirty, PROC2(EPT) && !(CAP(ept_vpid) & EPTCAP_ACCESSED_DIRTY), \
  CLEAR(EPT_POINTER, EPTP_DIRTY), \
  "this processor has no accessed and dirty flags for EPT") \
R(eptp_shadow_stack, PROC2(EPT) && !(CAP(ept_vpid) & EPTCAP_SHADOW_STACK), \
  CLEAR(EPT_POINTER, EPTP_SHADOW), \
  "this processor has no supervisor shadow-stack control in EPT") \
R(eptp_reserved, PROC2(EPT), CLEAR(EPT_POINTER, EPTP_RESERVED | ABOVE_PHYSICAL), \
  "give the physical address of the root table, and leave the reserved bits 0") \
R(unrestricted_guest_needs_ept, PROC2(UNRESTRICTED_GUEST), SET(PROC_CONTROLS2, PROC2_EPT), \
  "turn on EPT, or turn off unrestricted guest") \
R(execute_control_needs_ept, PROC2(MODE_BASED_EXECUTE), SET(PROC_CONTROLS2, PROC2_EPT), \
  "turn on EPT, or turn off mode-based execute control") \
R(pml_needs_ept, PROC2(PML), SET(PROC_CONTROLS2, PROC2_EPT), \
  "turn on EPT, or turn off PML") \
R(pml_address, PROC2(PML), ADDRESS(PML_ADDRESS, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(sub_page_needs_ept, PROC2(SUB_PAGE), SET(PROC_CONTROLS2, PROC2_EPT), \
  "turn on EPT, or turn off sub-page write permissions") \
R(sub_page_table, PROC2(SUB_PAGE), ADDRESS(SPP_TABLE_POINTER, PAGE_SIZE), \
  "give the physical address of a 4-KByte table")

#define RULES_MORE(R) \
R(vpid_not_zero, PROC2(VPID), F(VPID) != 0, \
  "give the guest a VPID of its own: 0 is the host's") \
R(vm_functions_allowed, PROC2(VMFUNC), CLEAR(VM_FUNCTION_CONTROLS, ~CAP(vmfunc)), \
  "keep only bits that are 1 in IA32_VMX_VMFUNC") \
R(eptp_switching_needs_ept, PROC2(VMFUNC) && F(VM_FUNCTION_CONTROLS) & VMFUNC_EPTP, \
  SET(PROC_CONTROLS2, PROC2_EPT), \
  "turn on EPT, or turn off EPTP switching") \
R(eptp_list, PROC2(VMFUNC) && F(VM_FUNCTION_CONTROLS) & VMFUNC_EPTP, \
  ADDRESS(EPTP_LIST_ADDRESS, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(vmread_bitmap, PROC2(SHADOW_VMCS), ADDRESS(VMREAD_BITMAP, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(vmwrite_bitmap, PROC2(SHADOW_VMCS), ADDRESS(VMWRITE_BITMAP, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(ve_information, PROC2(EPT_VE), ADDRESS(VE_INFORMATION_ADDRESS, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(tsc_multiplier, PROC2(TSC_SCALING), F(TSC_MULTIPLIER) != 0, \
  "1 << 48 leaves the guest's TSC at the host's rate") \
R(pt_addresses_need_ept, PROC2(PT_GUEST_PHYSICAL), SET(PROC_CONTROLS2, PROC2_EPT), \
  "turn on EPT, or let Intel PT use host addresses") \
R(pt_addresses_need_load_rtit, PROC2(PT_GUEST_PHYSICAL), \
  SET(ENTRY_CONTROLS, ENTRYCTL_LOAD_RTIT), \
  "turn on load IA32_RTIT_CTL on entry") \
R(pt_addresses_need_clear_rtit, PROC2(PT_GUEST_PHYSICAL), \
  SET(EXIT_CONTROLS, EXITCTL_CLEAR_RTIT), \
  "turn on clear IA32_RTIT_CTL on exit") \
R(low_pasid_directory, PROC2(PASID), ADDRESS(LOW_PASID_DIRECTORY, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(high_pasid_directory, PROC2(PASID), ADDRESS(HIGH_PASID_DIRECTORY, PAGE_SIZE), \
  "give the physical address of a 4-KByte page") \
R(hlat_needs_ept, PROC3(HLAT), PROC2(EPT), \
  "turn on EPT, or turn off HLAT") \
R(hlat_pointer, PROC3(HLAT), CLEAR(HLAT_POINTER, HLATP_RESERVED | ABOVE_PHYSICAL), \
  "give the physical address of a 4-KByte table, with cache bits in 4:3 alone") \
R(paging_write_needs_ept, PROC3(EPT_PAGING_WRITE), PROC2(EPT), \
  "turn on EPT, or turn off EPT paging-write control") \
R(paging_verification_needs_ept, PROC3(GUEST_PAGING_VERIFY), PROC2(EPT), \
  "turn on EPT, or turn off guest-paging verification") \
R(pid_table, PROC3(IPI), ADDRESS(PID_POINTER_TABLE, 8), \
  "give the physical address of the table of PID pointers, aligned to 8 bytes") \
R(pid_table_end, PROC3(IPI), \
  !((F(PID_POINTER_TABLE) + 8 * F(LAST_PID_POINTER_INDEX) + 7) & ABOVE_PHYSICAL), \
  "the last entry of the table has to lie below the physical-address width")
/* clang-format on */

static bool eptp_type(u64 type, u64 caps)
{
	return (type == MEMORY_UC && caps & EPTCAP_UC) || (type == MEMORY_WB && caps & EPTCAP_WB);
}

static bool eptp_walk(u64 length, u64 caps)
{
	return (length == 3 && caps & EPTCAP_WALK_4) || (length == 4 && caps & EPTCAP_WALK_5);
}

ENTRY_GROUP(entry_execution_ept, ENTRY_CONTROLS, TITLE, RULES_EPT)
ENTRY_GROUP(entry_execution_more, ENTRY_CONTROLS, TITLE, RULES_MORE)
