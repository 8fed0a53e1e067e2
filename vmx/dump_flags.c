/* SPDX-License-Identifier: MIT */
#include "vmx/dump_flags.h"

#include "lib/x86.h"
#include "vmx/dump_exit.h"
#include "vmx/vmcs.h"

#define AR_CODE BIT(3)

void dump_add_memory_type(struct dump_text *t, unsigned type)
{
	dump_add_word(t, "UC|WC|||WT|WP|WB|UC-", type);
}

static void add_pat(struct dump_text *t, u64 value)
{
	for (unsigned i = 0; i < 8; i++) {
		dump_add(t, "%s", i ? " " : "");
		dump_add_memory_type(t, value >> (8 * i) & 0xff);
	}
}

void dump_add_xcr0(struct dump_text *t, u64 value)
{
	dump_add_bits(t, "x87|SSE|AVX|BNDREG|BNDCSR|opmask|ZMM_Hi256|Hi16_ZMM|PT|PKRU", value);
}

/* SDM "Debug Registers": BLD and RTM are 0 when they mean something. */
void dump_add_dr6(struct dump_text *t, u64 value)
{
	dump_add_bits(t, "B0|B1|B2|B3||||||||BLD||BD|BS|BT|RTM",
		      (value ^ (BIT(11) | BIT(16))) & (BITS(3, 0) | BIT(11) | BITS(16, 13)));
}

void dump_add_dr7(struct dump_text *t, u64 value)
{
	size_t start = t->used;

	dump_add_bits(t, "LE|GE||RTM||GD", value >> 8 & ~BIT(2) & BITS(5, 0));
	for (unsigned i = 0; i < 4; i++) {
		static const u8 length[] = { 1, 2, 8, 4 };

		if (!(value >> (2 * i) & 3))
			continue;
		dump_add(t, "%s%u:", t->used > start ? " " : "", i);
		dump_add_word(t, "execute|write|I/O|access", value >> (16 + 4 * i) & 3);
		dump_add(t, "/%u", length[value >> (18 + 4 * i) & 3]);
	}
}

void dump_add_rights(struct dump_text *t, u64 rights)
{
	unsigned type = rights & AR_TYPE;

	if (rights & AR_UNUSABLE) {
		dump_add(t, "unusable");
		return;
	}
	if (!(rights & AR_S)) {
		dump_add_word(t, "|16-bit TSS|LDT|busy 16-bit TSS||||||TSS||busy TSS", type);
	} else {
		dump_add(t, "%u-bit ", rights & AR_L ? 64 : rights & AR_DB ? 32 : 16);
		dump_add_bits(t, type & AR_CODE ? "code||readable|conforming|accessed"
						: "data||writable|expand-down|accessed",
			      1 | (type & 6) << 1 | (type & 1) << 4);
	}
	dump_add(t, " DPL %lu%s%s", bits_get(rights, 6, 5), rights & AR_P ? "" : " not-present",
		 rights & AR_G ? " G" : "");
}

static void add_exceptions(struct dump_text *t, u64 value)
{
	for (unsigned vector = 0; vector < 32; vector++) {
		const char *name = exception_name(vector);

		if (!(value >> vector & 1))
			continue;
		if (name)
			dump_add(t, "%s%s", t->used ? " " : "", name);
		else
			dump_add(t, "%s%u", t->used ? " " : "", vector);
	}
}

static void add_eptp(struct dump_text *t, u64 value)
{
	dump_add(t, "%lu levels, ", bits_get(value, 5, 3) + 1);
	dump_add_memory_type(t, value & 7);
	dump_add(t, "%s", value & BIT(6) ? ", accessed/dirty" : "");
}

static void add_activity(struct dump_text *t, u64 value)
{
	dump_add_word(t, "active|HLT|shutdown|wait-for-SIPI", (unsigned)value);
}

static void add_rflags(struct dump_text *t, u64 value)
{
	size_t start = t->used;

	dump_add_field_bits(t, VMCS_AT_GUEST_RFLAGS, value & ~(RFLAGS_FIXED | RFLAGS_IOPL));
	if (value & RFLAGS_IOPL)
		dump_add(t, "%sIOPL=%lu", t->used > start ? " " : "", bits_get(value, 13, 12));
}

/* Fields that are made of flags, and the field whose names they have. */
static const struct {
	u8 index, like;
} flags[] = {
#define ROW(name, like) { VMCS_AT_##name, VMCS_AT_##like },
	ROW(GUEST_CR0, GUEST_CR0)	  ROW(HOST_CR0, GUEST_CR0)
	ROW(CR0_READ_SHADOW, GUEST_CR0)	  ROW(CR0_GUEST_HOST_MASK, GUEST_CR0)
	ROW(GUEST_CR4, GUEST_CR4)	  ROW(HOST_CR4, GUEST_CR4)
	ROW(CR4_READ_SHADOW, GUEST_CR4)	  ROW(CR4_GUEST_HOST_MASK, GUEST_CR4)
	ROW(GUEST_EFER, GUEST_EFER)	  ROW(HOST_EFER, GUEST_EFER)
	ROW(GUEST_S_CET, GUEST_S_CET)	  ROW(HOST_S_CET, GUEST_S_CET)
	ROW(GUEST_DEBUGCTL, GUEST_DEBUGCTL)
	ROW(GUEST_INTERRUPTIBILITY, GUEST_INTERRUPTIBILITY)
	ROW(GUEST_PENDING_DEBUG, GUEST_PENDING_DEBUG)
	ROW(VM_FUNCTION_CONTROLS, VM_FUNCTION_CONTROLS)
	ROW(PROC_CONTROLS3, PROC_CONTROLS3)
#undef ROW
};

/* All others that mean something. */
static const struct {
	u8 first, last;
	void (*add)(struct dump_text *t, u64 value);
} fields[] = {
	{ VMCS_AT_GUEST_RFLAGS, VMCS_AT_GUEST_RFLAGS, add_rflags },
	{ VMCS_AT_GUEST_DR7, VMCS_AT_GUEST_DR7, dump_add_dr7 },
	{ VMCS_AT_GUEST_PAT, VMCS_AT_GUEST_PAT, add_pat },
	{ VMCS_AT_HOST_PAT, VMCS_AT_HOST_PAT, add_pat },
	{ VMCS_AT_GUEST_ACTIVITY_STATE, VMCS_AT_GUEST_ACTIVITY_STATE, add_activity },
	{ VMCS_AT_EXCEPTION_BITMAP, VMCS_AT_EXCEPTION_BITMAP, add_exceptions },
	{ VMCS_AT_EPT_POINTER, VMCS_AT_EPT_POINTER, add_eptp },
	{ VMCS_AT_GUEST_ES_ACCESS_RIGHTS, VMCS_AT_GUEST_TR_ACCESS_RIGHTS, dump_add_rights },
};

void dump_add_field(struct dump_text *t, unsigned index, u64 value)
{
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
		if (index == flags[i].index)
			dump_add_field_bits(t, flags[i].like, value);
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
		if (index >= fields[i].first && index <= fields[i].last)
			fields[i].add(t, value);
}
