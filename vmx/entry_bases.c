/* SPDX-License-Identifier: MIT */
/* The kinds of guest that vmx/entry_selftest.c starts from. */
#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/entry_mutate.h"

enum { KEEP, SET, OR, CLEAR };

struct change {
	u8 index, how;
	u64 value;
};

#define AT(name) VMCS_AT_##name
#define END	 { 0, KEEP, 0 }

/* Flat 32-bit segments, protected mode. */
#define PROTECTED                                                                                  \
	{ AT(GUEST_CR0), OR, CR0_PE }, { AT(GUEST_CS_SELECTOR), SET, 8 },                          \
	{ AT(GUEST_CS_BASE), SET, 0 }, { AT(GUEST_CS_LIMIT), SET, 0xffffffff },                    \
	{ AT(GUEST_CS_ACCESS_RIGHTS), SET, 0xc09b }, { AT(GUEST_SS_SELECTOR), SET, 16 },           \
	{ AT(GUEST_SS_LIMIT), SET, 0xffffffff }, { AT(GUEST_SS_ACCESS_RIGHTS), SET, 0xc093 },      \
	{ AT(GUEST_DS_LIMIT), SET, 0xffffffff }, { AT(GUEST_DS_ACCESS_RIGHTS), SET, 0xc093 },      \
	{ AT(GUEST_FS_ACCESS_RIGHTS), SET, 0x10000 }, { AT(GUEST_GS_ACCESS_RIGHTS), SET, 0x10000 }

#define PAE                                                                                        \
	{ AT(GUEST_CR0), OR, CR0_PG }, { AT(GUEST_CR4), OR, CR4_PAE },                             \
	{ AT(GUEST_PDPTE0), SET, 0x9001 }, { AT(GUEST_PDPTE1), SET, 0 }

#define LONG                                                                                       \
	{ AT(GUEST_CR0), OR, CR0_PG }, { AT(GUEST_CR4), OR, CR4_PAE },                             \
	{ AT(GUEST_EFER), OR, EFER_LME | EFER_LMA },                                               \
	{ AT(ENTRY_CONTROLS), OR, ENTRYCTL_IA32E_GUEST }

#define CODE64 { AT(GUEST_CS_ACCESS_RIGHTS), SET, 0xa09b }, { AT(GUEST_RIP), SET, ~0UL << 31 }

