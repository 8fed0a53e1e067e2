/* SPDX-License-Identifier: MIT */
#include "vmx/preflight.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "lib/x86.h"
#include "vmx/requirements.h"

static const char *feature_control_text(const struct vmx_caps *caps)
{
	u64 value = caps->feature_control;

	if (!caps->vmx)
		return "not there";
	if (!(value & FEATURE_CONTROL_LOCKED))
		return "not locked";
	return value & FEATURE_CONTROL_VMX_OUTSIDE ? "locked, VMX on"
	       : value & FEATURE_CONTROL_VMX_IN_SMX ? "locked, VMX only inside SMX"
						    : "locked, VMX off";
}

static void report_processor(const struct vmx_caps *caps)
{
	const struct cpu_features *f = &cpu_features;

	log_info("preflight", "cpu=\"%s\" vendor=%s family=%u model=%u stepping=%u physical_bits=%u",
		 f->brand, f->vendor, f->family, f->model, f->stepping, f->physical_bits);
	log_info("preflight", "hypervisor=%s", f->hypervisor ? f->hypervisor_name : "none");
	log_info("preflight", "IA32_FEATURE_CONTROL=%#llx (%s) IA32_VMX_BASIC=%#llx revision=%#llx",
		 (unsigned long long)caps->feature_control, feature_control_text(caps),
		 (unsigned long long)caps->basic, (unsigned long long)(caps->basic & BASIC_REVISION));
}

static void report_controls(const struct vmx_caps *caps, enum control_word word)
{
	const struct control_want *want = &control_wants[word];
	u32 allowed = caps_allowed(caps, word)->may_be_one;

	for (unsigned bit = 0; bit < 32; bit++) {
		bool needed = want->must & BIT(bit);

		if (!((want->must | want->want) & BIT(bit)))
			continue;
		if (allowed & BIT(bit))
			log_info("preflight", "have    %s (%s, %s)", control_name(word, bit),
				 control_word_name(word), needed ? "needed" : "wanted");
		else
			log_info("preflight", "missing %s (%s, %s): %s", control_name(word, bit),
				 control_word_name(word), needed ? "needed" : "wanted",
				 control_without(word, bit));
	}
}

void preflight_report(const struct vmx_host *host)
{
	if (!log_enabled(LOG_INFO))
		return;
	report_processor(&host->caps);
	/* Without VMX nothing else can be asked for. */
	for (unsigned i = 0; i < (host->caps.vmx ? requirement_count : 1); i++) {
		const struct requirement *r = &requirements[i];
		const char *kind = r->needed ? "needed" : "wanted";

		if (r->have(&host->caps))
			log_info("preflight", "have    %s (%s)", r->name, kind);
		else
			log_info("preflight", "missing %s (%s): %s", r->name, kind, r->without);
	}
	if (!host->caps.vmx)
		return;
	for (enum control_word w = 0; w < CONTROL_WORDS; w++)
		report_controls(&host->caps, w);
}

static void report_control(const char *what, enum control_word w, unsigned bit, const char *remedy)
{
	const char *name = control_name(w, bit) ? control_name(w, bit) : "reserved";

	log_report("  %s: %s (%s, bit %u)", what, name, control_word_name(w), bit);
	log_report("    remedy: %s", remedy);
}

static unsigned refuse_controls(const struct vmx_caps *caps)
{
	unsigned count = 0;

	for (enum control_word w = 0; w < CONTROL_WORDS; w++) {
		u32 value, missing, forced;

		if (!control_solve(&control_wants[w], caps_allowed(caps, w), &value, &missing, &forced))
			continue;
		for (unsigned bit = 0; bit < 32; bit++) {
			if (missing & BIT(bit))
				report_control("missing", w, bit, control_without(w, bit));
			if (forced & BIT(bit))
				report_control("always on, and not handled", w, bit,
					       "another CPU or emulator is needed");
			count += (missing | forced) >> bit & 1;
		}
	}
	return count;
}

/* One line each: what may be the matter where CPUID shows no VMX. */
static const char *const without_vmx[] = {
	"as a guest of KVM: load kvm_intel with nested=1 and start QEMU with -cpu host",
	"on a machine without VT-x, to try Trivet out: make run RUNNER=bochs",
};

unsigned preflight_refuse(const struct vmx_caps *caps)
{
	unsigned count = 0;

	log_report("Trivet cannot run guests on this computer. What is missing:");
	for (unsigned i = 0; i < (caps->vmx ? requirement_count : 1); i++) {
		const struct requirement *r = &requirements[i];

		if (!r->needed || r->have(caps))
			continue;
		log_report("  missing: %s", r->name);
		log_report("    remedy: %s", r->without);
		count++;
	}
	if (!caps->vmx)
		for (unsigned i = 0; i < ARRAY_SIZE(without_vmx); i++)
			log_report("    remedy: %s", without_vmx[i]);
	return caps->vmx ? count + refuse_controls(caps) : count;
}
