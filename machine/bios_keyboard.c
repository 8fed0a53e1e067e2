/* SPDX-License-Identifier: MIT */
/*
 * INT 16H and INT 14H: keys are what comes in at COM1, with the scan codes
 * that a keyboard would send for them.
 */
#include <linux/serial_reg.h>

#include "machine/bios_call.h"
#include "machine/bios_screen.h"
#include "machine/memory_map.h"

#define HAS_10H BIT(5) /* AH=09H: of the functions there are 10H to 12H */

#define ESC	0x1b
#define ESC_NS	20000000UL /* alone for so long: it was the key */
#define KEY_ESC 0x011b

/* From this scan code on: what is on the keys, without and with Shift. */
static const struct row {
	u8 scan;
	char plain[15], shifted[15];
} rows[] = {
	{ 0x01, "\x1b" "1234567890-=", "\x1b" "!@#$%^&*()_+" },
	{ 0x0e, "\b\tqwertyuiop[]", "\b\tQWERTYUIOP{}" },
	{ 0x1c, "\r", "\n" },
	{ 0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
	{ 0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
	{ 0x39, " ", " " },
};

static u8 scan_code(u8 character)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		for (u8 n = 0; rows[i].plain[n]; n++)
			if (character == (u8)rows[i].plain[n] ||
			    character == (u8)rows[i].shifted[n])
				return (u8)(rows[i].scan + n);
	/* Control and a letter. */
	return character && character <= 26 ? scan_code((u8)(character + 'a' - 1)) : 0;
}

/* What follows ESC [ or ESC O: a letter, or a digit and a tilde. As scan codes. */
static const struct {
	char last;
	u8 scan;
} sequences[] = {
	{ 'A', 0x48 }, { 'B', 0x50 }, { 'C', 0x4d }, { 'D', 0x4b }, /* up, down, right, left */
	{ 'H', 0x47 }, { 'F', 0x4f }, { '1', 0x47 }, { '4', 0x4f }, /* Home, End */
	{ '2', 0x52 }, { '3', 0x53 }, { '5', 0x49 }, { '6', 0x51 }, /* Insert, Delete, pages */
	{ 'P', 0x3b }, { 'Q', 0x3c }, { 'R', 0x3d }, { 'S', 0x3e }, /* F1 to F4 */
};

static u16 sequence(u8 last)
{
	for (unsigned i = 0; i < ARRAY_SIZE(sequences); i++)
		if (last == (u8)sequences[i].last)
			return (u16)(sequences[i].scan << 8);
	return 0;
}

/* A byte from the line, or -1: so while the guest has its divisor latch where the byte would be. */
static int receive(struct vm *vm)
{
	if (vm->uart.lcr & UART_LCR_DLAB)
		return -1;
	if (bus_in(&vm->bus, PORT_COM1 + UART_LSR, 1) & UART_LSR_DR)
		return (u8)bus_in(&vm->bus, PORT_COM1 + UART_RX, 1);
	return guest_console_take(&vm->console); /* what the UART has no room for */
}

/* Terminals send DEL for a PC's Backspace, and ESC and a character for Alt and its key. */
static u16 decode(struct bios *b, u8 byte, u64 now)
{
	u8 before = b->escape;

	b->escape = 0;
	switch (before) {
	case 0:
	case ESC:
		if (byte == ESC) {
			b->escape = ESC;
			b->escape_until = now + ESC_NS;
			return before ? KEY_ESC : 0;
		}
		if (before && (byte == '[' || byte == 'O')) {
			b->escape = byte;
			return 0;
		}
		if (byte == 0x7f)
			byte = '\b';
		return (u16)(scan_code(byte) << 8 | (before ? 0 : byte));
	default:
		if (byte < '0' || byte > '9')
			return sequence(byte == '~' ? before : byte);
		b->escape = byte;
		return 0;
	}
}

/* The next key, without taking it; 0: none. */
static u16 look(struct vm *vm)
{
	struct bios *b = &vm->bios;
	u64 now = clock_now(&vm->clock);
	int byte;

	while (!b->key) {
		byte = receive(vm);
		if (byte < 0)
			break;
		b->key = decode(b, (u8)byte, now);
	}
	if (!b->key && b->escape && now >= b->escape_until) {
		b->escape = 0;
		b->key = KEY_ESC;
	}
	if (!b->key)
		bios_screen_settle(vm);
	return b->key;
}

/* Without IRQ 0, masked or with its 8254 at rest, nothing may come that ends a HLT. */
static enum bios_result wait(const struct vm *vm)
{
	bool ticks = !(vm->pic.chips[0].imr & BIT(0)) && timer_pending(&vm->pit.timer);

	return ticks ? BIOS_SLEEP : BIOS_AGAIN;
}

enum bios_result bios_keyboard(struct vm *vm, struct vcpu *v)
{
	u16 key;

	switch (bios_high(v->regs.rax)) {
	case 0x00:
	case 0x10:
		key = look(vm);
		if (!key)
			return wait(vm);
		vm->bios.key = 0;
		bios_set_word(&v->regs.rax, key);
		break;
	case 0x01:
	case 0x11:
		key = look(vm);
		bios_set_zero(vm, !key);
		if (key)
			bios_set_word(&v->regs.rax, key);
		break;
	case 0x02: /* no Shift, no Control */
		bios_set_low(&v->regs.rax, 0);
		break;
	case 0x09:
		bios_set_low(&v->regs.rax, HAS_10H);
		break;
	case 0x12:
		bios_set_word(&v->regs.rax, 0);
		break;
	case 0x05: /* as if typed */
		bios_set_low(&v->regs.rax, vm->bios.key != 0);
		if (!vm->bios.key)
			vm->bios.key = (u16)v->regs.rcx;
		break;
	}
	return BIOS_DONE;
}

#define LINE_TIME_OUT 0x80
#define LINE_READY    (UART_LSR_THRE | UART_LSR_TEMT)

/* INT 14H: DX is 0 for COM1; there is no other line. */
enum bios_result bios_serial(struct vm *vm, struct vcpu *v)
{
	u8 modem = (u8)bus_in(&vm->bus, PORT_COM1 + UART_MSR, 1);
	int byte;

	if ((u16)v->regs.rdx)
		return bios_fail(v, LINE_TIME_OUT);
	switch (bios_high(v->regs.rax)) {
	case 0x00:
	case 0x03:
		bios_set_word(&v->regs.rax, (u16)(LINE_READY << 8 | modem));
		break;
	case 0x01:
		guest_console_put(&vm->console, bios_low(v->regs.rax));
		bios_set_high(&v->regs.rax, LINE_READY);
		break;
	case 0x02:
		byte = receive(vm);
		bios_set_high(&v->regs.rax, byte < 0 ? LINE_TIME_OUT : 0);
		if (byte >= 0)
			bios_set_low(&v->regs.rax, (u8)byte);
		break;
	}
	return BIOS_DONE;
}
