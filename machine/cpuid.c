/* SPDX-License-Identifier: MIT */
#include "machine/cpuid.h"

#include "lib/bits.h"

#define HYPERVISOR_RANGE_END 0x40000100U
#define TOPOLOGY_LEAF	     0xbU

struct cpuid_regs cpuid_host(u32 leaf, u32 subleaf)
{
	return cpuid(leaf, subleaf);
}

static struct cpuid_regs lookup_subleaf(const struct cpuid_table *t, u32 leaf, u32 subleaf)
{
	struct cpuid_regs none = { 0, 0, 0, 0 };

	for (unsigned i = 0; i < t->subleaf_count; i++)
		if (t->subleaves[i].leaf == leaf && t->subleaves[i].subleaf == subleaf)
			return t->subleaves[i].answer;
	/* "If ECX contains an invalid sub-leaf index ... ECX[7:0] = ECX input, EDX = x2APIC ID". */
	if (leaf == TOPOLOGY_LEAF && t->subleaf_count) {
		none.ecx = subleaf & 0xff;
		none.edx = lookup_subleaf(t, leaf, 0).edx;
	}
	return none;
}

struct cpuid_regs cpuid_lookup(const struct cpuid_table *t, u32 leaf, u32 subleaf)
{
	static const struct cpuid_regs none;

	if (leaf >= CPUID_HYPERVISOR && leaf < HYPERVISOR_RANGE_END) {
		leaf -= CPUID_HYPERVISOR;
		return leaf < CPUID_HYPERVISOR_LEAVES ? t->hypervisor[leaf] : none;
	}
	if (leaf >= CPUID_EXTENDED && leaf <= t->max_extended)
		return t->extended[leaf - CPUID_EXTENDED];
	/* "If a value ... is not supported, the data for the highest basic leaf is returned." */
	if (leaf > t->max_basic)
		leaf = t->max_basic;
	return t->slow >> leaf & 1 ? lookup_subleaf(t, leaf, subleaf) : t->basic[leaf];
}

static __noinline enum verdict answer_slowly(struct vcpu *v)
{
	struct cpuid_regs r = cpuid_lookup(v->cpuid_table, (u32)v->regs.rax, (u32)v->regs.rcx);

	v->regs.rax = r.eax;
	v->regs.rbx = r.ebx;
	v->regs.rcx = r.ecx;
	v->regs.rdx = r.edx;
	return NEXT;
}

enum verdict cpuid_answer(struct vcpu *v)
{
	const struct cpuid_table *t = v->cpuid_table;
	u64 leaf = (u32)v->regs.rax;
	const struct cpuid_regs *fast;

	if (unlikely(leaf >= CPUID_BASIC_LEAVES || t->slow >> leaf & 1))
		return answer_slowly(v);
	fast = &t->basic[leaf];
	v->regs.rax = fast->eax;
	v->regs.rbx = fast->ebx;
	v->regs.rcx = fast->ecx;
	v->regs.rdx = fast->edx;
	return NEXT;
}
