/* SPDX-License-Identifier: MIT */
/*
 * What is asked: the statistics (without them only the totals of a reason
 * are known, and nothing is said of single ports, MSRs and pages), the MSR
 * policy's list of refusals, and v->notes.
 */
#include "machine/hints.h"

#include "kernel/log.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "lib/x86.h"
#include "vmx/exits.h"
#include "vmx/recorder.h"
#include "vmx/stats.h"
#include "vmx/surprise.h"

#define NS 1000000000UL

static void hint(const struct vm *vm, const char *section, const char *fmt, ...) __printf(3, 4);
static void hint(const struct vm *vm, const char *section, const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	format_va(text, sizeof(text), fmt, args);
	va_end(args);
	log_report("hint: vm=%s vcpu=0 %s; docs/troubleshooting.md#hint-%s", vm->name, text,
		   section);
}

/* ---- Exits --------------------------------------------------------------------- */

static u64 all_exits(struct vcpu *v)
{
	u64 total = 0, count, ticks;

	for (unsigned i = 0; i < EXIT_REASONS; i++) {
		vcpu_exits(v, i, &count, &ticks);
		total += count;
	}
	return total;
}

static void hint_busy(struct vm *vm, const struct stats_cell *c, u64 count, u64 total)
{
	unsigned reason = SUBJECT_REASON(c->subject);
	u32 key = SUBJECT_KEY(c->subject);
	const struct port_device *device = bus_device(&vm->bus, (u16)key);
	u64 ns = vm->run_ns - vm->stats_from_ns, rate = count * 1000 / (ns / (NS / 1000) + 1);
	char what[40];

	if (count < HINT_EXITS || count * 100 < total * HINT_EXITS_PERCENT ||
	    rate < HINT_EXITS_A_SECOND)
		return;
	record_key_text(reason, key, what, sizeof(what));
	if (reason == EXIT_IO)
		hint(vm, "exits", "%s (%s): %lu exits, %lu%% of all, %lu/s: use its interrupt, "
		     "FIFO or string I/O, or io_bitmap_set()", what,
		     device ? device->name : "nothing there", count, count * 100 / total, rate);
	else
		hint(vm, "exits", "%s %s: %lu exits, %lu%% of all, %lu/s: keep its value in the "
		     "guest, or msr_bitmap_allow()", exit_reason_name(reason), what, count,
		     count * 100 / total, rate);
}

static void hint_violations(struct vm *vm, const struct stats_cell *c, u64 count)
{
	if (count >= HINT_VIOLATIONS)
		hint(vm, "ept", "page %#lx: %lu EPT violations: if it is a device, touch it less; "
		     "if it is RAM, ept_map() does not open it",
		     (u64)SUBJECT_KEY(c->subject) << 12, count);
}

static u64 walk_cells(struct vm *vm, struct vcpu *v)
{
	const struct stats *s = v->recorder.stats;
	u64 total = all_exits(v), refused = 0; /* all_exits() has made the statistics complete */

	if (!s)
		return 0;
	for (const struct stats_cell *c = s->cells + 1; c < s->cells + s->count; c++) {
		unsigned reason = SUBJECT_REASON(c->subject);
		u64 count = stats_count(&c->handler);

		if (SUBJECT_KEY(c->subject) == STATS_KEY_OTHER)
			continue;
		if ((reason == EXIT_RDMSR || reason == EXIT_WRMSR) &&
		    msr_refused_has(&vm->cpus[0].msr.refused, SUBJECT_KEY(c->subject)))
			refused += count;
		if (reason == EXIT_IO || reason == EXIT_RDMSR || reason == EXIT_WRMSR)
			hint_busy(vm, c, count, total);
		if (reason == EXIT_EPT_VIOLATION || reason == EXIT_EPT_MISCONFIGURATION)
			hint_violations(vm, c, count);
	}
	return refused;
}

/* ---- What was refused ------------------------------------------------------------ */

