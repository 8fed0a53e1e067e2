/* SPDX-License-Identifier: MIT */
/*
 * Which consoles are set up, by loader and options, and what is told about
 * them. The drivers are stand-ins that note what they are asked.
 */
#include "kernel/console_init.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/console.h"
#include "kernel/framebuffer.h"
#include "kernel/serial.h"
#include "kernel/vga_text.h"
#include "lib/error.h"

static char told[2048];
static char asked[2048]; /* of the drivers and the mapper */
static u16 uart_at;
static bool can_map;
static const struct console *registered[4];
static unsigned registered_count;
static struct boot_info boot;
static struct options chosen;

static void __printf(2, 3) note(char *to, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(to + strlen(to), sizeof(told) - strlen(to), fmt, args);
	va_end(args);
}

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	va_list args;

	assert_int_equal(level, LOG_INFO);
	assert_string_equal(subsystem, "console");
	va_start(args, fmt);
	vsnprintf(told + strlen(told), sizeof(told) - strlen(told), fmt, args);
	va_end(args);
	note(told, "\n");
}

void log_replay(unsigned lines, void (*write)(const char *text, size_t length))
{
	assert_true(lines > 0);
	assert_ptr_equal(write, registered[registered_count - 1]->write);
	note(asked, "replay ");
}

void console_register(const struct console *console)
{
	for (unsigned i = 0; i < registered_count; i++)
		if (registered[i] == console)
			return;
	registered[registered_count++] = console;
}

unsigned console_count(void)
{
	return registered_count;
}

int serial_probe(u16 port, const char **why)
{
	note(asked, "probe:%x ", port);
	*why = port == uart_at ? NULL : "nothing answers";
	return port == uart_at ? 0 : -ERR_NOENT;
}

void serial_init(u16 port, u32 baud)
{
	note(asked, "serial:%x,%u ", port, baud);
}

void vga_text_init(void *cells, unsigned columns, unsigned rows)
{
	note(asked, "vga:%lx,%u,%u ", (u64)cells, columns, rows);
}

bool framebuffer_usable(const struct boot_framebuffer *mode)
{
	return mode->bits_per_pixel == 32;
}

void framebuffer_init(const struct boot_framebuffer *mode, void *pixels)
{
	note(asked, "fb:%lx,%u ", (u64)pixels, mode->width);
}

struct framebuffer_text framebuffer_text_size(const struct boot_framebuffer *mode)
{
	return (struct framebuffer_text){mode->width / 8, mode->height / 16, 1};
}

static void no_write(const char *text, size_t length)
{
	(void)text;
	(void)length;
}

const struct console serial_console = {.name = "serial", .write = no_write};
const struct console vga_text_console = {.name = "vga", .write = no_write};
const struct console framebuffer_console = {.name = "fb", .write = no_write};

static void *map(hpa_t address, u64 length, bool write_combining)
{
	note(asked, "map:%lx,%lx%s ", address, length, write_combining ? ",wc" : "");
	return can_map ? (void *)(address | 1UL << 40) : NULL;
}

static int setup(void **state)
{
	(void)state;
	told[0] = asked[0] = 0;
	registered_count = 0;
	uart_at = 0;
	can_map = true;
	memset(&boot, 0, sizeof(boot));
	chosen = (struct options){.console = CONSOLE_AUTO, .baud = 9600};
	return 0;
}

static const struct boot_framebuffer rgb = {
	.address = 0xfd000000,
	.pitch = 3200,
	.width = 800,
	.height = 600,
	.bits_per_pixel = 32,
	.type = BOOT_FB_RGB,
};

static void serial_is_where_the_bios_says(void **state)
{
	const u16 bda[SERIAL_BDA_PORTS] = {0x2f8, 0x3f8, 0, 0};

	(void)state;
	uart_at = 0x2f8;
	consoles_init_early(&boot, &chosen, bda);
	assert_string_equal(asked, "probe:2f8 serial:2f8,9600 ");
	assert_string_equal(told, "serial port=0x2f8 baud=9600\n");
	assert_int_equal(registered_count, 1);
	assert_ptr_equal(registered[0], &serial_console);
}

static void each_port_is_tried_once_and_told(void **state)
{
	const u16 bda[SERIAL_BDA_PORTS] = {0x3f8, 0xffff, 0x60, 0x3e8};

	(void)state;
	consoles_init_early(&boot, &chosen, bda);
	assert_string_equal(asked, "probe:3f8 probe:3e8 ");
	assert_string_equal(told, "serial: no UART at 0x3f8: nothing answers\n"
				  "serial: no UART at 0x3e8: nothing answers\n");
	assert_int_equal(registered_count, 0);
}

