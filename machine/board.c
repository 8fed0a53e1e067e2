/* SPDX-License-Identifier: MIT */
#include "machine/board.h"

#include "lib/bits.h"
#include "machine/memory_map.h"

#define RESET_SYSTEM BIT(1) /* what kind: the whole board, not the CPU alone */
#define RESET_CPU    BIT(2) /* a rise resets */
#define RESET_FULL   BIT(3)

#define FAST_RESET BIT(0) /* a rise resets */
#define FAST_A20   BIT(1)

void board_reset(struct board *board, struct guest_console *console)
{
	*board = (struct board){ .fast_a20 = FAST_A20, .console = console };
}

/*
 * CF9H is a byte of its own inside of PCI's address register at CF8H, which
 * takes whole double words only. There is no PCI bus yet.
 */
static bool is_reset_control(u16 offset, unsigned size)
{
	return offset == PORT_RESET - PORT_PCI_ADDRESS && size == 1;
}

static u32 pci_in(void *state, u16 offset, unsigned size)
{
	const struct board *board = state;

	return is_reset_control(offset, size) ? board->reset_control : ~0U;
}

static enum verdict pci_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct board *board = state;
	bool rises = value & ~board->reset_control & RESET_CPU;

	if (!is_reset_control(offset, size))
		return NEXT;
	board->reset_control = value & (RESET_SYSTEM | RESET_CPU | RESET_FULL);
	return rises ? vcpu_stop(v, STOP_RESET, "reset control register, port CF9", 0) : NEXT;
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

const struct port_device board_pci_ports = { "PCI address and reset control", 4, pci_in, pci_out };
const struct port_device board_fast_a20_ports = { "fast A20", 1, fast_a20_in, fast_a20_out };
const struct port_device board_post_ports = { "POST code", 1, post_in, post_out };
const struct port_device board_debug_ports = { "debug console", 1, debug_in, debug_out };