static const struct {
	u32 first, last;
	char feature[13];
} hidden_msrs[] = {
	{ MSR_FEATURE_CONTROL, MSR_FEATURE_CONTROL, "VMX" },
	{ MSR_SPEC_CTRL, MSR_PRED_CMD, "IBRS, IBPB" },
	{ 0xc1, 0xc8, "PMU" },
	{ MSR_ARCH_CAPABILITIES, MSR_ARCH_CAPABILITIES, "ARCH_CAP" },
	{ 0x186, 0x18d, "PMU" },
	{ 0x38d, 0x390, "PMU" },
	{ MSR_VMX_BASIC, MSR_VMX_EXIT_CTLS2, "VMX" },
	{ 0x570, 0x587, "PT" },
	{ MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, "TSC-deadline" },
	{ MSR_X2APIC_BASE, MSR_X2APIC_BASE + 0xff, "x2APIC" },
	{ MSR_XSS, MSR_XSS, "XSAVES" },
};

static void hint_hidden(struct vm *vm, u32 first, u32 last, const char *feature)
{
	const struct msr_refused *r = &vm->cpus[0].msr.refused;
	u32 lowest = 0;
	unsigned count = 0;

	for (u32 msr = last; msr + 1 > first; msr--)
		if (msr_refused_has(r, msr)) {
			lowest = msr;
			count++;
		}
	if (count == 1)
		hint(vm, "cpuid", "MSR %#x belongs to %s, which CPUID does not offer", lowest,
		     feature);
	else if (count)
		hint(vm, "cpuid", "%u MSRs from %#x on belong to %s, which CPUID does not offer",
		     count, lowest, feature);
}

static void hint_msrs(struct vm *vm, u64 times)
{
	const struct msr_refused *r = &vm->cpus[0].msr.refused;

	if (!r->count)
		return;
	hint(vm, "msr", "%u MSRs that are not offered raised #GP, %lu times, first %#x: "
	     "check CPUID before, or offer them in msr_read()",
	     r->count, MAX(times, (u64)r->count), r->first);
	for (unsigned i = 0; i < ARRAY_SIZE(hidden_msrs); i++)
		hint_hidden(vm, hidden_msrs[i].first, hidden_msrs[i].last, hidden_msrs[i].feature);
}

static void hint_registers(struct vm *vm, struct vcpu *v)
{
	const struct vcpu_notes *n = &v->notes;
	u64 not_offered = 0;

	if (!n->refused_writes)
		return;
	if (n->refused_register == REFUSED_XCR0) {
		not_offered = n->refused_value & ~v->xcr0_allowed;
		hint(vm, "cr", "%lu refused writes of control registers, the last at rip=%#lx: XCR0=%#lx",
		     n->refused_writes, n->refused_rip, n->refused_value);
	} else {
		if (n->refused_register == 4)
			not_offered = n->refused_value & ~v->cr4_allowed;
		hint(vm, "cr", "%lu refused writes of control registers, the last at rip=%#lx: CR%u=%#lx",
		     n->refused_writes, n->refused_rip, n->refused_register, n->refused_value);
	}
	if (not_offered)
		hint(vm, "cpuid", "bits %#lx of that value need features that CPUID does not offer",
		     not_offered);
}

/* ---- What CPUID had not promised ---------------------------------------------------- */

static bool is_offered(const struct vm *vm, const struct surprise *s)
{
	struct cpuid_regs r = cpuid_lookup(&vm->cpus[0].cpuid, s->leaf_low | (u32)s->high << 31,
					   s->subleaf);
	const u32 registers[] = { r.eax, r.ebx, r.ecx, r.edx };

	return registers[s->reg] >> s->bit & 1;
}

static void hint_instructions(struct vm *vm, struct vcpu *v)
{
	const struct vcpu_notes *n = &v->notes;
	u64 count, ticks;

	for (unsigned i = 0; i < EXIT_REASONS; i++) {
		if (exit_handlers[i] != exit_undefined)
			continue;
		vcpu_exits(v, i, &count, &ticks);
		if (count)
			hint(vm, "cpuid", "%s, which CPUID does not offer, raised #UD %lu times",
			     exit_reason_name(i), count);
	}
	if (n->surprises && !is_offered(vm, n->surprise))
		hint(vm, "cpuid", "%s at rip=%#lx, which CPUID does not offer, raised #UD; %lu such",
		     n->surprise->name, n->surprise_rip, n->surprises);
}

void hints_report(struct vm *vm)
{
	struct vcpu *v = vm->cpus[0].vcpu;
	u64 refused = walk_cells(vm, v);

	hint_msrs(vm, refused);
	hint_registers(vm, v);
	hint_instructions(vm, v);
}
