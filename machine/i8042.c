/* SPDX-License-Identifier: MIT */
#include "machine/i8042.h"

#include "lib/bits.h"
#include "lib/string.h"

#define STATUS_OUTPUT_FULL BIT(0)
#define STATUS_SYSTEM	   BIT(2)
#define STATUS_COMMAND	   BIT(3)
#define STATUS_UNLOCKED	   BIT(4)

#define COMMAND_SYSTEM	     BIT(2) /* shows in the status */
#define COMMAND_KEYBOARD_OFF BIT(4)
#define COMMAND_MOUSE_OFF    BIT(5)

#define OUTPUT_NOT_RESET BIT(0) /* 0 holds the CPU in reset */
#define OUTPUT_A20	 BIT(1)

enum {
	READ_RAM = 0x20, /* to 3f; byte 0 is the command byte */
	WRITE_RAM = 0x60, /* to 7f */
	MOUSE_DISABLE = 0xa7,
	MOUSE_ENABLE = 0xa8,
	MOUSE_TEST = 0xa9,
	SELF_TEST = 0xaa,
	KEYBOARD_TEST = 0xab,
	KEYBOARD_DISABLE = 0xad,
	KEYBOARD_ENABLE = 0xae,
	READ_INPUT = 0xc0,
	READ_OUTPUT = 0xd0,
	WRITE_OUTPUT = 0xd1,
	ECHO_KEYBOARD = 0xd2,
	ECHO_MOUSE = 0xd3,
	WRITE_MOUSE = 0xd4,
	PULSE = 0xf0, /* to ff: bits that are 0 pulse low */
};

#define SELF_TEST_OK	   0x55
#define INTERFACE_TEST_OK  0x00
#define INTERFACE_NOTHING  0x02 /* the clock line is stuck: no mouse port */
#define INPUT_PORT	   0x80 /* keyboard not locked */

void i8042_reset(struct i8042 *k)
{
	memset(k, 0, sizeof(*k));
	k->command = COMMAND_SYSTEM | COMMAND_KEYBOARD_OFF | COMMAND_MOUSE_OFF;
}

static void answer(struct i8042 *k, u8 byte)
{
	k->output = byte;
	k->full = true;
}

static enum verdict reset_machine(struct vcpu *v)
{
	return vcpu_stop(v, STOP_RESET, "keyboard controller", 0);
}

static void set_command_bit(struct i8042 *k, u8 bit, bool on)
{
	k->command = on ? k->command | bit : k->command & ~bit;
}

static enum verdict command(struct i8042 *k, struct vcpu *v, u8 command)
{
	k->expected = 0;
	switch (command) {
	case READ_RAM ... READ_RAM + 31:
		answer(k, command == READ_RAM ? k->command : k->ram[command - READ_RAM]);
		break;
	case WRITE_RAM ... WRITE_RAM + 31:
	case WRITE_OUTPUT:
	case ECHO_KEYBOARD:
	case ECHO_MOUSE:
	case WRITE_MOUSE:
		k->expected = command;
		break;
	case MOUSE_DISABLE:
	case MOUSE_ENABLE:
		set_command_bit(k, COMMAND_MOUSE_OFF, command == MOUSE_DISABLE);
		break;
	case MOUSE_TEST:
		answer(k, INTERFACE_NOTHING);
		break;
	case SELF_TEST:
		answer(k, SELF_TEST_OK);
		break;
	case KEYBOARD_TEST:
		answer(k, INTERFACE_TEST_OK);
		break;
	case KEYBOARD_DISABLE:
	case KEYBOARD_ENABLE:
		set_command_bit(k, COMMAND_KEYBOARD_OFF, command == KEYBOARD_DISABLE);
		break;
	case READ_INPUT:
		answer(k, INPUT_PORT);
		break;
	case READ_OUTPUT:
		answer(k, OUTPUT_NOT_RESET | OUTPUT_A20);
		break;
	case PULSE ... PULSE + 15:
		if (!(command & OUTPUT_NOT_RESET))
			return reset_machine(v);
		break;
	}
	return NEXT;
}

static enum verdict data(struct i8042 *k, struct vcpu *v, u8 byte)
{
	u8 command = k->expected;

	k->expected = 0;
	switch (command) {
	case WRITE_RAM:
		k->command = byte;
		break;
	case WRITE_RAM + 1 ... WRITE_RAM + 31:
		k->ram[command - WRITE_RAM] = byte;
		break;
	case WRITE_OUTPUT:
		if (!(byte & OUTPUT_NOT_RESET))
			return reset_machine(v);
		break;
	case ECHO_KEYBOARD:
		answer(k, byte);
		break;
	}
	return NEXT; /* all else is for devices that are not there */
}

static u32 data_in(void *state, u16 offset, unsigned size)
{
	struct i8042 *k = state;

	(void)offset;
	(void)size;
	k->full = false;
	return k->output;
}

static enum verdict data_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct i8042 *k = state;

	(void)offset;
	(void)size;
	k->last_was_command = false;
	return data(k, v, (u8)value);
}

static u32 status_in(void *state, u16 offset, unsigned size)
{
	const struct i8042 *k = state;

	(void)offset;
	(void)size;
	return STATUS_UNLOCKED | (k->full ? STATUS_OUTPUT_FULL : 0) |
	       (k->command & COMMAND_SYSTEM ? STATUS_SYSTEM : 0) |
	       (k->last_was_command ? STATUS_COMMAND : 0);
}

static enum verdict status_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct i8042 *k = state;

	(void)offset;
	(void)size;
	k->last_was_command = true;
	return command(k, v, (u8)value);
}

const struct port_device i8042_data_ports = { "8042 data", 1, data_in, data_out };
const struct port_device i8042_status_ports = { "8042 status", 1, status_in, status_out };
