/* SPDX-License-Identifier: MIT */
/*
 * What a device under test is plugged into: an interrupt line that counts
 * its edges, timers of a fake clock, ports that are called directly.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/bus.h"
#include "machine/irq.h"
#include "machine/timer.h"
#include "tests/unit/machine/fake_time.h"

static bool line_high;
static unsigned line_rises;
static struct timers timers;
static const struct clock test_clock;

static inline void line_changed(void *listener, unsigned line, bool high)
{
	(void)listener;
	(void)line;
	line_high = high;
	line_rises += high;
}

static inline void device_reset(void)
{
	fake_time_reset();
	line_high = false;
	line_rises = 0;
	timers_init(&timers, &test_clock);
}

static inline struct irq test_irq(void)
{
	return (struct irq){ line_changed, NULL, 0, false };
}

static inline u8 port_in(const struct port_device *d, void *state, u16 offset)
{
	return (u8)d->in(state, offset, 1);
}

static inline void port_out(const struct port_device *d, void *state, u16 offset, u8 value)
{
	assert_int_equal(d->out(state, NULL, offset, 1, value), NEXT);
}

/* Let time pass; timers fire when they are due, in order. */
static inline void advance(u64 ns)
{
	u64 end = fake_now + ns;

	for (;;) {
		u64 next = timers_next(&timers);

		if (next > end)
			break;
		fake_now = MAX(next, fake_now);
		timers_run(&timers, GIB(1));
	}
	fake_now = end;
}
