/* SPDX-License-Identifier: MIT */
/*
 * The VM-entry checks of the SDM as a table of rules over a VMCS image. A
 * rule is code whose text is what gets printed: "when X: Y must hold". This
 * header is the table's shape; vmx/entry_words.h has the words that rules
 * are written in, vmx/entry_rules_*.c the rules. SDM "VM Entries".
 */
#pragma once

#include "vmx/caps.h"
#include "vmx/vmcs_image.h"

/* What the processor does when a rule is violated, in the order in which it does. */
enum entry_class {
	ENTRY_CONTROLS,	      /* VMfailValid, error 7 */
	ENTRY_HOST_STATE,     /* VMfailValid, error 8 */
	ENTRY_GUEST_STATE,    /* exit reason 33 */
	ENTRY_GUEST_LINK,     /* exit reason 33, qualification 4 */
	ENTRY_GUEST_PDPTE,    /* exit reason 33, qualification 2 */
	ENTRY_GUEST_NMI,      /* exit reason 33, qualification 3: some processors only */
	ENTRY_MSR_LOADING,    /* exit reason 34, qualification: which entry of the list */
	ENTRY_CLASSES,
};

/* Capabilities, each known or not: somebody's dump may come without them. */
#define ENTRY_CAPS(X)                                                                              \
	X(basic) X(pin) X(proc) X(proc2) X(exit) X(entry) X(misc)                                  \
	X(cr0_fixed0) X(cr0_fixed1) X(cr4_fixed0) X(cr4_fixed1)                                    \
	X(ept_vpid) X(vmfunc) X(proc3) X(exit2)                                                    \
	X(physical_bits) X(linear_bits) X(rtm) X(bus_lock_debug)

enum entry_cap {
#define X(name) ENTRY_CAP_##name,
	ENTRY_CAPS(X)
#undef X
	ENTRY_CAP_COUNT,
};

#define ENTRY_CAPS_ALL ((1U << ENTRY_CAP_COUNT) - 1)
#define ENTRY_POINTER_UNKNOWN (~1UL)

/*
 * What is judged. The rules assume an entry from outside of SMM, and from
 * 64-bit mode if `long_mode`.
 */
struct entry_input {
	const struct vmcs_image *image;
	const struct vmx_caps *caps;
	u32 caps_known;	   /* bits by enum entry_cap */
	bool long_mode;	   /* the processor is in IA-32e mode when it enters */
	hpa_t vmcs;	   /* the current-VMCS pointer, or ENTRY_POINTER_UNKNOWN */
	/* `length` bytes of physical memory, or NULL where none can be seen. May be NULL. */
	const void *(*memory)(hpa_t address, u64 length);
};

/* Bits of one field that keep a rule from holding. */
struct entry_offense {
	int index; /* of the field; -1: the rule is not about single bits */
	u64 must_be_one, must_be_zero;
};

/* A rule at work: what it has asked for so far. */
struct entry_case {
	const struct entry_input *in;
	struct vmcs_set used;	 /* fields it has read */
	struct vmcs_set missing; /* those of them that are not known */
	u32 caps_missing;
	bool memory_missing;
	struct entry_offense offense;
};

struct entry_rule {
	const char *name;   /* "host_cs_not_null": unique */
	const char *when;   /* text of the conditions; "1": always */
	const char *must;
	const char *advice; /* one line: how to make it hold */
};

/* Rules of one SDM section. */
struct entry_group {
	const char *title; /* of the section */
	enum entry_class class;
	const struct entry_rule *rules;
	unsigned count;
	/* Does the rule at this place apply; does what it demands hold? */
	bool (*applies)(struct entry_case *c, unsigned rule);
	bool (*holds)(struct entry_case *c, unsigned rule);
};

extern const struct entry_group *const entry_groups[];
extern const unsigned entry_group_count;

enum entry_result {
	ENTRY_PASSED,	  /* or does not apply */
	ENTRY_VIOLATED,
	ENTRY_NOT_CHECKED, /* a field, a capability or memory that it needs is not known */
};

/* Evaluate one rule of a group; `c` afterwards tells what it has read. */
enum entry_result entry_rule_check(const struct entry_group *group, unsigned rule,
				   const struct entry_input *in, struct entry_case *c);

/* The fields that a rule may read, by its text. */
void entry_rule_fields(const struct entry_rule *rule, struct vmcs_set *fields);

/* A condition's text without its machinery: "F(GUEST_CR0) & CR0_PG" is "GUEST_CR0 & CR0_PG". */
size_t entry_rule_text(char *to, size_t size, const char *condition);
