/* SPDX-License-Identifier: MIT */
#include "vmx/vmcs_image.h"

#include "lib/bits.h"
#include "lib/error.h"
#include "lib/string.h"

static const struct {
	u32 field;
	const char *name;
} fields[VMCS_IMAGE_FIELDS] = {
#define X(name, encoding) { encoding, #name },
	VMCS_FIELDS(X)
#undef X
};

int vmcs_index(u32 field)
{
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (fields[i].field == field)
			return (int)i;
	return -ERR_NOENT;
}

int vmcs_index_of_name(const char *name, size_t n)
{
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (strlen(fields[i].name) == n && !strncmp(fields[i].name, name, n))
			return (int)i;
	return -ERR_NOENT;
}

u32 vmcs_index_field(unsigned index)
{
	return fields[index].field;
}

const char *vmcs_index_name(unsigned index)
{
	return fields[index].name;
}

void vmcs_image_clear(struct vmcs_image *image)
{
	memset(image, 0, sizeof(*image));
}

static u64 narrow(u32 field, u64 value)
{
	switch (vmcs_field_width(field)) {
	case VMCS_WIDTH_16:
		return value & BITS(15, 0);
	case VMCS_WIDTH_32:
		return value & BITS(31, 0);
	default:
		return value;
	}
}

void vmcs_image_set(struct vmcs_image *image, unsigned index, u64 value)
{
	image->value[index] = narrow(fields[index].field, value);
	vmcs_set_add(&image->known, index);
}

bool vmcs_image_get(const struct vmcs_image *image, unsigned index, u64 *value)
{
	*value = image->value[index];
	return vmcs_set_has(&image->known, index);
}
