/* SPDX-License-Identifier: MIT */
/* Two threads count together; without the lock they would lose some. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "lib/spinlock.h"

#define ROUNDS 2000

static struct spinlock lock;
static volatile unsigned count; /* volatile: read and written one by one */
static volatile bool inside;
static volatile unsigned collisions;

static void *count_up(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned seen;

		spin_lock(&lock);
		collisions += inside;
		inside = true;
		seen = count;
		/* Give the other one every chance to get in. */
		if (i % 8 == 0)
			sched_yield();
		count = seen + 1;
		inside = false;
		spin_unlock(&lock);
	}
	return arg;
}

static void test_two_threads(void **state)
{
	pthread_t other;

	(void)state;
	assert_int_equal(pthread_create(&other, NULL, count_up, NULL), 0);
	count_up(NULL);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_int_equal(count, 2 * ROUNDS);
	assert_int_equal(collisions, 0);
}

/* The tickets wrap around. */
static void test_wrap(void **state)
{
	(void)state;
	lock = (struct spinlock){ ~0U, ~0U };
	for (unsigned i = 0; i < 3; i++) {
		spin_lock(&lock);
		assert_int_not_equal(lock.next, lock.serving);
		spin_unlock(&lock);
		assert_int_equal(lock.next, lock.serving);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_threads),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
