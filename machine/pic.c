/* SPDX-License-Identifier: MIT */
#include "machine/pic.h"

#include "machine/memory_map.h"

enum { MASTER, SLAVE };

/* Inputs 0, 1, 2 and 8, 13 are edges for ever. */
static const u8 elcr_writable[] = { 0xf8, 0xde };

static void cascade(struct pic *pic)
{
	pic_chip_set_line(&pic->chips[MASTER], IRQ_CASCADE,
			  pic_chip_pending(&pic->chips[SLAVE]) >= 0);
}

static void update(struct pic *pic)
{
	cascade(pic);
	irq_set(&pic->output, pic_chip_pending(&pic->chips[MASTER]) >= 0);
}

void pic_reset(struct pic *pic)
{
	pic_chip_reset(&pic->chips[MASTER]);
	pic_chip_reset(&pic->chips[SLAVE]);
	update(pic);
}

void pic_set_elcr(struct pic *pic, u16 lines)
{
	pic_chip_set_elcr(&pic->chips[MASTER], (u8)lines & elcr_writable[MASTER]);
	pic_chip_set_elcr(&pic->chips[SLAVE], (u8)(lines >> 8) & elcr_writable[SLAVE]);
	update(pic);
}

void pic_set_line(void *state, unsigned line, bool high)
{
	struct pic *pic = state;

	pic_chip_set_line(&pic->chips[line / 8], line % 8, high);
	update(pic);
}

/* The slave's output drops for each INTA: a further request of it is a new edge at the master. */
static unsigned acknowledge_slave(struct pic *pic)
{
	struct pic_chip *slave = &pic->chips[SLAVE];
	unsigned input = pic_chip_acknowledge(slave);

	pic_chip_set_line(&pic->chips[MASTER], IRQ_CASCADE, false);
	return slave->vector + input;
}

int pic_acknowledge(struct pic *pic)
{
	struct pic_chip *master = &pic->chips[MASTER];
	bool requested = pic_chip_pending(master) >= 0;
	unsigned input = pic_chip_acknowledge(master);
	unsigned vector = master->vector + input;

	if (requested && input == IRQ_CASCADE)
		vector = acknowledge_slave(pic);
	update(pic);
	return (int)vector;
}

bool pic_waits(const struct pic *pic, unsigned line)
{
	const struct pic_chip *chip = &pic->chips[line / 8];

	return (chip->irr & ~chip->imr) >> line % 8 & 1;
}

bool pic_would_interrupt(const struct pic *pic, unsigned line)
{
	struct pic copy = *pic;
	struct pic_chip *chip = &copy.chips[line / 8];

	chip->irr |= (u8)(1U << (line % 8));
	cascade(&copy);
	return pic_chip_pending(&copy.chips[MASTER]) >= 0;
}

static u32 chip_in(struct pic *pic, unsigned which, u16 port)
{
	u8 value = pic_chip_in(&pic->chips[which], port);

	update(pic); /* a poll acknowledges */
	return value;
}

static enum verdict chip_out(struct pic *pic, unsigned which, u16 port, u32 value)
{
	pic_chip_out(&pic->chips[which], port, (u8)value);
	update(pic);
	return NEXT;
}

static u32 master_in(void *state, u16 offset, unsigned size)
{
	(void)size;
	return chip_in(state, MASTER, offset);
}

static u32 slave_in(void *state, u16 offset, unsigned size)
{
	(void)size;
	return chip_in(state, SLAVE, offset);
}

static enum verdict master_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	(void)v;
	(void)size;
	return chip_out(state, MASTER, offset, value);
}

static enum verdict slave_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	(void)v;
	(void)size;
	return chip_out(state, SLAVE, offset, value);
}

static u32 elcr_in(void *state, u16 offset, unsigned size)
{
	struct pic *pic = state;

	(void)size;
	return pic->chips[offset].elcr;
}

static enum verdict elcr_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct pic *pic = state;

	(void)v;
	(void)size;
	pic_chip_set_elcr(&pic->chips[offset], (u8)value & elcr_writable[offset]);
	update(pic);
	return NEXT;
}

const struct port_device pic_master_ports = { "8259A master", 1, master_in, master_out };
const struct port_device pic_slave_ports = { "8259A slave", 1, slave_in, slave_out };
const struct port_device pic_elcr_ports = { "ELCR", 1, elcr_in, elcr_out };
