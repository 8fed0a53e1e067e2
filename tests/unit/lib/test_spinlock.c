/* SPDX-License-Identifier: MIT */
/* Who comes second waits, until and not longer than the lock is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "lib/spinlock.h"

static struct spinlock lock;
static volatile bool got_it;

static void *come_second(void *arg)
{
	spin_lock(&lock);
	got_it = true;
	spin_unlock(&lock);
	return arg;
}

static void test_second_waits(void **state)
{
	pthread_t second;

	(void)state;
	lock = SPINLOCK_INIT;
	spin_lock(&lock);
	assert_int_equal(pthread_create(&second, NULL, come_second, NULL), 0);
	while (__atomic_load_n(&lock.next, __ATOMIC_ACQUIRE) != 2)
		usleep(100);
	/* It has its ticket. If it did not wait, this would be time enough. */
	usleep(2000);
	assert_false(got_it);
	spin_unlock(&lock);
	assert_int_equal(pthread_join(second, NULL), 0);
	assert_true(got_it);
	assert_int_equal(lock.serving, 2);
}

/* The tickets wrap around. */
static void test_wrap(void **state)
{
	(void)state;
	lock = (struct spinlock){~0U, ~0U};
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
		cmocka_unit_test(test_second_waits),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
