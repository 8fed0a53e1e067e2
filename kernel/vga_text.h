/* SPDX-License-Identifier: MIT */
/*
 * VGA text mode, as BIOS and GRUB leave it, as a console.
 */
#pragma once

#include "kernel/console.h"
#include "lib/types.h"

#define VGA_TEXT_ADDRESS 0xb8000UL
#define VGA_TEXT_COLUMNS 80
#define VGA_TEXT_ROWS	 25

/*
 * Clear the screen; `cells` is the mapped video memory. Again with other
 * cells: shows the same there.
 */
void vga_text_init(void *cells, unsigned columns, unsigned rows);

extern const struct console vga_text_console;
