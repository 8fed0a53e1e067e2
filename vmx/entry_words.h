/* SPDX-License-Identifier: MIT */
/*
 * The words that rules are written in. Each needs a `struct entry_case *c`;
 * a word that reads a field or a capability notes it there, and a word that
 * tests bits notes which of them offend. vmx/entry_text.c knows which
 * fields each word reads: a new word needs a row there.
 */
#pragma once

#include "lib/bits.h"
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/entry_rule.h"

u64 entry_field(struct entry_case *c, unsigned index);
void entry_need_cap(struct entry_case *c, enum entry_cap cap);
bool entry_secondary(struct entry_case *c, u32 bit);
bool entry_tertiary(struct entry_case *c, u64 bit);
bool entry_clear(struct entry_case *c, unsigned index, u64 mask);
bool entry_set(struct entry_case *c, unsigned index, u64 mask);
bool entry_allowed(struct entry_case *c, unsigned index, const struct vmx_allowed *allowed);
bool entry_fixed(struct entry_case *c, unsigned index, u64 must_be_one, u64 may_be_one);
bool entry_canonical(struct entry_case *c, unsigned index, bool above_only);
bool entry_address(struct entry_case *c, unsigned index, u64 size);
bool entry_list_end(struct entry_case *c, unsigned address, unsigned count);
bool entry_pat(struct entry_case *c, unsigned index);
const void *entry_memory(struct entry_case *c, u64 address, u64 length);

/* A field's value. */
#define F(name) entry_field(c, VMCS_AT_##name)

/* A capability. */
#define CAP(name) (*(entry_need_cap(c, ENTRY_CAP_##name), &c->in->caps->name))

/* Is a control on? Secondary and tertiary ones are off without the bit that activates them. */
#define PIN(bit)      ((F(PIN_CONTROLS) & PIN_##bit) != 0)
#define PROC(bit)     ((F(PROC_CONTROLS) & PROC_##bit) != 0)
#define PROC2(bit)    entry_secondary(c, PROC2_##bit)
#define PROC3(bit)    entry_tertiary(c, PROC3_##bit)
#define EXITCTL(bit)  ((F(EXIT_CONTROLS) & EXITCTL_##bit) != 0)
#define ENTRYCTL(bit) ((F(ENTRY_CONTROLS) & ENTRYCTL_##bit) != 0)

/* Bits of a field are all 0, all 1. */
#define CLEAR(name, mask) entry_clear(c, VMCS_AT_##name, mask)
#define SET(name, mask)	  entry_set(c, VMCS_AT_##name, mask)

/* A control word is what the capability MSR allows; a register is within its FIXED MSRs. */
#define ALLOWED(name, cap)	    entry_allowed(c, VMCS_AT_##name, &CAP(cap))
#define FIXED(name, ones, may_be)   entry_fixed(c, VMCS_AT_##name, ones, may_be)

/* An address that is canonical; one whose bits above the linear-address width are equal. */
#define CANONICAL(name)	 entry_canonical(c, VMCS_AT_##name, false)
#define UPPER_EQUAL(name) entry_canonical(c, VMCS_AT_##name, true)

/* A physical address, aligned to a size; of a list of 16-byte entries that ends below the width. */
#define ADDRESS(name, size)	   entry_address(c, VMCS_AT_##name, size)
#define LIST_ENDS(address, count)  entry_list_end(c, VMCS_AT_##address, VMCS_AT_##count)

/* Bits at and above the physical-address width. */
#define ABOVE_PHYSICAL (~0UL << CAP(physical_bits))

/* Eight memory types that exist. */
#define PAT_TYPES(name) entry_pat(c, VMCS_AT_##name)

/* Segments. */
#define SELECTOR(s) F(GUEST_##s##_SELECTOR)
#define RPL(s)	    (F(GUEST_##s##_SELECTOR) & 3)
#define LIMIT(s)    F(GUEST_##s##_LIMIT)
#define TYPE(s)	    (F(GUEST_##s##_ACCESS_RIGHTS) & AR_TYPE)
#define DPL(s)	    (F(GUEST_##s##_ACCESS_RIGHTS) >> 5 & 3)
#define USABLE(s)   (!(F(GUEST_##s##_ACCESS_RIGHTS) & AR_UNUSABLE))
#define LONG_CODE   (ENTRYCTL(IA32E_GUEST) && F(GUEST_CS_ACCESS_RIGHTS) & AR_L)
#define V86	    ((F(GUEST_RFLAGS) & RFLAGS_VM) != 0)
/* Is it checked, by the rules that hold outside of virtual-8086 mode? CS is never unusable. */
#define IN_USE(s)    (!V86 && (SEG_##s == SEG_CS || USABLE(s)))
#define UNRESTRICTED PROC2(UNRESTRICTED_GUEST)

/* The event that the entry injects. */
#define INJECTS		(F(ENTRY_INTERRUPTION_INFO) >> 31 & 1)
#define INJECT_TYPE	(F(ENTRY_INTERRUPTION_INFO) >> INTR_TYPE_SHIFT & 7)
#define INJECT_VECTOR	(F(ENTRY_INTERRUPTION_INFO) & INTR_VECTOR)
#define INJECTS_A(type) (INJECTS && INJECT_TYPE == INTR_##type)

/*
 * A list RULES(R) of R(name, when, must, advice) becomes rows, and two
 * functions with a case for each: a function for each rule would be slower
 * to link and larger to list.
 */
#define ENTRY_RULE_NUMBER(name, when, must, advice) RULE_##name,
#define ENTRY_RULE_APPLIES(name, when, must, advice)                                               \
	case RULE_##name:                                                                          \
		return (when);
#define ENTRY_RULE_HOLDS(name, when, must, advice)                                                 \
	case RULE_##name:                                                                          \
		return (must);
#define ENTRY_RULE_ROW(name, when, must, advice) { #name, #when, #must, advice },

#define ENTRY_GROUP(group, group_class, group_title, list)                                         \
	enum { list(ENTRY_RULE_NUMBER) };                                                          \
	static bool group##_applies(struct entry_case *c, unsigned rule)                           \
	{                                                                                          \
		(void)c;                                                                           \
		switch (rule) { list(ENTRY_RULE_APPLIES) }                                         \
		return false;                                                                      \
	}                                                                                          \
	static bool group##_holds(struct entry_case *c, unsigned rule)                             \
	{                                                                                          \
		switch (rule) { list(ENTRY_RULE_HOLDS) }                                           \
		return false;                                                                      \
	}                                                                                          \
	static const struct entry_rule group##_rules[] = { list(ENTRY_RULE_ROW) };                 \
	const struct entry_group group = {                                                         \
		group_title,		   group_class,	    group##_rules,                         \
		ARRAY_SIZE(group##_rules), group##_applies, group##_holds,                         \
	};
