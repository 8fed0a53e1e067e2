/* SPDX-License-Identifier: MIT */
/* The local APIC's timer. Without a divider a tick is a nanosecond. */
#include "tests/unit/machine/lapic_machine.h"

#define VECTOR	   0xec
#define PERIODIC   (APIC_LVT_PERIODIC | VECTOR)
#define DEADLINE   (APIC_LVT_DEADLINE | VECTOR)
#define MODE_3	   (APIC_LVT_TIMER_MODE | VECTOR)

static int setup(void **state)
{
	(void)state;
	machine_reset();
	enable(lapic);
	set(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
	return 0;
}

static unsigned taken(void)
{
	unsigned count = 0;

	while (interrupt(0)) {
		assert_int_equal(take(0), VECTOR);
		eoi();
		count++;
	}
	return count;
}

static void test_one_shot(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, VECTOR);
	set(APIC_TIMER_INITIAL, 1000000);
	assert_int_equal(get(APIC_TIMER_CURRENT), 1000000);
	advance(400000);
	assert_int_equal(get(APIC_TIMER_CURRENT), 600000);
	advance(599999);
	assert_int_equal(get(APIC_TIMER_CURRENT), 1);
	assert_int_equal(taken(), 0);
	advance(1);
	assert_int_equal(get(APIC_TIMER_CURRENT), 0);
	assert_int_equal(taken(), 1);
	advance(10000000);
	assert_int_equal(taken(), 0);
	assert_int_equal(get(APIC_TIMER_INITIAL), 1000000);
	assert_false(timer_pending(&lapic->timer.timer));
}

static void test_dividers(void **state)
{
	static const u8 rows[][2] = { /* register, log2 */
				      { 0x0, 1 }, { 0x1, 2 }, { 0x2, 3 }, { 0x3, 4 },
				      { 0x8, 5 }, { 0x9, 6 }, { 0xa, 7 }, { 0xb, 0 } };

	(void)state;
	set(APIC_LVT_TIMER, VECTOR);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 tick = BIT(rows[i][1]);

		set(APIC_TIMER_DIVIDE, rows[i][0]);
		assert_int_equal(get(APIC_TIMER_DIVIDE), rows[i][0]);
		set(APIC_TIMER_INITIAL, 1000);
		advance(tick * 10);
		assert_int_equal(get(APIC_TIMER_CURRENT), 990);
		advance(tick - 1);
		assert_int_equal(get(APIC_TIMER_CURRENT), 990);
		advance(1);
		assert_int_equal(get(APIC_TIMER_CURRENT), 989);
		advance(tick * 989 - 1);
		assert_int_equal(taken(), 0);
		advance(1);
		assert_int_equal(taken(), 1);
	}
}

static void test_divider_at_reset(void **state)
{
	(void)state;
	machine_reset();
	enable(lapic);
	assert_int_equal(get(APIC_TIMER_DIVIDE), 0); /* by 2 */
	set(APIC_TIMER_INITIAL, 1000);
	advance(1000);
	assert_int_equal(get(APIC_TIMER_CURRENT), 500);
}

static void test_divider_changed_while_counting(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, VECTOR);
	set(APIC_TIMER_INITIAL, 1000);
	advance(400);
	set(APIC_TIMER_DIVIDE, 0x1);
	assert_int_equal(get(APIC_TIMER_CURRENT), 600);
	advance(4 * 600 - 1);
	set(APIC_TIMER_DIVIDE, 0x1); /* no change: no new start */
	assert_int_equal(taken(), 0);
	advance(1);
	assert_int_equal(taken(), 1);
}

static void test_longest_count(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, VECTOR);
	set(APIC_TIMER_DIVIDE, 0xa);
	set(APIC_TIMER_INITIAL, ~0U);
	assert_int_equal(get(APIC_TIMER_CURRENT), ~0U);
	advance(128UL * 0xffffffff - 1);
	assert_int_equal(taken(), 0);
	advance(1);
	assert_int_equal(taken(), 1);
}

