/* SPDX-License-Identifier: MIT */
#include "machine/bios_data.h"

#include "kernel/panic.h"
#include "machine/bios_code.h"
#include "machine/memory_map.h"

#define NS_PER_DAY (86400 * 1000000000UL)

#define VECTORS 256


#define EQUIPMENT_FPU	   0x0002
#define EQUIPMENT_1_SERIAL 0x0200
#define LOW_KIB		   (MAP_EBDA >> 10)

#define FLOPPY_DRIVE	   0x0001
#define VIDEO_COLOR_80	   0x0020

#define KEYS_START 0x1e /* the keyboard's buffer, which stays empty */
#define KEYS_END   0x3e

/* Words of the BIOS data area that programs look at without a call; the others are 0. */
static const struct {
	u8 offset, size;
	u16 value;
} data[] = {
	{ 0x00, 2, PORT_COM1 },
	{ 0x0e, 2, MAP_EBDA >> 4 },
	{ 0x10, 2, EQUIPMENT_FPU | EQUIPMENT_1_SERIAL | VIDEO_COLOR_80 },
	{ 0x13, 2, LOW_KIB },
	{ 0x1a, 2, KEYS_START }, /* where the next key is taken */
	{ 0x1c, 2, KEYS_START }, /* and where one would be put */
	{ 0x49, 1, 3 },		 /* video mode */
	{ 0x4a, 2, 80 },	 /* columns */
	{ 0x4c, 2, 0x1000 },	 /* bytes of a page */
	{ 0x60, 2, 0x0607 },	 /* the cursor's shape */
	{ 0x63, 2, 0x03d4 },	 /* port of the CRT controller */
	{ 0x65, 1, 0x29 },	 /* its mode */
	{ 0x7c, 1, 1 },		 /* seconds until COM1 times out */
	{ 0x80, 2, KEYS_START },
	{ 0x82, 2, KEYS_END },
	{ 0x84, 1, 25 - 1 },	 /* the last row */
	{ 0x85, 2, 16 },	 /* scan lines of a character */
	{ 0x96, 1, 0x10 },	 /* a keyboard with 101 keys */
};

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
	return (u32)(vm->rtc.base_ns % NS_PER_DAY * PIT_TICKS / PIT_NS >> 16);
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

	for (unsigned i = 0; i < ARRAY_SIZE(data); i++)
		write(vm, MAP_BIOS_DATA + data[i].offset, &data[i].value, data[i].size);
	write(vm, BIOS_DATA_TICKS, &since_midnight, sizeof(since_midnight));
	write16(vm, MAP_EBDA, (MAP_VGA_START - MAP_EBDA) >> 10); /* it begins with its size, KiB */
}

void bios_data_disk(struct vm *vm, u8 drive)
{
	if (drive)
		write8(vm, BIOS_DATA_HARD_DISKS, 1);
	else
		write16(vm, BIOS_DATA_EQUIPMENT, EQUIPMENT_FPU | EQUIPMENT_1_SERIAL | VIDEO_COLOR_80 |
					       FLOPPY_DRIVE);
}
