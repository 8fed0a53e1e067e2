/* SPDX-License-Identifier: MIT */
#include "machine/memory_map.h"

#include <asm/bootparam.h>
#include <asm/e820.h>

#include "machine/ram.h"

gpa_t memory_map_low_end(const struct ram *ram)
{
	return MAX(MAP_BIOS_END, MIN(ram->size, MAP_LOW_END));
}

unsigned memory_map_build(const struct ram *ram, struct boot_e820_entry *map)
{
	const gpa_t low_end = memory_map_low_end(ram);
	const struct boot_e820_entry all[MEMORY_MAP_MAX] = {
		{ 0, MAP_EBDA, E820_RAM },
		{ MAP_EBDA, MAP_VGA_START - MAP_EBDA, E820_RESERVED },
		{ MAP_ACPI, MAP_ACPI_NVS - MAP_ACPI, E820_ACPI },
		{ MAP_ACPI_NVS, MAP_BIOS - MAP_ACPI_NVS, E820_NVS },
		{ MAP_BIOS, MAP_BIOS_END - MAP_BIOS, E820_RESERVED },
		{ MAP_BIOS_END, low_end - MAP_BIOS_END, E820_RAM },
		{ MAP_IO_APIC, PAGE_SIZE, E820_RESERVED },
		{ MAP_LOCAL_APIC, PAGE_SIZE, E820_RESERVED },
		{ MAP_HIGH_START, ram->size > low_end ? ram->size - low_end : 0, E820_RAM },
	};
	unsigned count = 0;

	for (unsigned i = 0; i < MEMORY_MAP_MAX; i++)
		if (all[i].size)
			map[count++] = all[i];
	return count;
}
