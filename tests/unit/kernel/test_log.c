/* SPDX-License-Identifier: MIT */
/*
 * The log from log_write() to a console in memory, on one CPU. What other
 * CPUs would do at the worst moment is done by hooks.
 */
#include "kernel/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/console.h"
#include "kernel/cpu.h"

/* The log asks this last before it gives the flag back: a place to come in between. */
#define log_guest_pending log_guest_really_pending
#include "kernel/log_guest.c"
#undef log_guest_pending
bool log_guest_pending(void);
static void (*after_looking)(void);
static unsigned looks; /* the hook is for this one of the looks that find nothing */

#define SCREEN_SIZE (1 << 20)

static char *screen;
static size_t screen_used;
static unsigned writers_inside, flushes;
static void (*while_writing)(void);

/* Stand in for kernel/time.c and kernel/cpu.c. */
static u64 now_ns;
bool cpu_ready;

u64 time_since_boot_ns(void)
{
	return now_ns;
}

static void screen_write(const char *text, size_t length)
{
	void (*hook)(void) = while_writing;

	assert_int_equal(__atomic_fetch_add(&writers_inside, 1, __ATOMIC_SEQ_CST), 0);
	assert_true(screen_used + length < SCREEN_SIZE);
	memcpy(screen + screen_used, text, length);
	screen_used += length;
	screen[screen_used] = 0;
	while_writing = NULL;
	if (hook)
		hook();
	__atomic_fetch_sub(&writers_inside, 1, __ATOMIC_SEQ_CST);
}

bool log_guest_pending(void)
{
	bool answer = log_guest_really_pending();
	void (*hook)(void) = after_looking;

	if (!answer && hook && !--looks) {
		after_looking = NULL;
		hook();
	}
	return answer;
}

static void screen_flush(void)
{
	flushes++;
}

static const struct console console = {
	.name = "memory",
	.write = screen_write,
	.flush = screen_flush,
};

static int setup(void **state)
{
	(void)state;
	console_register(&console);
	log_report("the test before may have left text of a guest");
	screen_used = 0;
	screen[0] = 0;
	now_ns = 0;
	cpu_ready = false;
	log_set_level(LOG_INFO);
	return 0;
}

/* What was shown since the last look. */
static void shown(const char *text)
{
	assert_string_equal(screen, text);
	screen_used = 0;
	screen[0] = 0;
}

static void lines_carry_time_cpu_subsystem_and_level(void **state)
{
	(void)state;
	log_info("vmx", "text key=%u", 5);
	shown("[    0.000000] cpu0 vmx: text key=5\n");
	now_ns = 12345678;
	log_error("acpi", "%s", "no");
	shown("[    0.012345] cpu0 acpi: error: no\n");
	now_ns = 123456789012345;
	log_warn("frame", "low");
	shown("[123456.789012] cpu0 frame: warning: low\n");
}

static void levels_decide_what_is_kept(void **state)
{
	(void)state;
	log_debug("a", "1");
	shown("");
	log_set_level(LOG_DEBUG);
	log_debug("a", "2");
	shown("[    0.000000] cpu0 a: 2\n");
	log_set_level(LOG_QUIET);
	log_error("a", "3");
	shown("");
	log_report("report %d", 4);
	shown("report 4\n");
	assert_false(log_enabled(LOG_ERROR));
	log_set_level(LOG_DEBUG);
	log_dump_recent(2);
	shown("[    0.000000] cpu0 a: 2\nreport 4\n");
}

static void long_lines_are_cut_visibly(void **state)
{
	char text[LOG_LINE_MAX + 100], want[LOG_LINE_MAX + 100];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[LOG_LINE_MAX] = 0;
	log_report("%s", text);
	strcat(strcpy(want, text), "\n");
	shown(want);
	text[LOG_LINE_MAX] = 'x';
	text[LOG_LINE_MAX + 1] = 0;
	log_report("%s", text);
	memset(want, 'x', LOG_LINE_MAX - 3);
	strcpy(want + LOG_LINE_MAX - 3, "...\n");
	shown(want);
}

static void control_characters_become_dots(void **state)
{
	(void)state;
	log_report("a\nb\x1b[2Jc\x7f\xc3\xa9\r");
	shown("a.b.[2Jc.\xc3\xa9.\n");
}

static void guest_text_is_raw_and_lines_start_fresh(void **state)
{
	(void)state;
	log_guest_text("", 0);
	shown("");
	log_guest_text("login: \x1b[1m", 11);
	log_report("a line");
	log_report("another");
	shown("login: \x1b[1m\na line\nanother\n");
	log_guest_text("done\r\n", 6);
	log_report("fresh");
	shown("done\r\nfresh\n");
	log_guest_text("done\n\r", 6);
	log_report("fresh");
	shown("done\n\rfresh\n");
	log_guest_text("10%\r", 4);
	log_report("fresh");
	shown("10%\r\nfresh\n");
}

static void guest_text_of_any_length_arrives(void **state)
{
	size_t length = 5 * LOG_GUEST_SIZE + 77;
	char *text = malloc(length + 1);

	(void)state;
	for (size_t i = 0; i < length; i++)
		text[i] = (char)('a' + i % 26);
	text[length] = 0;
	log_guest_text(text, length);
	shown(text);
	free(text);
}

/* As an NMI would, or a fault in the console. */
static void write_from_within(void)
{
	log_info("nmi", "inside");
	log_guest_text("guest", 5);
}

