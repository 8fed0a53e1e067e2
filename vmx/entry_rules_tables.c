/* SPDX-License-Identifier: MIT */
/*
 * SDM "Checks on Guest Segment Registers" (TR and LDTR), "Checks on Guest
 * Descriptor-Table Registers", "Checks on Guest RIP, RFLAGS, and SSP".
 */
#include "vmx/entry_words.h"

#define SELECTOR_TI	BIT(2)
#define AR_RESERVED	(BITS(31, 17) | BITS(11, 8))
#define TYPE_LDT	2
#define TYPE_TSS_BUSY16 3
#define TYPE_TSS_BUSY	11
#define RFLAGS_RESERVED (BITS(63, 22) | BIT(15) | BIT(5) | BIT(3))

/* clang-format off */
#define RULES_SYSTEM(R) \
R(guest_tr_ti, 1, CLEAR(GUEST_TR_SELECTOR, SELECTOR_TI), "the TSS is in the GDT") \
R(guest_tr_base, 1, CANONICAL(GUEST_TR_BASE), "give a canonical address") \
R(guest_tr_type, 1, TYPE(TR) == TYPE_TSS_BUSY || (TYPE(TR) == TYPE_TSS_BUSY16 && !ENTRYCTL(IA32E_GUEST)), \
  "TR is a busy TSS: type 11, or 3 (16 bits) outside of IA-32e mode; access rights 8BH will do") \
R(guest_tr_system, 1, CLEAR(GUEST_TR_ACCESS_RIGHTS, AR_S), "a TSS is a system segment: bit 4 is 0") \
R(guest_tr_present, 1, SET(GUEST_TR_ACCESS_RIGHTS, AR_P), "set P (bit 7)") \
R(guest_tr_usable, 1, CLEAR(GUEST_TR_ACCESS_RIGHTS, AR_UNUSABLE), \
  "TR is never unusable: give the guest a TSS, if only in the VMCS (rights 8BH, limit 67H)") \
R(guest_tr_reserved, 1, CLEAR(GUEST_TR_ACCESS_RIGHTS, AR_RESERVED), \
  "access rights have nothing in bits 11:8 and 31:17") \
R(guest_tr_limit_bytes, (LIMIT(TR) & 0xfff) != 0xfff, CLEAR(GUEST_TR_ACCESS_RIGHTS, AR_G), \
  "a limit in pages ends in FFFH: the VMCS holds it in bytes") \
R(guest_tr_limit_pages, LIMIT(TR) >> 20, SET(GUEST_TR_ACCESS_RIGHTS, AR_G), \
  "a limit of 1 MByte and more is counted in pages: set G (bit 15)") \
R(guest_ldtr_ti, USABLE(LDTR), CLEAR(GUEST_LDTR_SELECTOR, SELECTOR_TI), "the LDT is in the GDT") \
R(guest_ldtr_base, USABLE(LDTR), CANONICAL(GUEST_LDTR_BASE), "give a canonical address") \
R(guest_ldtr_type, USABLE(LDTR), TYPE(LDTR) == TYPE_LDT, \
  "an LDT is of type 2; a guest without one has an unusable LDTR (10000H)") \
R(guest_ldtr_system, USABLE(LDTR), CLEAR(GUEST_LDTR_ACCESS_RIGHTS, AR_S), \
  "an LDT is a system segment: bit 4 is 0") \
R(guest_ldtr_present, USABLE(LDTR), SET(GUEST_LDTR_ACCESS_RIGHTS, AR_P), \
  "set P (bit 7), or mark LDTR unusable (bit 16)") \
R(guest_ldtr_reserved, USABLE(LDTR), CLEAR(GUEST_LDTR_ACCESS_RIGHTS, AR_RESERVED), \
  "access rights have nothing in bits 11:8 and 31:17") \
R(guest_ldtr_limit_bytes, USABLE(LDTR) && (LIMIT(LDTR) & 0xfff) != 0xfff, \
  CLEAR(GUEST_LDTR_ACCESS_RIGHTS, AR_G), \
  "a limit in pages ends in FFFH: the VMCS holds it in bytes") \
R(guest_ldtr_limit_pages, USABLE(LDTR) && LIMIT(LDTR) >> 20, \
  SET(GUEST_LDTR_ACCESS_RIGHTS, AR_G), \
  "a limit of 1 MByte and more is counted in pages: set G (bit 15)")

#define RULES_TABLES(R) \
R(guest_gdtr_base, 1, CANONICAL(GUEST_GDTR_BASE), "give a canonical address") \
R(guest_idtr_base, 1, CANONICAL(GUEST_IDTR_BASE), "give a canonical address") \
R(guest_gdtr_limit, 1, CLEAR(GUEST_GDTR_LIMIT, BITS(31, 16)), "the limit of GDTR has 16 bits") \
R(guest_idtr_limit, 1, CLEAR(GUEST_IDTR_LIMIT, BITS(31, 16)), "the limit of IDTR has 16 bits")

#define RULES_FLOW(R) \
R(guest_rip_high, !LONG_CODE, CLEAR(GUEST_RIP, BITS(63, 32)), \
  "outside of 64-bit code RIP has 32 bits: clear the rest, or set CS.L and IA-32e mode guest") \
R(guest_rip_width, LONG_CODE, UPPER_EQUAL(GUEST_RIP), \
  "bits from the linear-address width up are all equal (bit 47 itself may differ)") \
R(guest_rflags_reserved, 1, CLEAR(GUEST_RFLAGS, RFLAGS_RESERVED), \
  "leave the reserved bits of RFLAGS 0") \
R(guest_rflags_one, 1, SET(GUEST_RFLAGS, RFLAGS_FIXED), "bit 1 of RFLAGS is always 1") \
R(guest_rflags_vm, ENTRYCTL(IA32E_GUEST) || !(F(GUEST_CR0) & CR0_PE), \
  CLEAR(GUEST_RFLAGS, RFLAGS_VM), \
  "virtual-8086 mode exists in legacy protected mode alone") \
R(guest_rflags_if, INJECTS_A(EXTERNAL), SET(GUEST_RFLAGS, RFLAGS_IF), \
  "wait with the interrupt until the guest has RFLAGS.IF set: use interrupt-window exiting") \
R(guest_ssp_aligned, ENTRYCTL(LOAD_CET), CLEAR(GUEST_SSP, BITS(1, 0)), \
  "a shadow stack is aligned to 4 bytes") \
R(guest_ssp_high, ENTRYCTL(LOAD_CET) && !LONG_CODE, CLEAR(GUEST_SSP, BITS(63, 32)), \
  "outside of 64-bit code SSP has 32 bits") \
R(guest_ssp_width, ENTRYCTL(LOAD_CET) && LONG_CODE, CANONICAL(GUEST_SSP), \
  "give a canonical address")
/* clang-format on */

ENTRY_GROUP(entry_guest_system, ENTRY_GUEST_STATE, "Checks on Guest Segment Registers",
	    RULES_SYSTEM)
ENTRY_GROUP(entry_guest_tables, ENTRY_GUEST_STATE,
	    "Checks on Guest Descriptor-Table Registers", RULES_TABLES)
ENTRY_GROUP(entry_guest_flow, ENTRY_GUEST_STATE, "Checks on Guest RIP, RFLAGS, and SSP",
	    RULES_FLOW)
