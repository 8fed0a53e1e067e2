/* SPDX-License-Identifier: MIT */
/* The I/O APIC: registers, edges, levels, destinations. */
#include "tests/unit/machine/lapic_machine.h"

#define LEVEL	   BIT(15)
#define LOW_ACTIVE BIT(13)
#define REMOTE_IRR BIT(14)
#define MASKED	   BIT(16)
#define LOGICAL	   BIT(11)

static int setup(void **state)
{
	(void)state;
	machine_reset();
	for (unsigned i = 0; i < CPUS; i++)
		enable(&lapics[i]);
	return 0;
}

static u32 io_read(u8 reg)
{
	ioapic_page_write(&ioapic, 0, 4, reg);
	return (u32)ioapic_page_read(&ioapic, 0x10, 4);
}

static void io_write(u8 reg, u32 value)
{
	ioapic_page_write(&ioapic, 0, 4, reg);
	ioapic_page_write(&ioapic, 0x10, 4, value);
}

static void entry(unsigned pin, u32 low, u8 destination)
{
	io_write((u8)(0x11 + 2 * pin), (u32)destination << 24);
	io_write((u8)(0x10 + 2 * pin), low);
}

static u32 low_half(unsigned pin)
{
	return io_read((u8)(0x10 + 2 * pin));
}

static void pin_to(unsigned pin, bool high)
{
	ioapic_set_line(&ioapic, pin, high);
}

static void pulse(unsigned pin)
{
	pin_to(pin, true);
	pin_to(pin, false);
}

/* ---- Registers --------------------------------------------------------------------- */

static void test_after_reset(void **state)
{
	(void)state;
	assert_int_equal(io_read(0), 0);
	assert_int_equal(io_read(1), 0x00170020);
	assert_int_equal(io_read(2), 0);
	for (unsigned pin = 0; pin < 24; pin++) {
		assert_int_equal(io_read((u8)(0x10 + 2 * pin)), MASKED);
		assert_int_equal(io_read((u8)(0x11 + 2 * pin)), 0);
	}
	for (unsigned reg = 0; reg < 256; reg++)
		if ((reg > 2 && reg < 0x10) || reg >= 0x40) {
			io_write((u8)reg, ~0U);
			assert_int_equal(io_read((u8)reg), 0);
		}
}

static void test_id(void **state)
{
	(void)state;
	io_write(0, ~0U);
	assert_int_equal(io_read(0), 0x0f000000);
	assert_int_equal(io_read(2), 0x0f000000); /* the arbitration ID follows */
	io_write(2, 0);
	io_write(1, 0);
	assert_int_equal(io_read(2), 0x0f000000);
	assert_int_equal(io_read(1), 0x00170020);
}

static void test_entry_bits(void **state)
{
	(void)state;
	for (unsigned pin = 0; pin < 24; pin++) {
		entry(pin, 0xffffffff, 0x5a);
		io_write((u8)(0x11 + 2 * pin), 0xa5ffffff);
		assert_int_equal(low_half(pin), 0x1afff); /* without both read-only bits */
		assert_int_equal(io_read((u8)(0x11 + 2 * pin)), 0xa5000000);
	}
}

static void test_sizes(void **state)
{
	(void)state;
	ioapic_page_write(&ioapic, 0, 1, 0x10);
	assert_int_equal((u8)ioapic_page_read(&ioapic, 0, 1), 0x10);
	ioapic_page_write(&ioapic, 0, 4, 0xffffff01);
	assert_int_equal(ioapic_page_read(&ioapic, 0, 4), 1);
	assert_int_equal((u8)ioapic_page_read(&ioapic, 0x12, 1), 0x17);
	assert_int_equal((u16)ioapic_page_read(&ioapic, 0x12, 2), 0x17);
	assert_int_equal(ioapic_page_read(&ioapic, 0x14, 4), 0);
	assert_int_equal(ioapic_page_read(&ioapic, 0x10, 8), 0x00170020);
	io_write(0x10, 0x10044);
	ioapic_page_write(&ioapic, 0x10, 1, 0x55);
	ioapic_page_write(&ioapic, 0x10, 2, 0x55);
	ioapic_page_write(&ioapic, 0x11, 4, 0x55);
	assert_int_equal(low_half(0), 0x10044);
	ioapic_page_write(&ioapic, 0x10, 8, 0x10055);
	assert_int_equal(low_half(0), 0x10055);
	assert_int_equal(ioapic_page_read(&ioapic, 0x40, 4), 0);
	assert_int_equal(ioapic_page_read(&ioapic, 0xff0, 4), 0);
}

/* ---- Edges ------------------------------------------------------------------------- */

