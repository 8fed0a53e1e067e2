/* SPDX-License-Identifier: MIT */
/*
 * The VMCS: field encodings, what an encoding says of its field, and the
 * region in memory. Reading and writing fields is in vmx/instructions.h.
 */
#pragma once

#include "lib/types.h"
#include "vmx/vmcs_fields.h"

enum vmcs_field {
#define X(name, encoding) VMCS_##name = (encoding),
	VMCS_FIELDS(X)
#undef X
};

/* SDM "Field Encoding in VMCS": width in bits 14:13, kind in bits 11:10. */
enum vmcs_width { VMCS_WIDTH_16, VMCS_WIDTH_64, VMCS_WIDTH_32, VMCS_WIDTH_NATURAL };
enum vmcs_kind { VMCS_KIND_CONTROL, VMCS_KIND_READ_ONLY, VMCS_KIND_GUEST, VMCS_KIND_HOST };

static inline enum vmcs_width vmcs_field_width(u32 field)
{
	return (enum vmcs_width)(field >> 13 & 3);
}

static inline enum vmcs_kind vmcs_field_kind(u32 field)
{
	return (enum vmcs_kind)(field >> 10 & 3);
}

/* "GUEST_RIP", or "?" for an encoding that is not in the list. */
const char *vmcs_field_name(u32 field);

/* All fields in the SDM's order: index from 0; false behind the last. */
bool vmcs_field_at(unsigned index, u32 *field, const char **name);

/*
 * Segment fields lie in a row: the field of segment s is the ES field plus
 * 2 * s. The order is the processor's own.
 */
enum segment { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR };

#define VMCS_GUEST_SELECTOR(s)	    ((enum vmcs_field)(VMCS_GUEST_ES_SELECTOR + 2 * (s)))
#define VMCS_GUEST_LIMIT(s)	    ((enum vmcs_field)(VMCS_GUEST_ES_LIMIT + 2 * (s)))
#define VMCS_GUEST_ACCESS_RIGHTS(s) ((enum vmcs_field)(VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * (s)))
#define VMCS_GUEST_BASE(s)	    ((enum vmcs_field)(VMCS_GUEST_ES_BASE + 2 * (s)))

/* Access rights. SDM "Guest Register State". */
#define AR_TYPE	    BITS(3, 0)
#define AR_S	    BIT(4)
#define AR_DPL	    BITS(6, 5)
#define AR_P	    BIT(7)
#define AR_L	    BIT(13)
#define AR_DB	    BIT(14)
#define AR_G	    BIT(15)
#define AR_UNUSABLE BIT(16)
#define AR_BUSY_TSS_16 0x3UL /* a value of AR_TYPE, in TR */

/* Guest interruptibility state. SDM "Guest Non-Register State". */
#define INTERRUPTIBILITY_STI	BIT(0)
#define INTERRUPTIBILITY_MOV_SS BIT(1)
#define INTERRUPTIBILITY_SMI	BIT(2)
#define INTERRUPTIBILITY_NMI	BIT(3)
#define INTERRUPTIBILITY_SHADOW (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS)

/* Guest activity state. */
enum { ACTIVITY_ACTIVE, ACTIVITY_HLT, ACTIVITY_SHUTDOWN, ACTIVITY_WAIT_SIPI };

/*
 * Interruption information: of entries, exits and IDT vectoring alike.
 * SDM "VM-Entry Controls for Event Injection".
 */
#define INTR_VECTOR	  BITS(7, 0)
#define INTR_TYPE_SHIFT	  8
#define INTR_HAS_ERROR	  BIT(11)
#define INTR_NMI_UNBLOCKED BIT(12) /* exits: "NMI unblocking due to IRET" */
#define INTR_VALID	  BIT(31)
enum intr_type {
	INTR_EXTERNAL = 0,
	INTR_NMI = 2,
	INTR_HARD_EXCEPTION = 3,
	INTR_SOFT_INTERRUPT = 4,
	INTR_PRIVILEGED_SOFT_EXCEPTION = 5, /* INT1 */
	INTR_SOFT_EXCEPTION = 6,	    /* INT3, INTO */
	INTR_OTHER = 7,
};

#define PENDING_DEBUG_ENABLED BIT(12) /* one of B0 to B3 is of an enabled breakpoint */
#define PENDING_DEBUG_BS  BIT(14)
#define PENDING_DEBUG_RTM BIT(16)

/* A VMCS or VMXON region: one frame. SDM "Format of the VMCS Region". */
struct vmcs_region {
	u32 revision; /* bit 31: shadow VMCS */
	u32 abort;
	u8 data[];
};