static void com1_is_tried_when_nobody_knows(void **state)
{
	const u16 nothing[SERIAL_BDA_PORTS] = {0}, junk[SERIAL_BDA_PORTS] = {0x2f8};

	(void)state;
	uart_at = 0x3f8;
	consoles_init_early(&boot, &chosen, nothing);
	assert_string_equal(asked, "probe:3f8 serial:3f8,9600 ");
	setup(NULL);
	consoles_init_early(&boot, &chosen, NULL);
	assert_string_equal(asked, "probe:3f8 ");
	setup(NULL);
	boot.efi = true; /* there is no BIOS whose data that could be */
	consoles_init_early(&boot, &chosen, junk);
	assert_string_equal(asked, "probe:3f8 ");
}

static void the_options_decide_about_serial(void **state)
{
	const u16 bda[SERIAL_BDA_PORTS] = {0x3f8};

	(void)state;
	uart_at = 0x3f8;
	chosen.serial_port = 0x2e8;
	consoles_init_early(&boot, &chosen, bda);
	assert_string_equal(asked, "probe:2e8 ");
	setup(NULL);
	chosen.console = CONSOLE_VGA | CONSOLE_FB;
	consoles_init_early(&boot, &chosen, bda);
	assert_string_equal(asked, "");
	assert_string_equal(told, "");
}

static void a_framebuffer_is_used(void **state)
{
	(void)state;
	boot.framebuffer = rgb;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "map:fd000000,1d4c00,wc fb:100fd000000,800 replay ");
	assert_string_equal(told, "fb address=0xfd000000 width=800 height=600 bpp=32 columns=100 "
				  "rows=37\n");
	/* Again, with other tables: the same console, nothing replayed. */
	asked[0] = 0;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "map:fd000000,1d4c00,wc fb:100fd000000,800 ");
	assert_int_equal(registered_count, 1);
}

static void a_framebuffer_that_cannot_be_used_is_told(void **state)
{
	(void)state;
	boot.framebuffer = rgb;
	boot.framebuffer.bits_per_pixel = 8;
	boot.framebuffer.type = BOOT_FB_OTHER;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "");
	assert_string_equal(told, "fb: cannot use 800x600 bpp=8 type=3\n");
	setup(NULL);
	boot.framebuffer = rgb;
	can_map = false;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(told, "fb: cannot map address=0xfd000000\n");
	assert_int_equal(registered_count, 0);
}

static void text_mode_is_used(void **state)
{
	(void)state;
	boot.framebuffer = (struct boot_framebuffer){
		.address = 0xb8000, .width = 80, .height = 50, .type = BOOT_FB_TEXT};
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "map:b8000,1f40 vga:100000b8000,80,50 replay ");
	assert_string_equal(told, "vga text columns=80 rows=50\n");
	setup(NULL); /* no word from the loader, but a BIOS */
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "map:b8000,fa0 vga:100000b8000,80,25 replay ");
	setup(NULL);
	can_map = false;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(told, "vga: cannot map address=0xb8000\n");
}

static void no_screen_is_told(void **state)
{
	(void)state;
	boot.efi = true;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "");
	assert_string_equal(told, "screen: the loader handed over none\n");
}

static void the_options_decide_about_the_screen(void **state)
{
	(void)state;
	boot.framebuffer = rgb;
	chosen.console = CONSOLE_VGA;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "");
	assert_string_equal(told, "vga: the screen is not in text mode\n");
	setup(NULL);
	chosen.console = CONSOLE_FB;
	consoles_init_late(&boot, &chosen, map);
	assert_string_equal(asked, "");
	assert_string_equal(told, "fb: the screen is in text mode\n");
	for (unsigned i = 0; i < 3; i++) {
		setup(NULL);
		chosen.console = CONSOLE_SERIAL;
		boot.efi = i == 1;
		if (i == 2)
			boot.framebuffer = rgb;
		consoles_init_late(&boot, &chosen, map);
		assert_string_equal(asked, "");
		assert_string_equal(told, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(serial_is_where_the_bios_says, setup),
		cmocka_unit_test_setup(each_port_is_tried_once_and_told, setup),
		cmocka_unit_test_setup(com1_is_tried_when_nobody_knows, setup),
		cmocka_unit_test_setup(the_options_decide_about_serial, setup),
		cmocka_unit_test_setup(a_framebuffer_is_used, setup),
		cmocka_unit_test_setup(a_framebuffer_that_cannot_be_used_is_told, setup),
		cmocka_unit_test_setup(text_mode_is_used, setup),
		cmocka_unit_test_setup(no_screen_is_told, setup),
		cmocka_unit_test_setup(the_options_decide_about_the_screen, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