static void test_periodic_without_drift(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, PERIODIC);
	set(APIC_TIMER_INITIAL, 100003);
	for (unsigned i = 1; i <= 5000; i++) {
		advance(100003UL * i - fake_now - 1);
		assert_int_equal(taken(), 0);
		assert_int_equal(get(APIC_TIMER_CURRENT), 1);
		advance(1);
		assert_int_equal(taken(), 1);
		assert_int_equal(get(APIC_TIMER_CURRENT), 100003); /* loaded again */
	}
}

/* Nobody looked for a while: the next one is in step, and those that were missed come later. */
static void test_periodic_late(void **state)
{
	unsigned count;

	(void)state;
	set(APIC_LVT_TIMER, PERIODIC);
	set(APIC_TIMER_INITIAL, 400000);
	fake_now += 1234567 + 800000;
	assert_int_equal(get(APIC_TIMER_CURRENT), 2400000 - 2034567);
	timers_run(&timers, GIB(1));
	count = taken();
	assert_int_equal(count, 1); /* of five */
	for (unsigned i = 0; i < 200; i++) {
		advance(50000);
		count += taken();
	}
	assert_int_equal(count, (unsigned)(fake_now / 400000));
	advance(400000 - fake_now % 400000 - 1);
	assert_int_equal(taken(), 0);
	advance(1);
	assert_int_equal(taken(), 1);
}

/* Who looks in time owes nothing, as IRR remembers one. */
static void test_periodic_not_taken(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, PERIODIC);
	set(APIC_TIMER_INITIAL, 400000);
	advance(4000000);
	assert_int_equal(taken(), 1);
	advance(399999);
	assert_int_equal(taken(), 0);
}

static void test_input_beside_a_slow_tsc(void **state)
{
	(void)state;
	assert_int_equal(lapic_timer_halved(3000000000), 0);
	assert_int_equal(lapic_timer_halved(1000000000), 0);
	assert_int_equal(lapic_timer_halved(999999999), 1);
	assert_int_equal(lapic_timer_halved(20000000), 6);
	lapic->timer.halved = 6;
	lapic_timer_reset(lapic);
	set(APIC_TIMER_INITIAL, 10); /* by 2 */
	advance(64 * 2 * 3);
	assert_int_equal(get(APIC_TIMER_CURRENT), 7);
	set(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
	set(APIC_LVT_TIMER, VECTOR);
	set(APIC_TIMER_INITIAL, 1000);
	advance(64 * 600);
	assert_int_equal(get(APIC_TIMER_CURRENT), 400);
	advance(64 * 400 - 1);
	assert_int_equal(taken(), 0);
	advance(1);
	assert_int_equal(taken(), 1);
	set(APIC_TIMER_DIVIDE, 0xa);
	set(APIC_TIMER_INITIAL, 10);
	advance(64 * 128 * 10 - 1);
	assert_int_equal(taken(), 0);
	advance(1);
	assert_int_equal(taken(), 1);
}

/* A period of one tick: the count is right, and interrupts come, but not all of them. */
static void test_shortest_period(void **state)
{
	unsigned count = 0;

	(void)state;
	set(APIC_LVT_TIMER, PERIODIC);
	set(APIC_TIMER_INITIAL, 1);
	for (unsigned i = 0; i < 1000; i++) {
		advance(1000);
		assert_int_equal(get(APIC_TIMER_CURRENT), 1);
		count += taken();
	}
	assert_in_range(count, 1000000 / LAPIC_PERIOD_MIN_NS - 1, 1000000 / LAPIC_PERIOD_MIN_NS + 1);
}

static void test_zero_stops(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, PERIODIC);
	set(APIC_TIMER_INITIAL, 100000);
	advance(50000);
	set(APIC_TIMER_INITIAL, 0);
	assert_int_equal(get(APIC_TIMER_CURRENT), 0);
	advance(1000000);
	assert_int_equal(taken(), 0);
	assert_false(timer_pending(&lapic->timer.timer));
}

static void test_written_again(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, VECTOR);
	set(APIC_TIMER_INITIAL, 100000);
	advance(99999);
	set(APIC_TIMER_INITIAL, 100000);
	advance(99999);
	assert_int_equal(taken(), 0);
	advance(1);
	assert_int_equal(taken(), 1);
}

