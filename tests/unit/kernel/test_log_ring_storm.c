/* SPDX-License-Identifier: MIT */
/*
 * The ring of log lines with several writers at once, each of which reads
 * now and then. A line tells its writer and number, many times over.
 */
#include "kernel/log_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#define RECORDS 8
#define WRITERS 4
#define LINES	20000

static struct log_record storage[RECORDS];
static struct log_ring ring = LOG_RING_INIT(storage, RECORDS);

static struct storm {
	bool reading;
	unsigned writers_done;
	unsigned next[WRITERS]; /* belongs to the reader */
	unsigned shown, torn, unordered;
} storm;

static void read_one(const struct log_record *line)
{
	const char *text = line->text;
	unsigned writer = (u8)text[0], number;

	memcpy(&number, text + 1, sizeof(number));
	for (size_t i = 5; i + 5 <= line->length; i += 5)
		storm.torn += memcmp(text, text + i, 5) != 0;
	storm.torn += writer >= WRITERS || line->cpu != writer;
	if (writer < WRITERS) {
		storm.unordered += number < storm.next[writer];
		storm.next[writer] = number + 1;
	}
	storm.shown++;
}

static void try_to_read(void)
{
	const struct log_record *line;

	do {
		if (__atomic_exchange_n(&storm.reading, true, __ATOMIC_SEQ_CST))
			return;
		while ((line = log_ring_take(&ring, false))) {
			read_one(line);
			log_ring_done(&ring, line);
		}
		__atomic_store_n(&storm.reading, false, __ATOMIC_SEQ_CST);
	} while (log_ring_pending(&ring));
}

static void *write_lines(void *argument)
{
	struct log_record line = {.cpu = (u16)(size_t)argument, .length = LOG_LINE_MAX};
	unsigned seed = line.cpu;

	for (unsigned number = 0; number < LINES; number++) {
		for (size_t i = 0; i + 5 <= LOG_LINE_MAX; i += 5) {
			line.text[i] = (char)line.cpu;
			memcpy(line.text + i + 1, &number, sizeof(number));
		}
		log_ring_put(&ring, &line);
		/* Seldom enough that the ring overflows, often enough that much is read. */
		if (rand_r(&seed) % 4 == 0)
			try_to_read();
		if (rand_r(&seed) % 16 == 0)
			sched_yield();
	}
	try_to_read();
	return NULL;
}

static void in_a_storm_each_line_is_shown_or_counted(void **state)
{
	pthread_t threads[WRITERS];

	(void)state;
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, (void *)i), 0);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	/* No more reading here: nobody may have left a line behind. */
	assert_false(log_ring_pending(&ring));
	assert_int_equal(storm.torn, 0);
	assert_int_equal(storm.unordered, 0);
	assert_true(storm.shown > 0);
	assert_int_equal(storm.shown + log_ring_dropped(&ring), WRITERS * LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_a_storm_each_line_is_shown_or_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
