/* SPDX-License-Identifier: MIT */
#include "machine/i8042.h"

#include "lib/bits.h"

#define STATUS_OUTPUT_FULL BIT(0)
#define STATUS_SYSTEM	   BIT(2)
#define STATUS_COMMAND	   BIT(3)
#define STATUS_UNLOCKED	   BIT(4)

#define COMMAND_INTERRUPT    BIT(0)
#define COMMAND_SYSTEM	     BIT(2) /* shows in the status */
#define COMMAND_KEYBOARD_OFF BIT(4)
#define COMMAND_MOUSE_OFF    BIT(5)
#define COMMAND_TRANSLATE    BIT(6) /* from set 2 of scan codes to set 1 */

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
	*k = (struct i8042){
		.command = COMMAND_INTERRUPT | COMMAND_SYSTEM | COMMAND_MOUSE_OFF | COMMAND_TRANSLATE,
		.irq = k->irq,
	};
	keyboard_reset(&k->keyboard);
}

static void answer(struct i8042 *k, u8 byte)
{
	k->output = byte;
	k->full = true;
}

/* Of what a keyboard without keys says, these are codes that differ. */
static u8 translate(u8 byte)
{
	switch (byte) {
	case 0x01:
		return 0x43;
	case 0x02:
	case 0x83:
		return 0x41;
	case 0x03:
		return 0x3f;
	default:
		return byte;
	}
}

/*
 * After any change: fetch the keyboard's next byte if there is room for it, and set the interrupt's
 * line. With the keyboard off the controller's own answers do not interrupt: who switched it off
 * polls for them, and no handler must take them away.
 */
static void advance(struct i8042 *k)
{
	int byte = -1;

	if (!k->full && !(k->command & COMMAND_KEYBOARD_OFF))
		byte = keyboard_take(&k->keyboard);
	if (byte >= 0)
		answer(k, k->command & COMMAND_TRANSLATE ? translate((u8)byte) : (u8)byte);
	irq_set(&k->irq, k->full && (k->command & (COMMAND_INTERRUPT | COMMAND_KEYBOARD_OFF)) ==
					    COMMAND_INTERRUPT);
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
	case 0:
		set_command_bit(k, COMMAND_KEYBOARD_OFF, false);
		keyboard_receive(&k->keyboard, byte);
		break;
	}
	return NEXT; /* all else is for a mouse that is not there */
}

static u32 data_in(void *state, u16 offset, unsigned size)
{
	struct i8042 *k = state;
	u8 byte = k->output;

	(void)offset;
	(void)size;
	k->full = false;
	irq_set(&k->irq, false); /* the next byte is an edge of its own */
	advance(k);
	return byte;
}

static enum verdict data_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct i8042 *k = state;
	enum verdict verdict;

	(void)offset;
	(void)size;
	k->last_was_command = false;
	verdict = data(k, v, (u8)value);
	advance(k);
	return verdict;
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
	enum verdict verdict;

	(void)offset;
	(void)size;
	k->last_was_command = true;
	verdict = command(k, v, (u8)value);
	advance(k);
	return verdict;
}

const struct port_device i8042_data_ports = { "8042 data", 1, data_in, data_out };
const struct port_device i8042_status_ports = { "8042 status", 1, status_in, status_out };
