/* SPDX-License-Identifier: MIT */
/*
 * INT 16H and INT 14H: keys are what comes in at COM1, with the scan codes
 * that a keyboard would send for them.
 */
#include <linux/serial_reg.h>

#include "machine/bios_call.h"
#include "machine/bios_screen.h"
#include "machine/memory_map.h"

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

/* A byte from the line, or -1. The guest may have programmed COM1 as it likes, but its divisor latch. */
static int receive(struct vm *vm)
{
	if (!(bus_in(&vm->bus, PORT_COM1 + UART_LSR, 1) & UART_LSR_DR) || vm->uart.lcr & UART_LCR_DLAB)
		return -1;
	return (u8)bus_in(&vm->bus, PORT_COM1 + UART_RX, 1);
}

/* Terminals send DEL where a PC's keyboard has Backspace. */
static u16 look(struct vm *vm)
{
	int byte;

	if (vm->bios.key)
		return vm->bios.key;
	byte = receive(vm);
	if (byte < 0) {
		bios_screen_settle(vm);
		return 0;
	}
	if (byte == 0x7f)
		byte = '\b';
	vm->bios.key = (u16)(scan_code((u8)byte) << 8 | byte);
	return vm->bios.key;
}

enum bios_result bios_keyboard(struct vm *vm, struct vcpu *v)
{
	u16 key;

	switch (bios_high(v->regs.rax)) {
	case 0x00:
	case 0x10:
		key = look(vm);
		if (!key)
			return BIOS_SLEEP;
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
