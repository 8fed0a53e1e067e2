/* SPDX-License-Identifier: MIT */
#include "machine/bios_data.h"

#include "kernel/panic.h"
#include "machine/memory_map.h"

#define VECTORS 256

#define COM1_PORT  (MAP_BIOS_DATA + 0x00) /* u16 each */
#define EBDA	   (MAP_BIOS_DATA + 0x0e) /* a segment */
#define EQUIPMENT  (MAP_BIOS_DATA + 0x10)
#define LOW_MEMORY (MAP_BIOS_DATA + 0x13) /* KiB */

#define EQUIPMENT_FPU	   0x0002
#define EQUIPMENT_1_SERIAL 0x0200
#define LOW_KIB		   (MAP_EBDA >> 10)

/* Code, by its offset in the segment F000H. The IRET is where PCs have always had one. */
enum { VIDEO = 0xff00, MEMORY = 0xff10, ABSENT = 0xff20, NOTHING = 0xff53, RESET = 0xfff0 };

static const u8 video[] = {
	0x80, 0xfc, 0x0e,			  /* cmp $0xe, %ah */
	0x75, 0x06,				  /* jne 1f */
	0x52,					  /* push %dx */
	0xba, PORT_COM1 & 0xff, PORT_COM1 >> 8,	  /* mov $COM1, %dx */
	0xee,					  /* out %al, %dx */
	0x5a,					  /* pop %dx */
	0xcf,					  /* 1: iret */
};
static const u8 memory[] = {
	0xb8, LOW_KIB & 0xff, LOW_KIB >> 8,	  /* mov $LOW_KIB, %ax */
	0xcf,					  /* iret */
};
static const u8 absent[] = {
	0xb4, 0x86,				  /* mov $0x86, %ah */
	0x55,					  /* push %bp */
	0x89, 0xe5,				  /* mov %sp, %bp */
	0x80, 0x4e, 0x06, 0x01,			  /* orb $1, 6(%bp): carry, in the flags to return */
	0x5d,					  /* pop %bp */
	0xcf,					  /* iret */
};
static const u8 nothing[] = { 0xcf }; /* iret */
static const u8 reset[] = {
	0xb0, 0x06,				  /* mov $6, %al */
	0xba, PORT_RESET & 0xff, PORT_RESET >> 8, /* mov $RESET, %dx */
	0xee,					  /* out %al, %dx */
};

static void write(struct vm *vm, gpa_t at, const void *from, u64 length)
{
	panic_on(vm_ram_write(vm, at, from, length));
}

static void write16(struct vm *vm, gpa_t at, u16 value)
{
	write(vm, at, &value, sizeof(value));
}

static u16 handler(unsigned vector)
{
	switch (vector) {
	case 0x10:
		return VIDEO;
	case 0x12:
		return MEMORY;
	case 0x11:
	case 0x13 ... 0x1a:
		return ABSENT;
	default:
		return NOTHING;
	}
}

void bios_data_write(struct vm *vm)
{
	u32 vectors[VECTORS];

	for (unsigned i = 0; i < VECTORS; i++)
		vectors[i] = (u32)(MAP_BIOS >> 4) << 16 | handler(i);
	write(vm, 0, vectors, sizeof(vectors));
	write(vm, MAP_BIOS + VIDEO, video, sizeof(video));
	write(vm, MAP_BIOS + MEMORY, memory, sizeof(memory));
	write(vm, MAP_BIOS + ABSENT, absent, sizeof(absent));
	write(vm, MAP_BIOS + NOTHING, nothing, sizeof(nothing));
	write(vm, MAP_BIOS + RESET, reset, sizeof(reset));

	write16(vm, COM1_PORT, PORT_COM1);
	write16(vm, EBDA, MAP_EBDA >> 4);
	write16(vm, EQUIPMENT, EQUIPMENT_FPU | EQUIPMENT_1_SERIAL);
	write16(vm, LOW_MEMORY, LOW_KIB);
	write16(vm, MAP_EBDA, (MAP_VGA_START - MAP_EBDA) >> 10); /* it begins with its size, KiB */
}
