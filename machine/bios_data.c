/* SPDX-License-Identifier: MIT */
#include "machine/bios_data.h"

#include "kernel/panic.h"
#include "machine/bios_code.h"
#include "machine/memory_map.h"

#define NS_PER_S      1000000000UL
#define SECONDS_A_DAY 86400UL
#define PIT_HZ	      1193182UL /* a tick is 64K of its counts */

#define VECTORS 256

#define COM1_PORT  (MAP_BIOS_DATA + 0x00) /* u16 each */
#define EBDA	   (MAP_BIOS_DATA + 0x0e) /* a segment */
#define EQUIPMENT  (MAP_BIOS_DATA + 0x10)
#define LOW_MEMORY (MAP_BIOS_DATA + 0x13) /* KiB */
#define VIDEO_MODE (MAP_BIOS_DATA + 0x49)
#define COLUMNS	   (MAP_BIOS_DATA + 0x4a)
#define TICKS	   (MAP_BIOS_DATA + 0x6c)
#define HARD_DISKS (MAP_BIOS_DATA + 0x75)
#define ROWS	   (MAP_BIOS_DATA + 0x84) /* less one */

#define EQUIPMENT_FPU	   0x0002
#define EQUIPMENT_1_SERIAL 0x0200
#define LOW_KIB		   (MAP_EBDA >> 10)

#define FLOPPY_DRIVE	   0x0001
#define VIDEO_COLOR_80	   0x0020

/* Where PCs have always had them, in the segment F000H. */
#define NOTHING 0xff53 /* an IRET */
#define RESET	0xfff0
#define DATE	0xfff5
#define MODEL	0xfffe

#define MODEL_AT 0xfc

#define MASTER_FIRST 0x08
#define SLAVE_FIRST  0x70
#define FLOPPY_TABLE 0x1e

#define IRET	 0xcf
#define FAR_JUMP 0xea

static void write(struct vm *vm, gpa_t at, const void *from, u64 length)
{
	panic_on(vm_ram_write(vm, at, from, length));
}

static void write16(struct vm *vm, gpa_t at, u16 value)
{
	write(vm, at, &value, sizeof(value));
}

static void write8(struct vm *vm, gpa_t at, u8 value)
{
	write(vm, at, &value, sizeof(value));
}

static u16 handler(unsigned vector)
{
	switch (vector) {
	case MASTER_FIRST:
		return bios_code_at(bios_code_timer);
	case MASTER_FIRST + 1:
		return bios_code_at(bios_code_keyboard);
	case MASTER_FIRST + 2 ... MASTER_FIRST + 7:
		return bios_code_at(bios_code_master);
	case SLAVE_FIRST ... SLAVE_FIRST + 7:
		return bios_code_at(bios_code_slave);
	case 0x10 ... 0x1a: /* a slot each; the others are tables, and the user's */
		return (u16)(BIOS_CODE + (vector - BIOS_FIRST_VECTOR) * BIOS_SLOT);
	case FLOPPY_TABLE:
		return bios_code_at(bios_code_floppy);
	default:
		return NOTHING;
	}
}

/* As many ticks as INT 08H would have counted since midnight. */
static u32 ticks(const struct vm *vm)
{
	return (u32)(vm->rtc.base_ns / NS_PER_S % SECONDS_A_DAY * PIT_HZ >> 16);
}

void bios_data_write(struct vm *vm)
{
	u32 vectors[VECTORS], since_midnight = ticks(vm);

	for (unsigned i = 0; i < VECTORS; i++)
		vectors[i] = (u32)(MAP_BIOS >> 4) << 16 | handler(i);
	write(vm, 0, vectors, sizeof(vectors));
	write(vm, MAP_BIOS + BIOS_CODE, bios_code_start,
	      (u64)(bios_code_end - bios_code_start));
	write8(vm, MAP_BIOS + NOTHING, IRET);
	write8(vm, MAP_BIOS + RESET, FAR_JUMP);
	write16(vm, MAP_BIOS + RESET + 1, bios_code_at(bios_code_reset));
	write16(vm, MAP_BIOS + RESET + 3, MAP_BIOS >> 4);
	write(vm, MAP_BIOS + DATE, "01/01/26", 8);
	write8(vm, MAP_BIOS + MODEL, MODEL_AT);
	vm->bios.present = true;

	write16(vm, COM1_PORT, PORT_COM1);
	write16(vm, EBDA, MAP_EBDA >> 4);
	write16(vm, EQUIPMENT, EQUIPMENT_FPU | EQUIPMENT_1_SERIAL | VIDEO_COLOR_80);
	write16(vm, LOW_MEMORY, LOW_KIB);
	write8(vm, VIDEO_MODE, 3);
	write16(vm, COLUMNS, 80);
	write(vm, TICKS, &since_midnight, sizeof(since_midnight));
	write8(vm, ROWS, 25 - 1);
	write16(vm, MAP_EBDA, (MAP_VGA_START - MAP_EBDA) >> 10); /* it begins with its size, KiB */
}

void bios_data_disk(struct vm *vm, u8 drive)
{
	if (drive)
		write8(vm, HARD_DISKS, 1);
	else
		write16(vm, EQUIPMENT, EQUIPMENT_FPU | EQUIPMENT_1_SERIAL | VIDEO_COLOR_80 |
					       FLOPPY_DRIVE);
}
