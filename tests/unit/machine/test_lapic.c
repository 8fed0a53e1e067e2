/* SPDX-License-Identifier: MIT */
/* The local APIC: priorities, end of interrupt, pins, errors, CR8. */
#include "tests/unit/machine/lapic_machine.h"

static int setup(void **state)
{
	(void)state;
	machine_reset();
	enable(lapic);
	return 0;
}

/* ---- IRR, ISR, priorities -------------------------------------------------------- */

static void test_one_interrupt(void **state)
{
	(void)state;
	assert_false(interrupt(0));
	self(0x40);
	assert_true(requested(0x40));
	assert_true(interrupt(0));
	assert_int_equal(take(0), 0x40);
	assert_false(requested(0x40));
	assert_true(in_service(0x40));
	assert_false(interrupt(0));
	assert_int_equal(get(APIC_PPR), 0x40);
	eoi();
	assert_false(in_service(0x40));
	assert_int_equal(get(APIC_PPR), 0);
}

static void test_every_vector(void **state)
{
	(void)state;
	for (unsigned v = 16; v < 256; v++) {
		self((u8)v);
		assert_int_equal(take(0), v);
		assert_int_equal(get(APIC_PPR), v & 0xf0);
		eoi();
	}
	assert_int_equal(errors(), 0);
}

/* Also within a class the higher vector comes first. */
static void test_highest_first(void **state)
{
	(void)state;
	self(0x51);
	self(0x62);
	self(0x52);
	self(0x31);
	assert_int_equal(take(0), 0x62);
	assert_false(interrupt(0));
	eoi();
	assert_int_equal(take(0), 0x52);
	assert_false(interrupt(0)); /* 51H is of the same class */
	eoi();
	assert_int_equal(take(0), 0x51);
	eoi();
	assert_int_equal(take(0), 0x31);
}

static void test_nesting_by_class(void **state)
{
	(void)state;
	self(0x50);
	assert_int_equal(take(0), 0x50);
	self(0x5f); /* higher vector, same class: waits */
	assert_false(interrupt(0));
	self(0x60);
	assert_int_equal(take(0), 0x60);
	assert_int_equal(get(APIC_PPR), 0x60);
	eoi(); /* ends the highest in service */
	assert_false(in_service(0x60));
	assert_true(in_service(0x50));
	assert_int_equal(get(APIC_PPR), 0x50);
	eoi();
	assert_int_equal(take(0), 0x5f);
}

/* One waits in IRR while the same is in service; a third is lost. */
static void test_two_of_a_vector(void **state)
{
	(void)state;
	self(0x70);
	self(0x70);
	assert_int_equal(take(0), 0x70);
	self(0x70);
	self(0x70);
	assert_true(requested(0x70));
	assert_false(interrupt(0));
	eoi();
	assert_int_equal(take(0), 0x70);
	eoi();
	assert_false(interrupt(0));
}

static void test_eoi_of_nothing(void **state)
{
	(void)state;
	eoi();
	assert_int_equal(broadcasts, 0);
	self(0x40);
	eoi();
	assert_true(requested(0x40));
}

static void test_task_priority(void **state)
{
	(void)state;
	for (unsigned tpr = 0; tpr < 256; tpr++) {
		set(APIC_TPR, tpr);
		assert_int_equal(get(APIC_TPR), tpr);
		assert_int_equal(get(APIC_PPR), tpr);
		self(0x80);
		assert_int_equal(interrupt(0), 8 > tpr >> 4);
		set(APIC_TPR, 0);
		assert_int_equal(take(0), 0x80);
		eoi();
	}
	set(APIC_TPR, 0xff);
	self(0xff);
	assert_false(interrupt(0));
}

static void test_line_falls_with_task_priority(void **state)
{
	(void)state;
	self(0x80);
	assert_true(interrupt(0));
	set(APIC_TPR, 0x80);
	assert_false(interrupt(0));
	assert_int_equal(lapic_acknowledge(lapic), -1);
	assert_true(requested(0x80));
}