static void test_masked_counts(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, PERIODIC | APIC_LVT_MASKED);
	set(APIC_TIMER_INITIAL, 100000);
	advance(250000);
	assert_int_equal(taken(), 0);
	assert_int_equal(get(APIC_TIMER_CURRENT), 50000);
	set(APIC_LVT_TIMER, PERIODIC);
	assert_int_equal(taken(), 0);
	advance(50000);
	assert_int_equal(taken(), 1);
}

/* Between one-shot and periodic the count goes on. */
static void test_change_while_counting(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, VECTOR);
	set(APIC_TIMER_INITIAL, 100000);
	advance(60000);
	set(APIC_LVT_TIMER, PERIODIC);
	assert_int_equal(get(APIC_TIMER_CURRENT), 40000);
	advance(40000 + 30000);
	assert_int_equal(taken(), 1);
	assert_int_equal(get(APIC_TIMER_CURRENT), 70000);
	set(APIC_LVT_TIMER, VECTOR);
	assert_int_equal(get(APIC_TIMER_CURRENT), 70000);
	advance(70000);
	assert_int_equal(taken(), 1);
	assert_int_equal(get(APIC_TIMER_CURRENT), 0);
	set(APIC_LVT_TIMER, PERIODIC); /* has ended: no new start */
	advance(500000);
	assert_int_equal(get(APIC_TIMER_CURRENT), 0);
	assert_int_equal(get(APIC_TIMER_INITIAL), 100000);
	assert_int_equal(taken(), 0);
}

static void test_lost_with_the_apic(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, PERIODIC);
	set(APIC_TIMER_INITIAL, 100000);
	assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT), 0);
	assert_false(timer_pending(&lapic->timer.timer));
	advance(1000000);
	assert_false(interrupt(0));
}

/* What is seen to have ended has interrupted, and once only. */
static void test_count_seen_before_the_poll(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, VECTOR);
	set(APIC_TIMER_INITIAL, 1000000);
	fake_now += 1000000;
	assert_int_equal(get(APIC_TIMER_CURRENT), 0);
	assert_int_equal(taken(), 1);
	timers_run(&timers, GIB(1));
	assert_int_equal(taken(), 0);
	set(APIC_TIMER_INITIAL, 1000000);
	fake_now += 1000000;
	set(APIC_LVT_TIMER, VECTOR); /* no change */
	assert_int_equal(taken(), 1);
	timers_run(&timers, GIB(1));
	assert_int_equal(taken(), 0);
	set(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR);
	set(APIC_TIMER_INITIAL, 1000000);
	fake_now += 1000000;
	set(APIC_LVT_TIMER, VECTOR);
	timers_run(&timers, GIB(1));
	assert_int_equal(taken(), 0); /* it was masked then */
}

/* A poll that comes late must not lose what was due when the guest changes the timer. */
static void test_late_poll(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		set(APIC_LVT_TIMER, VECTOR);
		set(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
		set(APIC_TIMER_INITIAL, 1000);
		fake_now += 1500;
		if (i == 0)
			set(APIC_TIMER_INITIAL, 1000);
		else if (i == 1)
			set(APIC_TIMER_DIVIDE, 0);
		else if (i == 2)
			set(APIC_LVT_TIMER, VECTOR | APIC_LVT_MASKED);
		else
			set(APIC_LVT_TIMER, PERIODIC);
		assert_int_equal(taken(), 1);
		assert_int_equal(get(APIC_TIMER_CURRENT), i ? 0 : 1000);
	}
	/* Periods faster than interrupts may come: the count is right all the same. */
	set(APIC_LVT_TIMER, PERIODIC);
	set(APIC_TIMER_INITIAL, 1000);
	advance(2300);
	set(APIC_LVT_TIMER, VECTOR);
	assert_int_equal(get(APIC_TIMER_CURRENT), 700);
	advance(700);
	assert_int_equal(get(APIC_TIMER_CURRENT), 0);
}

/* ---- TSC deadline ------------------------------------------------------------------ */

