/* SPDX-License-Identifier: MIT */
/*
 * A linear framebuffer with direct colors as a console.
 */
#pragma once

#include "boot/info.h"
#include "kernel/console.h"
#include "lib/types.h"

/*
 * Can we draw on it? 16 (or 15), 24 or 32 bits a pixel, color fields within
 * the pixel, lines within the pitch, room for some text. Pure.
 */
bool framebuffer_usable(const struct boot_framebuffer *mode);

/*
 * Clear the screen; `pixels` is the mapped video memory, pitch * height
 * bytes. Again with other pixels: shows the same there.
 */
void framebuffer_init(const struct boot_framebuffer *mode, void *pixels);

/* The text's size, and how many pixels wide and high a pixel of the font is. */
struct framebuffer_text {
	unsigned columns, rows, scale;
};
struct framebuffer_text framebuffer_text_size(const struct boot_framebuffer *mode);

extern const struct console framebuffer_console;
