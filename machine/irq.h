/* SPDX-License-Identifier: MIT */
/*
 * The wire from a device's interrupt output to whoever listens to it. The
 * device knows a level; what it means (edges, vectors) is the listener's.
 */
#pragma once

#include "lib/types.h"

struct irq {
	void (*changed)(void *listener, unsigned line, bool high);
	void *listener;
	unsigned line;
	bool high;
};

static inline void irq_set(struct irq *irq, bool high)
{
	if (irq->high == high)
		return;
	irq->high = high;
	irq->changed(irq->listener, irq->line, high);
}

/* Low, then high: an edge, whatever the level was. It stays high. */
static inline void irq_pulse(struct irq *irq)
{
	irq_set(irq, false);
	irq_set(irq, true);
}
