/* SPDX-License-Identifier: MIT */
/*
 * Stands in for vmx/instructions.h in host tests (-Itests/sim before -I.):
 * the same instructions on a VMCS in host memory. What the processor would
 * refuse fails the test. See tests/sim/vmx.h for what a test can do with it.
 */
#pragma once

#include "lib/types.h"
#include "vmx/vmcs.h"

enum vmx_result { VMX_OK, VMX_FAIL_INVALID, VMX_FAIL_VALID };

_Noreturn void vmx_access_failed(u32 field, bool write);

u64 vmcs_read(enum vmcs_field field);
bool vmcs_try_read(enum vmcs_field field, u64 *value);
void vmcs_write(enum vmcs_field field, u64 value);

enum vmx_result vmxon(hpa_t region);
enum vmx_result vmxoff(void);
enum vmx_result vmclear(hpa_t vmcs);
enum vmx_result vmptrld(hpa_t vmcs);

enum invept_type { INVEPT_SINGLE = 1, INVEPT_ALL = 2 };
enum vmx_result invept(enum invept_type type, u64 eptp);

enum invvpid_type { INVVPID_ADDRESS, INVVPID_SINGLE, INVVPID_ALL, INVVPID_SINGLE_KEEP_GLOBAL };
enum vmx_result invvpid(enum invvpid_type type, u16 vpid, gva_t address);
