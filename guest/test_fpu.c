/* SPDX-License-Identifier: MIT */
/*
 * x87, SSE, AVX and AVX-512 state: clean at the start, and untouched by
 * thousands of exits of several kinds.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 * MODEL corei7_skylake_x
 * MODEL corei7_haswell_4770
 */
#include "guest/guest.h"

#define CR0_MP	    0x2UL
#define CR0_EM	    0x4UL
#define CR4_OSFXSR  (1UL << 9)
#define CR4_OSXSAVE (1UL << 18)

#define AREA_MAX 4096
#define FCW	 0
#define FSW	 2
#define ST0	 32
#define MXCSR	 24
#define XMM0	 160
#define HEADER	 512
#define ROUNDS	 1000

static u8 start[AREA_MAX] __attribute__((aligned(64)));
static u8 filled[AREA_MAX] __attribute__((aligned(64)));
static u8 later[AREA_MAX] __attribute__((aligned(64)));
static u8 pattern[AREA_MAX] __attribute__((aligned(64)));

static u64 components;
static u32 size;

static void save(u8 *area)
{
	asm volatile("xsave64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
}

static u64 read64(const u8 *area, u32 offset)
{
	return *(const u64 *)(area + offset);
}

/* Bytes of the area that are not as they should be, from `first` on. */
static u32 differences(const u8 *a, const u8 *b, u32 first)
{
	u32 n = 0;

	for (u32 i = first; i < size; i++)
		n += a[i] != (b ? b[i] : 0);
	return n;
}

static void turn_on(void)
{
	cr0_write((cr0_read() & ~CR0_EM) | CR0_MP);
	cr4_write(cr4_read() | CR4_OSFXSR | CR4_OSXSAVE);
	components = cpuid(0xd, 0).eax;
	size = cpuid(0xd, 0).ecx;
	asm volatile("xsetbv" : : "a"((u32)components), "d"(0), "c"(0));
}

static void test_start(void)
{
	save(start);
	check_equal(*(u16 *)(start + FCW), 0x37f, "x87 control word as after FNINIT");
	check_equal(*(u16 *)(start + FSW), 0, "x87 status word");
	check_equal(*(u32 *)(start + MXCSR), 0x1f80, "MXCSR");
	check_equal(differences(start, NULL, HEADER + 64), 0, "nobody's values in the upper parts");
	for (u32 i = ST0; i < HEADER; i += 8)
		if (read64(start, i)) {
			check(false, "nobody's values in x87 and XMM registers");
			return;
		}
	check(true, "nobody's values in x87 and XMM registers");
}

/* Different bytes in every place of every component. */
static void fill(void)
{
	for (u32 n = 2; n < 32; n++) {
		struct cpuid_regs r = cpuid(0xd, n);

		for (u32 i = r.ebx; components >> n & 1 && i < r.ebx + r.eax; i++)
			pattern[i] = (u8)(i * 7 + 3);
	}
	for (u32 i = XMM0; i < XMM0 + 256; i++)
		pattern[i] = (u8)(i * 5 + 1);
	for (u32 i = ST0; i < XMM0; i++)
		if ((i - ST0) % 16 < 10)
			pattern[i] = (u8)(i * 3 + 11);
	*(u16 *)(pattern + FCW) = 0x27f;
	*(u32 *)(pattern + MXCSR) = 0x3fa0;
	*(u64 *)(pattern + HEADER) = components;
	asm volatile("xrstor64 (%0)" : : "r"(pattern), "a"(~0U), "d"(~0U) : "memory");
	save(filled);
	check_equal(differences(filled, pattern, HEADER + 64), 0, "every component can be filled");
}

static void compare(const char *text)
{
	save(later);
	check_equal(differences(later, filled, 0), 0, text);
}

static volatile unsigned ticks;

static void tick(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	irq_end(0);
}

static void test_exits(void)
{
	compare("nothing: equal");
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)cpuid(1, 0);
	compare("CPUID");
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)inb(0x80);
	compare("IN");
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)hypercall(ABI_CALL_VERSION, 0, 0);
	compare("VMCALL");
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)rdmsr(0xfe);
	compare("RDMSR");
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)try("vmxoff");
	compare("injected #UD");
	for (u64 i = 0; i < 16; i++)
		*(volatile u8 *)(0x4000000 + (i << 21)) = 1;
	compare("EPT violations");
	print("text goes out\n");
	compare("the console");
	irq_unmask(0);
	pit_start(1193);
	while (ticks < 50)
		asm volatile("sti; hlt; cli" : : : "memory");
	irq_mask(0);
	compare("interrupts and HLT");
}

/* What XCR0 leaves out keeps its value. */
static void test_masked(void)
{
	asm volatile("xsetbv" : : "a"(1), "d"(0), "c"(0));
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)cpuid(1, 0);
	*(volatile u8 *)0x8000000 = 1;
	asm volatile("sti; nop; cli" : : : "memory");
	asm volatile("xsetbv" : : "a"((u32)components), "d"(0), "c"(0));
	compare("exits while XCR0 hides SSE and AVX");
}

int guest_main(void)
{
	interrupts_init();
	interrupts_set_handler(VECTOR_IRQ, tick);
	turn_on();
	check(size > HEADER + 64 && size <= AREA_MAX, "size of the area");
	test_start();
	fill();
	test_exits();
	test_masked();
	return check_failures();
}
