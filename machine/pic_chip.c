/* SPDX-License-Identifier: MIT */
#include "machine/pic_chip.h"

#include "lib/bits.h"
#include "lib/string.h"

/* First port: ICW1 and the operation command words OCW2 and OCW3. */
#define ICW1	  BIT(4)
#define ICW1_IC4  BIT(0)
#define ICW1_SNGL BIT(1)
#define ICW1_LTIM BIT(3)
#define ICW4_AEOI BIT(1)
#define ICW4_SFNM BIT(4)
#define OCW3	  BIT(3)
#define OCW3_RIS  BIT(0)
#define OCW3_RR	  BIT(1)
#define OCW3_P	  BIT(2)
#define OCW3_SMM  BIT(5)
#define OCW3_ESMM BIT(6)
#define POLL_INTERRUPT BIT(7)

/* OCW2, bits 7 to 5 */
enum { ROTATE_AEOI_CLEAR, EOI, NOTHING, EOI_SPECIFIC,
       ROTATE_AEOI_SET, ROTATE_EOI, SET_PRIORITY, ROTATE_EOI_SPECIFIC };

void pic_chip_reset(struct pic_chip *c)
{
	memset(c, 0, sizeof(*c));
	c->lowest = 7;
	c->imr = 0xff;
}

/* 0 for the input served first, 7 for the last; 8 when none is set. */
static unsigned priority(const struct pic_chip *c, u8 inputs)
{
	unsigned first = (c->lowest + 1) & 7;
	u8 rotated = (u8)(inputs >> first | inputs << (8 - first));

	return rotated ? (unsigned)__builtin_ctz(rotated) : 8;
}

static unsigned input_at(const struct pic_chip *c, unsigned place)
{
	return (c->lowest + 1 + place) & 7;
}

void pic_chip_set_line(struct pic_chip *c, unsigned input, bool high)
{
	u8 bit = (u8)BIT(input);

	/*
	 * An edge is remembered, but only as long as the line stays high: "the IR
	 * inputs must remain high until after the falling edge of the first INTA".
	 */
	if (!high)
		c->irr &= ~bit;
	else if (c->level & bit || !(c->lines & bit))
		c->irr |= bit;
	c->lines = high ? c->lines | bit : c->lines & ~bit;
}

static void set_level(struct pic_chip *c, u8 level)
{
	u8 new = level & ~c->level;

	c->level = level;
	c->irr |= c->lines & new;
}

void pic_chip_set_elcr(struct pic_chip *c, u8 elcr)
{
	c->elcr = elcr;
	set_level(c, elcr);
}

int pic_chip_pending(const struct pic_chip *c)
{
	u8 requests = c->irr & ~c->imr;
	u8 in_service = c->isr;
	unsigned place;

	if (!requests || !c->ready)
		return -1;
	/* A masked input in service stops nobody in special mask mode. */
	if (c->special_mask)
		in_service &= ~c->imr;
	/* From a slave in service a more urgent request of the same slave may come. */
	if (c->special_nested)
		in_service &= ~(c->slaves & requests);
	place = priority(c, requests);
	return place < priority(c, in_service) ? (int)input_at(c, place) : -1;
}

unsigned pic_chip_acknowledge(struct pic_chip *c)
{
	int input = pic_chip_pending(c);
	u8 bit;

	if (input < 0)
		return 7;
	bit = (u8)BIT((unsigned)input);
	if (!(c->level & bit))
		c->irr &= ~bit;
	if (!c->auto_eoi)
		c->isr |= bit;
	else if (c->rotate_on_auto_eoi)
		c->lowest = (u8)input;
	return (unsigned)input;
}

/* The most urgent one in service, or 8. In special mask mode masked ones are passed by. */
static unsigned in_service(const struct pic_chip *c)
{
	u8 isr = c->special_mask ? c->isr & ~c->imr : c->isr;
	unsigned place = priority(c, isr);

	return place < 8 ? input_at(c, place) : 8;
}

static void command(struct pic_chip *c, u8 value)
{
	unsigned input = value & 7;

	switch (value >> 5) {
	case EOI:
	case ROTATE_EOI:
		input = in_service(c);
		if (input == 8)
			return;
		c->isr &= ~(u8)BIT(input);
		if (value >> 5 == ROTATE_EOI)
			c->lowest = (u8)input;
		break;
	case EOI_SPECIFIC:
		c->isr &= ~(u8)BIT(input);
		break;
	case ROTATE_EOI_SPECIFIC:
		c->isr &= ~(u8)BIT(input);
		c->lowest = (u8)input;
		break;
	case SET_PRIORITY:
		c->lowest = (u8)input;
		break;
	case ROTATE_AEOI_SET:
	case ROTATE_AEOI_CLEAR:
		c->rotate_on_auto_eoi = value >> 5 == ROTATE_AEOI_SET;
		break;
	}
}

/* "Initialization Command Words": what ICW1 clears. */
static void initialize(struct pic_chip *c, u8 value)
{
	c->irr = 0; /* the edge sense circuit is reset: a line must rise again */
	c->isr = 0;
	c->imr = 0;
	c->lowest = 7;
	c->special_mask = c->read_isr = c->poll = false;
	c->auto_eoi = c->rotate_on_auto_eoi = c->special_nested = false;
	c->slaves = 0;
	c->single = value & ICW1_SNGL;
	c->icw4 = value & ICW1_IC4;
	c->ready = false;
	c->expected = 2;
	c->level = 0;
	set_level(c, value & ICW1_LTIM ? 0xff : c->elcr);
}

static void initialize_more(struct pic_chip *c, u8 value)
{
	switch (c->expected) {
	case 2:
		c->vector = value & 0xf8;
		c->expected = c->single ? 4 : 3;
		break;
	case 3:
		c->slaves = value; /* a slave's own number does not matter: they are wired */
		c->expected = 4;
		break;
	case 4:
		c->auto_eoi = value & ICW4_AEOI;
		c->special_nested = value & ICW4_SFNM;
		c->expected = 0;
		break;
	}
	if (c->expected == 4 && !c->icw4)
		c->expected = 0;
	c->ready = !c->expected;
}

void pic_chip_out(struct pic_chip *c, unsigned port, u8 value)
{
	if (port) {
		if (c->expected)
			initialize_more(c, value);
		else
			c->imr = value;
	} else if (value & ICW1) {
		initialize(c, value);
	} else if (value & OCW3) {
		if (value & OCW3_ESMM)
			c->special_mask = value & OCW3_SMM;
		if (value & OCW3_RR)
			c->read_isr = value & OCW3_RIS;
		c->poll = value & OCW3_P;
	} else {
		command(c, value);
	}
}

u8 pic_chip_in(struct pic_chip *c, unsigned port)
{
	if (c->poll) {
		/* The read is the INTA; the answer tells whether there was a request. */
		bool pending = pic_chip_pending(c) >= 0;

		c->poll = false;
		return pending ? (u8)(POLL_INTERRUPT | pic_chip_acknowledge(c)) : 0;
	}
	if (port)
		return c->imr;
	return c->read_isr ? c->isr : c->irr;
}
