/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in the guest's GDT and LDT: finding them, reading them,
 * and the checks when one goes into a segment register.
 * SDM "Segment Descriptors", "System Descriptor Types".
 */
#pragma once

#include "lib/types.h"
#include "vmx/segment.h"
#include "vmx/vcpu.h"

#define SELECTOR_RPL 3U
#define SELECTOR_TI  4U
#define SELECTOR_ERROR(selector) ((u32)(selector) & 0xfffcU)

/* Types of system descriptors. */
enum {
	SYSTEM_TSS16 = 1,
	SYSTEM_LDT = 2,
	SYSTEM_TSS16_BUSY = 3,
	SYSTEM_TSS32 = 9, /* 64 bits in IA-32e mode */
	SYSTEM_TSS32_BUSY = 11,
};
#define SYSTEM_BUSY 2U /* what makes a TSS type a busy one */

/* Byte of a descriptor with its type, and in it the accessed and the busy bit. */
#define DESCRIPTOR_TYPE_BYTE 5
#define DESCRIPTOR_ACCESSED  1U

/* Pure: 8 bytes of a descriptor as the VMCS wants them. */
void descriptor_unpack(u16 selector, u64 raw, struct segment_register *s);

/* Type and S bit together: so SYSTEM_... values can be compared with it. */
static inline unsigned descriptor_type(const struct segment_register *s)
{
	return (unsigned)(s->rights & (AR_TYPE | AR_S));
}

/*
 * The linear address of a descriptor of `size` bytes (8, or 16 for system
 * descriptors in IA-32e mode). False for a null selector, one beyond its
 * table's limit, or in an LDT that is not there.
 */
bool descriptor_find(const struct vcpu *v, u16 selector, unsigned size, gva_t *at) __must_check;

/* How refusals are told, by whom the selector is used. */
struct descriptor_faults {
	u8 invalid;   /* VECTOR_TS for a task switch, VECTOR_GP for an instruction */
	u32 external; /* 1: EXT, while an event is delivered that is not the program's */
};

/* Raise `vector` for `selector`: AGAIN. */
enum verdict descriptor_refuse(struct vcpu *v, u8 vector, u16 selector,
			       const struct descriptor_faults *f);

/*
 * Read a system descriptor of the GDT, 16 bytes in IA-32e mode, for LDTR
 * or TR; type and P are the caller's to check. NEXT, AGAIN (the fault is
 * raised), STOP (not RAM).
 */
enum verdict descriptor_read_system(struct vcpu *v, u16 selector, const struct descriptor_faults *f,
				    struct segment_register *s, gva_t *at) __must_check;

/* All of it for LDTR; a null selector gives an unusable one. */
enum verdict descriptor_load_ldt(struct vcpu *v, u16 selector, const struct descriptor_faults *f,
				 struct segment_register *s) __must_check;