/* PPR: the higher class of TPR and ISR; the subclass is TPR's if that is not below. */
static void test_processor_priority(void **state)
{
	static const u8 rows[][3] = { /* TPR, in service, PPR */
				      { 0x23, 0x35, 0x30 },
				      { 0x33, 0x35, 0x33 },
				      { 0x43, 0x35, 0x43 },
				      { 0x00, 0x35, 0x30 } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		self(rows[i][1]);
		assert_int_equal(take(0), rows[i][1]);
		set(APIC_TPR, rows[i][0]);
		assert_int_equal(get(APIC_PPR), rows[i][2]);
		eoi();
		set(APIC_TPR, 0);
	}
}

static void test_cr8(void **state)
{
	(void)state;
	set(APIC_TPR, 0x5b);
	assert_int_equal(lapic_cr8(lapic), 5);
	lapic_set_cr8(lapic, 9);
	assert_int_equal(get(APIC_TPR), 0x90);
	self(0x9f);
	assert_false(interrupt(0));
	lapic_set_cr8(lapic, 8);
	assert_true(interrupt(0));
}

/* ---- Software disabled ------------------------------------------------------------ */

static void test_software_disabled(void **state)
{
	(void)state;
	self(0x40);
	self(0x50);
	assert_int_equal(take(0), 0x50);
	set(APIC_SPURIOUS, 0xff);
	self(0x60); /* not accepted */
	assert_false(requested(0x60));
	/* "Pending interrupts in the IRR and ISR registers are held". */
	assert_true(requested(0x40));
	assert_true(in_service(0x50));
	eoi();
	assert_int_equal(take(0), 0x40);
}

static void test_disabling_masks_the_table(void **state)
{
	(void)state;
	for (unsigned lvt = APIC_LVT_TIMER; lvt <= APIC_LVT_ERROR; lvt += 16)
		set(lvt, 0x30);
	set(APIC_TIMER_INITIAL, 0x1234);
	set(APIC_SPURIOUS, 0xff);
	assert_int_equal(get(APIC_TIMER_INITIAL), 0x1234);
	for (unsigned lvt = APIC_LVT_TIMER; lvt <= APIC_LVT_ERROR; lvt += 16) {
		assert_int_equal(get(lvt), 0x10030);
		set(lvt, 0x31); /* "Attempts to reset these bits will be ignored." */
		assert_int_equal(get(lvt), 0x10031);
	}
	enable(lapic);
	assert_int_equal(get(APIC_LVT_TIMER), 0x10031);
}

static void test_nmi_when_software_disabled(void **state)
{
	(void)state;
	set_of(&lapics[1], APIC_SPURIOUS, 0xff);
	icr(1, APIC_NMI << 8);
	icr(1, APIC_INIT << 8);
	icr(1, APIC_STARTUP << 8 | 0x12);
	assert_int_equal(events[1][APIC_NMI], 1);
	assert_int_equal(events[1][APIC_INIT], 1);
	assert_int_equal(events[1][APIC_STARTUP], 1);
	assert_int_equal(event_vector, 0x12);
}

/* ---- Level, TMR, broadcast -------------------------------------------------------- */

static void test_trigger_mode_register(void **state)
{
	(void)state;
	lapic_accept(lapic, 0x40, true);
	assert_true(bit_of(lapic, APIC_TMR, 0x40));
	take(0);
	eoi();
	assert_int_equal(broadcasts, 1);
	assert_int_equal(broadcast_vector, 0x40);
	lapic_accept(lapic, 0x40, false);
	assert_false(bit_of(lapic, APIC_TMR, 0x40));
	take(0);
	eoi();
	assert_int_equal(broadcasts, 1);
}

