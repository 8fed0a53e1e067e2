/* SPDX-License-Identifier: MIT */
/*
 * The framebuffer console draws into memory; the text is read back by
 * comparing with the font, pixel by pixel. Includes the source, because each
 * mode needs a console that has not been set up yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/font.h"
#include "kernel/framebuffer.c"

#define GUARD 0xa5

static u8 *memory;
static size_t memory_size;

static const struct boot_framebuffer modes[] = {
	{
		/* the usual one */
		.type = BOOT_FB_RGB,
		.address = 0xfd000000,
		.bits_per_pixel = 32,
		.width = 800,
		.height = 600,
		.pitch = 3200,
		.red_shift = 16,
		.red_bits = 8,
		.green_shift = 8,
		.green_bits = 8,
		.blue_shift = 0,
		.blue_bits = 8,
	},
	{
		/* other order, lines with a rest, size no multiple of the font's */
		.type = BOOT_FB_RGB,
		.address = 0x1000,
		.bits_per_pixel = 32,
		.width = 1366,
		.height = 769,
		.pitch = 5632,
		.red_shift = 0,
		.red_bits = 8,
		.green_shift = 8,
		.green_bits = 8,
		.blue_shift = 16,
		.blue_bits = 8,
	},
	{
		/* 10 bits a color */
		.type = BOOT_FB_RGB,
		.address = 0x1000,
		.bits_per_pixel = 32,
		.width = 640,
		.height = 480,
		.pitch = 2560,
		.red_shift = 20,
		.red_bits = 10,
		.green_shift = 10,
		.green_bits = 10,
		.blue_shift = 0,
		.blue_bits = 10,
	},
	{
		/* lines of an odd number of pixels */
		.type = BOOT_FB_RGB,
		.address = 0x1000,
		.bits_per_pixel = 32,
		.width = 641,
		.height = 480,
		.pitch = 2564,
		.red_shift = 16,
		.red_bits = 8,
		.green_shift = 8,
		.green_bits = 8,
		.blue_shift = 0,
		.blue_bits = 8,
	},
	{
		.type = BOOT_FB_RGB,
		.address = 0x1000,
		.bits_per_pixel = 24,
		.width = 641,
		.height = 480,
		.pitch = 1923,
		.red_shift = 16,
		.red_bits = 8,
		.green_shift = 8,
		.green_bits = 8,
		.blue_shift = 0,
		.blue_bits = 8,
	},
	{
		.type = BOOT_FB_RGB,
		.address = 0x1000,
		.bits_per_pixel = 16,
		.width = 640,
		.height = 480,
		.pitch = 1280,
		.red_shift = 11,
		.red_bits = 5,
		.green_shift = 5,
		.green_bits = 6,
		.blue_shift = 0,
		.blue_bits = 5,
	},
	{
		.type = BOOT_FB_RGB,
		.address = 0x1000,
		.bits_per_pixel = 15,
		.width = 640,
		.height = 480,
		.pitch = 1280,
		.red_shift = 10,
		.red_bits = 5,
		.green_shift = 5,
		.green_bits = 5,
		.blue_shift = 0,
		.blue_bits = 5,
	},
	{
		/* so many pixels that each of the font becomes 2 by 2 */
		.type = BOOT_FB_RGB,
		.address = 0x1000,
		.bits_per_pixel = 32,
		.width = 2560,
		.height = 1600,
		.pitch = 10240,
		.red_shift = 16,
		.red_bits = 8,
		.green_shift = 8,
		.green_bits = 8,
		.blue_shift = 0,
		.blue_bits = 8,
	},
};

/* Memory with exactly the size the mode says, so that ASan sees a byte too far. */
static void start(const struct boot_framebuffer *m)
{
	memory_size = (size_t)m->pitch * m->height;
	memory = malloc(memory_size);
	assert_non_null(memory);
	memset(memory, GUARD, memory_size);
	video = NULL;
	framebuffer_init(m, memory);
}

