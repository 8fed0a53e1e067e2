/* SPDX-License-Identifier: MIT */
/*
 * The table is built leaf by leaf from the host's answers. A leaf that no
 * function here fills is all zero.
 */
#include "machine/cpuid.h"

#include "guest/abi.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "machine/cpuid_policy.h"
#include "machine/cpuid_timing.h"

#define HIGHEST_BASIC	 0x16U /* whatever the host's is: the timing leaves are ours */
#define HIGHEST_EXTENDED (CPUID_EXTENDED + CPUID_EXTENDED_LEAVES - 1)
#define XSAVE_LEGACY	 576U /* bytes of the legacy region and the header */

#define TOPOLOGY_SMT  1U
#define TOPOLOGY_CORE 2U

struct builder {
	struct cpuid_table *table;
	const struct cpuid_source *source;
	u32 host_basic, host_extended;
};

static struct cpuid_regs host(const struct builder *b, u32 leaf, u32 subleaf)
{
	u32 max = leaf >= CPUID_EXTENDED ? b->host_extended : b->host_basic;

	if (leaf > max)
		return (struct cpuid_regs){ 0, 0, 0, 0 };
	return b->source->read(leaf, subleaf);
}

/* The host's features as far as they are allowed. */
static struct cpuid_regs filtered(const struct builder *b, u32 leaf, u32 subleaf)
{
	struct cpuid_regs r = host(b, leaf, subleaf);
	u64 xcr0 = b->table->xcr0_allowed;

	r.eax &= cpuid_allowed(leaf, subleaf, CPUID_EAX, xcr0);
	r.ebx &= cpuid_allowed(leaf, subleaf, CPUID_EBX, xcr0);
	r.ecx &= cpuid_allowed(leaf, subleaf, CPUID_ECX, xcr0);
	r.edx &= cpuid_allowed(leaf, subleaf, CPUID_EDX, xcr0);
	return r;
}

static void add_subleaf(struct builder *b, u32 leaf, u32 subleaf, struct cpuid_regs answer)
{
	struct cpuid_table *t = b->table;

	if (t->subleaf_count < CPUID_SUBLEAVES)
		t->subleaves[t->subleaf_count++] = (struct cpuid_subleaf){ leaf, subleaf, answer };
	t->slow |= 1U << leaf;
}

static void build_features(struct builder *b)
{
	struct cpuid_regs *leaf1 = &b->table->basic[1];
	struct cpuid_regs raw = host(b, 1, 0);

	*leaf1 = filtered(b, 1, 0);
	leaf1->eax = raw.eax;
	/* Brand index and CLFLUSH size are the host's; one logical CPU. */
	leaf1->ebx = (raw.ebx & 0xffff) | 1U << 16 | b->source->apic_id << 24;
	/* The local APIC is ours, whatever the host's can do. */
	leaf1->ecx |= CPUID1_ECX_HYPERVISOR | CPUID1_ECX_X2APIC | CPUID1_ECX_DEADLINE;
	leaf1->edx |= CPUID1_EDX_APIC;
	b->table->basic[6].eax = CPUID6_EAX_ARAT;
}

/* Leaf 7: as many subleaves as have something to tell. */
static void build_more_features(struct builder *b)
{
	struct cpuid_regs subleaves[3];
	u32 most = MIN(host(b, 7, 0).eax, (u32)ARRAY_SIZE(subleaves) - 1), last = 0;

	for (u32 i = 0; i <= most; i++) {
		struct cpuid_regs *r = &subleaves[i];

		*r = filtered(b, 7, i);
		if (r->eax | r->ebx | r->ecx | r->edx)
			last = i;
	}
	subleaves[0].eax = last;
	subleaves[0].ebx |= CPUID7_EBX_TSC_ADJUST; /* ours: machine/msr.c */
	if (!b->source->rdtscp)
		subleaves[0].ecx &= ~CPUID7_ECX_RDPID;
	if (!b->source->invpcid)
		subleaves[0].ebx &= ~CPUID7_EBX_INVPCID;
	for (u32 i = 0; i <= last; i++)
		add_subleaf(b, 7, i, subleaves[i]);
}