static void test_broadcast_suppressed(void **state)
{
	(void)state;
	assert_true(get(APIC_VERSION) & BIT(24));
	set(APIC_SPURIOUS, 0x11ff);
	assert_int_equal(get(APIC_SPURIOUS), 0x11ff);
	lapic_accept(lapic, 0x40, true);
	take(0);
	eoi();
	assert_false(in_service(0x40));
	assert_int_equal(broadcasts, 0);
}

/* ---- LINT0, LINT1 ----------------------------------------------------------------- */

static void test_virtual_wire(void **state)
{
	(void)state;
	machine_reset();
	setup_pic();
	pic_set_line(&pic, 4, true);
	assert_false(interrupt(0));
	lapic_virtual_wire(lapic);
	assert_true(interrupt(0));
	assert_int_equal(take(0), 0x24);
	assert_false(interrupt(0));
	/* Past IRR and ISR: no EOI to the APIC. */
	assert_false(in_service(0x24));
	assert_int_equal(get(APIC_PPR), 0);
	lapic_set_pin(lapic, LAPIC_LINT1, true);
	lapic_set_pin(lapic, LAPIC_LINT1, true);
	assert_int_equal(events[0][APIC_NMI], 1);
	lapic_set_pin(lapic, LAPIC_LINT1, false);
	assert_int_equal(events[0][APIC_NMI], 1);
}

/* ExtINT is not subject to TPR, and comes before what is in IRR. */
static void test_external_has_no_priority(void **state)
{
	(void)state;
	lapic_virtual_wire(lapic);
	setup_pic();
	set(APIC_TPR, 0xff);
	self(0x40);
	assert_false(interrupt(0));
	pic_set_line(&pic, 4, true);
	assert_int_equal(take(0), 0x24);
	assert_int_equal(take(0), -1);
	set(APIC_TPR, 0);
	assert_int_equal(take(0), 0x40);
}

static void test_external_masked(void **state)
{
	(void)state;
	setup_pic();
	pic_set_line(&pic, 4, true);
	assert_false(interrupt(0));
	set(APIC_LVT_LINT0, 0x700);
	assert_true(interrupt(0)); /* it is a level */
	set(APIC_LVT_LINT0, 0x10700);
	assert_false(interrupt(0));
	set(APIC_LVT_LINT0, 0x700);
	pic_set_line(&pic, 4, false);
	assert_false(interrupt(0));
}

/* Where it is usual to have NMI. */
static void test_external_at_lint1(void **state)
{
	(void)state;
	lapic_set_pin(lapic, LAPIC_LINT1, true);
	assert_false(interrupt(0));
	set(APIC_LVT_LINT1, 0x700);
	assert_true(interrupt(0));
	set(APIC_LVT_LINT1, 0x10700);
	assert_false(interrupt(0));
}

static void test_pin_as_edge(void **state)
{
	(void)state;
	set(APIC_LVT_LINT0, 0x45);
	lapic_set_pin(lapic, LAPIC_LINT0, true);
	assert_int_equal(take(0), 0x45);
	eoi();
	assert_false(interrupt(0));
	lapic_set_pin(lapic, LAPIC_LINT0, false);
	assert_false(interrupt(0));
	set(APIC_LVT_LINT0, 0x10045);
	lapic_set_pin(lapic, LAPIC_LINT0, true);
	set(APIC_LVT_LINT0, 0x45); /* an edge that came while it was masked is lost */
	assert_false(interrupt(0));
}

static void test_pin_low_active(void **state)
{
	(void)state;
	lapic_set_pin(lapic, LAPIC_LINT1, true);
	set(APIC_LVT_LINT1, 0x46 | BIT(13));
	lapic_set_pin(lapic, LAPIC_LINT1, false);
	assert_int_equal(take(0), 0x46);
	lapic_set_pin(lapic, LAPIC_LINT1, true);
	eoi();
	assert_false(interrupt(0));
}

