/* SPDX-License-Identifier: MIT */
/*
 * Which consoles there are: serial by probing, the screen by what the
 * loader said. Every outcome is told, since a missing console is the first
 * thing a user has to find out about, and on the other console only.
 */
#include "kernel/console_init.h"

#include "kernel/console.h"
#include "kernel/framebuffer.h"
#include "kernel/log.h"
#include "kernel/serial.h"
#include "kernel/vga_text.h"

#define REPLAY_LINES 200

static bool try_port(u16 port, u32 baud)
{
	const char *why;

	if (serial_probe(port, &why)) {
		log_info("console", "serial: no UART at %#x: %s", port, why);
		return false;
	}
	serial_init(port, baud);
	console_register(&serial_console);
	log_info("console", "serial port=%#x baud=%u", port, baud);
	return true;
}

static void find_serial(const struct options *options, const u16 *bda_ports)
{
	bool tried_com1 = false;

	if (options->serial_port) {
		try_port(options->serial_port, options->baud);
		return;
	}
	for (unsigned i = 0; bda_ports && i < SERIAL_BDA_PORTS; i++) {
		/* Junk, unless it looks like where a UART's eight registers can be. */
		if (bda_ports[i] < 0x100 || bda_ports[i] % 8)
			continue;
		if (try_port(bda_ports[i], options->baud))
			return;
		tried_com1 |= bda_ports[i] == SERIAL_COM1;
	}
	if (!tried_com1)
		try_port(SERIAL_COM1, options->baud);
}

void consoles_init_early(const struct boot_info *boot, const struct options *options,
			 const u16 *bda_ports)
{
	if (options->console & CONSOLE_SERIAL)
		find_serial(options, boot->efi ? NULL : bda_ports);
}

static void show(const struct console *console)
{
	unsigned before = console_count();

	console_register(console);
	/* Only a newcomer has missed what was logged until now. */
	if (console_count() > before)
		log_replay(REPLAY_LINES, console->write);
}

static bool find_framebuffer(const struct boot_framebuffer *mode, console_map_fn map)
{
	struct framebuffer_text text;
	void *pixels;

	if (!framebuffer_usable(mode)) {
		log_info("console", "fb: cannot use %ux%u bpp=%u type=%u", mode->width,
			 mode->height, mode->bits_per_pixel, mode->type);
		return false;
	}
	pixels = map(mode->address, (u64)mode->pitch * mode->height, true);
	if (!pixels) {
		log_info("console", "fb: cannot map address=%#lx", mode->address);
		return false;
	}
	text = framebuffer_text_size(mode);
	framebuffer_init(mode, pixels);
	show(&framebuffer_console);
	log_info("console", "fb address=%#lx width=%u height=%u bpp=%u columns=%u rows=%u",
		 mode->address, mode->width, mode->height, mode->bits_per_pixel, text.columns,
		 text.rows);
	return true;
}

static bool find_vga(const struct boot_framebuffer *mode, console_map_fn map)
{
	unsigned columns = VGA_TEXT_COLUMNS, rows = VGA_TEXT_ROWS;
	hpa_t address = VGA_TEXT_ADDRESS;
	void *cells;

	if (mode->type == BOOT_FB_TEXT) {
		columns = mode->width;
		rows = mode->height;
		address = mode->address;
	}
	cells = map(address, (u64)columns * rows * 2, false);
	if (!cells) {
		log_info("console", "vga: cannot map address=%#lx", address);
		return false;
	}
	vga_text_init(cells, columns, rows);
	show(&vga_text_console);
	log_info("console", "vga text columns=%u rows=%u", columns, rows);
	return true;
}

void consoles_init_late(const struct boot_info *boot, const struct options *options,
			console_map_fn map)
{
	const struct boot_framebuffer *mode = &boot->framebuffer;
	/* Without a word from the loader a BIOS machine shows text, a UEFI machine nothing. */
	bool text = mode->type == BOOT_FB_TEXT || (mode->type == BOOT_FB_NONE && !boot->efi);

	if (text) {
		if (options->console & CONSOLE_VGA)
			find_vga(mode, map);
		else if (options->console & CONSOLE_FB)
			log_info("console", "fb: the screen is in text mode");
		return;
	}
	if (mode->type == BOOT_FB_NONE) {
		if (options->console & (CONSOLE_VGA | CONSOLE_FB))
			log_info("console", "screen: the loader handed over none");
		return;
	}
	if (options->console & CONSOLE_FB)
		find_framebuffer(mode, map);
	else if (options->console & CONSOLE_VGA)
		log_info("console", "vga: the screen is not in text mode");
}