static void deadline(u64 tsc)
{
	lapic_timer_set_deadline(lapic, tsc);
}

static void test_deadline(void **state)
{
	u64 start = tsc_guest(NULL);

	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	deadline(start + 200000);
	assert_int_equal(lapic_timer_deadline(lapic), start + 200000);
	advance(99999);
	assert_int_equal(taken(), 0);
	advance(2); /* rounded up: not early, not 2 ns late */
	assert_int_equal(taken(), 1);
	assert_int_equal(lapic_timer_deadline(lapic), 0);
	assert_false(timer_pending(&lapic->timer.timer));
}

static void test_deadline_in_the_past(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	deadline(tsc_guest(NULL));
	assert_int_equal(taken(), 1);
	assert_int_equal(lapic_timer_deadline(lapic), 0);
	deadline(1);
	assert_int_equal(taken(), 1);
}

static void test_deadline_disarmed(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	deadline(tsc_guest(NULL) + 1000);
	deadline(0);
	advance(1000000);
	assert_int_equal(taken(), 0);
	assert_false(timer_pending(&lapic->timer.timer));
}

static void test_deadline_moved_too_late(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	deadline(tsc_guest(NULL) + 2000);
	fake_now += 1500;
	deadline(tsc_guest(NULL) + 2000);
	assert_int_equal(taken(), 1);
	advance(1001);
	assert_int_equal(taken(), 1);
}

static void test_deadline_moved(void **state)
{
	u64 start = tsc_guest(NULL);

	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	deadline(start + 200000);
	deadline(start + 400000);
	advance(150000);
	assert_int_equal(taken(), 0);
	advance(50001);
	assert_int_equal(taken(), 1);
}

/* The mode is the LVT's: other modes do not know the MSR, this one not the counts. */
static void test_deadline_is_exclusive(void **state)
{
	static const u32 others[] = { VECTOR, PERIODIC, MODE_3 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		set(APIC_LVT_TIMER, others[i]);
		deadline(tsc_guest(NULL) + 1000);
		assert_int_equal(lapic_timer_deadline(lapic), 0);
	}
	set(APIC_LVT_TIMER, DEADLINE);
	set(APIC_TIMER_INITIAL, 1000);
	assert_int_equal(get(APIC_TIMER_INITIAL), 0);
	assert_int_equal(get(APIC_TIMER_CURRENT), 0);
	advance(1000000);
	assert_int_equal(taken(), 0);
}

static void test_change_of_mode_disarms(void **state)
{
	static const u32 others[] = { VECTOR, PERIODIC, MODE_3 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		set(APIC_LVT_TIMER, DEADLINE);
		deadline(tsc_guest(NULL) + 1000);
		set(APIC_LVT_TIMER, others[i]);
		set(APIC_LVT_TIMER, DEADLINE);
		assert_int_equal(lapic_timer_deadline(lapic), 0);
		set(APIC_LVT_TIMER, others[i]);
		set(APIC_TIMER_INITIAL, 1000);
		set(APIC_LVT_TIMER, DEADLINE);
		advance(1000000);
		assert_int_equal(taken(), 0);
	}
}

/* The mask and the vector may change: the deadline stays. */
static void test_deadline_survives_a_write_of_the_entry(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE | APIC_LVT_MASKED);
	deadline(tsc_guest(NULL) + 200000);
	set(APIC_LVT_TIMER, DEADLINE);
	advance(100001);
	assert_int_equal(taken(), 1);
}

static void test_deadline_masked(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE | APIC_LVT_MASKED);
	deadline(tsc_guest(NULL) + 2000);
	advance(5000);
	assert_int_equal(lapic_timer_deadline(lapic), 0); /* it went by */
	set(APIC_LVT_TIMER, DEADLINE);
	assert_int_equal(taken(), 0);
}

static void test_tsc_written(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	deadline(tsc_guest(NULL) + 200000);
	tsc_offset -= 200000; /* 100 us back */
	lapic_timer_tsc_changed(lapic);
	advance(150000);
	assert_int_equal(taken(), 0);
	advance(50001);
	assert_int_equal(taken(), 1);
	deadline(tsc_guest(NULL) + 200000);
	tsc_offset += 300000;
	lapic_timer_tsc_changed(lapic);
	assert_int_equal(taken(), 1);
	tsc_offset += 300000; /* nothing armed */
	lapic_timer_tsc_changed(lapic);
	assert_int_equal(taken(), 0);
}

