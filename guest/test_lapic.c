/* SPDX-License-Identifier: MIT */
/*
 * The local APIC as a guest sees it: by its page and by MSRs, its modes,
 * priorities, IPIs to itself, its timer against the TSC.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/apic.h"

#define LOW    0x41
#define HIGH   0x81
#define TIMER  0xe1
#define ERROR  0xfe

static volatile unsigned count[256];
static volatile u8 order[16];
static volatile unsigned orders, nmis;
static u64 tsc_hz;

static bool x2apic(void)
{
	return rdmsr(MSR_APIC_BASE) & BASE_X2APIC;
}

static u32 get(u32 offset)
{
	return x2apic() ? (u32)rdmsr(MSR_X2APIC + offset / 16) : apic_read(offset);
}

static void set(u32 offset, u32 value)
{
	if (x2apic())
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		apic_write(offset, value);
}

static void on_interrupt(struct interrupt_frame *frame)
{
	count[frame->vector]++;
	order[orders++ % 16] = (u8)frame->vector;
	set(APIC_EOI, 0);
}

/* Lets others in before its end. */
static void on_low(struct interrupt_frame *frame)
{
	if (!count[frame->vector]++) {
		set(APIC_ICR, TO_SELF | HIGH);	      /* more urgent: at once */
		set(APIC_ICR, TO_SELF | (LOW + 1)); /* of the same class: later */
		open_interrupts();
	}
	order[orders++ % 16] = (u8)frame->vector;
	set(APIC_EOI, 0);
}

static void on_nmi(struct interrupt_frame *frame)
{
	(void)frame;
	nmis++;
}

static void test_power_up(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	check_equal(base, 0xfee00900, "IA32_APIC_BASE: enabled, bootstrap processor");
	check(cpuid(1, 0).edx & 1 << 9, "CPUID: APIC");
	check(cpuid(1, 0).ecx & 1 << 21, "CPUID: x2APIC");
	check(cpuid(1, 0).ecx & 1 << 24, "CPUID: TSC deadline");
	check_equal(apic_read(APIC_ID) >> 24, cpuid(1, 0).ebx >> 24, "ID as CPUID has it");
	check_equal(apic_read(APIC_VERSION), 0x01050014, "version");
	check_equal(apic_read(APIC_LINT0), 0x700, "LINT0: the 8259's");
	check_equal(apic_read(APIC_LINT1), 0x400, "LINT1: NMI");
	check_equal(apic_read(0x040), 0, "a register that is none");
	apic_write(APIC_ESR, 0);
	check_equal(apic_read(APIC_ESR), 0x80, "is an illegal address");
}

static void test_sizes(void)
{
	check_equal(*(volatile u8 *)(LAPIC + APIC_VERSION), 0x14, "read of a byte");
	check_equal(*(volatile u16 *)(LAPIC + APIC_VERSION + 2), 0x105, "read of a word");
	check_equal(*(volatile u64 *)(LAPIC + APIC_VERSION), 0x01050014, "read of 8 bytes");
	apic_write(APIC_TPR, 0x20);
	*(volatile u8 *)(LAPIC + APIC_TPR) = 0x30;
	check_equal(apic_read(APIC_TPR), 0x30, "write of a byte");
	*(volatile u8 *)(LAPIC + APIC_TPR + 1) = 0x55;
	check_equal(apic_read(APIC_TPR), 0x30, "write of a byte that is reserved");
	asm volatile("addl $0x10, (%0)" : : "r"(LAPIC + APIC_TPR) : "memory");
	check_equal(apic_read(APIC_TPR), 0x40, "read, modify, write");
	apic_write(APIC_TPR, 0);
}

