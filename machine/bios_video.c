/* SPDX-License-Identifier: MIT */
/* INT 10H: there is no screen; text goes to COM1's console (machine/bios_screen.h). */
#include "machine/bios_call.h"
#include "machine/bios_screen.h"
#include "machine/bios_data.h"
#include "vmx/instructions.h"


#define TEXT_MODE     3
#define LIGHT_GRAY    0x07 /* on black */
#define COLOR_VGA     8	   /* a display, as AH=1AH tells it */
#define STRING_MOVES  0x01 /* AL of AH=13H: the cursor stays behind the text */
#define STRING_COLORS 0x02 /* and each character has its colors behind it */
#define STRING_MAX    (BIOS_ROWS * BIOS_COLUMNS) /* the console is slow, and nothing else runs */

static struct bios_cell cell_of(u64 rdx)
{
	return (struct bios_cell){bios_high(rdx), bios_low(rdx)};
}

static void set_shape(struct vm *vm, u16 shape)
{
	if (vm_ram_write(vm, BIOS_DATA_CURSOR_SHAPE, &shape, sizeof(shape)))
		return;
}

static void tell_cursor(struct vm *vm, union vcpu_regs *r)
{
	struct bios_cell at = bios_screen_cursor(vm);
	u16 shape = 0;

	if (vm_ram_read(vm, BIOS_DATA_CURSOR_SHAPE, &shape, sizeof(shape)))
		return;
	bios_set_word(&r->rcx, shape);
	bios_set_word(&r->rdx, (u16)(at.row << 8 | at.column));
}

/* AH=06H and 07H: AL rows, 0 for all, in a window from CH to DH. */
static void scroll(struct vm *vm, const union vcpu_regs *r, bool down)
{
	int lines = bios_low(r->rax);

	bios_screen_scroll(vm, bios_high(r->rcx), bios_high(r->rdx), down ? -lines : lines);
}

/* AH=13H: ES:BP, CX characters, at DX; no more than the screen has room for. */
static void put_string(struct vm *vm, const union vcpu_regs *r)
{
	gpa_t at = vmcs_read(VMCS_GUEST_ES_BASE) + (u16)r->rbp;
	struct bios_cell before = bios_screen_cursor(vm);
	unsigned step = r->rax & STRING_COLORS ? 2 : 1;
	u8 character;

	bios_screen_move(vm, cell_of(r->rdx));
	for (unsigned left = MIN((unsigned)(u16)r->rcx, STRING_MAX); left; left--, at += step) {
		if (vm_ram_read(vm, at, &character, 1))
			break;
		bios_screen_type(vm, character);
	}
	if (!(r->rax & STRING_MOVES))
		bios_screen_move(vm, before);
}

enum bios_result bios_video(struct vm *vm, struct vcpu *v)
{
	union vcpu_regs *r = &v->regs;

	switch (bios_high(r->rax)) {
	case 0x00: /* a mode: it is blank then */
		bios_screen_scroll(vm, 0, BIOS_ROWS - 1, 0);
		bios_screen_move(vm, (struct bios_cell){0, 0});
		break;
	case 0x01:
		set_shape(vm, (u16)r->rcx);
		break;
	case 0x02:
		bios_screen_move(vm, cell_of(r->rdx));
		break;
	case 0x03:
		tell_cursor(vm, r);
		break;
	case 0x06:
	case 0x07:
		scroll(vm, r, bios_high(r->rax) == 0x07);
		break;
	case 0x08:
		bios_set_word(&r->rax, (u16)(LIGHT_GRAY << 8 | bios_screen_look(vm)));
		break;
	case 0x09:
	case 0x0a:
		bios_screen_fill(vm, bios_low(r->rax), (u16)r->rcx);
		break;
	case 0x0e:
		bios_screen_type(vm, bios_low(r->rax));
		break;
	case 0x0f:
		bios_set_word(&r->rax, (u16)(BIOS_COLUMNS << 8 | TEXT_MODE));
		bios_set_high(&r->rbx, 0);
		break;
	case 0x13:
		put_string(vm, r);
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