/* Caches are the host's, but nobody shares them with us. */
static void build_caches(struct builder *b)
{
	b->table->basic[2] = host(b, 2, 0);
	for (u32 i = 0; i < 8; i++) {
		struct cpuid_regs r = host(b, 4, i);

		if (!(r.eax & BITS(4, 0)))
			break;
		r.eax &= ~(u32)BITS(31, 14);
		add_subleaf(b, 4, i, r);
	}
}

/* One thread of one core of one package. */
static void build_topology(struct builder *b)
{
	const u32 types[] = { TOPOLOGY_SMT, TOPOLOGY_CORE };

	for (u32 i = 0; i < ARRAY_SIZE(types); i++)
		add_subleaf(b, 0xb, i,
			    (struct cpuid_regs){ 0, 1, i | types[i] << 8, b->source->apic_id });
}

/* Bytes of an XSAVE area for these components, in the standard format. */
static u32 xsave_size(const struct cpuid_table *t, u64 xcr0)
{
	u32 size = XSAVE_LEGACY;

	for (unsigned i = 0; i < t->subleaf_count; i++) {
		const struct cpuid_subleaf *s = &t->subleaves[i];

		if (s->leaf == 0xd && s->subleaf >= 2 && xcr0 & BIT(s->subleaf))
			size = MAX(size, s->answer.ebx + s->answer.eax);
	}
	return size;
}

static void build_xsave(struct builder *b)
{
	u64 xcr0 = b->table->xcr0_allowed;

	if (!xcr0)
		return;
	/* Subleaf 0 first: cpuid_update() looks for it. */
	add_subleaf(b, 0xd, 0, (struct cpuid_regs){ (u32)xcr0, 0, 0, (u32)(xcr0 >> 32) });
	add_subleaf(b, 0xd, 1, filtered(b, 0xd, 1));
	for (u32 i = 2; i < 32; i++) {
		struct cpuid_regs r;

		if (!(xcr0 & BIT(i)))
			continue;
		r = host(b, 0xd, i);
		add_subleaf(b, 0xd, i, (struct cpuid_regs){ r.eax, r.ebx, 0, 0 });
	}
}

static void build_hypervisor(struct builder *b)
{
	static const char signature[] = ABI_SIGNATURE;
	struct cpuid_regs *leaves = b->table->hypervisor;

	_Static_assert(sizeof(signature) == 12 + 1, "three registers");
	leaves[0].eax = CPUID_HYPERVISOR + CPUID_HYPERVISOR_LEAVES - 1;
	memcpy(&leaves[0].ebx, &signature[0], 4);
	memcpy(&leaves[0].ecx, &signature[4], 4);
	memcpy(&leaves[0].edx, &signature[8], 4);
	leaves[1].eax = ABI_VERSION;
}

static void build_extended(struct builder *b)
{
	struct cpuid_table *t = b->table;

	for (u32 leaf = CPUID_EXTENDED + 1; leaf <= t->max_extended; leaf++) {
		struct cpuid_regs *r = &t->extended[leaf - CPUID_EXTENDED];

		if (leaf == 0x80000001 || leaf == 0x80000007)
			*r = filtered(b, leaf, 0);
		else /* brand string, caches, address sizes */
			*r = host(b, leaf, 0);
	}
	t->extended[0].eax = t->max_extended;
	if (!b->source->rdtscp)
		t->extended[1].edx &= ~CPUIDE1_EDX_RDTSCP;
	/* Only the address sizes: one thread, no features of another vendor. */
	t->extended[8].eax &= 0xffff;
	t->extended[8].ebx = t->extended[8].ecx = t->extended[8].edx = 0;
	/*
	 * But who predicts no branches cannot take one for another. Intel has no bit that says
	 * so, and without it Linux warns of what a model number is known for.
	 */
	if (b->source->interpreted)
		t->extended[8].ebx = CPUIDE8_EBX_BTC_NO;
}

