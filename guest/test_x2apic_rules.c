/* SPDX-License-Identifier: MIT */
/*
 * The x2APIC's MSRs one by one: which can be read, which written, which bits
 * are reserved; IPIs by its 64-bit command register; what stays and what is
 * lost between the APIC's modes.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/apic.h"

#define READ  1
#define WRITE 2
#define HIGH  0x71
#define BASE  0xfee00100UL
#define ICR   (MSR_X2APIC + APIC_ICR / 16)

static volatile unsigned count;

static void on_interrupt(struct interrupt_frame *frame)
{
	(void)frame;
	count++;
	wrmsr(MSR_X2APIC + APIC_EOI / 16, 0);
}

static unsigned access(u32 index)
{
	switch (index) {
	case 0x02 ... 0x03: /* ID, version */
	case 0x0a:	    /* PPR */
	case 0x0d:	    /* LDR */
	case 0x10 ... 0x27: /* ISR, TMR, IRR */
	case 0x39:	    /* current count */
		return READ;
	case 0x08: /* TPR */
	case 0x0f: /* spurious */
	case 0x28: /* ESR */
	case 0x30: /* ICR */
	case 0x32 ... 0x38: /* LVT, initial count */
	case 0x3e: /* divide configuration */
		return READ | WRITE;
	case 0x0b: /* EOI */
	case 0x3f: /* SELF IPI */
		return WRITE;
	}
	return 0;
}

static void test_map(void)
{
	unsigned wrong_reads = 0, wrong_writes = 0;
	u64 value;

	for (u32 i = 0; i < 0x100; i++) {
		unsigned may = access(i);
		bool reads = try_rdmsr(MSR_X2APIC + i, &value) == -1;

		/* What can be read is written back; else 0, or for SELF IPI a vector. */
		if (!reads)
			value = i == 0x3f ? HIGH : 0;
		if (i == 0x30)
			value = TO_SELF | HIGH;
		wrong_reads += reads != !!(may & READ);
		wrong_writes += (try_wrmsr(MSR_X2APIC + i, i == 0x28 ? 0 : value) == -1) !=
				!!(may & WRITE);
	}
	check_equal(wrong_reads, 0, "the MSRs that can be read, and no others");
	check_equal(wrong_writes, 0, "the MSRs that can be written, and no others");
	check_equal(try_rdmsr(0x7ff, &value), VECTOR_GP, "none below");
	check_equal(try_rdmsr(0x900, &value), VECTOR_GP, "none above");
	count = 0;
	open_interrupts();
	open_interrupts();
	check_equal(count, 1, "the two IPIs were one vector");
}

/* The bits of a register that can be set by themselves; 0 where even 0 faults. */
static u64 writable(u32 offset, u64 base)
{
	u32 msr = MSR_X2APIC + offset / 16;
	u64 bits = 0;

	for (unsigned bit = 0; bit < 64; bit++) {
		if (try_wrmsr(msr, base | 1UL << bit) == -1)
			bits |= 1UL << bit;
		if (offset != APIC_ICR && offset != APIC_SELF)
			(void)try_wrmsr(msr, base);
	}
	return bits;
}

static void test_reserved(void)
{
	u64 spurious = rdmsr(MSR_X2APIC + APIC_SPURIOUS / 16), lint0;

	check_equal(writable(APIC_TPR, 0), 0xff, "TPR");
	check_equal(writable(APIC_EOI, 0), 0, "EOI: only 0");
	check_equal(writable(APIC_ESR, 0), 0, "ESR: only 0");
	check_equal(writable(APIC_SPURIOUS, spurious) & ~0x1000UL, 0x1ff, "spurious interrupt");
	check_equal(writable(APIC_TIMER, MASKED) & ~0x5000UL, 0x700ff, "LVT timer");
	lint0 = writable(APIC_LINT0, MASKED);
	check_equal(lint0 & ~0x5000UL, 0x1a7ff, "LVT LINT0");
	check_equal(writable(APIC_ERROR, MASKED) & ~0x5000UL, 0x100ff, "LVT error");
	check_equal(writable(APIC_INITIAL, 0), 0xffffffff, "initial count");
	wrmsr(MSR_X2APIC + APIC_INITIAL / 16, 0);
	check_equal(writable(APIC_DIVIDE, 0), 0xb, "divide configuration");
	check_equal(writable(APIC_SELF, 0x10), 0xff, "SELF IPI");
	/* To the x2APIC 5: nobody. Delivery modes 2 and 3 are among the bits that it has. */
	check_equal(writable(APIC_ICR, 5UL << 32 | HIGH) & ~0x1000UL, 0xffffffff000ccfffUL, "ICR");
	wrmsr(MSR_X2APIC + APIC_ESR / 16, 0);
}