static u32 pixel(const struct boot_framebuffer *m, unsigned x, unsigned y)
{
	unsigned bytes = (m->bits_per_pixel + 7u) / 8;
	u32 value = 0;

	memcpy(&value, memory + (size_t)y * m->pitch + (size_t)x * bytes, bytes);
	return value;
}

/* The color a display would show, each part as 8 bits. */
static u32 part(u32 value, u8 shift, u8 bits)
{
	u32 field = value >> shift & ((1u << bits) - 1);

	return bits > 8 ? field >> (bits - 8) : field << (8 - bits);
}

static bool is_ink(const struct boot_framebuffer *m, unsigned x, unsigned y)
{
	u32 value = pixel(m, x, y);
	u32 red = part(value, m->red_shift, m->red_bits);
	u32 green = part(value, m->green_shift, m->green_bits);
	u32 blue = part(value, m->blue_shift, m->blue_bits);

	if (!value)
		return false;
	/* Light, and gray but for what few bits cannot tell. */
	assert_true(red >= 0xc8 && green >= 0xc8 && blue >= 0xc8);
	assert_true(red <= 0xd0 && green <= 0xd0 && blue <= 0xd0);
	return true;
}

static int read_cell(const struct boot_framebuffer *m, unsigned column, unsigned row)
{
	unsigned scale = framebuffer_text_size(m).scale;
	u8 seen[FONT_HEIGHT] = {0};

	for (unsigned y = 0; y < FONT_HEIGHT * scale; y++) {
		for (unsigned x = 0; x < FONT_WIDTH * scale; x++) {
			bool ink = is_ink(m, column * FONT_WIDTH * scale + x,
					  row * FONT_HEIGHT * scale + y);
			u8 bit = (u8)(0x80 >> x / scale);

			if (x % scale || y % scale)
				assert_int_equal(!!(seen[y / scale] & bit), ink);
			else if (ink)
				seen[y / scale] |= bit;
		}
	}
	for (int c = 0; c < FONT_GLYPHS; c++)
		if (!memcmp(seen, font_glyphs[c], FONT_HEIGHT))
			return c + FONT_FIRST;
	return -1;
}

static void row_is(const struct boot_framebuffer *m, unsigned row, const char *want)
{
	unsigned columns = framebuffer_text_size(m).columns;

	for (unsigned x = 0; x < columns; x++)
		assert_int_equal(read_cell(m, x, row), x < strlen(want) ? want[x] : ' ');
}

/* Pixels right of and below the text are cleared; bytes beyond a line are not ours. */
static void margins_are_clean(const struct boot_framebuffer *m)
{
	struct framebuffer_text size = framebuffer_text_size(m);
	size_t line = (size_t)m->width * ((m->bits_per_pixel + 7u) / 8);

	for (unsigned y = 0; y < m->height; y++) {
		bool below = y >= size.rows * size.scale * FONT_HEIGHT;

		for (unsigned x = below ? 0 : size.columns * size.scale * FONT_WIDTH; x < m->width;
		     x++)
			assert_int_equal(pixel(m, x, y), 0);
		for (size_t i = line; i < m->pitch; i++)
			assert_int_equal(memory[(size_t)y * m->pitch + i], GUARD);
	}
}

static void text_can_be_read_in_every_mode(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct boot_framebuffer *m = &modes[i];
		const char *text =
			"[    0.012345] cpu0 vmx: \x7f key=value\n !\"#$%&'()*+,-./0123456789"
			"\n:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`\nabcdefghijklmnopqrst"
			"uvwxyz{|}~ \xc3\xa4\n";

		assert_true(framebuffer_usable(m));
		start(m);
		row_is(m, 0, "");
		framebuffer_console.write(text, strlen(text));
		row_is(m, 0, "[    0.012345] cpu0 vmx:  key=value");
		row_is(m, 1, " !\"#$%&'()*+,-./0123456789");
		row_is(m, 2, ":;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`");
		row_is(m, 3, "abcdefghijklmnopqrstuvwxyz{|}~ \x7f");
		row_is(m, 4, "");
		margins_are_clean(m);
		free(memory);
	}
}