/* What a guest may set in CR4 and EFER follows from what it was told. */
static void build_controls(struct cpuid_table *t)
{
	const struct cpuid_regs *one = &t->basic[1], *e1 = &t->extended[1];
	struct cpuid_regs seven = cpuid_lookup(t, 7, 0);
	const struct {
		u32 feature;
		u64 allows;
	} rules[] = {
		{ one->edx & CPUID1_EDX_VME, CR4_VME | CR4_PVI },
		{ one->edx & CPUID1_EDX_TSC, CR4_TSD },
		{ one->edx & CPUID1_EDX_DE, CR4_DE },
		{ one->edx & CPUID1_EDX_PSE, CR4_PSE },
		{ one->edx & CPUID1_EDX_PAE, CR4_PAE },
		{ one->edx & CPUID1_EDX_MCE, CR4_MCE },
		{ one->edx & CPUID1_EDX_PGE, CR4_PGE },
		{ one->edx & CPUID1_EDX_FXSR, CR4_OSFXSR },
		{ one->edx & CPUID1_EDX_SSE, CR4_OSXMMEXCPT },
		{ one->ecx & CPUID1_ECX_PCID, CR4_PCIDE },
		{ one->ecx & CPUID1_ECX_XSAVE, CR4_OSXSAVE },
		{ seven.ebx & CPUID7_EBX_FSGSBASE, CR4_FSGSBASE },
		{ seven.ebx & CPUID7_EBX_SMEP, CR4_SMEP },
		{ seven.ebx & CPUID7_EBX_SMAP, CR4_SMAP },
		{ seven.ecx & CPUID7_ECX_UMIP, CR4_UMIP },
	};

	t->cr4_allowed = CR4_PCE; /* RDPMC itself is refused */
	for (unsigned i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].feature)
			t->cr4_allowed |= rules[i].allows;
	t->efer_allowed = (e1->edx & CPUIDE1_EDX_SYSCALL ? EFER_SCE : 0) |
			  (e1->edx & CPUIDE1_EDX_LM ? EFER_LME | EFER_LMA : 0) |
			  (e1->edx & CPUIDE1_EDX_NX ? EFER_NXE : 0);
}

void cpuid_build(struct cpuid_table *table, const struct cpuid_source *source)
{
	struct builder b = { table, source, source->read(0, 0).eax,
			     source->read(CPUID_EXTENDED, 0).eax };
	struct cpuid_regs state;

	memset(table, 0, sizeof(*table));
	/* A host without extended leaves answers with something else. */
	if (b.host_extended < CPUID_EXTENDED)
		b.host_extended = CPUID_EXTENDED;
	table->max_basic = HIGHEST_BASIC;
	table->max_extended = MIN(b.host_extended, HIGHEST_EXTENDED);

	state = host(&b, 1, 0).ecx & CPUID1_ECX_XSAVE ? host(&b, 0xd, 0)
						      : (struct cpuid_regs){ 0, 0, 0, 0 };
	table->xcr0_allowed = cpuid_xcr0((u64)state.edx << 32 | state.eax);

	table->basic[0] = source->read(0, 0);
	table->basic[0].eax = table->max_basic;
	table->slow = ~0U << table->max_basic << 1;
	build_features(&b);
	build_more_features(&b);
	build_caches(&b);
	build_topology(&b);
	build_xsave(&b);
	build_hypervisor(&b);
	cpuid_build_timing(table, source->tsc_khz);
	build_extended(&b);
	build_controls(table);
	cpuid_update(table, 0, XCR0_X87);
}

void cpuid_update(struct cpuid_table *table, u64 cr4, u64 xcr0)
{
	struct cpuid_regs *one = &table->basic[1];

	one->ecx &= ~CPUID1_ECX_OSXSAVE;
	if (cr4 & CR4_OSXSAVE)
		one->ecx |= CPUID1_ECX_OSXSAVE;
	for (unsigned i = 0; i < table->subleaf_count; i++) {
		struct cpuid_subleaf *s = &table->subleaves[i];

		if (s->leaf != 0xd || s->subleaf)
			continue;
		s->answer.ebx = xsave_size(table, xcr0);
		s->answer.ecx = xsave_size(table, table->xcr0_allowed);
		break;
	}
}

void cpuid_update_apic(struct cpuid_table *table, bool enabled)
{
	struct cpuid_regs *one = &table->basic[1];

	one->edx = enabled ? one->edx | CPUID1_EDX_APIC : one->edx & ~CPUID1_EDX_APIC;
}