static void test_edge(void **state)
{
	(void)state;
	entry(4, 0x34, 0);
	pin_to(4, true);
	assert_int_equal(take(0), 0x34);
	assert_false(bit_of(lapic, APIC_TMR, 0x34));
	assert_int_equal(low_half(4), 0x34);
	eoi();
	assert_int_equal(broadcasts, 0);
	pin_to(4, true);
	assert_int_equal(take(0), -1);
	pin_to(4, false);
	assert_int_equal(take(0), -1);
	pin_to(4, true);
	assert_int_equal(take(0), 0x34);
}

static void test_edges_coalesce(void **state)
{
	(void)state;
	entry(4, 0x34, 0);
	pulse(4);
	pulse(4);
	assert_int_equal(take(0), 0x34);
	pulse(4);
	eoi();
	assert_int_equal(take(0), 0x34);
	eoi();
	assert_int_equal(take(0), -1);
}

/* "Edge-sensitive interrupts signaled on a masked interrupt pin are ignored." */
static void test_masked_edge(void **state)
{
	(void)state;
	entry(4, MASKED | 0x34, 0);
	pin_to(4, true);
	entry(4, 0x34, 0);
	assert_int_equal(take(0), -1);
	pin_to(4, false);
	pin_to(4, true);
	assert_int_equal(take(0), 0x34);
}

static void test_every_pin(void **state)
{
	(void)state;
	for (unsigned pin = 0; pin < 24; pin++) {
		pin_to(pin, false);
		entry(pin, 0x30 + pin, 1);
		pin_to(pin, true);
		assert_int_equal(take(1), 0x30 + pin);
		lapic_eoi(&lapics[1]);
		entry(pin, MASKED, 0);
	}
}

static void test_low_active_edge(void **state)
{
	(void)state;
	pin_to(5, true);
	entry(5, LOW_ACTIVE | 0x35, 0);
	pin_to(5, false);
	assert_int_equal(take(0), 0x35);
	eoi();
	pin_to(5, true);
	assert_int_equal(take(0), -1);
}

/* ---- Levels ------------------------------------------------------------------------ */

static void test_level(void **state)
{
	(void)state;
	entry(9, LEVEL | 0x39, 0);
	pin_to(9, true);
	assert_int_equal(low_half(9), LEVEL | REMOTE_IRR | 0x39);
	assert_int_equal(take(0), 0x39);
	assert_true(bit_of(lapic, APIC_TMR, 0x39));
	pin_to(9, false);
	pin_to(9, true); /* remote IRR holds it back */
	assert_false(requested(0x39));
	eoi();
	assert_int_equal(broadcasts, 1);
	assert_int_equal(take(0), 0x39); /* still high */
	pin_to(9, false);
	eoi();
	assert_int_equal(low_half(9), LEVEL | 0x39);
	assert_int_equal(take(0), -1);
}

/* "Level-asserts ... on a masked pin are ignored", but a level that stays comes when it may. */
static void test_masked_level(void **state)
{
	(void)state;
	entry(9, MASKED | LEVEL | 0x39, 0);
	pin_to(9, true);
	assert_int_equal(take(0), -1);
	entry(9, LEVEL | 0x39, 0);
	assert_int_equal(take(0), 0x39);
	/* Masking while it is in service, as for a threaded handler: the EOI does not send again. */
	entry(9, MASKED | LEVEL | 0x39, 0);
	assert_true(low_half(9) & REMOTE_IRR);
	eoi();
	assert_int_equal(low_half(9), MASKED | LEVEL | 0x39);
	assert_int_equal(take(0), -1);
	entry(9, LEVEL | 0x39, 0);
	assert_int_equal(take(0), 0x39);
}

static void test_low_active_level(void **state)
{
	(void)state;
	entry(16, LEVEL | LOW_ACTIVE | 0x50, 0); /* pulled up: nobody drives it */
	assert_int_equal(take(0), -1);
	pin_to(16, false);
	assert_int_equal(take(0), 0x50);
	pin_to(16, true);
	eoi();
	assert_int_equal(take(0), -1);
}

static void test_two_levels_of_one_vector(void **state)
{
	(void)state;
	entry(9, LEVEL | 0x39, 0);
	entry(10, LEVEL | 0x39, 0);
	entry(11, LEVEL | 0x2a, 0);
	pin_to(9, true);
	pin_to(10, true);
	assert_int_equal(take(0), 0x39);
	pin_to(11, true);
	eoi(); /* ends both of them; not the third */
	assert_true(low_half(11) & REMOTE_IRR);
	assert_int_equal(take(0), 0x39);
	pin_to(9, false);
	pin_to(10, false);
	eoi();
	assert_int_equal(take(0), 0x2a);
}

