/* SPDX-License-Identifier: MIT */
/*
 * The I/O APIC to the letter: registers, edges and levels, masked and not,
 * remote IRR and how it ends.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/line.h"

#define EOI_REG (*(volatile u32 *)(IOAPIC + 0x40))
#define SELECT	(*(volatile u32 *)IOAPIC)

static void test_registers(void)
{
	u32 select, beyond, id, kept;

	SELECT = 0xffffff10;
	select = SELECT;
	beyond = ioapic_read(0x40);
	ioapic_write(0, ~0U);
	id = ioapic_read(0);
	ioapic_write(0, 0);
	ioapic_write(1, 0);
	ioapic_write(0x10 + 2 * PIN, ~0U & ~0x700U);
	ioapic_write(0x11 + 2 * PIN, ~0U);
	kept = entry_now();
	check_equal(select, 0x10, "the select register has 8 bits");
	check_equal(beyond, 0, "beyond the entries is nothing");
	check_equal(id, 0x0f000000, "the ID has 4 bits");
	check_equal(ioapic_read(1), 0x00170020, "the version is read-only");
	check_equal(kept, 0x1a8ff, "an entry: status and remote IRR are read-only");
	check_equal(ioapic_read(0x11 + 2 * PIN), 0xff000000, "the destination has 8 bits");
	clean();
}

static void test_edges(void)
{
	unsigned first, stays, again, masked, unmasked, later, twice;

	entry(VECTOR);
	line(true);
	first = taken();
	stays = taken();
	line(false);
	line(true);
	again = taken();
	line(false);
	entry(MASKED | VECTOR);
	line(true);
	masked = taken();
	entry(VECTOR);
	unmasked = taken();
	line(false);
	line(true);
	later = taken();
	for (unsigned i = 0; i < 5; i++) {
		line(false);
		line(true);
	}
	twice = taken();
	clean();
	check_equal(first, 1, "edge: an interrupt");
	check_equal(stays, 0, "edge: one only, while the line stays");
	check_equal(again, 1, "edge: another one");
	check_equal(masked, 0, "edge: masked");
	check_equal(unmasked, 0, "edge: what was masked is lost");
	check_equal(later, 1, "edge: the next one is not");
	check_equal(twice, 1, "edge: several before the first is taken are one");
}

static void test_levels(void)
{
	unsigned masked, unmasked, thrice, gone, dropped;
	u32 irr, after, blocked;

	entry(MASKED | LEVEL | VECTOR);
	line(true);
	masked = taken();
	lower_at = count + 1;
	entry(LEVEL | VECTOR);
	irr = entry_now();
	unmasked = taken();
	after = entry_now();
	lower_at = count + 3;
	line(true);
	thrice = taken();
	line(true);
	line(false);
	lower_at = 0;
	gone = taken();
	entry(MASKED | LEVEL | VECTOR);
	line(true);
	line(false);
	entry(LEVEL | VECTOR);
	dropped = taken();
	line(true);
	entry(MASKED | LEVEL | VECTOR);
	blocked = entry_now();
	lower_at = count + 1;
	(void)taken();
	clean();
	check_equal(masked, 0, "level: masked");
	check_equal(irr, LEVEL | REMOTE_IRR | VECTOR, "level: unmasked it is sent, remote IRR");
	check_equal(unmasked, 1, "level: and arrives");
	check_equal(after, LEVEL | VECTOR, "level: its EOI ends remote IRR");
	check_equal(thrice, 3, "level: again and again until it is low");
	check_equal(gone, 1, "level: sent is sent, though it has gone");
	check_equal(dropped, 0, "level: gone while masked, nothing");
	check_equal(blocked, MASKED | LEVEL | REMOTE_IRR | VECTOR, "level: masking leaves remote IRR");
}

static void test_remote_irr(void)
{
	bool edge_tmr, level_tmr, sent;
	u32 suppressed, directed, wrong, edge;

	entry(VECTOR);
	line(true);
	edge_tmr = apic_bit(0x180, VECTOR);
	(void)taken();
	line(false);

	/* Without the broadcast the I/O APIC waits for its own EOI. */
	apic_write(APIC_SPURIOUS, 0x11ff);
	lower_at = count + 1;
	entry(LEVEL | VECTOR);
	line(true);
	level_tmr = apic_bit(0x180, VECTOR);
	(void)taken();
	suppressed = entry_now();
	line(true);
	sent = apic_bit(APIC_IRR, VECTOR);
	line(false);
	EOI_REG = VECTOR + 1;
	wrong = entry_now();
	EOI_REG = VECTOR;
	directed = entry_now();
	apic_write(APIC_SPURIOUS, 0x1ff);

	/* An edge for a moment: how it is ended without an EOI register. */
	line(true);
	entry(MASKED | VECTOR);
	edge = entry_now();
	(void)taken();
	clean();
	check(!edge_tmr, "TMR: an edge");
	check(level_tmr, "TMR: a level");
	check_equal(suppressed, LEVEL | REMOTE_IRR | VECTOR, "EOI without broadcast: remote IRR stays");
	check(!sent, "and the pin is held back");
	check_equal(wrong, LEVEL | REMOTE_IRR | VECTOR, "EOI register: another vector");
	check_equal(directed, LEVEL | VECTOR, "EOI register: this one");
	check_equal(edge, MASKED | VECTOR, "turned into an edge: no remote IRR");
}

int guest_main(void)
{
	line_init();
	test_registers();
	test_edges();
	test_levels();
	test_remote_irr();
	return check_failures();
}