static void test_deadline_in_centuries(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	fake_now = 12345;
	deadline(~0UL);
	assert_true(timer_pending(&lapic->timer.timer));
	assert_true(lapic->timer.timer.deadline > fake_now);
	advance(1000000000);
	assert_int_equal(taken(), 0);
}

static void test_deadline_without_apic(void **state)
{
	(void)state;
	set(APIC_LVT_TIMER, DEADLINE);
	assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT), 0);
	deadline(1);
	assert_int_equal(lapic_timer_deadline(lapic), 0);
	assert_false(interrupt(0));
}

/* ---- Does a guest that waits wake up? ------------------------------------------------ */

static void test_can_wake(void **state)
{
	(void)state;
	assert_false(lapic_timer_can_wake(lapic));
	set(APIC_LVT_TIMER, VECTOR);
	assert_false(lapic_timer_can_wake(lapic));
	set(APIC_TIMER_INITIAL, 1000);
	assert_true(lapic_timer_can_wake(lapic));
	set(APIC_TPR, 0xf0);
	assert_false(lapic_timer_can_wake(lapic));
	set(APIC_TPR, 0);
	set(APIC_LVT_TIMER, VECTOR | APIC_LVT_MASKED);
	assert_false(lapic_timer_can_wake(lapic));
	set(APIC_LVT_TIMER, VECTOR);
	advance(1000);
	assert_false(lapic_timer_can_wake(lapic)); /* has ended */
	set(APIC_LVT_TIMER, DEADLINE);
	deadline(~0UL);
	assert_true(lapic_timer_can_wake(lapic));
	set(APIC_SPURIOUS, 0xff);
	assert_false(lapic_timer_can_wake(lapic));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_shot, setup),
		cmocka_unit_test_setup(test_dividers, setup),
		cmocka_unit_test_setup(test_divider_at_reset, setup),
		cmocka_unit_test_setup(test_divider_changed_while_counting, setup),
		cmocka_unit_test_setup(test_longest_count, setup),
		cmocka_unit_test_setup(test_periodic_without_drift, setup),
		cmocka_unit_test_setup(test_periodic_late, setup),
		cmocka_unit_test_setup(test_periodic_not_taken, setup),
		cmocka_unit_test_setup(test_input_beside_a_slow_tsc, setup),
		cmocka_unit_test_setup(test_shortest_period, setup),
		cmocka_unit_test_setup(test_zero_stops, setup),
		cmocka_unit_test_setup(test_written_again, setup),
		cmocka_unit_test_setup(test_masked_counts, setup),
		cmocka_unit_test_setup(test_change_while_counting, setup),
		cmocka_unit_test_setup(test_lost_with_the_apic, setup),
		cmocka_unit_test_setup(test_count_seen_before_the_poll, setup),
		cmocka_unit_test_setup(test_late_poll, setup),
		cmocka_unit_test_setup(test_deadline, setup),
		cmocka_unit_test_setup(test_deadline_in_the_past, setup),
		cmocka_unit_test_setup(test_deadline_disarmed, setup),
		cmocka_unit_test_setup(test_deadline_moved, setup),
		cmocka_unit_test_setup(test_deadline_moved_too_late, setup),
		cmocka_unit_test_setup(test_deadline_is_exclusive, setup),
		cmocka_unit_test_setup(test_change_of_mode_disarms, setup),
		cmocka_unit_test_setup(test_deadline_survives_a_write_of_the_entry, setup),
		cmocka_unit_test_setup(test_deadline_masked, setup),
		cmocka_unit_test_setup(test_tsc_written, setup),
		cmocka_unit_test_setup(test_deadline_in_centuries, setup),
		cmocka_unit_test_setup(test_deadline_without_apic, setup),
		cmocka_unit_test_setup(test_can_wake, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