static void test_interrupts(const char *mode)
{
	print("    %s\n", mode);
	set(APIC_SPURIOUS, 0x1ff);
	for (unsigned i = 0; i < 256; i++)
		count[i] = 0;
	orders = 0;
	set(APIC_ICR, TO_SELF | HIGH);
	check(!count[HIGH], "interrupts are off: it waits");
	open_interrupts();
	check_equal(count[HIGH], 1, "IPI to itself");
	set(APIC_ICR, 0 << 24 | HIGH); /* by its ID, 0 */
	open_interrupts();
	check_equal(count[HIGH], 2, "IPI by ID");

	orders = 0;
	set(APIC_ICR, TO_SELF | LOW);
	open_interrupts();
	open_interrupts();
	check_equal(orders, 3, "nested: three of them");
	check_equal(order[0], HIGH, "nested: the higher class gets in");
	check_equal(order[1], LOW, "nested: then the first");
	check_equal(order[2], LOW + 1, "nested: then the same class");

	set(APIC_TPR, 0x80);
	check_equal(cr8_read(), 8, "CR8 is TPR");
	set(APIC_ICR, TO_SELF | HIGH);
	open_interrupts();
	check_equal(count[HIGH], 3, "TPR holds it back");
	cr8_write(7);
	check_equal(get(APIC_TPR), 0x70, "TPR is CR8");
	check_equal(get(APIC_PPR), 0x70, "PPR follows");
	open_interrupts();
	check_equal(count[HIGH], 4, "CR8 lets it in");
	cr8_write(0);

	nmis = 0;
	set(APIC_ICR, 4 << 8); /* NMI to ID 0 */
	check_equal(nmis, 1, "NMI by IPI");

	set(APIC_ESR, 0);
	set(APIC_ERROR, ERROR);
	set(APIC_ICR, TO_SELF | 5);
	open_interrupts();
	check_equal(count[ERROR], 1, "error interrupt");
	set(APIC_ESR, 0);
	check_equal(get(APIC_ESR), 0x60, "illegal vector");
}

/* TSC ticks until the timer's interrupt has come `n` times more. */
static u64 wait_timer(unsigned n)
{
	unsigned until = count[TIMER] + n;
	u64 start = rdtsc();

	while (count[TIMER] < until)
		asm volatile("sti; hlt; cli" : : : "memory");
	return rdtsc() - start;
}

static void test_timer(void)
{
	u32 bus_khz = cpuid(0x40000010, 0).ebx, ms = bus_khz;
	u64 deadline, armed, end;

	check(bus_khz && bus_khz * 1000UL <= tsc_hz, "CPUID tells the timer's input");
	set(APIC_DIVIDE, 0xb);
	set(APIC_TIMER, TIMER);
	set(APIC_INITIAL, 20 * ms);
	check_near(wait_timer(1), tsc_hz / 50, 20, "one-shot: 20 ms");
	check_equal(get(APIC_CURRENT), 0, "has ended");
	set(APIC_DIVIDE, 0x3);
	set(APIC_INITIAL, 20 * ms / 16);
	check_near(wait_timer(1), tsc_hz / 50, 20, "one-shot, by 16: 20 ms");
	set(APIC_DIVIDE, 0xb);
	set(APIC_TIMER, PERIODIC | TIMER);
	set(APIC_INITIAL, 2 * ms);
	(void)wait_timer(1);
	check_near(wait_timer(50), tsc_hz / 10, 10, "periodic: 50 times 2 ms");
	set(APIC_INITIAL, 0);
	open_interrupts(); /* one may have come while we were talking */

	set(APIC_TIMER, DEADLINE | TIMER);
	asm volatile("mfence" : : : "memory");
	deadline = rdtsc() + tsc_hz / 100;
	wrmsr(MSR_TSC_DEADLINE, deadline);
	armed = rdmsr(MSR_TSC_DEADLINE);
	(void)wait_timer(1);
	end = rdtsc();
	check_equal(armed, deadline, "deadline reads back");
	check(end >= deadline, "deadline: not early");
	check_near(end - deadline + tsc_hz / 100, tsc_hz / 100, 40, "deadline: 10 ms");
	check_equal(rdmsr(MSR_TSC_DEADLINE), 0, "deadline has gone");
	count[TIMER] = 0;
	wrmsr(MSR_TSC_DEADLINE, 1);
	open_interrupts();
	check_equal(count[TIMER], 1, "deadline in the past: at once");
	set(APIC_TIMER, MASKED);
}

