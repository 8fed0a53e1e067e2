/* SPDX-License-Identifier: MIT */
/*
 * The ring of log lines, step by step, with writers and readers that stop in
 * the middle: which needs a look inside, hence the source.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/log_ring.c"

#define RECORDS 8

static struct log_record storage[RECORDS];
static struct log_ring ring;

static int setup(void **state)
{
	(void)state;
	memset(storage, 0, sizeof(storage));
	ring = (struct log_ring)LOG_RING_INIT(storage, RECORDS);
	return 0;
}

static struct log_record line_of(const char *text)
{
	struct log_record line = {.subsystem = "test", .length = (u8)strlen(text)};

	memcpy(line.text, text, line.length);
	return line;
}

static void put(const char *text)
{
	struct log_record line = line_of(text);

	log_ring_put(&ring, &line);
}

static void putn(unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	put(text);
}

static void assert_line(const struct log_record *line, const char *text)
{
	assert_non_null(line);
	assert_int_equal(line->length, strlen(text));
	assert_memory_equal(line->text, text, line->length);
}

static void take(const char *text)
{
	const struct log_record *line = log_ring_take(&ring, false);

	assert_line(line, text);
	log_ring_done(&ring, line);
}

static void taken(unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	take(text);
}

static void nothing_more(void)
{
	assert_false(log_ring_pending(&ring));
	assert_null(log_ring_take(&ring, false));
}

/* A writer that gets no further than its claim; finish() lets it go on. */
struct slow_writer {
	struct log_record *record;
	u64 ticket;
};

static struct slow_writer begin(void)
{
	struct slow_writer writer;

	writer.record = claim(&ring, &writer.ticket);
	assert_non_null(writer.record);
	return writer;
}

/* What log_ring_put() does after its claim. */
static void finish(struct slow_writer writer, const char *text)
{
	struct log_record line = line_of(text);

	publish(&ring, writer.record, writer.ticket, &line);
}

static void lines_come_out_in_order(void **state)
{
	(void)state;
	nothing_more();
	for (unsigned i = 0; i < 5 * RECORDS; i++) {
		putn(2 * i);
		putn(2 * i + 1);
		assert_true(log_ring_pending(&ring));
		taken(2 * i);
		taken(2 * i + 1);
		nothing_more();
	}
	assert_int_equal(log_ring_dropped(&ring), 0);
}

static void a_full_ring_loses_its_oldest(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * RECORDS + 2; i++)
		putn(i);
	assert_int_equal(log_ring_dropped(&ring), 2 * RECORDS + 2);
	for (unsigned i = 2 * RECORDS + 2; i < 3 * RECORDS + 2; i++)
		taken(i);
	nothing_more();
}

static void a_slow_writer_holds_up_the_reader_but_no_writer(void **state)
{
	struct slow_writer slow;

	(void)state;
	put("before");
	slow = begin();
	put("after");
	take("before");
	nothing_more();
	finish(slow, "slow");
	assert_true(log_ring_pending(&ring));
	take("slow");
	take("after");
	nothing_more();
	assert_int_equal(log_ring_dropped(&ring), 0);
}

static void a_very_slow_writer_is_given_up_and_counted(void **state)
{
	struct slow_writer slow = begin();

	(void)state;
	for (unsigned i = 0; i < RECORDS / 2; i++)
		putn(i);
	taken(0);
	finish(slow, "late");
	assert_int_equal(log_ring_dropped(&ring), 1);
	for (unsigned i = 1; i < RECORDS / 2; i++)
		taken(i);
	nothing_more();
	/* Its record serves again. */
	for (unsigned i = 0; i < 3 * RECORDS; i++) {
		putn(i);
		taken(i);
	}
	nothing_more();
	assert_int_equal(log_ring_dropped(&ring), 1);
}

static void a_dead_writer_costs_only_its_record(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 10 * RECORDS; i++) {
		putn(i);
		if (i >= RECORDS / 2)
			taken(i - RECORDS / 2);
	}
	for (unsigned i = 10 * RECORDS - RECORDS / 2; i < 10 * RECORDS; i++)
		taken(i);
	nothing_more();
	assert_int_equal(log_ring_dropped(&ring), 0);
}

static void a_lapped_writer_keeps_its_record_to_itself(void **state)
{
	struct slow_writer slow;
	unsigned shown = 0;

	(void)state;
	put("first");
	slow = begin();
	for (unsigned i = 0; i < 3 * RECORDS; i++)
		putn(i);
	assert_int_equal(kind_of(slow.record->state), WRITING);
	finish(slow, "slow");
	/* Its line is the oldest there is now, and was never in anybody's way. */
	take("slow");
	for (unsigned i = 0; i < 3 * RECORDS; i++) {
		const struct log_record *line = log_ring_take(&ring, false);

		if (!line)
			break;
		shown++;
		log_ring_done(&ring, line);
	}
	nothing_more();
	assert_int_equal(shown, RECORDS - 1);
	assert_int_equal(log_ring_dropped(&ring), 1 + 3 * RECORDS - shown);
}

