/* SPDX-License-Identifier: MIT */
/*
 * The log: a lock-free ring of lines that any CPU may write in any context
 * (interrupt, NMI, panic), drained to the consoles by whichever CPU gets
 * the draining flag. Writing never waits for another CPU: who does not get
 * the flag leaves its line in the ring for the one who has it. A line that
 * is overwritten before it was drained is counted and the count is shown.
 *
 * A line on the console:
 *     [    0.012345] cpu0 vmx: text key=value          (info, debug)
 *     [    0.012345] cpu0 vmx: error: text             (error; "warning:" likewise)
 */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

enum log_level { LOG_QUIET, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_LINE_MAX 200 /* characters of text; longer lines are cut, visibly */

/*
 * Write one line, without a newline at its end (control characters in it
 * are shown as dots). `subsystem` is a string
 * literal: the folder or subject ("vmx", "frame", "acpi"). Any CPU, any
 * context; never blocks. Lines above the level of log_set_level() cost one
 * compare and go nowhere.
 */
void log_write(enum log_level level, const char *subsystem, const char *fmt, ...) __printf(3, 4);
void log_write_va(enum log_level level, const char *subsystem, const char *fmt, va_list args)
	__printf(3, 0);

#define log_error(subsystem, ...) log_write(LOG_ERROR, subsystem, __VA_ARGS__)
#define log_warn(subsystem, ...)  log_write(LOG_WARN, subsystem, __VA_ARGS__)
#define log_info(subsystem, ...)  log_write(LOG_INFO, subsystem, __VA_ARGS__)
#define log_debug(subsystem, ...) log_write(LOG_DEBUG, subsystem, __VA_ARGS__)

/* Lines above this level are neither kept nor shown. Default LOG_INFO. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/*
 * A report is what the user asked for by running Trivet at all (help,
 * pre-flight, end of run): shown at every level, without a prefix.
 */
void log_report(const char *fmt, ...) __printf(1, 2);

/* Is less than half of the ring waiting to be shown? Who can do without a line asks first. */
bool log_has_room(void);

/*
 * Raw text of a guest's console, shown as it is between lines. Any length;
 * a log line that follows starts on a fresh line. What cannot be shown
 * because another CPU is at the consoles is kept, up to 1 KiB for each CPU;
 * the rest is lost, counted, and the count is shown. Not from an NMI.
 */
void log_guest_text(const char *text, size_t length);

/*
 * Show everything that is in the ring now, whoever has the flag (it may be
 * dead), and wait until the hardware has sent it. For a panic, and the last
 * act of a run, with the other CPUs stopped. Lines written later are shown
 * as usual.
 */
void log_drain_forced(void);

/* Print the last `lines` lines of the ring again, straight to the consoles: for panic. */
void log_dump_recent(unsigned lines);

/* Give the last `lines` lines of the ring to write(): for a console that came late. */
void log_replay(unsigned lines, void (*write)(const char *text, size_t length));