static void test_pin_as_level(void **state)
{
	(void)state;
	set(APIC_LVT_LINT0, 0x8045);
	lapic_set_pin(lapic, LAPIC_LINT0, true);
	assert_int_equal(get(APIC_LVT_LINT0), 0xc045); /* remote IRR */
	assert_int_equal(take(0), 0x45);
	assert_true(bit_of(lapic, APIC_TMR, 0x45));
	eoi();
	assert_int_equal(take(0), 0x45); /* still there */
	lapic_set_pin(lapic, LAPIC_LINT0, false);
	eoi();
	assert_int_equal(get(APIC_LVT_LINT0), 0x8045);
	assert_int_equal(take(0), -1);
	lapic_set_pin(lapic, LAPIC_LINT0, true);
	assert_int_equal(take(0), 0x45);
	set(APIC_LVT_LINT0, 0x45); /* edge: no remote IRR any more */
	assert_int_equal(get(APIC_LVT_LINT0), 0x45);
}

/* Only the EOI of its own vector ends a level of LINT0. */
static void test_level_and_other_vectors(void **state)
{
	(void)state;
	set(APIC_LVT_LINT0, 0x8045);
	lapic_set_pin(lapic, LAPIC_LINT0, true);
	assert_int_equal(take(0), 0x45);
	lapic_accept(lapic, 0x85, true);
	assert_int_equal(take(0), 0x85);
	eoi();
	assert_int_equal(get(APIC_LVT_LINT0), 0xc045);
	assert_false(requested(0x45));
	lapic_set_pin(lapic, LAPIC_LINT0, false);
	eoi();
	set(APIC_LVT_LINT0, 0x8085); /* nothing of it is under way */
	lapic_accept(lapic, 0x85, true);
	assert_int_equal(take(0), 0x85);
	eoi();
	assert_int_equal(get(APIC_LVT_LINT0), 0x8085);
	assert_int_equal(take(0), -1);
}

/* Other than an edge, a level is not lost. */
static void test_level_unmasked_later(void **state)
{
	(void)state;
	set(APIC_LVT_LINT0, 0x18045);
	lapic_set_pin(lapic, LAPIC_LINT0, true);
	assert_int_equal(take(0), -1);
	set(APIC_LVT_LINT0, 0x8045);
	assert_int_equal(take(0), 0x45);
}

/* "Level-sensitive interrupts are not supported for LINT1." */
static void test_lint1_is_never_level(void **state)
{
	(void)state;
	set(APIC_LVT_LINT1, 0x8047);
	lapic_set_pin(lapic, LAPIC_LINT1, true);
	assert_int_equal(take(0), 0x47);
	eoi();
	assert_int_equal(take(0), -1);
	assert_int_equal(broadcasts, 0);
}

static void test_pin_delivery_modes(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 8; mode++) {
		unsigned before = events[0][mode];
		bool is_event = mode == APIC_SMI || mode == APIC_NMI || mode == APIC_INIT;

		set(APIC_LVT_LINT1, mode << 8 | 0x8048);
		lapic_set_pin(lapic, LAPIC_LINT1, true);
		lapic_set_pin(lapic, LAPIC_LINT1, false);
		assert_int_equal(events[0][mode], before + is_event);
		assert_int_equal(take(0), mode == APIC_FIXED ? 0x48 : -1);
		if (mode == APIC_FIXED)
			eoi();
	}
}

static void test_thermal_and_performance(void **state)
{
	(void)state;
	lapic_local(lapic, APIC_LVT_THERMAL);
	assert_int_equal(take(0), -1);
	set(APIC_LVT_THERMAL, 0x52);
	lapic_local(lapic, APIC_LVT_THERMAL);
	assert_int_equal(take(0), 0x52);
	set(APIC_LVT_PERF, 0x400);
	lapic_local(lapic, APIC_LVT_PERF);
	assert_int_equal(events[0][APIC_NMI], 1);
}

/* ---- Globally disabled ------------------------------------------------------------ */