/* Stopped after its claim, before it could move the head: others move it. */
static void writers_help_one_another_past_a_claim(void **state)
{
	struct slow_writer slow = {.record = &storage[0], .ticket = RECORDS};

	(void)state;
	slow.record->state = STATE(slow.ticket, WRITING);
	assert_int_equal(ring.head, RECORDS);
	put("second");
	finish(slow, "first");
	put("third");
	take("first");
	take("second");
	take("third");
	nothing_more();
}

/* What a writer sees that read the head long ago: the ticket has its line already. */
static void an_old_look_at_the_head_overwrites_nothing(void **state)
{
	(void)state;
	put("first");
	ring.head--;
	put("second");
	take("first");
	take("second");
	assert_int_equal(log_ring_dropped(&ring), 0);
}

/* A writer that has looked at the head and then stopped must not get that ticket any more. */
static void a_ticket_the_reader_has_passed_cannot_be_claimed(void **state)
{
	const struct log_record *line;
	struct log_record *record;
	u64 ticket, seen;

	(void)state;
	putn(0);
	line = log_ring_take(&ring, false);
	for (unsigned i = 1; i <= RECORDS; i++) /* the last one passes the record being shown */
		putn(i);
	ticket = 2 * RECORDS;
	record = record_of(&ring, ticket);
	log_ring_done(&ring, line);
	seen = record->state;
	for (unsigned i = 2; i <= RECORDS; i++)
		taken(i);
	assert_int_equal(ring.tail, ticket + 2);
	assert_false(swap(&record->state, seen, STATE(ticket, WRITING)));
}

static void force_passes_a_dead_writer_and_repeats_a_dead_readers_line(void **state)
{
	const struct log_record *line;

	(void)state;
	put("one");
	begin();
	put("two");
	assert_line(log_ring_take(&ring, false), "one"); /* and never done */
	assert_null(log_ring_take(&ring, false));
	line = log_ring_take(&ring, true);
	assert_line(line, "one");
	log_ring_done(&ring, line);
	line = log_ring_take(&ring, true);
	assert_line(line, "two");
	log_ring_done(&ring, line);
	assert_null(log_ring_take(&ring, true));
	put("three");
	take("three");
}

static void a_reader_at_work_keeps_its_line(void **state)
{
	const struct log_record *line;

	(void)state;
	put("shown");
	line = log_ring_take(&ring, false);
	for (unsigned i = 0; i < 3 * RECORDS; i++)
		putn(i);
	assert_line(line, "shown");
	log_ring_done(&ring, line);
	/* The last ones are there, one place is a hole. */
	assert_int_equal(log_ring_dropped(&ring), 3 * RECORDS - (RECORDS - 1));
	for (unsigned i = 3 * RECORDS - (RECORDS - 1); i < 3 * RECORDS; i++)
		taken(i);
	nothing_more();
}

static void peek_sees_shown_lines_too(void **state)
{
	struct log_record copy;

	(void)state;
	assert_false(log_ring_peek(&ring, 0, &copy));
	assert_false(log_ring_peek(&ring, ring.head, &copy));
	for (unsigned i = 0; i < RECORDS + 3; i++)
		putn(i);
	take("3");
	assert_false(log_ring_peek(&ring, ring.head - RECORDS - 1, &copy));
	assert_true(log_ring_peek(&ring, ring.head - RECORDS, &copy));
	assert_line(&copy, "3");
	assert_true(log_ring_peek(&ring, ring.head - 1, &copy));
	assert_line(&copy, "10");
	begin();
	assert_false(log_ring_peek(&ring, ring.head - 1, &copy));
}

static void too_long_lines_are_cut(void **state)
{
	struct log_record line = {.length = 255};
	const struct log_record *got;

	(void)state;
	log_ring_put(&ring, &line);
	got = log_ring_take(&ring, false);
	assert_non_null(got);
	assert_int_equal(got->length, LOG_LINE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_come_out_in_order, setup),
		cmocka_unit_test_setup(a_full_ring_loses_its_oldest, setup),
		cmocka_unit_test_setup(a_slow_writer_holds_up_the_reader_but_no_writer, setup),
		cmocka_unit_test_setup(a_very_slow_writer_is_given_up_and_counted, setup),
		cmocka_unit_test_setup(a_dead_writer_costs_only_its_record, setup),
		cmocka_unit_test_setup(a_lapped_writer_keeps_its_record_to_itself, setup),
		cmocka_unit_test_setup(writers_help_one_another_past_a_claim, setup),
		cmocka_unit_test_setup(an_old_look_at_the_head_overwrites_nothing, setup),
		cmocka_unit_test_setup(a_ticket_the_reader_has_passed_cannot_be_claimed, setup),
		cmocka_unit_test_setup(force_passes_a_dead_writer_and_repeats_a_dead_readers_line,
				       setup),
		cmocka_unit_test_setup(a_reader_at_work_keeps_its_line, setup),
		cmocka_unit_test_setup(peek_sees_shown_lines_too, setup),
		cmocka_unit_test_setup(too_long_lines_are_cut, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
