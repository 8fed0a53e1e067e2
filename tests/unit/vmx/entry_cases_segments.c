/* SPDX-License-Identifier: MIT */
/* Cases for the rules about the guest's segments. See entry_cases.h for the words. */
#include "unit/vmx/entry_cases.h"

#define RESTRICTED "PROC_CONTROLS2~0x80 "
#define V86	   "ENTRY_CONTROLS~0x200 GUEST_EFER=0 GUEST_RFLAGS|0x20000 "
#define RIGHTS(S)  "GUEST_" S "_ACCESS_RIGHTS"

/* What all six segments share, with a limit that ends in FFFH or does not. */
#define COMMON(s, S)                                                                               \
	{ "guest_" s "_system", "", RIGHTS(S) "~0x10" },                                           \
	{ "guest_" s "_present", "", RIGHTS(S) "~0x80" },                                          \
	{ "guest_" s "_reserved", "", RIGHTS(S) "|0x100" },                                        \
	{ "guest_" s "_reserved", "", RIGHTS(S) "|0x20000" },                                      \
	{ "guest_" s "_limit_bytes", "GUEST_" S "_LIMIT=0xffffe " RIGHTS(S) "~0x8000",             \
	  "GUEST_" S "_LIMIT=0xffffe" },                                                           \
	{ "guest_" s "_limit_pages", "GUEST_" S "_LIMIT=0x100fff", RIGHTS(S) "~0x8000" },          \
	{ "guest_" s "_v86_base", V86 "GUEST_" S "_SELECTOR=0x1234 GUEST_" S "_BASE=0x12340",      \
	  V86 "GUEST_" S "_SELECTOR=0x1234 GUEST_" S "_BASE=0x12350" },                            \
	{ "guest_" s "_v86_limit", V86 "GUEST_" S "_LIMIT=0xffff", V86 "GUEST_" S "_LIMIT=0xfffe" }, \
	{ "guest_" s "_v86_rights", V86 RIGHTS(S) "=0xf3", V86 RIGHTS(S) "=0x93" }

#define DATA(s, S)                                                                                 \
	COMMON(s, S),                                                                              \
	{ "guest_" s "_accessed", "", RIGHTS(S) "~1" },                                            \
	{ "guest_" s "_readable", RIGHTS(S) "=0xc09b", RIGHTS(S) "=0xc099" },                      \
	{ "guest_" s "_privilege", RESTRICTED RIGHTS(S) "=0xc0f3 GUEST_" S "_SELECTOR=0x13",       \
	  RESTRICTED "GUEST_" S "_SELECTOR=0x11" }