static void test_globally_disabled(void **state)
{
	(void)state;
	self(0x40);
	setup_pic();
	assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT | APIC_BASE_BOOTSTRAP), 0);
	assert_false(interrupt(0)); /* what waited is lost */
	pic_set_line(&pic, 4, true);
	assert_int_equal(events[0][APIC_NMI], 0);
	assert_int_equal(take(0), 0x24); /* LINT0 is INTR */
	lapic_set_pin(lapic, LAPIC_LINT1, true);
	assert_int_equal(events[0][APIC_NMI], 1); /* and LINT1 is NMI */
	lapic_set_pin(lapic, LAPIC_LINT1, false);
	assert_false(lapic_accept(lapic, 0x40, false));
	lapic_set_cr8(lapic, 7);
	assert_int_equal(lapic_cr8(lapic), 7);
	assert_true(lapic_would_take_pin(lapic, LAPIC_LINT0));
}

static void test_what_would_be_taken(void **state)
{
	(void)state;
	set(APIC_TPR, 0x40);
	assert_false(lapic_would_take(lapic, 0x4f));
	assert_true(lapic_would_take(lapic, 0x50));
	assert_false(lapic_would_take_pin(lapic, LAPIC_LINT0));
	set(APIC_LVT_LINT0, 0x700);
	assert_true(lapic_would_take_pin(lapic, LAPIC_LINT0));
	set(APIC_LVT_LINT0, 0x4f);
	assert_false(lapic_would_take_pin(lapic, LAPIC_LINT0));
	set(APIC_LVT_LINT0, 0x50);
	assert_true(lapic_would_take_pin(lapic, LAPIC_LINT0));
	set(APIC_SPURIOUS, 0xff);
	assert_false(lapic_would_take(lapic, 0x50));
}

/* ---- Errors ----------------------------------------------------------------------- */

static void test_illegal_vector(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 16; v++) {
		self((u8)v);
		assert_false(requested((u8)v));
		assert_int_equal(errors(), APIC_ESR_SEND_VECTOR | APIC_ESR_RECEIVE_VECTOR);
	}
	set(APIC_LVT_LINT0, 0x05);
	lapic_set_pin(lapic, LAPIC_LINT0, true);
	assert_int_equal(errors(), APIC_ESR_RECEIVE_VECTOR);
	icr(1, 0x0f);
	assert_int_equal(errors(), APIC_ESR_SEND_VECTOR);
	assert_true(lapic_accept(lapic, 0x0f, true)); /* taken from the bus, and thrown away */
	assert_int_equal(errors(), APIC_ESR_RECEIVE_VECTOR);
	icr(1, APIC_NMI << 8); /* needs no vector */
	assert_int_equal(errors(), 0);
}

/* "Before attempt to read from the ESR, software should first write to it." */
static void test_error_register(void **state)
{
	(void)state;
	self(3);
	assert_int_equal(get(APIC_ESR), 0);
	assert_int_equal(errors(), 0x60);
	assert_int_equal(get(APIC_ESR), 0x60);
	assert_int_equal(errors(), 0);
}

/* One interrupt until ESR is written: "this write also rearms the ... triggering mechanism". */
static void test_error_interrupt(void **state)
{
	(void)state;
	set(APIC_LVT_ERROR, 0xfe);
	self(3);
	assert_int_equal(take(0), 0xfe);
	eoi();
	self(4);
	assert_int_equal(take(0), -1);
	assert_int_equal(errors(), 0x60);
	self(5);
	assert_int_equal(take(0), 0xfe);
	eoi();
	errors();
	set(APIC_LVT_ERROR, 0x100fe);
	self(6);
	assert_int_equal(take(0), -1);
	assert_int_equal(errors(), 0x60); /* collected all the same */
}

static void test_error_with_illegal_vector(void **state)
{
	(void)state;
	set(APIC_LVT_ERROR, 0x07);
	lapic_page_read(lapic, 0x40, 4);
	assert_int_equal(take(0), -1);
	assert_int_equal(errors(), APIC_ESR_ADDRESS | APIC_ESR_RECEIVE_VECTOR);
}

