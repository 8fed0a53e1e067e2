/* SPDX-License-Identifier: MIT */
#include "machine/keyboard.h"

enum {
	SET_LEDS = 0xed,
	ECHO = 0xee,
	SCAN_CODE_SET = 0xf0, /* parameter 0 asks for it */
	IDENTIFY = 0xf2,
	SET_RATE = 0xf3,
	ENABLE = 0xf4,
	DISABLE = 0xf5,
	SET_DEFAULTS = 0xf6,
	ALL_KEYS = 0xf7, /* to fa: what they send; fb to fd: the same for single keys, named next */
	SINGLE_KEYS = 0xfb,
	RESEND = 0xfe,
	RESET = 0xff,
};

#define ACKNOWLEDGE 0xfa
#define NOT_KNOWN   0xfe
#define TEST_PASSED 0xaa
#define DEFAULT_SET 2

static void say(struct keyboard *k, u8 byte)
{
	if (k->count < KEYBOARD_ANSWERS)
		k->answers[k->count++] = byte;
}

static void parameter(struct keyboard *k, u8 command, u8 byte)
{
	if (command == SCAN_CODE_SET && byte > 3) {
		say(k, NOT_KNOWN);
		return;
	}
	say(k, ACKNOWLEDGE);
	if (command == SCAN_CODE_SET && !byte)
		say(k, k->set);
	else if (command == SCAN_CODE_SET)
		k->set = byte;
	else if (command >= SINGLE_KEYS)
		k->expected = command; /* until the next command */
}

static void command(struct keyboard *k, u8 byte)
{
	switch (byte) {
	case ECHO:
		say(k, ECHO);
		return;
	case RESEND:
		say(k, k->last);
		return;
	case RESET:
		k->set = DEFAULT_SET;
		say(k, ACKNOWLEDGE);
		say(k, TEST_PASSED);
		return;
	case IDENTIFY:
		say(k, ACKNOWLEDGE);
		say(k, 0xab);
		say(k, 0x83);
		return;
	case SET_LEDS:
	case SCAN_CODE_SET:
	case SET_RATE:
	case SINGLE_KEYS ... SINGLE_KEYS + 2:
		k->expected = byte;
		break;
	case SET_DEFAULTS:
		k->set = DEFAULT_SET;
		break;
	case ENABLE:
	case DISABLE:
	case ALL_KEYS ... ALL_KEYS + 3:
		break;
	default:
		say(k, NOT_KNOWN);
		return;
	}
	say(k, ACKNOWLEDGE);
}

void keyboard_reset(struct keyboard *k)
{
	*k = (struct keyboard){ .set = DEFAULT_SET };
}

void keyboard_receive(struct keyboard *k, u8 byte)
{
	u8 expected = k->expected;

	k->expected = 0;
	k->count = 0; /* what was not fetched is not worth it any more */
	if (expected && byte < SET_LEDS)
		parameter(k, expected, byte);
	else
		command(k, byte);
}

int keyboard_take(struct keyboard *k)
{
	if (!k->count)
		return -1;
	k->last = k->answers[0];
	k->count--;
	for (unsigned i = 0; i < k->count; i++)
		k->answers[i] = k->answers[i + 1];
	return k->last;
}
