/* SPDX-License-Identifier: MIT */
/*
 * SDM "Checks on Guest Segment Registers": CS to GS. What all six share is
 * written once; in virtual-8086 mode other rules hold than elsewhere.
 */
#include "vmx/entry_words.h"

#define TITLE "Checks on Guest Segment Registers"

#define V86_RIGHTS 0xf3
#define AR_RESERVED (BITS(31, 17) | BITS(11, 8))
#define TYPE_DATA  3 /* read/write, accessed, expand-up */

/* clang-format off */

#define RULES_OF(R, S, s) \
R(guest_##s##_system, IN_USE(S), SET(GUEST_##S##_ACCESS_RIGHTS, AR_S), \
  "a code or data segment has S (bit 4) set") \
R(guest_##s##_present, IN_USE(S), SET(GUEST_##S##_ACCESS_RIGHTS, AR_P), \
  "set P (bit 7), or mark the segment unusable (bit 16)") \
R(guest_##s##_reserved, IN_USE(S), CLEAR(GUEST_##S##_ACCESS_RIGHTS, AR_RESERVED), \
  "access rights have nothing in bits 11:8 and 31:17: shift a descriptor's bytes 5 and 6 by 8") \
R(guest_##s##_limit_bytes, IN_USE(S) && (LIMIT(S) & 0xfff) != 0xfff, \
  CLEAR(GUEST_##S##_ACCESS_RIGHTS, AR_G), \
  "a limit in pages ends in FFFH: the VMCS holds it in bytes") \
R(guest_##s##_limit_pages, IN_USE(S) && LIMIT(S) >> 20, SET(GUEST_##S##_ACCESS_RIGHTS, AR_G), \
  "a limit of 1 MByte and more is counted in pages: set G (bit 15)")

#define V86_RULES_OF(R, S, s) \
R(guest_##s##_v86_base, V86, F(GUEST_##S##_BASE) == SELECTOR(S) << 4, \
  "in virtual-8086 mode the base is the selector times 16") \
R(guest_##s##_v86_limit, V86, LIMIT(S) == 0xffff, \
  "in virtual-8086 mode every limit is FFFFH") \
R(guest_##s##_v86_rights, V86, F(GUEST_##S##_ACCESS_RIGHTS) == V86_RIGHTS, \
  "in virtual-8086 mode all access rights are F3H")

#define DATA_RULES_OF(R, S, s) \
RULES_OF(R, S, s) \
R(guest_##s##_accessed, IN_USE(S), SET(GUEST_##S##_ACCESS_RIGHTS, BIT(0)), \
  "a segment that is loaded is accessed: set bit 0 of its type") \
R(guest_##s##_readable, IN_USE(S) && TYPE(S) & BIT(3), \
  SET(GUEST_##S##_ACCESS_RIGHTS, BIT(1)), \
  "a code segment in a data-segment register is readable") \
R(guest_##s##_privilege, IN_USE(S) && !UNRESTRICTED && TYPE(S) <= 11, \
  DPL(S) >= RPL(S), \
  "the selector's RPL must not be greater than the segment's DPL")

#define RULES_SEGMENTS(R) \
RULES_OF(R, CS, cs) RULES_OF(R, SS, ss) \
DATA_RULES_OF(R, DS, ds) DATA_RULES_OF(R, ES, es) \
DATA_RULES_OF(R, FS, fs) DATA_RULES_OF(R, GS, gs)

#define RULES_V86(R) \
V86_RULES_OF(R, CS, cs) V86_RULES_OF(R, SS, ss) V86_RULES_OF(R, DS, ds) \
V86_RULES_OF(R, ES, es) V86_RULES_OF(R, FS, fs) V86_RULES_OF(R, GS, gs)

#define RULES_CS_SS(R) \
R(guest_cs_base_high, 1, CLEAR(GUEST_CS_BASE, BITS(63, 32)), \
  "the base of CS has 32 bits, also in 64-bit mode") \
R(guest_ss_base_high, USABLE(SS), CLEAR(GUEST_SS_BASE, BITS(63, 32)), \
  "the base of SS has 32 bits") \
R(guest_ds_base_high, USABLE(DS), CLEAR(GUEST_DS_BASE, BITS(63, 32)), \
  "the base of DS has 32 bits") \
R(guest_es_base_high, USABLE(ES), CLEAR(GUEST_ES_BASE, BITS(63, 32)), \
  "the base of ES has 32 bits") \
R(guest_fs_base, 1, CANONICAL(GUEST_FS_BASE), "give a canonical address") \
R(guest_gs_base, 1, CANONICAL(GUEST_GS_BASE), "give a canonical address") \
R(guest_cs_type, !V86, cs_type(TYPE(CS), UNRESTRICTED), \
  "CS is an accessed code segment: type 9, 11, 13 or 15; 3 too with unrestricted guest") \
R(guest_cs_dpl_data, !V86 && TYPE(CS) == TYPE_DATA, DPL(CS) == 0, \
  "a CS of type 3 has DPL 0") \
R(guest_cs_dpl_code, !V86 && (TYPE(CS) == 9 || TYPE(CS) == 11), DPL(CS) == DPL(SS), \
  "the DPL of CS is that of SS: both are the privilege level") \
R(guest_cs_dpl_conforming, !V86 && (TYPE(CS) == 13 || TYPE(CS) == 15), DPL(CS) <= DPL(SS), \
  "the DPL of a conforming CS is not above that of SS") \
R(guest_cs_long, !V86 && LONG_CODE, CLEAR(GUEST_CS_ACCESS_RIGHTS, AR_DB), \
  "a 64-bit code segment has L set and D clear") \
R(guest_ss_type, IN_USE(SS), TYPE(SS) == 3 || TYPE(SS) == 7, \
  "SS is an accessed writable data segment: type 3 or 7") \
R(guest_ss_rpl, !V86 && !UNRESTRICTED, RPL(SS) == RPL(CS), \
  "the RPLs of SS and CS are equal") \
R(guest_ss_dpl, !V86 && !UNRESTRICTED, DPL(SS) == RPL(SS), \
  "the DPL of SS is its RPL, even when SS is unusable") \
R(guest_ss_dpl_real_mode, !V86 && (TYPE(CS) == TYPE_DATA || !(F(GUEST_CR0) & CR0_PE)), \
  DPL(SS) == 0, \
  "real-address mode runs at privilege level 0: the DPL of SS is 0, even when SS is unusable")
/* clang-format on */

static bool cs_type(u64 type, bool unrestricted)
{
	return (type & 9) == 9 || (type == TYPE_DATA && unrestricted);
}

ENTRY_GROUP(entry_guest_segments, ENTRY_GUEST_STATE, TITLE, RULES_SEGMENTS)
ENTRY_GROUP(entry_guest_v86, ENTRY_GUEST_STATE, TITLE, RULES_V86)
ENTRY_GROUP(entry_guest_cs_ss, ENTRY_GUEST_STATE, TITLE, RULES_CS_SS)