const struct entry_rule_case entry_cases_segments[] = {
	COMMON("cs", "CS"), COMMON("ss", "SS"), DATA("ds", "DS"),
	DATA("es", "ES"),   DATA("fs", "FS"),	DATA("gs", "GS"),
	{ "guest_cs_base_high", "GUEST_CS_BASE=0xffffffff", "GUEST_CS_BASE=0x100000000" },
	{ "guest_ss_base_high", "GUEST_SS_BASE=0xffffffff", "GUEST_SS_BASE=0x100000000" },
	{ "guest_ds_base_high", "GUEST_DS_BASE=0xffffffff", "GUEST_DS_BASE=0x100000000" },
	{ "guest_es_base_high", "GUEST_ES_BASE=0xffffffff", "GUEST_ES_BASE=0x100000000" },
	{ "guest_fs_base", "GUEST_FS_BASE=0xffff800000000000", "GUEST_FS_BASE=0x800000000000" },
	{ "guest_gs_base", "GUEST_GS_BASE=0x7fffffffffff", "GUEST_GS_BASE=0x1000000000000" },
	{ "guest_cs_type", "GUEST_CS_ACCESS_RIGHTS=0xa09f", "GUEST_CS_ACCESS_RIGHTS=0xa09a" },
	{ "guest_cs_type", "GUEST_CS_ACCESS_RIGHTS=0xc093",
	  RESTRICTED "GUEST_CS_ACCESS_RIGHTS=0xc093" },
	{ "guest_cs_dpl_data", "GUEST_CS_ACCESS_RIGHTS=0xc093", "GUEST_CS_ACCESS_RIGHTS=0xc0f3" },
	{ "guest_cs_dpl_code", "", "GUEST_CS_ACCESS_RIGHTS=0xa0fb" },
	{ "guest_cs_dpl_conforming", "GUEST_CS_ACCESS_RIGHTS=0xa09f GUEST_SS_ACCESS_RIGHTS=0xc0f3",
	  "GUEST_CS_ACCESS_RIGHTS=0xa0bd" },
	{ "guest_cs_long", "", "GUEST_CS_ACCESS_RIGHTS=0xe09b" },
	{ "guest_ss_type", "GUEST_SS_ACCESS_RIGHTS=0xc097", "GUEST_SS_ACCESS_RIGHTS=0xc091" },
	{ "guest_ss_rpl", RESTRICTED, RESTRICTED "GUEST_SS_SELECTOR=0x13" },
	{ "guest_ss_dpl", RESTRICTED, RESTRICTED "GUEST_SS_ACCESS_RIGHTS=0x10060" },
	{ "guest_ss_dpl_real_mode", "GUEST_CR0~1", "GUEST_CR0~1 GUEST_SS_ACCESS_RIGHTS=0xc0f3" },
	{ "guest_ss_dpl_real_mode", "GUEST_CS_ACCESS_RIGHTS=0xc093",
	  "GUEST_CS_ACCESS_RIGHTS=0xc093 GUEST_SS_ACCESS_RIGHTS=0x10020" },
	{ "guest_tr_ti", "", "GUEST_TR_SELECTOR=0x1c" },
	{ "guest_tr_base", "GUEST_TR_BASE=0xffff800000000000", "GUEST_TR_BASE=0x800000000000" },
	{ "guest_tr_type", "", "GUEST_TR_ACCESS_RIGHTS=0x89" },
	{ "guest_tr_type", "GUEST_TR_ACCESS_RIGHTS=0x83 ENTRY_CONTROLS~0x200",
	  "GUEST_TR_ACCESS_RIGHTS=0x83" },
	{ "guest_tr_system", "", "GUEST_TR_ACCESS_RIGHTS|0x10" },
	{ "guest_tr_present", "", "GUEST_TR_ACCESS_RIGHTS~0x80" },
	{ "guest_tr_usable", "", "GUEST_TR_ACCESS_RIGHTS|0x10000" },
	{ "guest_tr_reserved", "", "GUEST_TR_ACCESS_RIGHTS|0x800" },
	{ "guest_tr_limit_bytes", "", "GUEST_TR_ACCESS_RIGHTS|0x8000" },
	{ "guest_tr_limit_pages", "GUEST_TR_LIMIT=0x100fff GUEST_TR_ACCESS_RIGHTS|0x8000",
	  "GUEST_TR_LIMIT=0x100fff" },
	{ "guest_ldtr_ti", "", "GUEST_LDTR_SELECTOR=4" },
	{ "guest_ldtr_base", "", "GUEST_LDTR_BASE=0x800000000000" },
	{ "guest_ldtr_type", "", "GUEST_LDTR_ACCESS_RIGHTS=0x8b" },
	{ "guest_ldtr_system", "", "GUEST_LDTR_ACCESS_RIGHTS=0x92" },
	{ "guest_ldtr_present", "", "GUEST_LDTR_ACCESS_RIGHTS=0x02" },
	{ "guest_ldtr_reserved", "", "GUEST_LDTR_ACCESS_RIGHTS=0x182" },
	{ "guest_ldtr_limit_bytes", "GUEST_LDTR_LIMIT=7",
	  "GUEST_LDTR_LIMIT=7 GUEST_LDTR_ACCESS_RIGHTS=0x8082" },
	{ "guest_ldtr_limit_pages", "GUEST_LDTR_LIMIT=0x100fff GUEST_LDTR_ACCESS_RIGHTS=0x8082",
	  "GUEST_LDTR_LIMIT=0x100fff" },
	{ NULL, NULL, NULL },
};
