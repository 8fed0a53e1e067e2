/* SPDX-License-Identifier: MIT */
/*
 * The guest's physical address space and its ports, drawn. Everything not
 * named here is nothing: memory there stops the guest, a port reads as all
 * ones and swallows writes.
 *
 *   1_0000_0000 ..      ┬ RAM, the part that has no room below (3 GiB and up)
 *     C000_0000 ..      ┼ nothing: left to devices in memory, up to 4 GiB
 *       10_0000 ..      │ RAM
 *        C_0000 ..      ┼ RAM, where a PC has its ROMs
 *        A_0000 ..      ┼ nothing: a PC's VGA memory
 *        0_0000 ..      ┴ RAM
 *
 * With `mem=` a guest gets what a PC with that much memory has: the 128 KiB
 * behind the VGA hole cannot be reached.
 */
#pragma once

#include "lib/types.h"

#define MAP_VGA_START	0xa0000UL
#define MAP_VGA_END	0xc0000UL
#define MAP_LOW_END	GIB(3)
#define MAP_HIGH_START	GIB(4)
#define MAP_RAM_MIN	MIB(1)
#define MAP_RAM_MAX	(1UL << 40)

/*
 * Ports                        what                        interrupt
 *   20-21, A0-A1, 4D0-4D1      8259 pair, edge/level       (2: cascade)
 *   40-43, 61                  8254 timer, speaker port    0
 *   60, 64                     8042, no keyboard           1 (never)
 *   70-71                      RTC and CMOS memory         8
 *   80                         POST code
 *   92                         fast A20 and reset
 *   E9                         debug console
 *   3F8-3FF                    16550A, COM1                4
 *   600-60B                    ACPI PM1a event and control, PM timer   9
 *   CF8-CFF                    PCI configuration: a host bridge; CF9: reset control
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
#define PORT_DEBUG	  0xe9
#define PORT_COM1	  0x3f8
#define PORT_PM1A_EVENT	  0x600
#define PORT_PM1A_CONTROL 0x604
#define PORT_PM_TIMER	  0x608
#define PORT_PCI_ADDRESS  0xcf8
#define PORT_RESET	  0xcf9
#define PORT_PCI_DATA	  0xcfc

#define IRQ_PIT	    0
#define IRQ_CASCADE 2
#define IRQ_COM1    4
#define IRQ_RTC	    8
#define IRQ_SCI	    9
