/* SPDX-License-Identifier: MIT */
/*
 * The last 256K below 1 MiB, where a PC has its ROMs, and RAM behind them. The
 * host bridge says for each part whether reads get the RAM, and whether writes
 * reach it; else they go to what is on the bus: the end of the firmware's ROM
 * in the last 128K, nothing below. Intel 82441FX data sheet, "PAM[6:0]:
 * Programmable Attribute Map Registers".
 *
 * Where it is RAM for both, it is RAM like any other. All else is told in EPT
 * as far as that can: reads need no exit.
 */
#pragma once

#include "machine/memory_map.h"
#include "machine/ram.h"
#include "machine/rom.h"

#define SHADOW_START MAP_VGA_END
#define SHADOW_END   MAP_BIOS_END
#define SHADOW_PAGES ((SHADOW_END - SHADOW_START) / PAGE_SIZE)

/* As in PAM: RE and WE. */
enum { SHADOW_READ = 1, SHADOW_WRITE = 2, SHADOW_RAM = SHADOW_READ | SHADOW_WRITE };

struct shadow {
	struct ept *ept;
	struct ram *ram;
	const struct rom *rom;
	u8 access[SHADOW_PAGES];
	u8 *pages[SHADOW_PAGES]; /* the RAM of those that once were something else */
};

/* All of it RAM. `rom` may be created later, and is looked at by shadow_set(). */
void shadow_create(struct shadow *s, struct ept *ept, struct ram *ram, const struct rom *rom);

/* Allow this for whole pages between SHADOW_START and SHADOW_END. On a CPU with VMX on. */
void shadow_set(struct shadow *s, gpa_t start, gpa_t end, unsigned access);

/* Is gpa in a page that is not simply RAM? */
static inline bool shadow_holds(const struct shadow *s, gpa_t gpa)
{
	return gpa >= SHADOW_START && gpa < SHADOW_END &&
	       s->access[(gpa - SHADOW_START) / PAGE_SIZE] != SHADOW_RAM;
}

/*
 * For a gpa that it holds: what is read there, and what is written; good for the rest of
 * the page. NULL: nothing.
 */
void *shadow_read(const struct shadow *s, gpa_t gpa);
void *shadow_write(const struct shadow *s, gpa_t gpa);

/* As rom_open(), for a page that can be read. */
void shadow_open(const struct shadow *s, gpa_t gpa);
