/* SPDX-License-Identifier: MIT */
/*
 * Lines are formatted on the writer's stack, kept in the ring, and shown by
 * whoever holds the draining flag. The flag is only ever tried for, and its
 * holder looks again after giving it back: a line put while the flag was
 * taken is shown by the one or the other.
 */
#include "kernel/log.h"

#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/log_guest.h"
#include "kernel/log_ring.h"
#include "kernel/time.h"
#include "lib/format.h"
#include "lib/string.h"

#define LINES	   512
#define LINES_ONCE (2 * LINES) /* shown in one go: other CPUs must not keep us here for ever */
#define PREFIX_MAX 64

static struct log_record records[LINES];
static struct log_ring ring = LOG_RING_INIT(records, LINES);
static enum log_level level_shown = LOG_INFO;

static bool draining;	  /* the flag; all below belongs to its holder */
static bool mid_line;	  /* a guest has left the cursor within a line */
static u64 dropped_shown; /* of log_ring_dropped() */

static unsigned cpu_index(void)
{
	return cpu_ready ? this_cpu()->index : 0;
}

void log_set_level(enum log_level level)
{
	__atomic_store_n(&level_shown, level, __ATOMIC_RELAXED);
}

bool log_enabled(enum log_level level)
{
	return level <= __atomic_load_n(&level_shown, __ATOMIC_RELAXED);
}

static void line_fill(struct log_record *line, const char *fmt, va_list args)
{
	char text[LOG_LINE_MAX + 2];
	size_t length = format_va(text, sizeof(text), fmt, args);

	if (length > LOG_LINE_MAX) {
		length = LOG_LINE_MAX;
		memcpy(text + length - 3, "...", 3);
	}
	/* A line is one line, and what a user or a table gave us must not steer the terminal. */
	for (size_t i = 0; i < length; i++)
		line->text[i] = (u8)text[i] < ' ' || text[i] == 0x7f ? '.' : text[i];
	line->length = (u8)length;
	line->time_ns = time_since_boot_ns();
	line->cpu = (u16)cpu_index();
}

static void show_line(const struct log_record *line, void (*write)(const char *text, size_t length))
{
	static const char *const marks[] = {[LOG_ERROR] = "error: ", [LOG_WARN] = "warning: "};
	char text[PREFIX_MAX + LOG_LINE_MAX + 1];
	const char *mark = line->level < ARRAY_SIZE(marks) ? marks[line->level] : NULL;
	size_t n = 0;

	if (line->subsystem)
		n = format(text, PREFIX_MAX, "[%5lu.%06lu] cpu%u %s: %s",
			   line->time_ns / 1000000000, line->time_ns / 1000 % 1000000, line->cpu,
			   line->subsystem, mark ? mark : "");
	memcpy(text + n, line->text, line->length);
	n += line->length;
	text[n++] = '\n';
	write(text, n);
}

/* A line of the log about itself: shown at once, not kept. */
__printf(1, 2) static void show_remark(const char *fmt, ...)
{
	struct log_record line = {.subsystem = "log", .level = LOG_WARN};
	va_list args;

	va_start(args, fmt);
	line_fill(&line, fmt, args);
	va_end(args);
	show_line(&line, console_write);
}

static void fresh_line(void)
{
	if (mid_line)
		console_write("\n", 1);
	mid_line = false;
}

static void show_guest_text(const char *text, size_t length)
{
	size_t end = length;

	console_write(text, length);
	while (end && text[end - 1] == '\r')
		end--;
	if (end)
		mid_line = text[end - 1] != '\n';
}

static void show_guest_lost(unsigned cpu, u64 bytes)
{
	fresh_line();
	show_remark("guest text lost bytes=%lu on_cpu=%u", bytes, cpu);
}

/* Show what there is now, as far as the budget goes. */
static void show_pending(bool forced, unsigned *budget)
{
	for (; *budget; --*budget) {
		const struct log_record *line = log_ring_take(&ring, forced);
		u64 dropped = log_ring_dropped(&ring);

		if (log_guest_pending())
			log_guest_show(show_guest_text, show_guest_lost);
		else if (!line)
			return;
		if (dropped != dropped_shown) {
			fresh_line();
			show_remark("lines lost count=%lu", dropped - dropped_shown);
			dropped_shown = dropped;
		}
		if (line) {
			fresh_line();
			show_line(line, console_write);
			log_ring_done(&ring, line);
		}
	}
}

static void drain(void)
{
	unsigned budget = LINES_ONCE;

	do {
		if (__atomic_exchange_n(&draining, true, __ATOMIC_SEQ_CST))
			return;
		show_pending(false, &budget);
		__atomic_store_n(&draining, false, __ATOMIC_SEQ_CST);
	} while (budget && (log_ring_pending(&ring) || log_guest_pending()));
}

void log_write_va(enum log_level level, const char *subsystem, const char *fmt, va_list args)
{
	struct log_record line;

	if (!log_enabled(level))
		return;
	line.subsystem = subsystem;
	line.level = (u8)level;
	line_fill(&line, fmt, args);
	log_ring_put(&ring, &line);
	drain();
}

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_write_va(level, subsystem, fmt, args);
	va_end(args);
}

void log_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_write_va(LOG_QUIET, NULL, fmt, args);
	va_end(args);
}

bool log_has_room(void)
{
	return __atomic_load_n(&ring.head, __ATOMIC_RELAXED) -
		       __atomic_load_n(&ring.tail, __ATOMIC_RELAXED) < LINES / 2;
}

void log_guest_text(const char *text, size_t length)
{
	unsigned cpu = cpu_index();

	while (length) {
		size_t n = log_guest_put(cpu, text, length);

		if (!n) {
			log_guest_lost(cpu, length);
			break;
		}
		text += n;
		length -= n;
		drain();
	}
}

void log_drain_forced(void)
{
	unsigned budget = LINES_ONCE;

	__atomic_store_n(&draining, true, __ATOMIC_SEQ_CST);
	show_pending(true, &budget);
	console_flush();
	__atomic_store_n(&draining, false, __ATOMIC_SEQ_CST);
}

void log_replay(unsigned lines, void (*write)(const char *text, size_t length))
{
	u64 head = __atomic_load_n(&ring.head, __ATOMIC_SEQ_CST);
	u64 ticket = head - MIN(lines, (unsigned)LINES);
	struct log_record copy;

	for (; ticket < head; ticket++)
		if (log_ring_peek(&ring, ticket, &copy))
			show_line(&copy, write);
}

void log_dump_recent(unsigned lines)
{
	fresh_line();
	log_replay(lines, console_write);
}