static volatile unsigned ticks;

static void on_tick(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	irq_end(0);
}

static void test_8259(void)
{
	u64 start;

	interrupts_set_handler(VECTOR_IRQ, on_tick);
	irq_unmask(0);
	pit_start(1193);
	while (ticks < 5)
		asm volatile("sti; hlt; cli" : : : "memory");
	check(true, "the 8259s through LINT0");
	apic_write(APIC_LINT0, MASKED | 0x700);
	open_interrupts();
	ticks = 0;
	start = rdtsc();
	while (rdtsc() - start < tsc_hz / 100)
		open_interrupts();
	check_equal(ticks, 0, "LINT0 masked: none");
	irq_mask(0);
}

#define base_faults(value) (try_wrmsr(MSR_APIC_BASE, value) == VECTOR_GP)

static void test_modes(void)
{
	const u64 base = 0xfee00100;
	u64 value;

	check_equal(try_rdmsr(MSR_X2APIC + 2, &value), VECTOR_GP, "xAPIC: no MSRs");
	check(base_faults(base | BASE_X2APIC), "xAPIC to nowhere: #GP");
	check(base_faults(base | BASE_ENABLE | 1), "reserved bit: #GP");
	wrmsr(MSR_APIC_BASE, base | BASE_ENABLE | BASE_X2APIC);
	check(base_faults(base | BASE_ENABLE), "x2APIC to xAPIC: #GP");
	check_equal(apic_read(APIC_VERSION), ~0U, "x2APIC: the page reads as ones");
	check_equal(rdmsr(MSR_X2APIC + APIC_LDR / 16), 1, "x2APIC: logical ID");
	check_equal(try_wrmsr(MSR_X2APIC + APIC_EOI / 16, 1), VECTOR_GP, "EOI of 1: #GP");
	check_equal(try_rdmsr(MSR_X2APIC + APIC_EOI / 16, &value), VECTOR_GP, "EOI read: #GP");
	check_equal(try_wrmsr(MSR_X2APIC + APIC_ID / 16, 0), VECTOR_GP, "ID write: #GP");
	test_interrupts("x2APIC");
	count[HIGH] = 0;
	wrmsr(MSR_X2APIC + APIC_SELF / 16, HIGH);
	open_interrupts();
	check_equal(count[HIGH], 1, "SELF IPI");

	wrmsr(MSR_APIC_BASE, base);
	check(!(cpuid(1, 0).edx & 1 << 9), "off: CPUID knows no APIC");
	check(base_faults(base | BASE_ENABLE | BASE_X2APIC), "off to x2APIC: #GP");
	check_equal(apic_read(APIC_VERSION), ~0U, "off: the page reads as ones");
	cr8_write(5);
	check_equal(cr8_read(), 5, "off: there is a CR8");
	cr8_write(0);
	wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
	check(cpuid(1, 0).edx & 1 << 9, "on again: CPUID");
	check_equal(apic_read(APIC_SPURIOUS), 0xff, "on again: as after reset");
	wrmsr(MSR_APIC_BASE, 0xfec01000 | BASE_ENABLE | 0x100);
	check_equal(*(volatile u32 *)(0xfec01000 + APIC_VERSION), 0x01050014, "moved");
	wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
}

int guest_main(void)
{
	interrupts_init();
	apic_map();
	tsc_hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);
	interrupts_set_handler(LOW, on_low);
	interrupts_set_handler(LOW + 1, on_interrupt);
	interrupts_set_handler(HIGH, on_interrupt);
	interrupts_set_handler(TIMER, on_interrupt);
	interrupts_set_handler(ERROR, on_interrupt);
	interrupts_set_handler(VECTOR_NMI, on_nmi);
	test_power_up();
	test_sizes();
	test_interrupts("xAPIC");
	test_timer();
	test_8259();
	test_modes();
	return check_failures();
}
