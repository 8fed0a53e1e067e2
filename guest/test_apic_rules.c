/* SPDX-License-Identifier: MIT */
/*
 * Rules of the local APIC that test_lapic.c does not look at: registers and
 * their reserved bits in both modes, what software disabling does, priorities,
 * EOI, NMIs, destinations.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/apic.h"

#define APIC_DFR      0x0e0
#define APIC_ICR_HIGH 0x310
#define APIC_THERMAL  0x330
#define APIC_PERF     0x340

#define LOW    0x31
#define MIDDLE 0x51
#define HIGH   0x71

static volatile unsigned count[256];
static volatile u8 order[16];
static volatile unsigned orders, nmis, nested_nmis;
static volatile u32 ppr_inside;

static void on_interrupt(struct interrupt_frame *frame)
{
	count[frame->vector]++;
	order[orders++ % 16] = (u8)frame->vector;
	ppr_inside = apic_read(APIC_PPR);
	apic_write(APIC_EOI, 0);
}

static void self(u8 vector)
{
	apic_write(APIC_ICR, TO_SELF | vector);
}

static void open_all(void)
{
	for (unsigned i = 0; i < 8; i++)
		open_interrupts();
}

/* ---- Registers of the page ------------------------------------------------------------ */

static bool keeps(u32 offset, u32 value, u32 wanted)
{
	u32 before = apic_read(offset), after;

	apic_write(offset, value);
	after = apic_read(offset);
	apic_write(offset, before);
	return after == wanted;
}

static void test_page(void)
{
	static const u16 lvts[] = { APIC_THERMAL, APIC_PERF, APIC_LINT0, APIC_LINT1, APIC_ERROR };
	bool ok = true;

	check(keeps(APIC_VERSION, 0, 0x01050014), "the version is read-only");
	check(keeps(APIC_PPR, 0xff, 0), "PPR is read-only");
	check(keeps(APIC_ISR, ~0U, 0) && keeps(APIC_IRR, ~0U, 0) && keeps(APIC_TMR, ~0U, 0),
	      "ISR, IRR and TMR are read-only");
	check(keeps(APIC_CURRENT, ~0U, 0), "the current count is read-only");
	check(keeps(APIC_TPR, 0xffffff55, 0x55), "TPR has 8 bits");
	check(keeps(APIC_LDR, 0x12345678, 0x12000000), "LDR: the upper 8 bits");
	check(keeps(APIC_DFR, 0, 0x0fffffff), "DFR: the lower 28 bits are ones");
	check(keeps(APIC_SPURIOUS, ~0U, 0x11ff), "the spurious-interrupt register's bits");
	check(keeps(APIC_DIVIDE, ~0U, 0xb), "divide configuration: bits 3, 1, 0");
	check(keeps(APIC_ICR_HIGH, 0x12345678, 0x12000000), "ICR: the destination has 8 bits");
	check(keeps(APIC_TIMER, 0xfff9e0ff, 0x100ff), "LVT timer: vector, mask, mode");
	for (unsigned i = 0; i < sizeof(lvts) / sizeof(lvts[0]); i++)
		ok &= keeps(lvts[i], MASKED | 0x4055, MASKED | 0x55);
	check(ok, "LVT: remote IRR is read-only");
	check(keeps(APIC_LINT0, MASKED | 0xa755, MASKED | 0xa755), "LINT0: polarity and trigger mode");
	check(keeps(APIC_ERROR, MASKED | 0xa755, MASKED | 0x55), "LVT error: neither, no delivery mode");
	apic_write(APIC_ESR, 0);
	(void)apic_read(APIC_SELF);
	check_equal(apic_read(APIC_ESR), 0, "ESR: shows nothing before it is written");
	apic_write(APIC_ESR, 0);
	check_equal(apic_read(APIC_ESR), 0x80, "xAPIC: SELF IPI is no register");
	apic_write(APIC_ESR, 0);
	check_equal(apic_read(APIC_ESR), 0, "ESR: written twice it is clear");
}

/* ---- Software disabled ------------------------------------------------------------------ */

static void test_disabled(void)
{
	count[LOW] = count[MIDDLE] = 0;
	nmis = 1;
	apic_write(APIC_LINT0, 0x700);
	self(LOW);
	apic_write(APIC_SPURIOUS, 0xff);
	check_equal(apic_read(APIC_LINT0), MASKED | 0x700, "software disabled: the LVT is masked");
	apic_write(APIC_LINT0, 0x700);
	check_equal(apic_read(APIC_LINT0), MASKED | 0x700, "and stays so");
	check(apic_bit(APIC_IRR, LOW), "what waits goes on to wait");
	self(MIDDLE);
	check(!apic_bit(APIC_IRR, MIDDLE), "no other is accepted");
	apic_write(APIC_ICR, 4 << 8);
	check_equal(nmis, 2, "but NMIs are");
	open_all();
	check_equal(count[LOW], 1, "what waits is delivered");
	check_equal(count[MIDDLE], 0, "alone");
	apic_write(APIC_SPURIOUS, 0x1ff);
	check_equal(apic_read(APIC_LINT0), MASKED | 0x700, "enabled: the LVT stays masked");
}

/* ---- Priorities --------------------------------------------------------------------------- */

