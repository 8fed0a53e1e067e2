/* SPDX-License-Identifier: MIT */
/*
 * The guest's physical address space and its ports, drawn. Everything not
 * named here is nothing: it reads as all ones and swallows writes.
 *
 *   1_0000_0000 ..      ┬ RAM, the part that has no room below (3 GiB and up)
 *     C000_0000 ..      ┼ left to devices in memory, up to 4 GiB; among them
 *                       │   FEC0_0000 I/O APIC, FEE0_0000 local APIC, and up
 *                       │   to the end a ROM, if the guest is a firmware
 *       10_0000 ..      │ RAM
 *        F_0000 ..      ┼ RAM, firmware's: the RSDP, at its start, and the
 *                       │   tables of the MultiProcessor Specification
 *        E_F000 ..      │ RAM, firmware's: ACPI's FACS
 *        E_0000 ..      │ RAM, firmware's: ACPI tables
 *        C_0000 ..      ┼ RAM, where a PC has its cards' ROMs
 *        A_0000 ..      ┼ nothing: a PC's VGA memory
 *        9_FC00 ..      │ RAM, firmware's: the extended BIOS data area
 *           500 ..      │ RAM
 *        0_0000 ..      ┴ RAM, firmware's: vectors, BIOS data area (at 400)
 *
 * With `mem=` a guest gets what a PC with that much memory has: the 128 KiB
 * behind the VGA hole cannot be reached. memory_map_build() tells loaders
 * and guests of it; what is firmware's can be written all the same.
 */
#pragma once

#include "lib/types.h"

#define MAP_BIOS_DATA	0x400UL
#define MAP_BIOS_DATA_END 0x500UL
#define MAP_EBDA	0x9fc00UL
#define MAP_VGA_START	0xa0000UL
#define MAP_VGA_END	0xc0000UL
#define MAP_ACPI	0xe0000UL
#define MAP_ACPI_NVS	0xef000UL
#define MAP_BIOS	0xf0000UL
#define MAP_MP		0xf0040UL
#define MAP_BIOS_END	0x100000UL
#define MAP_LOW_END	GIB(3)
#define MAP_IO_APIC	0xfec00000UL
#define MAP_LOCAL_APIC	0xfee00000UL
#define MAP_HIGH_START	GIB(4)
#define MAP_RAM_MIN	MIB(1)
#define MAP_RAM_MAX	(1UL << 40)

/*
 * Ports                        what                        interrupt
 *   20-21, A0-A1, 4D0-4D1      8259 pair, edge/level       (2: cascade)
 *   40-43, 61                  8254 timer, speaker port    0
 *   60, 64                     8042 and keyboard           1
 *   70-71                      RTC and CMOS memory         8
 *   80                         POST code
 *   92                         fast A20 and reset
 *   B2                         what is below the BIOS, for its code alone
 *   E9                         debug console
 *   F0-F1                      x87 errors                  13
 *   F4-F7                      debug exit
 *   3F8-3FF                    16550A, COM1                4
 *   402-403                    debug console, for firmware
 *   600-60B                    ACPI PM1a event and control, PM timer   9
 *                              (where they are unless the guest moves them)
 *   CF8-CFF                    PCI configuration; CF9: reset control
 *
 * The ports through which Trivet ends a run in Bochs and QEMU (400, 501,
 * 8900, 8A00, B000...) are nothing here: a guest cannot reach them.
 */
#define PORT_PIC_MASTER	  0x20
#define PORT_PIC_SLAVE	  0xa0
#define PORT_PIC_ELCR	  0x4d0
#define PORT_PIT	  0x40
#define PORT_SPEAKER	  0x61
#define PORT_I8042_DATA	  0x60
#define PORT_I8042_STATUS 0x64
#define PORT_RTC	  0x70
#define PORT_POST	  0x80
#define PORT_FAST_A20	  0x92
#define PORT_BIOS	  0xb2 /* a chipset's SMI command port: how a BIOS calls what is below it */
#define PORT_DEBUG	  0xe9
#define PORT_X87	  0xf0
#define PORT_EXIT	  0xf4
#define PORT_COM1	  0x3f8
#define PORT_FIRMWARE_DEBUG 0x402
#define PORT_PM1A_EVENT	  0x600
#define PORT_PM1A_CONTROL 0x604
#define PORT_PM_TIMER	  0x608
#define PORT_PCI_ADDRESS  0xcf8
#define PORT_RESET	  0xcf9
#define PORT_PCI_DATA	  0xcfc

#define IRQ_PIT	     0
#define IRQ_KEYBOARD 1
#define IRQ_CASCADE  2
#define IRQ_COM1     4
#define IRQ_RTC	     8
#define IRQ_SCI	     9
#define IRQ_X87	     13

struct ram;
struct boot_e820_entry;

#define MEMORY_MAP_MAX 9

/* What the firmware's call E820H would say, ascending: up to MEMORY_MAP_MAX entries. Returns how many. */
unsigned memory_map_build(const struct ram *ram, struct boot_e820_entry *map);

/* RAM from 1 MiB up to the first hole: where it ends. At least 1 MiB. */
gpa_t memory_map_low_end(const struct ram *ram);
