/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's timer, by deadline and by count.
 */
#include "kernel/time.h"
#include "tests/unit/kernel/fake_apic.h"

static void deadline_timer(void)
{
	u64 before;

	fake_apic_prepare(false, true);
	CHECK(apic_init(fake_apic_map) == 0);
	CHECK(*reg(APIC_LVT_TIMER) == (APIC_LVT_MASKED | APIC_LVT_DEADLINE | VECTOR_TIMER));
	before = time_tsc();
	apic_timer_arm(5000);
	CHECK(*reg(APIC_LVT_TIMER) == (APIC_LVT_DEADLINE | VECTOR_TIMER));
	CHECK(fake_apic.deadline >= before + 5000);
	CHECK(fake_apic.deadline <= time_tsc() + 5000);
	apic_timer_arm(~0UL);
	CHECK(fake_apic.deadline <= time_tsc() + 1000000000);
	apic_timer_stop();
	CHECK(fake_apic.deadline == 0);
	CHECK(*reg(APIC_LVT_TIMER) & APIC_LVT_MASKED);
}

static void one_shot_timer(void)
{
	u32 second;

	fake_apic_prepare(false, false);
	CHECK(apic_init(fake_apic_map) == 0);
	CHECK(*reg(APIC_LVT_TIMER) == (APIC_LVT_MASKED | VECTOR_TIMER));
	CHECK(*reg(APIC_TIMER_INITIAL) == 0);
	apic_timer_arm(~0UL);
	second = *reg(APIC_TIMER_INITIAL);
	/* Half of TSC_HZ, less what this computer lost between two looks at its TSC. */
	CHECK(second <= 500000000);
	CHECK(second > 0);
	apic_timer_arm(500000000);
	CHECK(*reg(APIC_TIMER_INITIAL) == second / 2);
	CHECK(*reg(APIC_LVT_TIMER) == VECTOR_TIMER);
	apic_timer_arm(0);
	CHECK(*reg(APIC_TIMER_INITIAL) == 1);
	apic_timer_stop();
	CHECK(*reg(APIC_TIMER_INITIAL) == 0);
}

CASE(the_deadline_timer_is_armed_and_stopped, deadline_timer)
CASE(the_one_shot_timer_is_measured, one_shot_timer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deadline_timer_is_armed_and_stopped),
		cmocka_unit_test(the_one_shot_timer_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
