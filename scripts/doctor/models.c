/* SPDX-License-Identifier: MIT */
#include "scripts/doctor/models.h"

#include <string.h>

#include "lib/x86.h"

static const u32 order[] = {
	MSR_VMX_BASIC, MSR_VMX_TRUE_PINBASED_CTLS, MSR_VMX_TRUE_PROCBASED_CTLS,
	MSR_VMX_PROCBASED_CTLS2, MSR_VMX_TRUE_EXIT_CTLS, MSR_VMX_TRUE_ENTRY_CTLS, MSR_VMX_MISC,
	MSR_VMX_EPT_VPID_CAP, MSR_VMX_VMFUNC, MSR_VMX_CR4_FIXED1,
};

#define BASIC 0xd810000000002b
#define PIN   0x7f00000016
#define PROC  0xf7f9fffe04006172
#define EXIT  0x7fffff00036dfb
#define ENTRY 0xffff000011fb
#define FIXED0_CR0 0x80000021
#define FIXED1_CR0 0xffffffff
#define FIXED0_CR4 0x2000

static const struct {
	const char *name;
	u64 msr[ARRAY_SIZE(order)];
} models[] = {
	{ "core2_penryn_t9600", { BASIC, 0x3f00000016, PROC, 0x4100000000, 0x3ffff00036dfb,
				  0x3fff000011fb, 0x401e0, 0, 0, 0x467ff } },
	{ "corei5_lynnfield_750", { BASIC, PIN, PROC, 0x7f00000000, EXIT, ENTRY, 0x401e0,
				    0xf0106114141, 0, 0x67ff } },
	{ "corei5_arrandale_m520", { BASIC, PIN, PROC, 0xff00000000, EXIT, ENTRY, 0x401e0,
				     0xf0106114141, 0, 0x67ff } },
	{ "corei7_sandy_bridge_2600k", { BASIC, PIN, PROC, 0xff00000000, EXIT, ENTRY, 0x401e0,
					 0xf0106114141, 0, 0x627ff } },
	{ "corei7_ivy_bridge_3770k", { BASIC, PIN, PROC, 0x8ff00000000, EXIT, ENTRY, 0x401e0,
				       0xf0106114141, 0, 0x1727ff } },
	{ "corei7_haswell_4770", { BASIC, PIN, PROC, 0x47fff00000000, EXIT, ENTRY, 0x200401e0,
				   0xf0106334141, 1, 0x1727ff } },
	{ "broadwell_ult", { BASIC, PIN, PROC, 0x57fff00000000, EXIT, ENTRY, 0x200401e0,
			     0xf0106334141, 1, 0x3727ff } },
	{ "corei7_skylake_x", { BASIC, PIN, PROC, 0x2177fff00000000, EXIT, ENTRY, 0x600401e0,
				0xf0106334141, 1, 0x3727ff } },
	{ "corei3_cnl", { BASIC, PIN, PROC, 0x2157cff00000000, EXIT, ENTRY, 0x600401e0,
			  0xf0106334141, 1, 0x772fff } },
	{ "corei7_icelake_u", { 0xd8100000000004, PIN, 0xfff9fffe04006172, 0x2977fff00000000, EXIT,
				ENTRY, 0x600401e0, 0xf0106334141, 1, 0x772fff } },
	{ "tigerlake", { 0x1d8100000000004, PIN, 0xfff9fffe04006172, 0x2977fff00000000,
			 0x107fffff00036dfb, 0x10ffff000011fb, 0x600401e0, 0xf0106b34141, 1,
			 0xf72fff } },
	{ "kvm", { 0xd8100011e57ed0, PIN, PROC, 0x2037bff00000000, EXIT, 0xf3ff000011fb, 0x20000165,
		   0xf0106334041, 1, 0x332fff } },
};

const char *model_name(unsigned i)
{
	return i < ARRAY_SIZE(models) ? models[i].name : NULL;
}

/* A CPU's own MSRs, given in the dump, go before the model's. */
bool model_apply(struct dump *d, const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(models); i++) {
		struct dump model;

		if (strcmp(models[i].name, name))
			continue;
		dump_init(&model);
		for (unsigned m = 0; m < ARRAY_SIZE(order); m++)
			(void)dump_set_msr(&model, order[m], models[i].msr[m]);
		model.caps.cr0_fixed0 = FIXED0_CR0;
		model.caps.cr0_fixed1 = FIXED1_CR0;
		model.caps.cr4_fixed0 = FIXED0_CR4;
		model.caps.physical_bits = 40;
		model.caps.linear_bits = 48;
#define X(cap)                                                                                     \
	if (!(d->caps_known >> ENTRY_CAP_##cap & 1))                                               \
		d->caps.cap = model.caps.cap;
		ENTRY_CAPS(X)
#undef X
		d->caps_known = ENTRY_CAPS_ALL;
		return true;
	}
	return false;
}
