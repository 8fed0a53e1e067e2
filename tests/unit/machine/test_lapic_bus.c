/* SPDX-License-Identifier: MIT */
/* IPIs and other messages: who gets them. Three CPUs. */
#include "tests/unit/machine/lapic_machine.h"

static int setup(void **state)
{
	(void)state;
	machine_reset();
	for (unsigned i = 0; i < CPUS; i++)
		enable(&lapics[i]);
	return 0;
}

/* A mask of the CPUs that have taken the vector; all are ready for the next. */
static unsigned got(u8 vector)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < CPUS; i++) {
		int taken = take(i);

		if (taken < 0)
			continue;
		assert_int_equal(taken, vector);
		mask |= 1U << i;
		lapic_eoi(&lapics[i]);
	}
	return mask;
}

static unsigned had(enum apic_delivery event)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < CPUS; i++) {
		assert_in_range(events[i][event], 0, 1);
		mask |= events[i][event] << i;
		events[i][event] = 0;
	}
	return mask;
}

static void all_to_x2apic(void)
{
	for (unsigned i = 0; i < CPUS; i++)
		enter_x2apic(&lapics[i]);
}

static void test_physical(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 2; mode++) {
		for (unsigned to = 0; to < 16; to++) {
			icr(to, 0x40);
			assert_int_equal(got(0x40), to < CPUS ? 1U << to : 0);
		}
		icr(lapic_is_x2apic(lapic) ? ~0U : 0xff, 0x41);
		assert_int_equal(got(0x41), 7);
		if (!mode)
			all_to_x2apic();
	}
	/* An x2APIC has 256 as any number, and FFH too. */
	icr(256, 0x42);
	icr(0xff, 0x42);
	assert_int_equal(got(0x42), 0);
}

static void test_shorthands(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 2; mode++) {
		static const u8 who[] = { 2, 1, 7, 6 };

		for (unsigned shorthand = 0; shorthand < 4; shorthand++) {
			icr(1, shorthand << 18 | 0x50); /* the destination counts without one */
			assert_int_equal(got(0x50), who[shorthand]);
			icr(1, shorthand << 18 | APIC_NMI << 8);
			assert_int_equal(had(APIC_NMI), who[shorthand]);
		}
		if (!mode)
			all_to_x2apic();
	}
}

static void test_delivery_modes(void **state)
{
	(void)state;
	icr(2, APIC_NMI << 8 | 0x12);
	assert_int_equal(had(APIC_NMI), 4);
	icr(2, APIC_SMI << 8);
	assert_int_equal(had(APIC_SMI), 4);
	icr(2, APIC_INIT << 8 | BIT(14));
	assert_int_equal(had(APIC_INIT), 4);
	icr(2, APIC_INIT << 8 | BIT(15) | BIT(14)); /* as a level, asserted */
	assert_int_equal(had(APIC_INIT), 4);
	icr(2, APIC_INIT << 8 | BIT(15)); /* de-assert: nothing since the Pentium 4 */
	assert_int_equal(had(APIC_INIT), 0);
	icr(2, APIC_STARTUP << 8 | 0x9f);
	assert_int_equal(had(APIC_STARTUP), 4);
	assert_int_equal(event_vector, 0x9f);
	icr(2, APIC_EXTINT << 8 | 0x44);
	icr(2, 3 << 8 | 0x44);
	assert_int_equal(got(0x44), 0);
	assert_int_equal(errors(), 0);
}

/* IPIs are edges, whatever the trigger mode says. */
static void test_ipis_are_edges(void **state)
{
	(void)state;
	icr(1, 0x45 | BIT(15) | BIT(14));
	assert_false(bit_of(&lapics[1], APIC_TMR, 0x45));
	assert_int_equal(got(0x45), 2);
	assert_int_equal(broadcasts, 0);
}

