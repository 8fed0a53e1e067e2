/* SPDX-License-Identifier: MIT */
#include "machine/cpuid_policy.h"

#include "lib/bits.h"
#include "lib/x86.h"

/*
 * One row a feature. Not in the list, and why:
 *   VMX, SMX, SGX, TDX       no nesting
 *   MONITOR, WAITPKG         a guest that sleeps must exit
 *   APIC, x2APIC, TSC-deadline, ARAT   offered, but ours: cpuid_build.c
 *   PDCM, DS, DTES64, PMU (leaf AH), PT, LBR   no performance monitoring
 *   EIST, TM, TM2, ACPI, thermal (leaf 6)      the host's business
 *   HTT, DCA, PQM, PQE       one CPU, no resource control
 *   HLE, RTM, MPX            withdrawn by Intel, or full of errata
 *   PKU, PKS, CET, LA57, AMX, KL, ENQCMD, UINTR   state we do not switch
 *   FSRM, FZRM, FSRS, FSRC   Linux drops ERMS but not these when MISC_ENABLE
 *                            says so, and then copies too much
 *   XSAVEC, XSAVES           their formats are broken in Bochs, and XSS is not switched
 *   CORE_CAPABILITIES, hybrid, PCONFIG   MSRs and keys that are the host's business
 *   leaves 15H and 16H of the host   in Bochs they lie; ours tell what was measured
 */
