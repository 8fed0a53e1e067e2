/* SPDX-License-Identifier: MIT */
/* Deadlines, and what the host's timer is armed for. */
#include "tests/unit/machine/device.h"

#include "tests/sim/panic.h"

#define MOST 10000000UL

static struct timer one, two;
static char log_[8];
static unsigned logged;
static u64 again;

static void due(void *device, u64 now)
{
	assert_int_equal(now, fake_now);
	log_[logged++] = *(char *)device;
	if (again)
		timer_set(&one, again);
}

static char name_one = '1', name_two = '2';

static int setup(void **state)
{
	(void)state;
	device_reset();
	memset(log_, 0, sizeof(log_));
	logged = 0;
	again = 0;
	timer_add(&timers, &one, due, &name_one);
	timer_add(&timers, &two, due, &name_two);
	return 0;
}

static void test_off_at_first(void **state)
{
	(void)state;
	assert_false(timer_pending(&one));
	assert_int_equal(timers_next(&timers), CLOCK_NEVER);
	timers_run(&timers, MOST);
	assert_int_equal(logged, 0);
	assert_int_equal(fake_armed_ns, MOST);
}

static void test_earliest_is_armed(void **state)
{
	(void)state;
	fake_now = 1000;
	timer_set(&one, 5000);
	timer_set(&two, 3000);
	timers_run(&timers, MOST);
	assert_int_equal(fake_armed_ns, 2000);
	assert_int_equal(logged, 0);
	assert_true(timer_pending(&two));
}

static void test_due_is_called_once(void **state)
{
	(void)state;
	timer_set(&one, 5000);
	timer_set(&two, 3000);
	fake_now = 3000;
	timers_run(&timers, MOST);
	assert_string_equal(log_, "2");
	assert_false(timer_pending(&two));
	assert_int_equal(fake_armed_ns, 2000);
	fake_now = 9000;
	timers_run(&timers, MOST);
	timers_run(&timers, MOST);
	assert_string_equal(log_, "21");
}

static void test_resumed(void **state)
{
	(void)state;
	fake_now = 1000;
	timer_set(&one, 5000);
	timers_run(&timers, MOST);
	fake_armed_ns = 0;
	timers_resume(&timers);
	assert_int_equal(fake_armed_ns, 4000);
	assert_int_equal(logged, 0);
}

static void test_set_again_from_handler(void **state)
{
	(void)state;
	timers_run(&timers, MOST);
	timer_set(&one, 100);
	fake_now = 150;
	again = 200;
	fake_arms = 0;
	timers_run(&timers, MOST);
	assert_int_equal(one.deadline, 200);
	assert_int_equal(fake_arms, 1); /* at the end, not from the handler */
	assert_int_equal(fake_armed_ns, 50);
}

static void test_earlier_deadline_arms_at_once(void **state)
{
	(void)state;
	timers_run(&timers, MOST);
	fake_arms = 0;
	timer_set(&one, 2 * MOST); /* after the next poll: not yet */
	assert_int_equal(fake_arms, 0);
	fake_now = 1000;
	timer_set(&one, 4000);
	assert_int_equal(fake_arms, 1);
	assert_int_equal(fake_armed_ns, 3000);
	timer_set(&two, 4500);
	assert_int_equal(fake_arms, 1);
	timer_set(&two, 500); /* past: as soon as can be */
	assert_int_equal(fake_arms, 2);
	assert_int_equal(fake_armed_ns, 1);
}

static void test_taken_back(void **state)
{
	(void)state;
	timer_set(&one, 100);
	timer_set(&one, CLOCK_NEVER);
	fake_now = 1000;
	timers_run(&timers, MOST);
	assert_int_equal(logged, 0);
}

static void test_too_many(void **state)
{
	static struct timer more[TIMERS_MAX];

	(void)state;
	for (unsigned i = 0; i + 2 < TIMERS_MAX; i++)
		timer_add(&timers, &more[i], due, &name_one);
	assert_true(SIM_PANICS(timer_add(&timers, &more[TIMERS_MAX - 1], due, &name_one)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_off_at_first, setup),
		cmocka_unit_test_setup(test_earliest_is_armed, setup),
		cmocka_unit_test_setup(test_due_is_called_once, setup),
		cmocka_unit_test_setup(test_resumed, setup),
		cmocka_unit_test_setup(test_set_again_from_handler, setup),
		cmocka_unit_test_setup(test_earlier_deadline_arms_at_once, setup),
		cmocka_unit_test_setup(test_taken_back, setup),
		cmocka_unit_test_setup(test_too_many, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