static void on_nested(struct interrupt_frame *frame)
{
	count[frame->vector]++;
	order[orders++ % 16] = (u8)frame->vector;
	self((u8)frame->vector); /* itself again: waits for its EOI */
	open_all();
	self(HIGH); /* gets in, and its EOI is the higher one's */
	open_all();
	ppr_inside = apic_read(APIC_PPR);
	order[orders++ % 16] = apic_bit(APIC_ISR, MIDDLE);
	order[orders++ % 16] = apic_bit(APIC_IRR, MIDDLE);
	interrupts_set_handler(MIDDLE, on_interrupt);
	apic_write(APIC_EOI, 0);
}

static void test_priorities(void)
{
	static const u8 wanted[] = { MIDDLE, HIGH, 1, 1, MIDDLE };
	bool same = true;

	orders = count[MIDDLE] = count[HIGH] = 0;
	interrupts_set_handler(MIDDLE, on_nested);
	self(MIDDLE);
	self(MIDDLE);
	open_all();
	for (unsigned i = 0; i < sizeof(wanted); i++)
		same &= order[i] == wanted[i];
	check(same && orders == sizeof(wanted), "EOI ends the highest in service; one more waits");

	orders = 0;
	self(LOW);
	self(HIGH);
	self(MIDDLE);
	self(0x1f);
	open_all();
	check(orders == 4 && order[0] == HIGH && order[1] == MIDDLE && order[2] == LOW &&
		      order[3] == 0x1f,
	      "those that wait come by priority");
	check_equal(ppr_inside, 0x10, "PPR: the class in service");
	apic_write(APIC_TPR, 0x35);
	check_equal(apic_read(APIC_PPR), 0x35, "PPR: TPR, where it is higher");
	self(LOW);
	self(MIDDLE);
	orders = 0;
	open_all();
	check(orders == 1 && order[0] == MIDDLE, "TPR holds back its class");
	check_equal(ppr_inside, 0x50, "PPR: a higher class in service, without TPR's low bits");
	apic_write(APIC_TPR, 0x2f);
	open_all();
	check_equal(orders, 2, "not the one above it");
	apic_write(APIC_TPR, 0);
	apic_write(APIC_EOI, 0);
	check_equal(apic_read(APIC_PPR), 0, "EOI without any in service");
	count[LOW] = 0;
	asm volatile("sti" : : : "memory");
	self(LOW);
	asm volatile("nop; cli" : : : "memory");
	check_equal(count[LOW], 1, "with interrupts on it comes at once");
}

/* ---- NMI --------------------------------------------------------------------------------- */

static void on_nmi(struct interrupt_frame *frame)
{
	(void)frame;
	if (nmis++)
		return;
	for (unsigned i = 0; i < 10; i++)
		apic_write(APIC_ICR, 4 << 8);
	nested_nmis = nmis - 1;
}

static void test_nmi(void)
{
	nmis = 0;
	apic_write(APIC_ICR, 4 << 8);
	for (unsigned i = 0; i < 100 && nmis < 2; i++)
		asm volatile("nop");
	check_equal(nested_nmis, 0, "NMIs are blocked in their handler");
	check_equal(nmis, 2, "of ten, one waits for its end");
	nmis = 1;
	apic_write(APIC_TPR, 0xff);
	apic_write(APIC_ICR, 4 << 8);
	apic_write(APIC_TPR, 0);
	check_equal(nmis, 2, "TPR does not hold them back");
}

/* ---- IPIs ---------------------------------------------------------------------------------- */

static unsigned arrived(u32 destination, u32 command)
{
	unsigned before = count[HIGH];

	apic_write(APIC_ICR_HIGH, destination << 24);
	apic_write(APIC_ICR, command | HIGH);
	open_all();
	return count[HIGH] - before;
}

static void test_ipis(void)
{
	check_equal(arrived(0, 0), 1, "physical: its ID");
	check_equal(arrived(1, 0), 0, "physical: another's");
	check_equal(arrived(0xff, 0), 1, "physical: all");
	apic_write(APIC_LDR, 0x05000000);
	check_equal(arrived(0x04, 0x800), 1, "logical, flat: one of its bits");
	check_equal(arrived(0x0a, 0x800), 0, "logical, flat: none of its bits");
	apic_write(APIC_LDR, 0x25000000);
	apic_write(APIC_DFR, 0x0fffffff);
	check_equal(arrived(0x24, 0x800), 1, "logical, cluster: its cluster and bit");
	check_equal(arrived(0x34, 0x800), 0, "logical, cluster: another cluster");
	check_equal(arrived(0x2a, 0x800), 0, "logical, cluster: another bit");
	apic_write(APIC_DFR, ~0U);
	check_equal(arrived(0x20, 0x900), 1, "lowest priority");
	check_equal(arrived(0, TO_SELF), 1, "shorthand: itself");
	check_equal(arrived(1, 2U << 18), 1, "shorthand: all");
	check_equal(arrived(0, 3U << 18), 0, "shorthand: all others");
	check_equal(apic_read(APIC_ICR) & 1U << 12, 0, "delivery status: idle");
}

int guest_main(void)
{
	interrupts_init();
	apic_map();
	for (unsigned i = 0x1f; i < 256; i++)
		if (i != USER_END)
			interrupts_set_handler((u8)i, on_interrupt);
	interrupts_set_handler(VECTOR_NMI, on_nmi);
	apic_write(APIC_SPURIOUS, 0x1ff);
	test_page();
	test_nmi();
	test_disabled();
	test_priorities();
	test_ipis();
	return check_failures();
}