static unsigned arrived(u64 command)
{
	unsigned before = count;

	wrmsr(ICR, command | HIGH);
	open_interrupts();
	open_interrupts();
	return count - before;
}

static void test_ipis(void)
{
	u64 start = rdmsr(ICR);

	(void)start;
	open_interrupts();
	check_equal(arrived(0), 1, "physical: its ID");
	check_equal(arrived(1UL << 32), 0, "physical: another's");
	check_equal(arrived(0xffUL << 32), 0, "physical: FFH is not all");
	check_equal(arrived(0xffffffffUL << 32), 1, "physical: FFFFFFFFH is");
	check_equal(arrived(1UL << 32 | 0x800), 1, "logical: cluster 0, bit 0");
	check_equal(arrived(0xfffeUL << 32 | 0x800), 0, "logical: other bits");
	check_equal(arrived(0x10001UL << 32 | 0x800), 0, "logical: another cluster");
	check_equal(arrived(0xffffffffUL << 32 | 0x800), 1, "logical: all");
	check_equal(arrived(TO_SELF), 1, "shorthand: itself");
	check_equal(arrived(3U << 18), 0, "shorthand: all others");
	check_equal(rdmsr(ICR), 3U << 18 | HIGH, "ICR reads back, without a delivery status");
	wrmsr(ICR, 0x123UL << 32 | HIGH);
	check_equal(rdmsr(ICR), 0x123UL << 32 | HIGH, "with its destination");
}

#define base_faults(value) (try_wrmsr(MSR_APIC_BASE, value) == VECTOR_GP)

static void test_modes(void)
{
	unsigned bits = cpuid(0x80000008, 0).eax & 0xff;

	apic_write(APIC_TPR, 0x30);
	apic_write(APIC_LINT1, MASKED | 0x55);
	apic_write(APIC_LDR, 0x12000000);
	wrmsr(MSR_APIC_BASE, BASE | BASE_ENABLE | BASE_X2APIC);
	check_equal(rdmsr(MSR_X2APIC + APIC_TPR / 16), 0x30, "xAPIC to x2APIC: TPR stays");
	check_equal(rdmsr(MSR_X2APIC + APIC_LINT1 / 16), MASKED | 0x55, "LVT stays");
	check_equal(rdmsr(MSR_X2APIC + APIC_LDR / 16), 1, "LDR is derived from the ID");
	check_equal(rdmsr(MSR_X2APIC + APIC_ID / 16), cpuid(0xb, 0).edx, "ID as in CPUID leaf 0BH");
	wrmsr(MSR_X2APIC + APIC_TPR / 16, 0);
	check(base_faults(BASE | BASE_X2APIC), "x2APIC to nowhere: #GP");
	check(base_faults(BASE | BASE_ENABLE), "x2APIC to xAPIC: #GP");
	check(base_faults(BASE | BASE_ENABLE | BASE_X2APIC | 1UL << bits), "beyond the physical address");
	check(base_faults(BASE | BASE_ENABLE | BASE_X2APIC | 1UL << 9), "bit 9");
}

static void test_off(void)
{
	u64 value;

	wrmsr(MSR_APIC_BASE, BASE);
	check_equal(try_rdmsr(MSR_X2APIC + 2, &value), VECTOR_GP, "off: no MSRs");
	check(base_faults(BASE | BASE_X2APIC), "off to nowhere: #GP");
	check(base_faults(BASE | BASE_ENABLE | BASE_X2APIC), "off to x2APIC: #GP");
	for (u32 offset = 0; offset < 0x1000; offset += 4)
		apic_write(offset, ~0U);
	check_equal(apic_read(APIC_VERSION), ~0U, "off: the page is not there");
	wrmsr(MSR_TSC_DEADLINE, rdtsc() + 1000);
	check_equal(rdmsr(MSR_TSC_DEADLINE), 0, "off: no deadline");
	wrmsr(MSR_APIC_BASE, BASE | BASE_ENABLE);
	check_equal(apic_read(APIC_TPR), 0, "on again: TPR is 0");
	check_equal(apic_read(APIC_LINT1), MASKED, "the LVT is masked");
	check_equal(apic_read(APIC_LDR), 0, "LDR is 0");
	check_equal(apic_read(APIC_ID) >> 24, cpuid(1, 0).ebx >> 24, "the ID is CPUID's");
	check_equal(apic_read(APIC_SPURIOUS), 0xff, "it is software disabled");
}

int guest_main(void)
{
	interrupts_init();
	apic_map();
	for (unsigned i = 0x10; i < 256; i++)
		if (i >= 32 && i != USER_END)
			interrupts_set_handler((u8)i, on_interrupt);
	apic_write(APIC_SPURIOUS, 0x1ff);
	test_modes();
	test_map();
	test_ipis();
	test_reserved();
	test_off();
	return check_failures();
}