static void test_disabled_do_not_get_any(void **state)
{
	(void)state;
	assert_int_equal(lapic_set_base(&lapics[1], APIC_BASE_DEFAULT), 0);
	set_of(&lapics[2], APIC_SPURIOUS, 0xff);
	icr(0, APIC_TO_OTHERS << 18 | 0x40);
	assert_int_equal(got(0x40), 0);
	icr(0, APIC_TO_OTHERS << 18 | APIC_NMI << 8);
	assert_int_equal(had(APIC_NMI), 4); /* software disabled still has NMI */
}

/* A disabled sender: "the local APIC ... can still issue IPIs". */
static void test_software_disabled_sends(void **state)
{
	(void)state;
	set(APIC_SPURIOUS, 0xff);
	icr(1, 0x40);
	assert_int_equal(got(0x40), 2);
}

static void test_flat(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CPUS; i++)
		set_of(&lapics[i], APIC_LDR, 1U << (24 + i));
	for (unsigned mda = 0; mda < 256; mda++) {
		icr(mda, APIC_ICR_LOGICAL | 0x60);
		assert_int_equal(got(0x60), mda & 7);
	}
	set_of(&lapics[2], APIC_LDR, 0x81000000);
	icr(0x80, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 4);
	icr(0x01, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 5);
}

static void test_cluster(void **state)
{
	static const u8 ldr[CPUS] = { 0x11, 0x12, 0x21 };

	(void)state;
	for (unsigned i = 0; i < CPUS; i++) {
		set_of(&lapics[i], APIC_LDR, (u32)ldr[i] << 24);
		set_of(&lapics[i], APIC_DFR, 0x0fffffff);
	}
	for (unsigned mda = 0; mda < 256; mda++) {
		unsigned expected = 0;

		if (mda >> 4 == 1)
			expected = mda & 3;
		else if (mda >> 4 == 2)
			expected = mda & 1 ? 4 : 0;
		else if (mda == 0xff)
			expected = 7;
		icr(mda, APIC_ICR_LOGICAL | 0x60);
		assert_int_equal(got(0x60), expected);
	}
}

static void test_x2apic_logical(void **state)
{
	(void)state;
	lapics[1].id = 0x15;
	lapics[2].id = 0x1f;
	all_to_x2apic();
	icr(0x00010020, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 2);
	icr(0x0001ffff, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 6);
	icr(0x00000001, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 1);
	icr(0x00020001, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 0);
	icr(0x00010000, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 0);
	icr(~0U, APIC_ICR_LOGICAL | 0x60);
	assert_int_equal(got(0x60), 7);
}

/* While one after another switches its mode. */
static void test_mixed_modes(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	icr(1, 0x40);
	assert_int_equal(got(0x40), 2);
	icr(~0U, 0x40);
	assert_int_equal(got(0x40), 7);
	icr(0x101, 0x40);
	assert_int_equal(got(0x40), 0);
	set_of(&lapics[1], APIC_LDR, 1U << 24);
	icr(0x00001, APIC_ICR_LOGICAL | 0x40);
	assert_int_equal(got(0x40), 3);
	icr(0x10001, APIC_ICR_LOGICAL | 0x40); /* an xAPIC has no such cluster */
	assert_int_equal(got(0x40), 0);
}

static void test_lowest_priority(void **state)
{
	unsigned seen = 0;

	(void)state;
	set_of(&lapics[0], APIC_TPR, 0x30);
	set_of(&lapics[1], APIC_TPR, 0x20);
	set_of(&lapics[2], APIC_TPR, 0x40);
	for (unsigned i = 0; i < 4; i++) {
		icr(0xff, APIC_LOWEST << 8 | 0x80);
		assert_int_equal(got(0x80), 2);
	}
	set_of(&lapics[1], APIC_SPURIOUS, 0xff); /* not in any more */
	icr(0xff, APIC_LOWEST << 8 | 0x80);
	assert_int_equal(got(0x80), 1);
	enable(&lapics[1]);
	for (unsigned i = 0; i < CPUS; i++)
		set_of(&lapics[i], APIC_TPR, 0);
	/* Equals take turns. */
	for (unsigned i = 0; i < CPUS; i++) {
		icr(0xff, APIC_LOWEST << 8 | 0x80);
		seen |= got(0x80);
	}
	assert_int_equal(seen, 7);
	for (unsigned i = 0; i < 4; i++) {
		icr(0, APIC_TO_OTHERS << 18 | APIC_LOWEST << 8 | 0x80);
		assert_int_equal(got(0x80) & 1, 0);
	}
	icr(9, APIC_LOWEST << 8 | 0x80); /* nobody */
	assert_int_equal(got(0x80), 0);
	icr(1, APIC_LOWEST << 8 | 0x80);
	assert_int_equal(got(0x80), 2);
}

