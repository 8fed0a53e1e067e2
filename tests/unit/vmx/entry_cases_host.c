/* SPDX-License-Identifier: MIT */
/* Cases for the rules about the host's state. See entry_cases.h for the words. */
#include "unit/vmx/entry_cases.h"

#define HOST_32	   "EXIT_CONTROLS~0x200 "
#define LOAD_CET   "EXIT_CONTROLS|0x10000000 "
#define CANONICAL(rule, turn_on, field)                                                            \
	{ rule, turn_on field "=0xffff800000000000", turn_on field "=0x0000800000000000" }
#define SELECTOR(rule, field) { rule, field "=0x28", field "=0x2b" }

const struct entry_rule_case entry_cases_host[] = {
	{ "host_cr0_fixed", "", "HOST_CR0~0x20" },
	{ "host_cr0_fixed", "", "HOST_CR0|0x100000000" },
	{ "host_cr4_fixed", "", "HOST_CR4~0x2000" },
	{ "host_cr4_fixed", "", "HOST_CR4|0x10000000" },
	{ "host_cet_needs_wp", "HOST_CR4|0x800000", "HOST_CR4|0x800000 HOST_CR0~0x10000" },
	{ "host_cr3_width", "HOST_CR3=0xfffffff000", "HOST_CR3=0x10000000000" },
	{ "host_cr3_width", "HOST_CR3=0x4000000000001000 cr4_fixed1=0x10003fff",
	  "HOST_CR3=0x8000000000001000" },
	CANONICAL("host_sysenter_esp", "", "HOST_SYSENTER_ESP"),
	CANONICAL("host_sysenter_eip", "", "HOST_SYSENTER_EIP"),
	{ "host_perf_global", "EXIT_CONTROLS|0x1000 HOST_PERF_GLOBAL_CTRL=0x70000000f",
	  "EXIT_CONTROLS|0x1000 HOST_PERF_GLOBAL_CTRL=0x8000000000000000" },
	{ "host_pat", "HOST_PAT=0x0001040506070000", "HOST_PAT=0x0001040506070200" },
	{ "host_pat", "", "HOST_PAT=0x0300000000000000" },
	{ "host_pat", "", "HOST_PAT=0x86" },
	{ "host_efer_reserved", "", "HOST_EFER|0x1000" },
	{ "host_efer_lma", "", "HOST_EFER~0x400" },
	{ "host_efer_lme", "", "HOST_EFER~0x100" },
	CANONICAL("host_s_cet", LOAD_CET, "HOST_S_CET"),
	{ "host_s_cet_reserved", LOAD_CET "HOST_S_CET=0x3f", LOAD_CET "HOST_S_CET=0x40" },
	{ "host_s_cet_tracker", LOAD_CET "HOST_S_CET=0x800", LOAD_CET "HOST_S_CET=0xc00" },
	{ "host_ssp_aligned", LOAD_CET "HOST_SSP=4", LOAD_CET "HOST_SSP=2" },
	CANONICAL("host_ssp", LOAD_CET, "HOST_SSP"),
	CANONICAL("host_ssp_table", LOAD_CET, "HOST_INTERRUPT_SSP_TABLE"),
	{ "host_pkrs", "EXIT_CONTROLS|0x20000000 HOST_PKRS=0xffffffff",
	  "EXIT_CONTROLS|0x20000000 HOST_PKRS=0x100000000" },
	SELECTOR("host_cs_selector", "HOST_CS_SELECTOR"),
	SELECTOR("host_ss_selector", "HOST_SS_SELECTOR"),
	SELECTOR("host_ds_selector", "HOST_DS_SELECTOR"),
	SELECTOR("host_es_selector", "HOST_ES_SELECTOR"),
	SELECTOR("host_fs_selector", "HOST_FS_SELECTOR"),
	SELECTOR("host_gs_selector", "HOST_GS_SELECTOR"),
	{ "host_tr_selector", "HOST_TR_SELECTOR=0x28", "HOST_TR_SELECTOR=0x2c" },
	{ "host_cs_not_null", "", "HOST_CS_SELECTOR=0" },
	{ "host_tr_not_null", "", "HOST_TR_SELECTOR=0" },
	{ "host_ss_not_null", HOST_32, HOST_32 "HOST_SS_SELECTOR=0" },
	CANONICAL("host_fs_base", "", "HOST_FS_BASE"),
	CANONICAL("host_gs_base", "", "HOST_GS_BASE"),
	CANONICAL("host_tr_base", "", "HOST_TR_BASE"),
	CANONICAL("host_gdtr_base", "", "HOST_GDTR_BASE"),
	CANONICAL("host_idtr_base", "", "HOST_IDTR_BASE"),
	{ "host_64_from_long_mode", "", HOST_32 },
	{ "host_64_from_legacy_mode", HOST_32 "long_mode=0", "long_mode=0" },
	{ "guest_64_from_legacy_mode", HOST_32 "ENTRY_CONTROLS~0x200", HOST_32 },
	{ "guest_64_from_legacy_mode", "long_mode=0 ENTRY_CONTROLS~0x200", "long_mode=0" },
	{ "host_pcide_legacy", HOST_32, HOST_32 "HOST_CR4|0x20000" },
	{ "host_rip_legacy", HOST_32 "HOST_RIP=0xffffffff", HOST_32 "HOST_RIP=0x100000000" },
	{ "host_pae", "", "HOST_CR4~0x20" },
	CANONICAL("host_rip", "", "HOST_RIP"),
	{ NULL, NULL, NULL },
};