/* clang-format off */
static const struct feature {
	u32 leaf;
	u8 subleaf;
	u8 reg;	  /* enum cpuid_register */
	u8 bit;
	u8 state; /* XCR0 bits it needs, all of them */
} features[] = {
#define AVX    (XCR0_AVX)
#define AVX512 (XCR0_AVX | XCR0_AVX512)
	{ 1, 0, CPUID_ECX, 0, 0 },	/* SSE3 */
	{ 1, 0, CPUID_ECX, 1, 0 },	/* PCLMULQDQ */
	{ 1, 0, CPUID_ECX, 9, 0 },	/* SSSE3 */
	{ 1, 0, CPUID_ECX, 12, AVX },	/* FMA */
	{ 1, 0, CPUID_ECX, 13, 0 },	/* CMPXCHG16B */
	{ 1, 0, CPUID_ECX, 17, 0 },	/* PCID */
	{ 1, 0, CPUID_ECX, 19, 0 },	/* SSE4.1 */
	{ 1, 0, CPUID_ECX, 20, 0 },	/* SSE4.2 */
	{ 1, 0, CPUID_ECX, 22, 0 },	/* MOVBE */
	{ 1, 0, CPUID_ECX, 23, 0 },	/* POPCNT */
	{ 1, 0, CPUID_ECX, 25, 0 },	/* AES */
	{ 1, 0, CPUID_ECX, 26, 0 },	/* XSAVE */
	{ 1, 0, CPUID_ECX, 28, AVX },	/* AVX */
	{ 1, 0, CPUID_ECX, 29, AVX },	/* F16C */
	{ 1, 0, CPUID_ECX, 30, 0 },	/* RDRAND */

	{ 1, 0, CPUID_EDX, 0, 0 },	/* FPU */
	{ 1, 0, CPUID_EDX, 1, 0 },	/* VME */
	{ 1, 0, CPUID_EDX, 2, 0 },	/* DE */
	{ 1, 0, CPUID_EDX, 3, 0 },	/* PSE */
	{ 1, 0, CPUID_EDX, 4, 0 },	/* TSC */
	{ 1, 0, CPUID_EDX, 5, 0 },	/* MSR */
	{ 1, 0, CPUID_EDX, 6, 0 },	/* PAE */
	{ 1, 0, CPUID_EDX, 7, 0 },	/* MCE */
	{ 1, 0, CPUID_EDX, 8, 0 },	/* CMPXCHG8B */
	{ 1, 0, CPUID_EDX, 11, 0 },	/* SEP */
	{ 1, 0, CPUID_EDX, 12, 0 },	/* MTRR */
	{ 1, 0, CPUID_EDX, 13, 0 },	/* PGE */
	{ 1, 0, CPUID_EDX, 14, 0 },	/* MCA */
	{ 1, 0, CPUID_EDX, 15, 0 },	/* CMOV */
	{ 1, 0, CPUID_EDX, 16, 0 },	/* PAT */
	{ 1, 0, CPUID_EDX, 17, 0 },	/* PSE-36 */
	{ 1, 0, CPUID_EDX, 19, 0 },	/* CLFLUSH */
	{ 1, 0, CPUID_EDX, 23, 0 },	/* MMX */
	{ 1, 0, CPUID_EDX, 24, 0 },	/* FXSR */
	{ 1, 0, CPUID_EDX, 25, 0 },	/* SSE */
	{ 1, 0, CPUID_EDX, 26, 0 },	/* SSE2 */
	{ 1, 0, CPUID_EDX, 27, 0 },	/* self snoop */

	{ 7, 0, CPUID_EBX, 0, 0 },	/* FSGSBASE */
	{ 7, 0, CPUID_EBX, 3, 0 },	/* BMI1 */
	{ 7, 0, CPUID_EBX, 5, AVX },	/* AVX2 */
	{ 7, 0, CPUID_EBX, 6, 0 },	/* FDP_EXCPTN_ONLY */
	{ 7, 0, CPUID_EBX, 7, 0 },	/* SMEP */
	{ 7, 0, CPUID_EBX, 8, 0 },	/* BMI2 */
	{ 7, 0, CPUID_EBX, 9, 0 },	/* ERMS */
	{ 7, 0, CPUID_EBX, 10, 0 },	/* INVPCID */
	{ 7, 0, CPUID_EBX, 13, 0 },	/* FCS and FDS deprecated */
	{ 7, 0, CPUID_EBX, 16, AVX512 },/* AVX512F */
	{ 7, 0, CPUID_EBX, 17, AVX512 },/* AVX512DQ */
	{ 7, 0, CPUID_EBX, 18, 0 },	/* RDSEED */
	{ 7, 0, CPUID_EBX, 19, 0 },	/* ADX */
	{ 7, 0, CPUID_EBX, 20, 0 },	/* SMAP */
	{ 7, 0, CPUID_EBX, 21, AVX512 },/* AVX512_IFMA */
	{ 7, 0, CPUID_EBX, 23, 0 },	/* CLFLUSHOPT */
	{ 7, 0, CPUID_EBX, 24, 0 },	/* CLWB */
	{ 7, 0, CPUID_EBX, 28, AVX512 },/* AVX512CD */
	{ 7, 0, CPUID_EBX, 29, 0 },	/* SHA */
	{ 7, 0, CPUID_EBX, 30, AVX512 },/* AVX512BW */
	{ 7, 0, CPUID_EBX, 31, AVX512 },/* AVX512VL */

	{ 7, 0, CPUID_ECX, 1, AVX512 },	/* AVX512_VBMI */
	{ 7, 0, CPUID_ECX, 2, 0 },	/* UMIP */
	{ 7, 0, CPUID_ECX, 6, AVX512 },	/* AVX512_VBMI2 */
	{ 7, 0, CPUID_ECX, 8, 0 },	/* GFNI */
	{ 7, 0, CPUID_ECX, 9, AVX },	/* VAES */
	{ 7, 0, CPUID_ECX, 10, AVX },	/* VPCLMULQDQ */
	{ 7, 0, CPUID_ECX, 11, AVX512 },/* AVX512_VNNI */
	{ 7, 0, CPUID_ECX, 12, AVX512 },/* AVX512_BITALG */
	{ 7, 0, CPUID_ECX, 14, AVX512 },/* AVX512_VPOPCNTDQ */
	{ 7, 0, CPUID_ECX, 22, 0 },	/* RDPID */
	{ 7, 0, CPUID_ECX, 25, 0 },	/* CLDEMOTE */
	{ 7, 0, CPUID_ECX, 27, 0 },	/* MOVDIRI */
	{ 7, 0, CPUID_ECX, 28, 0 },	/* MOVDIR64B */

	{ 7, 0, CPUID_EDX, 8, AVX512 },	/* AVX512_VP2INTERSECT */
	{ 7, 0, CPUID_EDX, 10, 0 },	/* MD_CLEAR */
	{ 7, 0, CPUID_EDX, 14, 0 },	/* SERIALIZE */
	{ 7, 0, CPUID_EDX, 23, AVX512 },/* AVX512_FP16 */
	{ 7, 0, CPUID_EDX, 26, 0 },	/* IBRS and IBPB: IA32_SPEC_CTRL, IA32_PRED_CMD */
	{ 7, 0, CPUID_EDX, 27, 0 },	/* STIBP */
	{ 7, 0, CPUID_EDX, 28, 0 },	/* L1D_FLUSH: IA32_FLUSH_CMD */
	{ 7, 0, CPUID_EDX, 29, 0 },	/* IA32_ARCH_CAPABILITIES */
	{ 7, 0, CPUID_EDX, 31, 0 },	/* SSBD */
	{ 7, 1, CPUID_EAX, 4, AVX },	/* AVX-VNNI */
	{ 7, 1, CPUID_EAX, 5, AVX512 },	/* AVX512_BF16 */
	{ 7, 2, CPUID_EDX, 0, 0 },	/* PSFD */
	{ 7, 2, CPUID_EDX, 1, 0 },	/* IPRED_CTRL */
	{ 7, 2, CPUID_EDX, 2, 0 },	/* RRSBA_CTRL */
	{ 7, 2, CPUID_EDX, 3, 0 },	/* DDPD_U */
	{ 7, 2, CPUID_EDX, 4, 0 },	/* BHI_CTRL */
	{ 7, 2, CPUID_EDX, 5, 0 },	/* MCDT_NO */

	{ 0xd, 1, CPUID_EAX, 0, 0 },	/* XSAVEOPT */
	{ 0xd, 1, CPUID_EAX, 2, 0 },	/* XGETBV with ECX=1 */

	{ 0x80000001, 0, CPUID_ECX, 0, 0 },	/* LAHF and SAHF in 64-bit mode */
	{ 0x80000001, 0, CPUID_ECX, 5, 0 },	/* LZCNT */
	{ 0x80000001, 0, CPUID_ECX, 8, 0 },	/* PREFETCHW */
	{ 0x80000001, 0, CPUID_EDX, 11, 0 },	/* SYSCALL */
	{ 0x80000001, 0, CPUID_EDX, 20, 0 },	/* NX */
	{ 0x80000001, 0, CPUID_EDX, 26, 0 },	/* 1G pages */
	{ 0x80000001, 0, CPUID_EDX, 27, 0 },	/* RDTSCP */
	{ 0x80000001, 0, CPUID_EDX, 29, 0 },	/* long mode */
	{ 0x80000007, 0, CPUID_EDX, 8, 0 },	/* invariant TSC */
};
/* clang-format on */

u32 cpuid_allowed(u32 leaf, u32 subleaf, enum cpuid_register reg, u64 xcr0)
{
	u32 bits = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];

		if (f->leaf == leaf && f->subleaf == subleaf && f->reg == reg &&
		    (f->state & xcr0) == f->state)
			bits |= 1U << f->bit;
	}
	return bits;
}

u64 cpuid_xcr0(u64 host)
{
	u64 offered = host & (XCR0_X87 | XCR0_SSE);

	if (host & XCR0_AVX)
		offered |= XCR0_AVX;
	/* Opmask and both halves of the ZMM registers: all or none, and never without AVX. */
	if (offered & XCR0_AVX && (host & XCR0_AVX512) == XCR0_AVX512)
		offered |= XCR0_AVX512;
	return offered;
}