/* What is in service makes a CPU less willing. */
static void test_lowest_priority_by_service(void **state)
{
	(void)state;
	icr(1, 0xf0);
	assert_int_equal(take(1), 0xf0);
	icr(2, 0xe0);
	assert_int_equal(take(2), 0xe0);
	icr(6, APIC_LOWEST << 8 | APIC_ICR_LOGICAL | 0x80);
	assert_int_equal(got(0x80), 0); /* LDR is 0 */
	set_of(&lapics[1], APIC_LDR, 2U << 24);
	set_of(&lapics[2], APIC_LDR, 4U << 24);
	icr(6, APIC_LOWEST << 8 | APIC_ICR_LOGICAL | 0x80);
	assert_true(bit_of(&lapics[2], APIC_IRR, 0x80));
	assert_false(bit_of(&lapics[1], APIC_IRR, 0x80));
}

static void test_message_by_8_bits(void **state)
{
	struct lapic_message m = { lapic_bus_destination(0xff), 0x40, APIC_FIXED, false, true };

	(void)state;
	enter_x2apic(&lapics[1]); /* FFH reaches this one, too */
	assert_true(lapic_bus_send(&bus, &m));
	assert_true(bit_of(&lapics[1], APIC_TMR, 0x40));
	assert_int_equal(got(0x40), 7);
	m.destination = lapic_bus_destination(7);
	assert_false(lapic_bus_send(&bus, &m));
	m.destination = lapic_bus_destination(2);
	assert_true(lapic_bus_send(&bus, &m));
	assert_int_equal(got(0x40), 4);
	m.destination = lapic_bus_destination(2);
	m.delivery = APIC_NMI;
	assert_true(lapic_bus_send(&bus, &m));
	assert_int_equal(had(APIC_NMI), 4);
	m.delivery = APIC_FIXED;
	m.logical = true; /* CPU 1 of cluster 0 by its x2APIC ID */
	assert_true(lapic_bus_send(&bus, &m));
	assert_int_equal(got(0x40), 2);
}

static void test_would_interrupt(void **state)
{
	struct lapic_message m = { 1, 0x40, APIC_FIXED, false, false };

	(void)state;
	assert_true(lapic_bus_would_interrupt(&bus, &m));
	set_of(&lapics[1], APIC_TPR, 0x40);
	assert_false(lapic_bus_would_interrupt(&bus, &m));
	m.delivery = APIC_LOWEST;
	assert_false(lapic_bus_would_interrupt(&bus, &m));
	m.delivery = APIC_NMI;
	assert_true(lapic_bus_would_interrupt(&bus, &m));
	m.destination = 8;
	assert_false(lapic_bus_would_interrupt(&bus, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_physical, setup),
		cmocka_unit_test_setup(test_shorthands, setup),
		cmocka_unit_test_setup(test_delivery_modes, setup),
		cmocka_unit_test_setup(test_ipis_are_edges, setup),
		cmocka_unit_test_setup(test_disabled_do_not_get_any, setup),
		cmocka_unit_test_setup(test_software_disabled_sends, setup),
		cmocka_unit_test_setup(test_flat, setup),
		cmocka_unit_test_setup(test_cluster, setup),
		cmocka_unit_test_setup(test_x2apic_logical, setup),
		cmocka_unit_test_setup(test_mixed_modes, setup),
		cmocka_unit_test_setup(test_lowest_priority, setup),
		cmocka_unit_test_setup(test_lowest_priority_by_service, setup),
		cmocka_unit_test_setup(test_message_by_8_bits, setup),
		cmocka_unit_test_setup(test_would_interrupt, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
