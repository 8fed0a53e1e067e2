/* SPDX-License-Identifier: MIT */
/*
 * Where dumps go in tests: lines are kept and compared.
 */
#pragma once

#include "unit/vmx/fake_machine.h"

/* As fake_setup(), with no lines yet. cmocka set-up function. */
int fake_sink_setup(void **state);

/* Forget all lines; the last that were printed, in all and so many. */
void fake_sink_clear(void);
unsigned fake_sink_count(void);
const char *fake_sink_line(unsigned i); /* fails the test if there is none */

/* The lines are these, no more and no fewer; NULL ends them. Clears. */
void fake_sink_expect(const char *first, ...) __attribute__((sentinel));

/* The one line that starts so, or NULL. */
const char *fake_sink_find(const char *start);
