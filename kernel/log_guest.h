/* SPDX-License-Identifier: MIT */
/*
 * Guests' console text on its way to the consoles: one small byte ring per
 * CPU, so that a guest that floods loses its own text only, and never a log
 * line. For kernel/log.c, which alone reads them.
 */
#pragma once

#include "lib/types.h"

#define LOG_GUEST_SIZE 1024 /* bytes a CPU; a power of two */

/* Keep what there is room for; returns how much. `cpu` is the caller's own; not from an NMI. */
size_t log_guest_put(unsigned cpu, const char *text, size_t length);

/* Count bytes that could not be kept. */
void log_guest_lost(unsigned cpu, size_t length);

/* Is there anything to show? */
bool log_guest_pending(void);

/*
 * Hand what is kept to show(), and what was lost to lost(), CPU by CPU; at
 * most LOG_GUEST_SIZE bytes each. One reader at a time.
 */
void log_guest_show(void (*show)(const char *text, size_t length),
		    void (*lost)(unsigned cpu, u64 bytes));
