/* SPDX-License-Identifier: MIT */
#include "machine/tick_debt.h"

/* Who is further behind than this has other problems than the time. */
#define OWED_MAX 100000

bool tick_debt_due(struct tick_debt *d, u64 missed, bool waits)
{
	if (!missed && !d->behind)
		return true;
	d->behind = true;
	d->owed = (u32)MIN(d->owed + missed + 1, (u64)OWED_MAX);
	return tick_debt_pay(d, waits);
}

bool tick_debt_pay(struct tick_debt *d, bool waits)
{
	if (waits)
		return false;
	if (!d->owed) {
		d->behind = false;
		return false;
	}
	d->owed--;
	return true;
}
