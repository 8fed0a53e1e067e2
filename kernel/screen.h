/* SPDX-License-Identifier: MIT */
/*
 * A grid of characters with a cursor: what VGA text and the framebuffer have
 * in common. Text goes into the grid; flushing tells the driver which cells
 * have changed. So scrolling never reads video memory, and many lines at
 * once scroll once. Knows new lines, CR, TAB, BS, wrapping; escape
 * sequences are left out; all beyond ASCII becomes SCREEN_UNKNOWN.
 */
#pragma once

#include "lib/types.h"

#define SCREEN_MAX_COLUMNS 240
#define SCREEN_MAX_ROWS	   75
#define SCREEN_UNKNOWN	   0x7f

struct screen {
	unsigned columns, rows;
	unsigned x, y; /* the cursor; x == columns: the next character wraps */
	enum screen_escape { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI, ESCAPE_OSC } escape;
	bool stale; /* the driver's cells are unknown: draw all */
	void (*draw)(struct screen *screen, unsigned x, unsigned y, u8 character);
	u8 wanted[SCREEN_MAX_ROWS][SCREEN_MAX_COLUMNS];
	u8 drawn[SCREEN_MAX_ROWS][SCREEN_MAX_COLUMNS];
};

/* An empty screen; sizes above the maximum are cut to it. Draws nothing: the driver clears. */
void screen_init(struct screen *screen, unsigned columns, unsigned rows,
		 void (*draw)(struct screen *screen, unsigned x, unsigned y, u8 character));

/* Write text and draw what changed. */
void screen_write(struct screen *screen, const char *text, size_t length);

/* Draw everything again: the driver's memory has moved or was overwritten. */
void screen_redraw(struct screen *screen);
