/* SPDX-License-Identifier: MIT */
/*
 * A PS/2 keyboard whose keys nobody presses: it answers its commands, as
 * those who look for one expect. IBM PC/AT Technical Reference, "Keyboard".
 */
#pragma once

#include "lib/types.h"

#define KEYBOARD_ANSWERS 4

struct keyboard {
	u8 answers[KEYBOARD_ANSWERS]; /* what it has still to say, the first one first */
	u8 count;
	u8 expected; /* the command whose parameter comes next, or 0 */
	u8 last;     /* what it said last */
	u8 set;      /* of scan codes, 1 to 3 */
};

void keyboard_reset(struct keyboard *k);

/* A byte from the host: a command or its parameter. */
void keyboard_receive(struct keyboard *k, u8 byte);

/* Its next byte, or -1 if it has none. */
int keyboard_take(struct keyboard *k);
