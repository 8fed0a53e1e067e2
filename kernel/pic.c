/* SPDX-License-Identifier: MIT */
/*
 * Initialization words of the 8259A. IBM's BIOS left the first one's
 * vectors on top of the exceptions; firmware still does.
 */
#include "kernel/pic.h"

#include "kernel/asm.h"
#include "kernel/traps.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1

#define ICW1_START    0x11 /* edge-triggered, cascaded, ICW4 follows */
#define ICW3_SLAVE_AT 0x04 /* a bit: the second one hangs on IRQ 2 */
#define ICW3_SLAVE_ID 0x02 /* the same as a number */
#define ICW4_8086     0x01
#define MASK_ALL      0xff

void pic_mask_all(void)
{
	outb(PIC1_COMMAND, ICW1_START);
	outb(PIC2_COMMAND, ICW1_START);
	outb(PIC1_DATA, VECTOR_PIC);
	outb(PIC2_DATA, VECTOR_PIC + 8);
	outb(PIC1_DATA, ICW3_SLAVE_AT);
	outb(PIC2_DATA, ICW3_SLAVE_ID);
	outb(PIC1_DATA, ICW4_8086);
	outb(PIC2_DATA, ICW4_8086);
	outb(PIC1_DATA, MASK_ALL);
	outb(PIC2_DATA, MASK_ALL);
}