static void a_line_written_while_another_is_shown_follows_it(void **state)
{
	(void)state;
	while_writing = write_from_within;
	log_info("a", "outside");
	shown("[    0.000000] cpu0 a: outside\nguest\n[    0.000000] cpu0 nmi: inside\n");
}

static void write_line(void)
{
	log_report("in between");
}

static void write_guest_text(void)
{
	log_guest_text("in between\n", 11);
}

/* Comes after the flag's holder has seen that there is nothing more to show. */
static void what_comes_at_the_last_moment_is_shown(void **state)
{
	(void)state;
	after_looking = write_line;
	looks = 1;
	log_guest_text("a\n", 2);
	shown("a\nin between\n");
	after_looking = write_guest_text;
	looks = 2;
	log_report("c");
	shown("c\nin between\n");
}

static void flood_with_guest_text(void)
{
	static char text[LOG_GUEST_SIZE + 100];

	memset(text, 'g', sizeof(text));
	log_guest_text(text, sizeof(text));
	log_guest_text("h", 1);
	log_info("a", "not lost");
}

static void a_guests_flood_loses_only_its_own_text(void **state)
{
	size_t kept = 0;

	(void)state;
	while_writing = flood_with_guest_text;
	log_info("a", "outside");
	assert_non_null(strstr(screen, "cpu0 a: not lost\n"));
	assert_non_null(strstr(screen, "\n[    0.000000] cpu0 log: warning: guest text lost "
				       "bytes=101 on_cpu=0\n"));
	for (const char *c = strstr(screen, "outside\n") + 8; *c == 'g'; c++)
		kept++;
	assert_int_equal(kept, LOG_GUEST_SIZE);
	assert_null(strchr(screen, 'h'));
}

static void write_very_much(void)
{
	for (unsigned i = 0; i < 600; i++)
		log_info("a", "line=%u", i);
}

static void write_until_there_is_no_room(void)
{
	unsigned lines = 0;

	for (; log_has_room(); lines++)
		log_report("line");
	assert_int_equal(lines, 512 / 2 - 1); /* one is being shown */
}

/* Who asks first leaves half of the ring to others. */
static void room_is_told(void **state)
{
	(void)state;
	assert_true(log_has_room());
	while_writing = write_until_there_is_no_room;
	log_report("first");
	assert_true(log_has_room());
	assert_null(strstr(screen, "lost"));
}

static void lost_lines_are_counted_and_told(void **state)
{
	unsigned first, lost;
	const char *remark;

	(void)state;
	while_writing = write_very_much;
	log_info("a", "outside");
	remark = strstr(screen, "cpu0 log: warning: lines lost count=");
	assert_non_null(remark);
	assert_int_equal(
		sscanf(remark, "cpu0 log: warning: lines lost count=%u\n%*[^=]=%u", &lost, &first),
		2);
	assert_int_equal(first, lost); /* they were numbered from 0 */
	assert_in_range(lost, 600 - 512, 600 - 512 + 2);
	assert_non_null(strstr(screen, "line=599\n"));
}

static jmp_buf panic;

static void fault(void)
{
	longjmp(panic, 1);
}

static void a_panic_in_the_console_shows_all(void **state)
{
	(void)state;
	log_info("a", "before");
	while_writing = fault;
	if (!setjmp(panic))
		log_info("a", "broken");
	writers_inside = 0;
	/* The flag's holder will never come back: nothing is shown, but kept. */
	screen_used = 0;
	log_info("a", "panic");
	assert_int_equal(screen_used, 0);
	flushes = 0;
	log_drain_forced();
	shown("[    0.000000] cpu0 a: broken\n[    0.000000] cpu0 a: panic\n");
	assert_int_equal(flushes, 1);
	log_info("a", "as usual");
	shown("[    0.000000] cpu0 a: as usual\n");
	log_dump_recent(4);
	shown("[    0.000000] cpu0 a: before\n[    0.000000] cpu0 a: broken\n"
	      "[    0.000000] cpu0 a: panic\n[    0.000000] cpu0 a: as usual\n");
}

static void replay_is_limited_by_the_ring(void **state)
{
	unsigned lines = 0;

	(void)state;
	for (unsigned i = 0; i < 700; i++)
		log_report("line %u", i);
	screen_used = 0;
	log_replay(100000, screen_write);
	for (const char *c = screen; (c = strchr(c, '\n')); c++)
		lines++;
	assert_int_equal(lines, 512);
	assert_int_equal(strncmp(screen, "line 188\n", 9), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_carry_time_cpu_subsystem_and_level, setup),
		cmocka_unit_test_setup(levels_decide_what_is_kept, setup),
		cmocka_unit_test_setup(long_lines_are_cut_visibly, setup),
		cmocka_unit_test_setup(control_characters_become_dots, setup),
		cmocka_unit_test_setup(guest_text_is_raw_and_lines_start_fresh, setup),
		cmocka_unit_test_setup(guest_text_of_any_length_arrives, setup),
		cmocka_unit_test_setup(a_line_written_while_another_is_shown_follows_it, setup),
		cmocka_unit_test_setup(what_comes_at_the_last_moment_is_shown, setup),
		cmocka_unit_test_setup(a_guests_flood_loses_only_its_own_text, setup),
		cmocka_unit_test_setup(room_is_told, setup),
		cmocka_unit_test_setup(lost_lines_are_counted_and_told, setup),
		cmocka_unit_test_setup(a_panic_in_the_console_shows_all, setup),
		cmocka_unit_test_setup(replay_is_limited_by_the_ring, setup),
	};
	int failed;

	screen = malloc(SCREEN_SIZE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(screen);
	return failed;
}
