/* SPDX-License-Identifier: MIT */
#include "vmx/vmcs.h"

static const struct {
	u32 field;
	const char *name;
} fields[] = {
#define X(name, encoding) { (encoding), #name },
	VMCS_FIELDS(X)
#undef X
};

bool vmcs_field_at(unsigned index, u32 *field, const char **name)
{
	if (index >= ARRAY_SIZE(fields))
		return false;
	*field = fields[index].field;
	*name = fields[index].name;
	return true;
}

const char *vmcs_field_name(u32 field)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].field == field)
			return fields[i].name;
	return "?";
}
