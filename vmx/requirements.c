/* SPDX-License-Identifier: MIT */
#include "vmx/requirements.h"

#include "lib/x86.h"
#include "vmx/controls.h"

static bool have_vmx(const struct vmx_caps *c)
{
	return c->vmx;
}

/* Locked with VMX on, or not locked: then vmx_init() sets and locks it. 0 also when the MSR is hidden. */
static bool have_firmware(const struct vmx_caps *c)
{
	return !(c->feature_control & FEATURE_CONTROL_LOCKED) ||
	       c->feature_control & FEATURE_CONTROL_VMX_OUTSIDE;
}

static bool have_wb_region(const struct vmx_caps *c)
{
	return bits_get(c->basic, 53, 50) == MEMORY_WB;
}

static bool have_region_size(const struct vmx_caps *c)
{
	u64 size = bits_get(c->basic, 44, 32);

	return size > 0 && size <= PAGE_SIZE;
}

static bool have_walk_4(const struct vmx_caps *c)
{
	return c->ept_vpid & EPTCAP_WALK_4;
}

static bool have_ept_wb(const struct vmx_caps *c)
{
	return c->ept_vpid & EPTCAP_WB;
}

static bool have_invept(const struct vmx_caps *c)
{
	return c->ept_vpid & EPTCAP_INVEPT &&
	       c->ept_vpid & (EPTCAP_INVEPT_SINGLE | EPTCAP_INVEPT_ALL);
}

static bool have_invvpid(const struct vmx_caps *c)
{
	return !(c->proc2.may_be_one & PROC2_VPID) ||
	       (c->ept_vpid & EPTCAP_INVVPID &&
		c->ept_vpid & (EPTCAP_INVVPID_SINGLE | EPTCAP_INVVPID_ALL));
}

static bool have_2m(const struct vmx_caps *c)
{
	return c->ept_vpid & EPTCAP_2M;
}

static bool have_1g(const struct vmx_caps *c)
{
	return c->ept_vpid & EPTCAP_1G;
}

static bool have_accessed_dirty(const struct vmx_caps *c)
{
	return c->ept_vpid & EPTCAP_ACCESSED_DIRTY;
}

const struct requirement requirements[] = {
	{ "VMX (CPUID.1:ECX.VMX)", true, have_vmx,
	  "use an Intel CPU with VT-x; this one, or the hypervisor we run under, shows none" },
	{ "VMX enabled by firmware (IA32_FEATURE_CONTROL)", true, have_firmware,
	  "enable \"VT-x\" (\"Intel Virtualization Technology\") in the firmware setup, then power-cycle" },
	{ "VMCS in write-back memory", true, have_wb_region, "a CPU newer than the first VMX ones is needed" },
	{ "VMCS region of at most 4 KiB", true, have_region_size, "IA32_VMX_BASIC is not plausible: another CPU or emulator is needed" },
	{ "EPT page walks of length 4", true, have_walk_4, "a CPU with EPT is needed (Nehalem and newer)" },
	{ "EPT memory type write-back", true, have_ept_wb, "a CPU with EPT is needed (Nehalem and newer)" },
	{ "INVEPT", true, have_invept, "a CPU with EPT is needed (Nehalem and newer)" },
	{ "INVVPID", true, have_invvpid, "VPID without INVVPID cannot be used: another CPU or emulator is needed" },
	{ "EPT pages of 2 MiB", false, have_2m, "guest memory is mapped by 4K pages: more memory for tables" },
	{ "EPT pages of 1 GiB", false, have_1g, "large guests are mapped by 2M pages" },
	{ "EPT accessed and dirty flags", false, have_accessed_dirty, "no record of what a guest touched" },
};
const unsigned requirement_count = ARRAY_SIZE(requirements);

unsigned requirements_missing(const struct vmx_caps *caps)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < requirement_count; i++)
		if (requirements[i].needed && !requirements[i].have(caps))
			missing++;
	return missing;
}

const char *control_without(unsigned word, unsigned bit)
{
	static const struct {
		enum control_word word;
		u32 bit;
		const char *text;
	} texts[] = {
		{ CONTROL_PIN, PIN_PREEMPTION_TIMER, "no time slices without a local APIC timer" },
		{ CONTROL_EXIT, EXITCTL_SAVE_PREEMPTION, "a guest that exits often gets longer time slices" },
		{ CONTROL_PROC2, PROC2_VPID, "every entry and exit flushes the guest's translations" },
		{ CONTROL_PROC2, PROC2_WBINVD, "a guest can flush the caches at will" },
		{ CONTROL_PROC2, PROC2_RDTSCP, "RDTSCP is hidden from guests" },
		{ CONTROL_PROC2, PROC2_INVPCID, "INVPCID is hidden from guests" },
		{ CONTROL_PROC, PROC_TPR_SHADOW, "each access to CR8 exits, and to the local APIC" },
		{ CONTROL_PROC2, PROC2_VIRTUAL_APIC_ACCESS, "each access to the local APIC's page exits" },
		{ CONTROL_PROC2, PROC2_VIRTUAL_X2APIC, "each access to the x2APIC's MSRs exits" },
		{ CONTROL_PROC2, PROC2_APIC_REGISTER, "the local APIC's registers but TPR are read by exits" },
		{ CONTROL_PROC2, PROC2_VIRTUAL_INTERRUPT, "the end of each interrupt exits" },
		{ CONTROL_PROC2, PROC2_EPT, "use a CPU with EPT (Nehalem and newer)" },
		{ CONTROL_PROC2, PROC2_UNRESTRICTED_GUEST,
		  "guests start in real mode: use a CPU with unrestricted guest (Westmere and newer); "
		  "under KVM load kvm_intel with unrestricted_guest=1" },
		{ CONTROL_PROC, PROC_SECONDARY, "use a CPU with secondary controls (Nehalem and newer)" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].word == word && texts[i].bit == BIT(bit))
			return texts[i].text;
	return "another CPU, or another hypervisor below us, is needed";
}
