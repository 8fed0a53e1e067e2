/* SPDX-License-Identifier: MIT */
/*
 * The mailbox, with a thread for each CPU.
 */
#include "kernel/smp_call.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#include "kernel/apic.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "tests/sim/cpu.h"

#define APS 2

static struct cpu cpus[1 + APS] = {
	{.index = 0},
	{.index = 1, .apic_id = 0x10},
	{.index = 2, .apic_id = 0x20},
};
static pthread_t threads[1 + APS];
static unsigned woken;
static u32 last_woken;
static u64 patience = ~0UL; /* in TSC ticks, for whatever a caller waits for */

bool apic_send_interrupt(u32 to, u8 vector)
{
	assert_int_equal(vector, VECTOR_CALL);
	last_woken = to;
	woken++;
	sched_yield(); /* there may be fewer real CPUs than spinning threads */
	return true;
}

u64 time_ns_to_tsc(u64 ns)
{
	(void)ns;
	return patience;
}

void trap_set_handler(u8 vector, void (*handler)(void))
{
	assert_int_equal(vector, VECTOR_CALL);
	assert_non_null(handler);
}

static void *be_cpu(void *cpu)
{
	sim_cpu_become(cpu);
	smp_call_serve(((struct cpu *)cpu)->index);
}

static int start(void **state)
{
	(void)state;
	sim_cpu_become(&cpus[0]);
	smp_call_init();
	for (unsigned i = 1; i <= APS; i++) {
		if (smp_call_ready(i) || pthread_create(&threads[i], NULL, be_cpu, &cpus[i]))
			return -1;
		while (!smp_call_ready(i))
			;
	}
	return 0;
}

static void note_cpu(void *arg)
{
	*(unsigned *)arg = this_cpu()->index + 100;
}

static void a_function_runs_where_it_should(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= APS; i++) {
		unsigned where = 0;

		assert_int_equal(smp_run_on(i, note_cpu, &where), 0);
		assert_int_equal(where, i + 100);
	}
	assert_int_equal(woken, APS); /* not for itself */
	assert_int_equal(last_woken, 0x20);
}

static void an_absent_cpu_is_refused(void **state)
{
	unsigned where = 0;

	(void)state;
	assert_int_equal(smp_run_on(APS + 1, note_cpu, &where), -ERR_NOENT);
	assert_int_equal(smp_run_on(CPU_MAX, note_cpu, &where), -ERR_NOENT);
	assert_int_equal(smp_run_on(~0u, note_cpu, &where), -ERR_NOENT);
	assert_int_equal(where, 0);
}

static void count(void *arg)
{
	++*(unsigned *)arg;
}

static void each_call_runs_once(void **state)
{
	unsigned counts[1 + APS] = {0};

	(void)state;
	for (unsigned i = 0; i < 90; i++)
		assert_int_equal(smp_run_on(i % (APS + 1), count, &counts[i % (APS + 1)]), 0);
	for (unsigned i = 0; i <= APS; i++)
		assert_int_equal(counts[i], 30);
}

static bool release, first_runs;

static void hold(void *arg)
{
	(void)arg;
	__atomic_store_n(&first_runs, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&release, __ATOMIC_ACQUIRE))
		;
}

static void *call_hold(void *result)
{
	sim_cpu_become(&cpus[2]); /* any but the target */
	*(int *)result = smp_run_on(1, hold, NULL);
	return NULL;
}

static void a_busy_cpu_ends_in_a_timeout_and_the_call_is_gone(void **state)
{
	int first = 1;
	unsigned ran = 0;
	pthread_t caller;

	(void)state;
	assert_int_equal(pthread_create(&caller, NULL, call_hold, &first), 0);
	while (!__atomic_load_n(&first_runs, __ATOMIC_ACQUIRE))
		;
	patience = 1000;
	assert_int_equal(smp_run_on(1, count, &ran), -ERR_TIMEOUT);
	patience = ~0UL;
	__atomic_store_n(&release, true, __ATOMIC_RELEASE);
	pthread_join(caller, NULL);
	assert_int_equal(first, 0); /* however long it took */
	assert_int_equal(smp_run_on(1, count, &ran), 0);
	assert_int_equal(ran, 1);
}

static bool wake_up, asleep;

/* What an endless NMI would be. */
static void sleep_in_signal(int number)
{
	(void)number;
	__atomic_store_n(&asleep, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&wake_up, __ATOMIC_ACQUIRE))
		;
}

static void a_call_that_nobody_takes_is_taken_back(void **state)
{
	unsigned ran = 0;

	(void)state;
	signal(SIGUSR1, sleep_in_signal);
	assert_int_equal(pthread_kill(threads[2], SIGUSR1), 0);
	while (!__atomic_load_n(&asleep, __ATOMIC_ACQUIRE))
		;
	patience = 1000;
	assert_int_equal(smp_run_on(2, count, &ran), -ERR_TIMEOUT);
	patience = ~0UL;
	__atomic_store_n(&wake_up, true, __ATOMIC_RELEASE);
	/* It comes back and finds this one only. */
	assert_int_equal(smp_run_on(2, count, &ran), 0);
	assert_int_equal(ran, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_runs_where_it_should),
		cmocka_unit_test(an_absent_cpu_is_refused),
		cmocka_unit_test(each_call_runs_once),
		cmocka_unit_test(a_busy_cpu_ends_in_a_timeout_and_the_call_is_gone),
		cmocka_unit_test(a_call_that_nobody_takes_is_taken_back),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
