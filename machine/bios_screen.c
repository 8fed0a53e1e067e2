/* SPDX-License-Identifier: MIT */
#include "machine/bios_screen.h"

#include "machine/bios_data.h"


#define BELL	  '\a'
#define BACKSPACE '\b'

/* Frames and shades of code page 437, for terminals that know another one. */
static u8 plain(u8 character)
{
	static const char as[] = "###|"
				 "++++++|"
				 "+++++++++-"
				 "++++++++="
				 "+++++++++++++"
				 "#####";

	return character >= 0xb0 && character < 0xb0 + sizeof(as) - 1 ? (u8)as[character - 0xb0]
								      : character;
}

static void put(struct vm *vm, u8 character)
{
	guest_console_put(&vm->console, plain(character));
}

struct bios_cell bios_screen_cursor(struct vm *vm)
{
	u8 at[2] = {0, 0};

	if (vm_ram_read(vm, BIOS_DATA_CURSOR, at, sizeof(at)))
		return (struct bios_cell){0, 0};
	return (struct bios_cell){(u8)MIN((unsigned)at[1], BIOS_ROWS - 1),
				  (u8)MIN((unsigned)at[0], BIOS_COLUMNS - 1)};
}

void bios_screen_move(struct vm *vm, struct bios_cell to)
{
	const u8 at[2] = {to.column, to.row};

	if (vm_ram_write(vm, BIOS_DATA_CURSOR, at, sizeof(at)))
		return;
}

/* The console is at the start of a line, which is this row. */
static void begin_row(struct bios *b, u8 row)
{
	b->row = row;
	b->column = 0;
	b->written = 0;
}

/* The console to a cell. */
static void reach(struct vm *vm, struct bios_cell to)
{
	struct bios *b = &vm->bios;

	if (b->row != to.row) {
		if (b->written) {
			put(vm, '\r');
			put(vm, '\n');
		}
		begin_row(b, to.row);
	}
	for (; b->column > to.column; b->column--)
		put(vm, BACKSPACE);
	for (; b->column < to.column; b->column++) {
		if (b->column >= b->written)
			b->line[b->written++] = ' ';
		put(vm, b->line[b->column]);
	}
}

static void show(struct vm *vm, struct bios_cell at, u8 character)
{
	struct bios *b = &vm->bios;

	reach(vm, at);
	put(vm, character);
	b->line[b->column++] = character;
	b->written = MAX(b->written, b->column);
}

/* Is it on the screen already? Blank is what nobody wrote to. */
static bool shown(const struct bios *b, struct bios_cell at, u8 character)
{
	if (b->row != at.row)
		return character == ' ';
	return at.column < b->written && b->line[at.column] == character;
}

void bios_screen_scroll(struct vm *vm, unsigned first, unsigned last, int lines)
{
	struct bios *b = &vm->bios;
	int row = b->row - lines;

	last = MIN(last, BIOS_ROWS - 1);
	if (b->row < first || b->row > last)
		return;
	b->row = lines && row >= (int)first && row <= (int)last ? (u8)row : BIOS_NO_ROW;
}

/* The next row. From where the console is, that is a new line at once. */
static void next_row(struct vm *vm, struct bios_cell *at, bool wraps)
{
	struct bios *b = &vm->bios;
	bool here = b->row == at->row || !b->written;

	if (at->row < BIOS_ROWS - 1)
		at->row++;
	else if (!here)
		bios_screen_scroll(vm, 0, BIOS_ROWS - 1, 1);
	if (!here)
		return;
	if (!wraps) { /* a terminal wraps by itself, and a log's line may be longer */
		put(vm, '\r');
		put(vm, '\n');
	}
	begin_row(b, at->row);
}

void bios_screen_type(struct vm *vm, u8 character)
{
	struct bios_cell at = bios_screen_cursor(vm);

	switch (character) {
	case BELL:
		put(vm, character);
		break;
	case BACKSPACE:
		at.column -= at.column != 0;
		break;
	case '\r':
		at.column = 0;
		break;
	case '\n':
		next_row(vm, &at, false);
		break;
	default:
		if (!shown(&vm->bios, at, character))
			show(vm, at, character);
		if (++at.column == BIOS_COLUMNS) {
			at.column = 0;
			next_row(vm, &at, true);
		}
		break;
	}
	bios_screen_move(vm, at);
}

void bios_screen_fill(struct vm *vm, u8 character, unsigned count)
{
	struct bios_cell at = bios_screen_cursor(vm);

	for (; count && at.column < BIOS_COLUMNS; count--, at.column++)
		if (!shown(&vm->bios, at, character) &&
		    !(character == ' ' && at.column >= vm->bios.written))
			show(vm, at, character);
}

u8 bios_screen_look(struct vm *vm)
{
	struct bios_cell at = bios_screen_cursor(vm);

	return vm->bios.row == at.row && at.column < vm->bios.written ? vm->bios.line[at.column]
								      : ' ';
}

void bios_screen_settle(struct vm *vm)
{
	struct bios_cell at = bios_screen_cursor(vm);

	if (vm->bios.row == at.row && at.column <= vm->bios.written)
		reach(vm, at);
}
