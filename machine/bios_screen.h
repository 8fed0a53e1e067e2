/* SPDX-License-Identifier: MIT */
/*
 * The BIOS' screen, as far as a line shows it: 25 rows of 80 columns, a cursor
 * in the BIOS data area, and of what is written the line that was written to
 * last. That goes to COM1's console as plain text: another row begins a new
 * line, another column is reached by Backspace or by the text that is there,
 * and what stands there already is not written again.
 */
#pragma once

#include "machine/vm.h"

#define BIOS_ROWS 25U

struct bios_cell {
	u8 row, column;
};

struct bios_cell bios_screen_cursor(struct vm *vm);
void bios_screen_move(struct vm *vm, struct bios_cell to);

/* As a teletype writes at the cursor: it moves, wraps and scrolls. */
void bios_screen_type(struct vm *vm, u8 character);

/* The same character `count` times from the cursor on, to the end of the row at most. */
void bios_screen_fill(struct vm *vm, u8 character, unsigned count);

/* The character at the cursor. */
u8 bios_screen_look(struct vm *vm);

/*
 * The rows from `first` to `last`, which may be beyond the screen, go up by `lines`, or down by
 * less than none; 0: they are blank.
 */
void bios_screen_scroll(struct vm *vm, unsigned first, unsigned last, int lines);

/* Somebody waits for a key: the console's cursor to the screen's, if that is in its line's text. */
void bios_screen_settle(struct vm *vm);
