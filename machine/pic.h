/* SPDX-License-Identifier: MIT */
/*
 * A PC's pair of 8259A: the slave's output is the master's input 2; the
 * registers ELCR make single inputs level-triggered. One output, to the CPU.
 */
#pragma once

#include "machine/bus.h"
#include "machine/irq.h"
#include "machine/pic_chip.h"

struct pic {
	struct pic_chip chips[2]; /* master, slave */
	struct irq output;	  /* INT: set `changed` and `listener` before pic_reset() */
};

extern const struct port_device pic_master_ports; /* 2 each */
extern const struct port_device pic_slave_ports;
extern const struct port_device pic_elcr_ports;

void pic_reset(struct pic *pic);

/* Make these lines level-triggered, and the others edge-triggered; for some that is fixed. */
void pic_set_elcr(struct pic *pic, u16 lines);

/* For struct irq: line 0 to 15, without 2. */
void pic_set_line(void *pic, unsigned line, bool high);

/* INTA: the vector. A request that has gone gives the spurious 7 or 15. */
int pic_acknowledge(struct pic *pic);

/* Has an edge of this line not been acknowledged yet, though it is not masked? */
bool pic_waits(const struct pic *pic, unsigned line);

/* If this line rose now, would the output go (or is it) high? */
bool pic_would_interrupt(const struct pic *pic, unsigned line);
