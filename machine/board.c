/* SPDX-License-Identifier: MIT */
#include "machine/board.h"

#include "lib/bits.h"
#include "machine/memory_map.h"

#define FAST_RESET BIT(0) /* a rise resets */
#define FAST_A20   BIT(1)

void board_reset(struct board *board, struct guest_console *console, struct irq x87_error)
{
	*board = (struct board){ .fast_a20 = FAST_A20, .console = console, .x87_error = x87_error };
}

static u32 fast_a20_in(void *state, u16 offset, unsigned size)
{
	const struct board *board = state;

	(void)offset;
	(void)size;
	return board->fast_a20;
}

/* The gate of A20 is open for ever: what is written is remembered, but has no effect. */
static enum verdict fast_a20_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct board *board = state;
	bool rises = value & ~board->fast_a20 & FAST_RESET;

	(void)offset;
	(void)size;
	board->fast_a20 = (u8)value;
	return rises ? vcpu_stop(v, STOP_RESET, "port 92", 0) : NEXT;
}

static u32 post_in(void *state, u16 offset, unsigned size)
{
	const struct board *board = state;

	(void)offset;
	(void)size;
	return board->post;
}

static enum verdict post_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct board *board = state;

	(void)v;
	(void)offset;
	(void)size;
	board->post = (u8)value;
	return NEXT;
}

static u32 x87_in(void *state, u16 offset, unsigned size)
{
	(void)state;
	(void)offset;
	(void)size;
	return ~0U;
}

/*
 * F0H clears the latch; on a PC it also lets x87 instructions through until the error is cleared.
 * F1H was the 80287's reset.
 */
static enum verdict x87_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct board *board = state;

	(void)v;
	(void)size;
	(void)value;
	if (!offset)
		irq_set(&board->x87_error, false);
	return NEXT;
}

static u32 debug_in(void *state, u16 offset, unsigned size)
{
	(void)state;
	(void)offset;
	(void)size;
	return PORT_DEBUG;
}

static enum verdict debug_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct board *board = state;

	(void)v;
	(void)offset;
	(void)size;
	guest_console_put(board->console, (u8)value);
	return NEXT;
}

static u32 exit_in(void *state, u16 offset, unsigned size)
{
	(void)state;
	(void)offset;
	(void)size;
	return 0;
}

static enum verdict exit_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	(void)state;
	(void)offset;
	return vcpu_stop(v, STOP_POWER_OFF, value ? "debug exit port F4 with value" : "debug exit port F4",
			 value & (u32)bits_byte_mask(size));
}

const struct port_device board_fast_a20_ports = { "fast A20", 1, fast_a20_in, fast_a20_out };
const struct port_device board_post_ports = { "POST code", 1, post_in, post_out };
const struct port_device board_x87_ports = { "x87 errors", 1, x87_in, x87_out };
const struct port_device board_debug_ports = { "debug console", 1, debug_in, debug_out };
const struct port_device board_exit_ports = { "debug exit", 4, exit_in, exit_out };
