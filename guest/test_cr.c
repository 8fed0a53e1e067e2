/* SPDX-License-Identifier: MIT */
/*
 * Control registers in long mode: illegal values raise #GP and change
 * nothing, legal ones read back as written, CLTS, LMSW, SMSW.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 */
#include "guest/guest.h"

#define CR0_PE 0x1UL
#define CR0_MP 0x2UL
#define CR0_EM 0x4UL
#define CR0_TS 0x8UL
#define CR0_ET 0x10UL
#define CR0_NE 0x20UL
#define CR0_WP 0x10000UL
#define CR0_AM 0x40000UL
#define CR0_NW 0x20000000UL
#define CR0_CD 0x40000000UL
#define CR0_PG 0x80000000UL

#define CR4_PAE	  0x20UL
#define CR4_MCE	  0x40UL
#define CR4_PGE	  0x80UL
#define CR4_VMXE  0x2000UL
#define CR4_SMXE  0x4000UL
#define CR4_PCIDE 0x20000UL

#define refuses(name, value, text)                                                                 \
	({                                                                                         \
		u64 before_ = name##_read();                                                       \
		int vector_ = try("mov %0, %%" #name, : "r"((u64)(value)));                      \
                                                                                                   \
		check(vector_ == VECTOR_GP && !fault.error && name##_read() == before_,            \
		      #name ": " text);                                                            \
	})

#define takes(name, value, text)                                                                   \
	({                                                                                         \
		u64 before_ = name##_read(), after_;                                               \
		int vector_ = try("mov %0, %%" #name, : "r"((u64)(value)));                      \
                                                                                                   \
		after_ = name##_read();                                                            \
		name##_write(before_);                                                             \
		check(vector_ == -1 && after_ == (value) && name##_read() == before_,              \
		      #name ": " text);                                                            \
	})

static void test_cr0(void)
{
	u64 cr0 = cr0_read();

	check_equal(cr0 & (CR0_PE | CR0_PG | CR0_ET), CR0_PE | CR0_PG | CR0_ET, "cr0: PE, PG, ET");
	refuses(cr0, cr0 & ~CR0_PE, "paging without protection");
	refuses(cr0, cr0 & ~CR0_PG, "paging off in 64-bit code");
	refuses(cr0, (cr0 & ~CR0_CD) | CR0_NW, "NW without CD");
	refuses(cr0, cr0 | 1UL << 32, "an upper half");
	takes(cr0, cr0 | CR0_WP | CR0_AM | CR0_NE | CR0_MP, "WP, AM, NE, MP");
	takes(cr0, cr0 & ~(CR0_WP | CR0_AM | CR0_NE), "and off, NE too");
	takes(cr0, cr0 | CR0_CD | CR0_NW, "caches off");
	takes(cr0, cr0 & ~(CR0_CD | CR0_NW), "caches on");
	cr0_write(cr0 & ~CR0_ET);
	check(cr0_read() & CR0_ET, "cr0: ET stays one");
	cr0_write(cr0 | 1UL << 10);
	check_equal(cr0_read() & 1UL << 10, 0, "cr0: an undefined low bit is ignored");
	cr0_write(cr0);
}

static void test_task_switched(void)
{
	u64 cr0 = cr0_read(), low;

	cr0_write(cr0 | CR0_TS);
	check_equal(try("fnop"), VECTOR_NM, "TS: an FPU instruction raises #NM");
	asm volatile("clts");
	check_equal(cr0_read(), cr0 & ~CR0_TS, "CLTS clears it, and nothing else");
	check_equal(try("fnop"), -1, "and the FPU works");
	asm volatile("lmsw %w0" : : "r"(CR0_PE | CR0_TS | CR0_MP));
	check_equal(cr0_read() & 0xf, CR0_PE | CR0_TS | CR0_MP, "LMSW sets the low four bits");
	asm volatile("lmsw %w0" : : "r"(0));
	check_equal(cr0_read() & 0xf, CR0_PE, "but does not clear PE");
	asm volatile("smsw %0" : "=r"(low));
	check_equal((u32)low, (u32)cr0_read(), "SMSW stores what MOV reads");
	cr0_write(cr0);
}

static void test_cr3(void)
{
	u64 cr3 = cr3_read();
	unsigned width = cpuid(0x80000008, 0).eax & 0xff;

	refuses(cr3, cr3 | 1UL << width, "a bit beyond the physical width");
	refuses(cr3, cr3 | 1UL << 63, "bit 63, without PCID");
	takes(cr3, cr3 | 0x18, "PWT and PCD");
}

static void test_cr4(void)
{
	u64 cr4 = cr4_read();

	check_equal(cr4 & CR4_VMXE, 0, "cr4: VMXE reads as zero");
	check_equal(cr4, CR4_PAE, "cr4: as start.S has set it");
	refuses(cr4, cr4 | CR4_VMXE, "VMXE");
	refuses(cr4, cr4 | CR4_SMXE, "SMXE");
	if (!(cpuid(1, 0).ecx >> 17 & 1))
		refuses(cr4, cr4 | CR4_PCIDE, "PCIDE where CPUID does not offer it");
	refuses(cr4, cr4 | 1UL << 15, "a reserved bit");
	refuses(cr4, cr4 | 1UL << 31, "bit 31");
	refuses(cr4, cr4 | 1UL << 40, "an upper bit");
	refuses(cr4, cr4 & ~CR4_PAE, "no PAE in long mode");
	takes(cr4, cr4 | CR4_PGE, "PGE");
	takes(cr4, cr4 | CR4_MCE, "MCE");
	takes(cr4, cr4 | 0x600, "OSFXSR and OSXMMEXCPT");
	takes(cr4, cr4 | 0x10c, "TSD, DE, PCE");
	if (cpuid(7, 0).ebx >> 7 & 1)
		takes(cr4, cr4 | 1UL << 20, "SMEP where CPUID offers it");
	else
		refuses(cr4, cr4 | 1UL << 20, "SMEP where CPUID does not");
	if (cpuid(7, 0).ebx & 1)
		takes(cr4, cr4 | 1UL << 16, "FSGSBASE where CPUID offers it");
	else
		refuses(cr4, cr4 | 1UL << 16, "FSGSBASE where CPUID does not");
}

static void test_cr8(void)
{
	takes(cr8, 0xfUL, "15");
	takes(cr8, 0x3UL, "3");
	refuses(cr8, 0x10UL, "16");
	refuses(cr8, 1UL << 32, "an upper bit");
	cr8_write(0);
}

static void test_absent(void)
{
	check_equal(try("mov %%cr1, %%rax", : : "rax"), VECTOR_UD, "cr1: #UD");
	check_equal(try("mov %%rax, %%cr2", : "a"(0x123456789abcdef0)), -1, "cr2 holds any value");
	check_equal(cr2_read(), 0x123456789abcdef0, "cr2 over a few exits");
	(void)cpuid(0, 0);
	check_equal(cr2_read(), 0x123456789abcdef0, "cr2 over a CPUID");
	check_equal(try(".byte 0x0f, 0x22, 0xe8"), VECTOR_UD, "cr5: #UD");
	check_equal(try("mov %%cr15, %%rax", : : "rax"), VECTOR_UD, "cr15: #UD");
}

int guest_main(void)
{
	interrupts_init();
	test_cr0();
	test_task_switched();
	test_cr3();
	test_cr4();
	test_cr8();
	test_absent();
	return check_failures();
}
