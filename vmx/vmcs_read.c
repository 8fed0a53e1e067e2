/* SPDX-License-Identifier: MIT */
/* The one part of vmx/vmcs_image.h that needs a processor. */
#include "vmx/instructions.h"
#include "vmx/vmcs_image.h"

void vmcs_image_read(struct vmcs_image *image)
{
	u64 error = vmcs_read(VMCS_INSTRUCTION_ERROR);
	u64 value;

	vmcs_image_clear(image);
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (vmcs_try_read((enum vmcs_field)vmcs_index_field(i), &value))
			vmcs_image_set(image, i, value);
	vmcs_image_set(image, VMCS_AT_INSTRUCTION_ERROR, error);
}

void vmcs_image_refresh(struct vmcs_image *image)
{
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (vmcs_set_has(&image->known, i))
			vmcs_image_set(image, i, vmcs_read((enum vmcs_field)vmcs_index_field(i)));
}