static void test_eoi_register(void **state)
{
	(void)state;
	set(APIC_SPURIOUS, 0x11ff); /* no broadcast */
	entry(9, LEVEL | 0x39, 0);
	pin_to(9, true);
	assert_int_equal(take(0), 0x39);
	eoi();
	assert_true(low_half(9) & REMOTE_IRR);
	assert_int_equal(take(0), -1);
	ioapic_page_write(&ioapic, 0x40, 4, 0x38); /* another one's */
	ioapic_page_write(&ioapic, 0x40, 1, 0x39);
	ioapic_page_write(&ioapic, 0x44, 4, 0x39);
	ioapic_page_write(&ioapic, 0x20, 4, 0x39);
	assert_true(low_half(9) & REMOTE_IRR);
	pin_to(9, false);
	ioapic_page_write(&ioapic, 0x40, 4, 0x39);
	assert_false(low_half(9) & REMOTE_IRR);
}

/* Before there was that register: to edge and back. */
static void test_edge_for_a_moment_is_eoi(void **state)
{
	(void)state;
	entry(9, LEVEL | 0x39, 0);
	pin_to(9, true);
	assert_int_equal(take(0), 0x39);
	io_write(0x22, MASKED | 0x39);
	assert_false(low_half(9) & REMOTE_IRR);
	io_write(0x22, LEVEL | 0x39);
	assert_true(low_half(9) & REMOTE_IRR);
	eoi();
	assert_int_equal(take(0), 0x39);
}

/* An edge with the vector of an EOI has no remote IRR to lose. */
static void test_eoi_leaves_edges_alone(void **state)
{
	(void)state;
	entry(9, LEVEL | 0x39, 0);
	entry(4, 0x39, 0);
	pin_to(4, true);
	pin_to(9, true);
	assert_int_equal(take(0), 0x39);
	pin_to(9, false);
	eoi();
	assert_int_equal(take(0), -1);
}

static void test_not_accepted(void **state)
{
	(void)state;
	set(APIC_SPURIOUS, 0xff);
	entry(9, LEVEL | 0x39, 0);
	pin_to(9, true);
	assert_false(low_half(9) & REMOTE_IRR);
	enable(lapic);
	entry(9, LEVEL | 0x39, 0);
	assert_int_equal(take(0), 0x39);
	entry(10, LEVEL | 0x3a, 0x55); /* no such CPU */
	pin_to(10, true);
	assert_false(low_half(10) & REMOTE_IRR);
	entry(10, LEVEL | APIC_LOWEST << 8 | 0x3a, 0x55);
	assert_false(low_half(10) & REMOTE_IRR);
}

/* ---- Destinations and delivery modes ------------------------------------------------ */

static void test_destinations(void **state)
{
	(void)state;
	entry(4, 0x34, 2);
	pulse(4);
	assert_int_equal(take(2), 0x34);
	assert_int_equal(take(0), -1);
	entry(4, 0x45, 0xff);
	pulse(4);
	for (unsigned i = 0; i < CPUS; i++)
		assert_int_equal(take(i), 0x45);
	set_of(&lapics[1], APIC_LDR, 0x04000000);
	set_of(&lapics[2], APIC_LDR, 0x08000000);
	entry(4, LOGICAL | 0x56, 0x0c);
	pulse(4);
	assert_int_equal(take(0), -1);
	assert_int_equal(take(1), 0x56);
	assert_int_equal(take(2), 0x56);
	entry(4, LOGICAL | APIC_LOWEST << 8 | 0x67, 0x0c);
	pulse(4);
	assert_true((take(1) == 0x67) != (take(2) == 0x67));
}

static void test_lowest_priority_level(void **state)
{
	(void)state;
	entry(9, LEVEL | APIC_LOWEST << 8 | 0x39, 1);
	pin_to(9, true);
	assert_int_equal(take(1), 0x39);
	assert_true(low_half(9) & REMOTE_IRR);
	pin_to(9, false);
	lapic_eoi(&lapics[1]);
	assert_false(low_half(9) & REMOTE_IRR);
}

/* These are edges "even if programmed as level". */
static void test_events(void **state)
{
	static const u8 modes[] = { APIC_SMI, APIC_NMI, APIC_INIT };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
		entry(7, LEVEL | (u32)modes[i] << 8, 1);
		assert_int_equal(events[1][modes[i]], 0);
		pin_to(7, true);
		assert_int_equal(events[1][modes[i]], 1);
		assert_false(low_half(7) & REMOTE_IRR);
		pin_to(7, false);
		entry(7, MASKED | (u32)modes[i] << 8, 1);
		pulse(7);
		assert_int_equal(events[1][modes[i]], 1);
	}
}

