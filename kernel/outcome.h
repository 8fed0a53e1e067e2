/* SPDX-License-Identifier: MIT */
/*
 * How a run ends, and telling the outside. With runner=bochs or
 * runner=qemu the outcome becomes the emulator's exit status through ports
 * that are touched for no other reason; else onexit= decides.
 */
#pragma once

#include "lib/types.h"

enum outcome {
	OUTCOME_CLEAN = 0,	/* every guest ended as it wished to */
	OUTCOME_GUEST_FAULT = 1,/* a guest was stopped for a fault of its own */
	OUTCOME_BAD_CONFIG = 2, /* an option or a module cannot be used */
	OUTCOME_PANIC = 3,	/* a bug of ours */
	OUTCOME_REFUSED = 4,	/* this computer lacks something we need */
};

const char *outcome_name(enum outcome outcome); /* "clean", "guest-fault", ... */

/*
 * Log the line `run: outcome=... reason="..."` and end the run as the
 * options say. Stops all CPUs. Any context; the outcome given first wins,
 * but a panic wins over all: it may come from ending the run.
 */
_Noreturn void outcome_end(enum outcome outcome, const char *fmt, ...) __printf(2, 3) __cold;
