/* SPDX-License-Identifier: MIT */
/*
 * A VMCS read out into a struct: each field's value, and whether it is known
 * at all. Filled from the processor, or from a dump that somebody printed.
 */
#pragma once

#include "lib/types.h"
#include "vmx/vmcs.h"

/* A field's place in the SDM's order: VMCS_AT_GUEST_RIP, ... */
enum vmcs_index {
#define X(name, encoding) VMCS_AT_##name,
	VMCS_FIELDS(X)
#undef X
	VMCS_IMAGE_FIELDS,
};

#define VMCS_IMAGE_WORDS ((VMCS_IMAGE_FIELDS + 63) / 64)

/* One bit for each field. */
struct vmcs_set {
	u64 word[VMCS_IMAGE_WORDS];
};

static inline bool vmcs_set_has(const struct vmcs_set *set, unsigned index)
{
	return set->word[index / 64] >> (index % 64) & 1;
}

static inline void vmcs_set_add(struct vmcs_set *set, unsigned index)
{
	set->word[index / 64] |= 1UL << (index % 64);
}

struct vmcs_image {
	struct vmcs_set known;
	u64 value[VMCS_IMAGE_FIELDS]; /* 0 where not known */
};

/* Place of a field by its encoding or by its name of n characters, or -ERR_NOENT. */
int vmcs_index(u32 field) __must_check;
int vmcs_index_of_name(const char *name, size_t n) __must_check;

/* Encoding and name of the field at `index`. */
u32 vmcs_index_field(unsigned index);
const char *vmcs_index_name(unsigned index);

/* Nothing is known. */
void vmcs_image_clear(struct vmcs_image *image);

/* By index. A value wider than its field loses its high bits, as with VMWRITE of a 16-bit field. */
void vmcs_image_set(struct vmcs_image *image, unsigned index, u64 value);
bool vmcs_image_get(const struct vmcs_image *image, unsigned index, u64 *value);

/*
 * Read all that the current VMCS of this processor has; fields that it does
 * not have stay unknown. Keeps VMCS_INSTRUCTION_ERROR as it was in the image
 * (in the VMCS it is spoiled by the fields that are not there).
 */
void vmcs_image_read(struct vmcs_image *image);

/* Read again what is known in `image`. */
void vmcs_image_refresh(struct vmcs_image *image);