static void it_scrolls(void **state)
{
	const struct boot_framebuffer *m = &modes[1];
	unsigned rows = framebuffer_text_size(m).rows;
	char line[] = "line 00\n";

	(void)state;
	start(m);
	for (unsigned i = 0; i < rows + 9; i++) {
		line[5] = (char)('0' + i / 10);
		line[6] = (char)('0' + i % 10);
		framebuffer_console.write(line, 8);
	}
	row_is(m, 0, "line 10");
	row_is(m, rows - 1, "");
	line[7] = 0;
	row_is(m, rows - 2, line);
	margins_are_clean(m);
	free(memory);
}

static void a_second_init_shows_the_same_elsewhere(void **state)
{
	const struct boot_framebuffer *m = &modes[0];
	u8 *first;

	(void)state;
	start(m);
	framebuffer_console.write("here", 4);
	first = memory;
	memory = calloc(1, memory_size);
	framebuffer_init(m, memory);
	row_is(m, 0, "here");
	free(first);
	framebuffer_console.write(" and on", 7);
	row_is(m, 0, "here and on");
	free(memory);
}

static void two_pixels_at_a_time_where_they_fit(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct boot_framebuffer *m = &modes[i];

		start(m);
		assert_int_equal(wide, m->bits_per_pixel == 32 && m->width != 641);
		free(memory);
	}
	start(&modes[0]);
	framebuffer_init(&modes[0], memory + 4);
	assert_false(wide);
	free(memory);
}

static void the_text_fits_the_screen_structure(void **state)
{
	static const unsigned sizes[][5] = {
		/* pixels, then columns, rows and scale */
		{640, 480, 80, 30, 1},	  {1920, 1080, 240, 67, 1}, {1920, 1200, 240, 75, 1},
		{3840, 2160, 240, 67, 2}, {7680, 4320, 240, 67, 4},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct boot_framebuffer m = {.width = sizes[i][0], .height = sizes[i][1]};
		struct framebuffer_text size = framebuffer_text_size(&m);

		assert_int_equal(size.columns, sizes[i][2]);
		assert_int_equal(size.rows, sizes[i][3]);
		assert_int_equal(size.scale, sizes[i][4]);
	}
}

#define REJECTED(field, value)                                                                     \
	do {                                                                                       \
		struct boot_framebuffer bad = modes[0];                                            \
                                                                                                   \
		bad.field = (value);                                                               \
		assert_false(framebuffer_usable(&bad));                                            \
	} while (0)

static void unusable_modes_are_refused(void **state)
{
	(void)state;
	REJECTED(type, BOOT_FB_TEXT);
	REJECTED(type, BOOT_FB_NONE);
	REJECTED(type, BOOT_FB_OTHER);
	REJECTED(address, 0);
	REJECTED(bits_per_pixel, 8);
	REJECTED(bits_per_pixel, 64);
	REJECTED(red_shift, 25);
	REJECTED(red_bits, 0);
	REJECTED(green_bits, 40);
	REJECTED(blue_shift, 255);
	REJECTED(pitch, 3199);
	REJECTED(pitch, 0xffffffff);
	REJECTED(width, 100);
	REJECTED(width, 0xffffffff);
	REJECTED(height, 16);
	REJECTED(height, 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_can_be_read_in_every_mode),
		cmocka_unit_test(it_scrolls),
		cmocka_unit_test(a_second_init_shows_the_same_elsewhere),
		cmocka_unit_test(two_pixels_at_a_time_where_they_fit),
		cmocka_unit_test(the_text_fits_the_screen_structure),
		cmocka_unit_test(unusable_modes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
