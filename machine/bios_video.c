/* SPDX-License-Identifier: MIT */
/* INT 10H: there is no screen; text goes to COM1's console. */
#include "machine/bios_call.h"
#include "vmx/instructions.h"

#define COLUMNS	    80
#define TEXT_MODE   3
#define SPACE	    0x0720 /* as a character of the screen with its colors */
#define COLOR_VGA   8	   /* a display, as AH=1AH tells it */
#define STRING_PAIR 0x02   /* AL of AH=13H: each character with its colors */

static void put(struct vm *vm, u8 character)
{
	guest_console_put(&vm->console, character);
}

/* AH=13H: ES:BP, CX characters. */
static void put_string(struct vm *vm, const struct vcpu *v)
{
	gpa_t at = vmcs_read(VMCS_GUEST_ES_BASE) + (u16)v->regs.rbp;
	unsigned step = v->regs.rax & STRING_PAIR ? 2 : 1;
	u8 character;

	for (unsigned left = (u16)v->regs.rcx; left; left--, at += step) {
		if (vm_ram_read(vm, at, &character, 1))
			return;
		put(vm, character);
	}
}

enum bios_result bios_video(struct vm *vm, struct vcpu *v)
{
	union vcpu_regs *r = &v->regs;

	switch (bios_high(r->rax)) {
	case 0x03: /* cursor: its shape, and where it is */
		bios_set_word(&r->rcx, 0x0607);
		bios_set_word(&r->rdx, 0);
		break;
	case 0x08:
		bios_set_word(&r->rax, SPACE);
		break;
	case 0x09:
	case 0x0a: /* the same character CX times; a screen's width is enough */
		for (unsigned n = MIN((unsigned)(u16)r->rcx, (unsigned)COLUMNS); n; n--)
			put(vm, bios_low(r->rax));
		break;
	case 0x0e:
		put(vm, bios_low(r->rax));
		break;
	case 0x0f:
		bios_set_word(&r->rax, COLUMNS << 8 | TEXT_MODE);
		bios_set_high(&r->rbx, 0);
		break;
	case 0x13:
		put_string(vm, v);
		break;
	case 0x1a:
		if (bios_low(r->rax))
			break;
		bios_set_word(&r->rax, 0x1a);
		bios_set_word(&r->rbx, COLOR_VGA);
		break;
	}
	return BIOS_DONE;
}
