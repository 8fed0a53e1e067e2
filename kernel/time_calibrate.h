/* SPDX-License-Identifier: MIT */
/*
 * Measuring the TSC against a clock of known frequency. Pure but for the
 * functions that read the two.
 */
#pragma once

#include "lib/types.h"

/* A free-running counter of known frequency, and the TSC to compare it with. */
struct time_source {
	const char *name;
	u64 hz;
	u64 mask; /* of the counter's bits */
	u64 (*read)(void);
	u64 (*tsc)(void);    /* in order with read() */
	void (*close)(void); /* put the clock back as it was; may be NULL */
};

struct time_measurement {
	u64 hz;		     /* of the TSC */
	u64 spread_ppm;	     /* how far the partial measurements lie apart, beyond their error */
	u64 uncertainty_ppm; /* by the time that reading the clock takes */
};

#define TIME_SPREAD_MAX_PPM 1000 /* above, something disturbed the measurement */

/*
 * Measure. Takes 4 ms; up to 70 where one read of the clock takes long, as
 * in a nested virtual machine; a few times that when the partial
 * measurements disagree (SMI, preemption of a virtual CPU). Then the best is
 * taken. Returns 0, or -ERR_TIMEOUT when the clock stands still.
 */
int time_calibrate(const struct time_source *source, struct time_measurement *m) __must_check;