static void test_extint(void **state)
{
	(void)state;
	setup_pic();
	entry(0, APIC_EXTINT << 8, 0);
	pic_set_line(&pic, 4, true);
	assert_int_equal(take(0), 0x24);
	assert_int_equal(take(0), -1);
	port_out(&pic_master_ports, &pic, 0, 0x20);
	pic_set_line(&pic, 4, false);
	pic_set_line(&pic, 4, true);
	assert_true(interrupt(0));
	entry(0, MASKED | APIC_EXTINT << 8, 0);
	assert_false(interrupt(0));
	entry(0, APIC_EXTINT << 8, 1); /* to another CPU */
	assert_false(interrupt(0));
	assert_true(interrupt(1));
	entry(0, 0x40, 1);
	assert_false(interrupt(1));
	entry(0, APIC_EXTINT << 8, 0);
	set(APIC_SPURIOUS, 0xff); /* then it takes none */
	assert_false(interrupt(0));
	enable(lapic);
	assert_int_equal(take(0), 0x24);
}

static void test_reset_ends_extint(void **state)
{
	(void)state;
	setup_pic();
	entry(0, APIC_EXTINT << 8, 0);
	pic_set_line(&pic, 4, true);
	assert_true(interrupt(0));
	ioapic_reset(&ioapic);
	assert_false(interrupt(0));
	entry(0, APIC_EXTINT << 8, 0); /* the 8259 still asks */
	assert_true(interrupt(0));
}

static void test_illegal_vector(void **state)
{
	(void)state;
	entry(4, 0x0f, 0);
	pulse(4);
	assert_int_equal(take(0), -1);
	assert_int_equal(errors(), APIC_ESR_RECEIVE_VECTOR);
}

static void test_would_interrupt(void **state)
{
	(void)state;
	assert_false(ioapic_would_interrupt(&ioapic, 4));
	entry(4, 0x34, 0);
	assert_true(ioapic_would_interrupt(&ioapic, 4));
	set(APIC_TPR, 0x30);
	assert_false(ioapic_would_interrupt(&ioapic, 4));
	set(APIC_TPR, 0);
	entry(4, 0x34, 7);
	assert_false(ioapic_would_interrupt(&ioapic, 4));
	entry(9, LEVEL | 0x39, 0);
	assert_true(ioapic_would_interrupt(&ioapic, 9));
	pin_to(9, true);
	assert_false(ioapic_would_interrupt(&ioapic, 9)); /* not before its EOI */
}

static void test_waits(void **state)
{
	(void)state;
	entry(4, 0x34, 1);
	assert_false(ioapic_waits(&ioapic, 4));
	pulse(4);
	assert_true(ioapic_waits(&ioapic, 4));
	assert_false(ioapic_waits(&ioapic, 5));
	entry(4, MASKED | 0x34, 1);
	assert_false(ioapic_waits(&ioapic, 4)); /* who masks it does not wait for it */
	entry(4, 0x34, 1);
	assert_int_equal(take(1), 0x34);
	assert_false(ioapic_waits(&ioapic, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_after_reset, setup),
		cmocka_unit_test_setup(test_id, setup),
		cmocka_unit_test_setup(test_entry_bits, setup),
		cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_edge, setup),
		cmocka_unit_test_setup(test_edges_coalesce, setup),
		cmocka_unit_test_setup(test_masked_edge, setup),
		cmocka_unit_test_setup(test_every_pin, setup),
		cmocka_unit_test_setup(test_low_active_edge, setup),
		cmocka_unit_test_setup(test_level, setup),
		cmocka_unit_test_setup(test_masked_level, setup),
		cmocka_unit_test_setup(test_low_active_level, setup),
		cmocka_unit_test_setup(test_two_levels_of_one_vector, setup),
		cmocka_unit_test_setup(test_eoi_register, setup),
		cmocka_unit_test_setup(test_edge_for_a_moment_is_eoi, setup),
		cmocka_unit_test_setup(test_eoi_leaves_edges_alone, setup),
		cmocka_unit_test_setup(test_not_accepted, setup),
		cmocka_unit_test_setup(test_destinations, setup),
		cmocka_unit_test_setup(test_lowest_priority_level, setup),
		cmocka_unit_test_setup(test_events, setup),
		cmocka_unit_test_setup(test_extint, setup),
		cmocka_unit_test_setup(test_reset_ends_extint, setup),
		cmocka_unit_test_setup(test_illegal_vector, setup),
		cmocka_unit_test_setup(test_would_interrupt, setup),
		cmocka_unit_test_setup(test_waits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
