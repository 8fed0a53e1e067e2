/* SPDX-License-Identifier: MIT */
/*
 * Draws glyphs of the font into video memory, which is only ever written:
 * reading it can take a microsecond a word.
 */
#include "kernel/framebuffer.h"

#include "kernel/font.h"
#include "kernel/screen.h"

#define INK   0xd0 /* of 255, each color */
#define PAPER 0x00

static struct screen screen;
static struct boot_framebuffer mode;
static struct framebuffer_text text;
static u8 *video;
static u32 ink, paper;
static bool wide;    /* pixels can be written two at a time */
static u64 pairs[4]; /* such two, by two bits of a glyph */

static bool field_fits(u8 shift, u8 bits, u8 bits_per_pixel)
{
	return bits >= 1 && bits <= 16 && shift + bits <= bits_per_pixel;
}

bool framebuffer_usable(const struct boot_framebuffer *m)
{
	u8 bpp = m->bits_per_pixel;

	return m->type == BOOT_FB_RGB && m->address &&
	       (bpp == 15 || bpp == 16 || bpp == 24 || bpp == 32) &&
	       field_fits(m->red_shift, m->red_bits, bpp) &&
	       field_fits(m->green_shift, m->green_bits, bpp) &&
	       field_fits(m->blue_shift, m->blue_bits, bpp) && m->width >= 40 * FONT_WIDTH &&
	       m->width <= 65536 && m->height >= 10 * FONT_HEIGHT && m->height <= 65536 &&
	       m->pitch >= m->width * ((bpp + 7) / 8) && m->pitch <= MIB(1);
}

struct framebuffer_text framebuffer_text_size(const struct boot_framebuffer *m)
{
	struct framebuffer_text size;

	/* Screens of very many pixels are not larger, their pixels are smaller. */
	for (size.scale = 1;; size.scale++) {
		size.columns = m->width / (FONT_WIDTH * size.scale);
		size.rows = m->height / (FONT_HEIGHT * size.scale);
		if (size.columns <= SCREEN_MAX_COLUMNS && size.rows <= SCREEN_MAX_ROWS)
			return size;
	}
}

/* One color's part of a pixel: the top bits of 8, or 8 at the top of more. */
static u32 field(u8 brightness, u8 shift, u8 bits)
{
	u32 value = brightness;

	value = bits <= 8 ? value >> (8 - bits) : value << (bits - 8);
	return value << shift;
}

static u32 grey(u8 brightness)
{
	return field(brightness, mode.red_shift, mode.red_bits) |
	       field(brightness, mode.green_shift, mode.green_bits) |
	       field(brightness, mode.blue_shift, mode.blue_bits);
}

static u8 *put_pixel(u8 *at, u32 color)
{
	switch (mode.bits_per_pixel) {
	case 32:
		*(volatile u32 *)at = color;
		return at + 4;
	case 24:
		((volatile u8 *)at)[0] = (u8)color;
		((volatile u8 *)at)[1] = (u8)(color >> 8);
		((volatile u8 *)at)[2] = (u8)(color >> 16);
		return at + 3;
	default:
		*(volatile u16 *)at = (u16)color;
		return at + 2;
	}
}

static void draw_row(u8 *at, u8 row)
{
	for (u8 bit = 0x80; bit; bit >>= 1)
		for (unsigned i = 0; i < text.scale; i++)
			at = put_pixel(at, row & bit ? ink : paper);
}

/* Scrolling draws thousands of characters a line: so the usual modes are done in few steps. */
static void draw_row_wide(u8 *at, u8 row)
{
	volatile u64 *to = (volatile u64 *)at;

	if (text.scale == 1) {
		to[0] = pairs[row >> 6];
		to[1] = pairs[row >> 4 & 3];
		to[2] = pairs[row >> 2 & 3];
		to[3] = pairs[row & 3];
		return;
	}
	for (u8 bit = 0x80; bit; bit >>= 1)
		for (unsigned i = 0; i < text.scale; i += 2)
			*to++ = pairs[row & bit ? 3 : 0];
}

static void draw(struct screen *s, unsigned x, unsigned y, u8 character)
{
	const u8 *glyph = font_glyphs[character - FONT_FIRST];
	unsigned lines = FONT_HEIGHT * text.scale;
	u8 *at = video + (u64)y * lines * mode.pitch +
		 (u64)x * FONT_WIDTH * text.scale * ((mode.bits_per_pixel + 7u) / 8);

	(void)s;
	for (unsigned line = 0; line < lines; line++, at += mode.pitch) {
		if (wide)
			draw_row_wide(at, glyph[line / text.scale]);
		else
			draw_row(at, glyph[line / text.scale]);
	}
}

static void clear(void)
{
	for (unsigned y = 0; y < mode.height; y++) {
		u8 *at = video + (u64)y * mode.pitch;

		for (unsigned x = 0; x < mode.width; x++)
			at = put_pixel(at, paper);
	}
}

static bool pairs_fit(void)
{
	return mode.bits_per_pixel == 32 && (text.scale == 1 || text.scale % 2 == 0) &&
	       !(((u64)video | mode.pitch) % sizeof(u64));
}

void framebuffer_init(const struct boot_framebuffer *m, void *pixels)
{
	bool first = !video;

	video = pixels;
	if (!first) {
		wide = pairs_fit();
		screen_redraw(&screen);
		return;
	}
	mode = *m;
	text = framebuffer_text_size(m);
	wide = pairs_fit();
	ink = grey(INK);
	paper = grey(PAPER);
	for (unsigned bits = 0; bits < ARRAY_SIZE(pairs); bits++)
		pairs[bits] = (u64)(bits & 1 ? ink : paper) << 32 | (bits & 2 ? ink : paper);
	screen_init(&screen, text.columns, text.rows, draw);
	clear();
}

static void framebuffer_write(const char *string, size_t length)
{
	screen_write(&screen, string, length);
}

const struct console framebuffer_console = {
	.name = "fb",
	.write = framebuffer_write,
};
