/* SPDX-License-Identifier: MIT */
/*
 * The framebuffer's font, made by scripts/font.py while building.
 */
#pragma once

#include "lib/types.h"

#define FONT_WIDTH  8
#define FONT_HEIGHT 16
#define FONT_FIRST  0x20
#define FONT_GLYPHS 96 /* the last one, at 7FH, stands for what is unknown */

/* A byte for each row, the leftmost pixel in bit 7. */
extern const u8 font_glyphs[FONT_GLYPHS][FONT_HEIGHT];
