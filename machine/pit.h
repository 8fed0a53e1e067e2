/* SPDX-License-Identifier: MIT */
/*
 * An 8254 interval timer as a PC has it: channel 0 is interrupt 0, channel 1
 * once refreshed memory, channel 2 sounds the speaker through port 61H. Pure
 * but for its timer: time is nanoseconds of the machine's clock. All edges
 * are computed from the tick the count was loaded at: periods do not drift.
 * Periods in which nobody looked are told later (machine/tick_debt.h), until
 * channel 0 is programmed anew.
 *
 * Where it is coarser than the chip: the line of interrupt 0 rises when OUT
 * does but stays high until the next rise, because the 8259 looks at edges.
 */
#pragma once

#include "machine/bus.h"
#include "machine/irq.h"
#include "machine/pit_channel.h"
#include "machine/tick_debt.h"
#include "machine/timer.h"

/* 315/88 MHz / 12, about 1193182 Hz: this many ticks in that many ns. */
#define PIT_TICKS 105UL
#define PIT_NS	  88000UL

struct pit {
	struct pit_channel channels[3];
	bool speaker; /* port 61H: data to the speaker */
	u8 masked;    /* port 61H: reasons for an NMI that are masked */
	u64 rise;     /* tick of channel 0's next rising edge, or PIT_NEVER */
	struct irq irq;
	struct timer timer; /* of that edge */
	struct tick_debt debt;
	bool (*waits)(const void *machine, unsigned line); /* has the last edge not been taken yet? */
	const struct clock *clock;
};

extern const struct port_device pit_ports;     /* 4 */
extern const struct port_device speaker_ports; /* 1 */

/* irq, timer, waits and clock are the caller's to set before. */
void pit_reset(struct pit *pit);

/* Ticks that have gone at `ns`, and the first nanosecond at which `ticks` have. */
u64 pit_ticks(u64 ns);
u64 pit_ns(u64 ticks);

u8 pit_read(struct pit *pit, unsigned port, u64 now_ns);
void pit_write(struct pit *pit, unsigned port, u8 value, u64 now_ns);
u8 pit_speaker_read(struct pit *pit, u64 now_ns);
void pit_speaker_write(struct pit *pit, u8 value, u64 now_ns);

/* timer.due: raise interrupt 0 if its edge has come. */
void pit_due(void *pit, u64 now_ns);
