/* SPDX-License-Identifier: MIT */
/*
 * The measurement: five marks, each a moment at which both the clock and
 * the TSC are known, and the frequency between the first and the last. The
 * four windows between them tell whether something came in between.
 * All loops are bounded, whatever the clock does.
 */
#include "kernel/time_calibrate.h"

#include "lib/error.h"

#define WINDOWS	      4
#define WINDOW_US     1000
#define WINDOW_MAX_US 16000
#define ATTEMPTS      6
#define EDGES	      4	      /* of which the one known most precisely becomes the mark */
#define STANDSTILL    10000   /* reads without a change: the clock is dead */
#define READS_MAX     1000000 /* in one wait, for a clock that changes but gets nowhere */
#define UNCERTAIN_PPM 2000    /* above, longer windows are worth their time */
#define PPM	      1000000UL
#define TSC_HZ_MIN    100000UL
#define TSC_HZ_MAX    16000000000UL

struct mark {
	u64 ticks; /* of the clock */
	u64 tsc;
	u64 error; /* TSC ticks between two reads of the clock: it changed somewhere in there */
};

/*
 * Find the moment at which the clock changes: the middle between the TSC
 * before and after. Some clocks change seldom (Bochs: once in a
 * microsecond), so the value alone would be known less well.
 */
static int take_mark(const struct time_source *s, struct mark *mark)
{
	u64 ticks = s->read() & s->mask, before = s->tsc();
	unsigned edges = 0;

	mark->error = ~0UL;
	for (unsigned same = 0; edges < EDGES && same < STANDSTILL; same++) {
		u64 now = s->read() & s->mask, after = s->tsc();

		if (now != ticks) {
			if (after - before < mark->error) {
				mark->ticks = now;
				mark->tsc = before + (after - before) / 2;
				mark->error = after - before;
			}
			edges++;
			same = 0;
		}
		ticks = now;
		before = after;
	}
	return edges == EDGES ? 0 : -ERR_TIMEOUT;
}

/* Until `ticks` after the mark. */
static int wait(const struct time_source *s, const struct mark *mark, u64 ticks)
{
	u64 last = mark->ticks;
	unsigned same = 0;

	for (unsigned reads = 0; reads < READS_MAX && same < STANDSTILL; reads++) {
		u64 now = s->read() & s->mask;

		if (((now - mark->ticks) & s->mask) >= ticks)
			return 0;
		same = now == last ? same + 1 : 0;
		last = now;
	}
	return -ERR_TIMEOUT;
}

/* TSC frequency by the ticks of both; 0 when it makes no sense. */
static u64 window_hz(const struct time_source *s, u64 ticks, u64 tsc)
{
	u64 product, hz;

	if (!ticks || __builtin_mul_overflow(tsc, s->hz, &product))
		return 0;
	hz = (product + ticks / 2) / ticks;
	return hz >= TSC_HZ_MIN && hz <= TSC_HZ_MAX ? hz : 0;
}

/* How wrong a window may be by the error of its marks. */
static u64 window_error_ppm(const struct mark *a, const struct mark *b)
{
	u64 length = b->tsc - a->tsc, error = a->error + b->error;

	return error < length && length ? error * PPM / length : PPM;
}

static u64 median(u64 value[WINDOWS])
{
	for (int i = 1; i < WINDOWS; i++) {
		for (int j = i; j > 0 && value[j] < value[j - 1]; j--) {
			u64 larger = value[j - 1];

			value[j - 1] = value[j];
			value[j] = larger;
		}
	}
	return (value[WINDOWS / 2 - 1] + value[WINDOWS / 2]) / 2;
}

/* One measurement. Leaves hz 0 when it makes no sense. */
static int measure(const struct time_source *s, u64 window_us, struct time_measurement *m)
{
	u64 window_ticks = window_us * s->hz / 1000000;
	u64 hz[WINDOWS], middle, spread, error = 0, total = 0;
	struct mark marks[WINDOWS + 1];

	for (int i = 0; i <= WINDOWS; i++) {
		if ((i > 0 && wait(s, &marks[i - 1], window_ticks) < 0) ||
		    take_mark(s, &marks[i]) < 0)
			return -ERR_TIMEOUT;
	}
	for (int i = 0; i < WINDOWS; i++) {
		u64 ticks = (marks[i + 1].ticks - marks[i].ticks) & s->mask;

		hz[i] = window_hz(s, ticks, marks[i + 1].tsc - marks[i].tsc);
		total += ticks; /* all windows together may be longer than the counter */
		error = MAX(error, window_error_ppm(&marks[i], &marks[i + 1]));
	}

	middle = median(hz);
	spread = middle ? (hz[WINDOWS - 1] - hz[0]) * PPM / middle : PPM;
	m->spread_ppm = spread > error ? spread - error : 0;
	m->uncertainty_ppm = window_error_ppm(&marks[0], &marks[WINDOWS]);
	/* Over the whole the error of the marks matters least; a disturbance, most. */
	m->hz = middle;
	if (m->spread_ppm <= TIME_SPREAD_MAX_PPM)
		m->hz = window_hz(s, total, marks[WINDOWS].tsc - marks[0].tsc);
	return 0;
}

int time_calibrate(const struct time_source *source, struct time_measurement *m)
{
	u64 window_us = WINDOW_US;

	*m = (struct time_measurement){0};
	for (int i = 0; i < ATTEMPTS; i++) {
		struct time_measurement next;

		if (measure(source, window_us, &next) < 0)
			break;
		if (next.hz && (!m->hz || next.spread_ppm <= m->spread_ppm))
			*m = next;
		if (next.uncertainty_ppm > UNCERTAIN_PPM && window_us < WINDOW_MAX_US)
			window_us *= 4;
		else if (next.hz && next.spread_ppm <= TIME_SPREAD_MAX_PPM)
			break;
	}
	return m->hz ? 0 : -ERR_TIMEOUT;
}
