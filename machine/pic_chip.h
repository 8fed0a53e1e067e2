/* SPDX-License-Identifier: MIT */
/*
 * One 8259A interrupt controller, by its data sheet: eight inputs, one
 * output, the command words. It knows nothing of the other one; see pic.h.
 */
#pragma once

#include "lib/types.h"

struct pic_chip {
	u8 irr;	   /* requests */
	u8 isr;	   /* in service */
	u8 imr;	   /* masked */
	u8 lines;  /* levels of the inputs now */
	u8 level;  /* inputs that are level-triggered: ELCR, or all with ICW1.LTIM */
	u8 elcr;
	u8 vector; /* ICW2: of input 0 */
	u8 slaves; /* ICW3 of a master: inputs with a slave */
	u8 lowest; /* the input with the lowest priority; 7 after ICW1 */
	u8 expected; /* the next ICW at port 1, or 0 */
	bool ready; /* all ICWs have come since the power was switched on */
	bool single, icw4, auto_eoi, rotate_on_auto_eoi;
	bool special_mask, special_nested, read_isr, poll;
};

/* Switched on: silent until it is programmed. ELCR is all edge. */
void pic_chip_reset(struct pic_chip *c);

void pic_chip_set_line(struct pic_chip *c, unsigned input, bool high);
void pic_chip_set_elcr(struct pic_chip *c, u8 elcr);

/* The input that the INT output is high for, or -1 when it is low. */
int pic_chip_pending(const struct pic_chip *c);

/* INTA: the input, now in service. When the request has gone: 7, and nothing is (spurious). */
unsigned pic_chip_acknowledge(struct pic_chip *c);

/* The two ports of the chip. */
u8 pic_chip_in(struct pic_chip *c, unsigned port);
void pic_chip_out(struct pic_chip *c, unsigned port, u8 value);