/* ---- Reset ------------------------------------------------------------------------ */

static void test_power_up(void **state)
{
	(void)state;
	machine_reset();
	for (unsigned i = 0; i < CPUS; i++) {
		struct lapic *l = &lapics[i];

		assert_int_equal(l->base, 0xfee00800 | (i ? 0 : 0x100));
		for (unsigned offset = 0; offset < 0x400; offset += 16) {
			u32 expected = 0;

			if (offset == APIC_ID)
				expected = i << 24;
			else if (offset == APIC_VERSION)
				expected = 0x01050014;
			else if (offset == APIC_DFR)
				expected = ~0U;
			else if (offset == APIC_SPURIOUS)
				expected = 0xff;
			else if (offset >= APIC_LVT_TIMER && offset <= APIC_LVT_ERROR)
				expected = 0x10000;
			assert_int_equal(lapic_page_read(l, offset, 4), expected);
		}
	}
}

static void test_init_keeps_mode(void **state)
{
	(void)state;
	enter_x2apic(&lapics[2]);
	enable(&lapics[2]);
	lapic_accept(&lapics[2], 0x44, false);
	assert_true(interrupt(2));
	lapic_init(&lapics[2]);
	assert_true(lapic_is_x2apic(&lapics[2]));
	assert_false(interrupt(2));
	assert_int_equal(get_of(&lapics[2], APIC_ID), 2);
	assert_int_equal(get_of(&lapics[2], APIC_LDR), 4);
	assert_int_equal(get_of(&lapics[2], APIC_SPURIOUS), 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_interrupt, setup),
		cmocka_unit_test_setup(test_every_vector, setup),
		cmocka_unit_test_setup(test_highest_first, setup),
		cmocka_unit_test_setup(test_nesting_by_class, setup),
		cmocka_unit_test_setup(test_two_of_a_vector, setup),
		cmocka_unit_test_setup(test_eoi_of_nothing, setup),
		cmocka_unit_test_setup(test_task_priority, setup),
		cmocka_unit_test_setup(test_line_falls_with_task_priority, setup),
		cmocka_unit_test_setup(test_processor_priority, setup),
		cmocka_unit_test_setup(test_cr8, setup),
		cmocka_unit_test_setup(test_software_disabled, setup),
		cmocka_unit_test_setup(test_disabling_masks_the_table, setup),
		cmocka_unit_test_setup(test_nmi_when_software_disabled, setup),
		cmocka_unit_test_setup(test_trigger_mode_register, setup),
		cmocka_unit_test_setup(test_broadcast_suppressed, setup),
		cmocka_unit_test_setup(test_virtual_wire, setup),
		cmocka_unit_test_setup(test_external_has_no_priority, setup),
		cmocka_unit_test_setup(test_external_masked, setup),
		cmocka_unit_test_setup(test_external_at_lint1, setup),
		cmocka_unit_test_setup(test_pin_as_edge, setup),
		cmocka_unit_test_setup(test_pin_low_active, setup),
		cmocka_unit_test_setup(test_pin_as_level, setup),
		cmocka_unit_test_setup(test_level_and_other_vectors, setup),
		cmocka_unit_test_setup(test_level_unmasked_later, setup),
		cmocka_unit_test_setup(test_lint1_is_never_level, setup),
		cmocka_unit_test_setup(test_pin_delivery_modes, setup),
		cmocka_unit_test_setup(test_thermal_and_performance, setup),
		cmocka_unit_test_setup(test_globally_disabled, setup),
		cmocka_unit_test_setup(test_what_would_be_taken, setup),
		cmocka_unit_test_setup(test_illegal_vector, setup),
		cmocka_unit_test_setup(test_error_register, setup),
		cmocka_unit_test_setup(test_error_interrupt, setup),
		cmocka_unit_test_setup(test_error_with_illegal_vector, setup),
		cmocka_unit_test_setup(test_power_up, setup),
		cmocka_unit_test_setup(test_init_keeps_mode, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
