/* SPDX-License-Identifier: MIT */
/*
 * A panic() that a test can expect. One that is not expected fails the test.
 */
#pragma once

#include <setjmp.h>

#include "lib/types.h"

extern jmp_buf sim_panic_jump;
extern bool sim_panic_expected;
extern char sim_panic_text[256]; /* of the last panic that was expected */

/* Run the statement; true if it panicked. Variables it changes must be volatile. */
#define SIM_PANICS(statement)                                                                      \
	({                                                                                         \
		volatile bool panicked_ = true;                                                    \
                                                                                                   \
		sim_panic_expected = true;                                                         \
		if (!setjmp(sim_panic_jump)) {                                                     \
			statement;                                                                 \
			panicked_ = false;                                                         \
		}                                                                                  \
		sim_panic_expected = false;                                                        \
		panicked_;                                                                         \
	})