#define V86_SEGMENT(s)                                                                             \
	{ AT(GUEST_##s##_SELECTOR), SET, 0x1000 }, { AT(GUEST_##s##_BASE), SET, 0x10000 },         \
	{ AT(GUEST_##s##_LIMIT), SET, 0xffff }, { AT(GUEST_##s##_ACCESS_RIGHTS), SET, 0xf3 }

static const struct change real[] = { END };
static const struct change protected[] = { PROTECTED, END };
static const struct change pae[] = { PROTECTED, PAE, END };
static const struct change long_mode[] = { PROTECTED, LONG, CODE64, END };
static const struct change compatibility[] = { PROTECTED, LONG, END };
static const struct change v86[] = {
	PROTECTED, V86_SEGMENT(CS), V86_SEGMENT(SS), V86_SEGMENT(DS), V86_SEGMENT(ES),
	V86_SEGMENT(FS), V86_SEGMENT(GS), { AT(GUEST_RFLAGS), OR, RFLAGS_VM }, END
};
/* Not unrestricted: real-mode rules of CR0 apply, and the privileges of segments count. */
static const struct change restricted[] = {
	PROTECTED, LONG, CODE64, { AT(PROC_CONTROLS2), CLEAR, PROC2_UNRESTRICTED_GUEST },
	{ AT(GUEST_FS_LIMIT), SET, 0xfff }, { AT(GUEST_FS_ACCESS_RIGHTS), SET, 0x93 }, END
};
static const struct change no_ept[] = {
	PROTECTED, LONG, CODE64,
	{ AT(PROC_CONTROLS2), CLEAR, PROC2_UNRESTRICTED_GUEST | PROC2_EPT }, END
};
static const struct change interrupt[] = {
	PROTECTED, LONG, CODE64, { AT(GUEST_RFLAGS), OR, RFLAGS_IF },
	{ AT(ENTRY_INTERRUPTION_INFO), SET, INTR_VALID | 0x20 }, END
};
static const struct change exception[] = {
	PROTECTED, { AT(ENTRY_INTERRUPTION_INFO), SET,
		     INTR_VALID | INTR_HAS_ERROR | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_GP },
	END
};
static const struct change nmi[] = {
	PROTECTED, { AT(ENTRY_INTERRUPTION_INFO), SET,
		     INTR_VALID | INTR_NMI << INTR_TYPE_SHIFT | VECTOR_NMI }, END
};
static const struct change software[] = {
	PROTECTED, { AT(ENTRY_INTERRUPTION_INFO), SET,
		     INTR_VALID | INTR_SOFT_INTERRUPT << INTR_TYPE_SHIFT | 0x80 },
	{ AT(ENTRY_INSTRUCTION_LENGTH), SET, 2 }, END
};
static const struct change halted[] = {
	PROTECTED, { AT(GUEST_ACTIVITY_STATE), SET, ACTIVITY_HLT }, END
};
static const struct change stepping[] = {
	PROTECTED, { AT(GUEST_RFLAGS), OR, RFLAGS_IF | RFLAGS_TF },
	{ AT(GUEST_INTERRUPTIBILITY), SET, INTERRUPTIBILITY_STI },
	{ AT(GUEST_PENDING_DEBUG), SET, PENDING_DEBUG_BS }, END
};
static const struct change apic[] = {
	PROTECTED, { AT(PROC_CONTROLS), OR, PROC_TPR_SHADOW },
	{ AT(PROC_CONTROLS2), OR, PROC2_VIRTUAL_APIC_ACCESS },
	{ AT(VIRTUAL_APIC_ADDRESS), SET, 0x9000 }, { AT(APIC_ACCESS_ADDRESS), SET, 0xa000 }, END
};
/* Everything that Bochs' models have and Trivet does not use. */
static const struct change features[] = {
	PROTECTED, { AT(PROC_CONTROLS), OR, PROC_TPR_SHADOW },
	{ AT(PROC_CONTROLS2), OR,
	  PROC2_VIRTUAL_X2APIC | PROC2_APIC_REGISTER | PROC2_VIRTUAL_INTERRUPT | PROC2_VMFUNC |
		  PROC2_SHADOW_VMCS | PROC2_PML | PROC2_EPT_VE | PROC2_TSC_SCALING },
	{ AT(VIRTUAL_APIC_ADDRESS), SET, 0x9000 }, { AT(VM_FUNCTION_CONTROLS), SET, 1 },
	{ AT(EPTP_LIST_ADDRESS), SET, 0xa000 }, { AT(PML_ADDRESS), SET, 0xb000 },
	{ AT(VMREAD_BITMAP), SET, 0xc000 }, { AT(VMWRITE_BITMAP), SET, 0xd000 },
	{ AT(VE_INFORMATION_ADDRESS), SET, 0xe000 }, { AT(TSC_MULTIPLIER), SET, 1UL << 48 }, END
};

static const struct {
	const char *name;
	const struct change *changes;
} bases[] = {
	{ "real", real },	    { "protected", protected }, { "pae", pae },
	{ "long", long_mode },	    { "compatibility", compatibility }, { "v86", v86 },
	{ "restricted", restricted }, { "no-ept", no_ept },	{ "interrupt", interrupt },
	{ "exception", exception }, { "nmi", nmi },		{ "software", software },
	{ "halted", halted },	    { "stepping", stepping },	{ "apic", apic },
	{ "features", features },
};

unsigned entry_base_count(void)
{
	return ARRAY_SIZE(bases);
}

const char *entry_base_name(unsigned base)
{
	return bases[base].name;
}

bool entry_base_apply(struct vmcs_image *image, unsigned base, u32 proc2_allowed)
{
	for (const struct change *c = bases[base].changes; c->how != KEEP; c++) {
		u64 value = image->value[c->index];

		value = c->how == SET ? c->value : c->how == OR ? value | c->value : value & ~c->value;
		if (c->how == OR && c->index == AT(PROC_CONTROLS2) && c->value & ~(u64)proc2_allowed)
			return false;
		if (vmcs_set_has(&image->known, c->index))
			vmcs_image_set(image, c->index, value);
	}
	return true;
}
