/* SPDX-License-Identifier: MIT */
/*
 * What CPUID says, read once on the boot CPU.
 * SDM "CPUID-CPU Identification".
 */
#include "kernel/cpu.h"

#include "lib/bits.h"
#include "lib/string.h"

struct cpu_features cpu_features;

static void read_names(struct cpu_features *f)
{
	struct cpuid_regs r = cpuid(0, 0);

	f->max_leaf = r.eax;
	memcpy(f->vendor, &r.ebx, 4);
	memcpy(f->vendor + 4, &r.edx, 4);
	memcpy(f->vendor + 8, &r.ecx, 4);
	f->intel = !strcmp(f->vendor, "GenuineIntel");

	r = cpuid(0x80000000, 0);
	/* A CPU without extended leaves answers with those of its highest basic one. */
	f->max_extended_leaf = r.eax >> 16 == 0x8000 ? r.eax : 0;
	if (f->max_extended_leaf >= 0x80000004) {
		for (u32 i = 0; i < 3; i++) {
			r = cpuid(0x80000002 + i, 0);
			memcpy(f->brand + i * sizeof(r), &r, sizeof(r));
		}
	}
}

static void read_signature(struct cpu_features *f, u32 eax)
{
	f->family = bits_get(eax, 11, 8);
	f->model = bits_get(eax, 7, 4);
	f->stepping = bits_get(eax, 3, 0);
	if (f->family == 6 || f->family == 15)
		f->model |= bits_get(eax, 19, 16) << 4;
	if (f->family == 15)
		f->family += bits_get(eax, 27, 20);
}

static void read_basic(struct cpu_features *f)
{
	struct cpuid_regs r = cpuid(1, 0);

	read_signature(f, r.eax);
	f->vmx = r.ecx & BIT(5);
	f->pcid = r.ecx & BIT(17);
	f->x2apic = r.ecx & BIT(21);
	f->tsc_deadline = r.ecx & BIT(24);
	f->xsave = r.ecx & BIT(26);
	f->hypervisor = r.ecx & BIT(31);
	f->apic = r.edx & BIT(9);

	if (f->max_leaf >= 7) {
		r = cpuid(7, 0);
		f->fsgsbase = r.ebx & BIT(0);
		f->smep = r.ebx & BIT(7);
		f->smap = r.ebx & BIT(20);
		f->umip = r.ecx & BIT(2);
		f->spec_ctrl = r.edx & (BIT(26) | BIT(27) | BIT(31));
		f->pred_cmd = r.edx & BIT(26);
		f->flush_cmd = r.edx & BIT(28);
		f->arch_capabilities = r.edx & BIT(29);
	}
	if (f->max_leaf >= 0xd && f->xsave)
		f->xsaves = cpuid(0xd, 1).eax & BIT(3);
	if (f->hypervisor) {
		r = cpuid(0x40000000, 0);
		memcpy(f->hypervisor_name, &r.ebx, 12);
	}
}

static void read_extended(struct cpu_features *f)
{
	struct cpuid_regs r;

	f->physical_bits = 36;
	f->linear_bits = 48;
	if (f->max_extended_leaf >= 0x80000001) {
		r = cpuid(0x80000001, 0);
		f->svm = r.ecx & BIT(2) && !f->intel;
		f->nx = r.edx & BIT(20);
		f->page_1g = r.edx & BIT(26);
		f->rdtscp = r.edx & BIT(27);
	}
	if (f->max_extended_leaf >= 0x80000007)
		f->invariant_tsc = cpuid(0x80000007, 0).edx & BIT(8);
	if (f->max_extended_leaf >= 0x80000008) {
		r = cpuid(0x80000008, 0);
		f->physical_bits = bits_get(r.eax, 7, 0);
		f->linear_bits = bits_get(r.eax, 15, 8);
	}
}

void cpu_features_read(void)
{
	read_names(&cpu_features);
	read_basic(&cpu_features);
	read_extended(&cpu_features);
}
