/* SPDX-License-Identifier: MIT */
#include "vmx/entry_mutate.h"

#include "lib/bits.h"

u64 entry_random_next(struct entry_random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dUL;
}

static unsigned below(struct entry_random *r, unsigned limit)
{
	return (unsigned)((entry_random_next(r) >> 32) % limit);
}

static unsigned width(unsigned index)
{
	switch (vmcs_field_width(vmcs_index_field(index))) {
	case VMCS_WIDTH_16:
		return 16;
	case VMCS_WIDTH_32:
		return 32;
	default:
		return 64;
	}
}

/* Values at which something begins or ends. */
static u64 boundary(struct entry_random *r)
{
	static const u64 values[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 0xf3, 0xff, 0x100, 0xfff, 0x1000, 0xffff, 0x10000,
		0xfffff, 0x100000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffff, 0x8000000000, 0xfffffffff0, 0xffffffffff, 0x10000000000,
		0x00007fffffffffff, 0x0000800000000000, 0x0000ffffffffffff, 0x0001000000000000,
		0xffff000000000000, 0xffff7fffffffffff, 0xffff800000000000, 0x8000000000000000, ~0UL,
	};

	return values[below(r, ARRAY_SIZE(values))];
}

static u64 changed(struct entry_random *r, unsigned index, u64 value)
{
	switch (below(r, 8)) {
	case 0:
	case 1:
	case 2:
	case 3:
		return value ^ BIT(below(r, width(index)));
	case 4:
		return value ^ BIT(below(r, width(index))) ^ BIT(below(r, width(index)));
	case 5:
	case 6:
		return boundary(r);
	default:
		return entry_random_next(r) >> below(r, 64);
	}
}

/* Fields in which many rules meet; half of all mutations go there. */
static const u8 busy[] = {
	VMCS_AT_PIN_CONTROLS, VMCS_AT_PROC_CONTROLS, VMCS_AT_PROC_CONTROLS2, VMCS_AT_EXIT_CONTROLS,
	VMCS_AT_ENTRY_CONTROLS, VMCS_AT_ENTRY_INTERRUPTION_INFO, VMCS_AT_ENTRY_INSTRUCTION_LENGTH,
	VMCS_AT_EPT_POINTER, VMCS_AT_VM_FUNCTION_CONTROLS, VMCS_AT_TPR_THRESHOLD,
	VMCS_AT_HOST_CR0, VMCS_AT_HOST_CR4, VMCS_AT_HOST_EFER, VMCS_AT_GUEST_CR0,
	VMCS_AT_GUEST_CR4, VMCS_AT_GUEST_EFER, VMCS_AT_GUEST_RFLAGS, VMCS_AT_GUEST_RIP,
	VMCS_AT_GUEST_ACTIVITY_STATE, VMCS_AT_GUEST_INTERRUPTIBILITY, VMCS_AT_GUEST_PENDING_DEBUG,
	VMCS_AT_GUEST_ES_ACCESS_RIGHTS, VMCS_AT_GUEST_CS_ACCESS_RIGHTS,
	VMCS_AT_GUEST_SS_ACCESS_RIGHTS, VMCS_AT_GUEST_DS_ACCESS_RIGHTS,
	VMCS_AT_GUEST_FS_ACCESS_RIGHTS, VMCS_AT_GUEST_GS_ACCESS_RIGHTS,
	VMCS_AT_GUEST_LDTR_ACCESS_RIGHTS, VMCS_AT_GUEST_TR_ACCESS_RIGHTS,
	VMCS_AT_GUEST_SS_SELECTOR, VMCS_AT_GUEST_FS_LIMIT, VMCS_AT_GUEST_CS_LIMIT,
};

static unsigned pick(const struct vmcs_image *image, struct entry_random *r)
{
	unsigned index;

	do {
		index = below(r, 2) ? busy[below(r, ARRAY_SIZE(busy))] : below(r, VMCS_IMAGE_FIELDS);
	} while (!vmcs_set_has(&image->known, index) ||
		 vmcs_field_kind(vmcs_index_field(index)) == VMCS_KIND_READ_ONLY);
	return index;
}

void entry_mutate(struct vmcs_image *image, struct entry_random *r, struct entry_mutation *m)
{
	m->count = 1 + (below(r, 4) == 0);
	for (unsigned i = 0; i < m->count; i++) {
		unsigned index = pick(image, r);

		m->changes[i].index = index;
		m->changes[i].before = image->value[index];
		vmcs_image_set(image, index, changed(r, index, image->value[index]));
		m->changes[i].after = image->value[index];
	}
}
