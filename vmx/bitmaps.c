/* SPDX-License-Identifier: MIT */
#include "vmx/bitmaps.h"

#include "lib/error.h"
#include "lib/string.h"

static void set_bit(u8 *bitmap, u32 bit, bool value)
{
	if (value)
		bitmap[bit / 8] |= (u8)(1U << bit % 8);
	else
		bitmap[bit / 8] &= (u8)~(1U << bit % 8);
}

static bool test_bit(const u8 *bitmap, u32 bit)
{
	return bitmap[bit / 8] >> bit % 8 & 1;
}

void io_bitmap_deny_all(u8 *bitmaps)
{
	memset(bitmaps, 0xff, IO_BITMAPS_SIZE);
}

void io_bitmap_set(u8 *bitmaps, u16 first, u16 last, bool exits)
{
	for (u32 port = first; port <= last; port++)
		set_bit(bitmaps, port, exits);
}

/* An access that wraps around the end of the port space always exits. */
bool io_bitmap_exits(const u8 *bitmaps, u16 port, unsigned size)
{
	for (u32 p = port; p < (u32)port + size; p++)
		if (p > 0xffff || test_bit(bitmaps, p))
			return true;
	return false;
}

/* Four parts of 1 KiB: reads of low and high MSRs, then writes of both. */
#define MSR_PART_BITS 0x2000
#define MSR_HIGH      0xc0000000U

static int read_bit_of(u32 msr, u32 *bit)
{
	if (msr < MSR_PART_BITS)
		*bit = msr;
	else if (msr - MSR_HIGH < MSR_PART_BITS)
		*bit = MSR_PART_BITS + (msr - MSR_HIGH);
	else
		return -ERR_RANGE;
	return 0;
}

static int set(u8 *bitmap, u32 msr, unsigned access, bool exits)
{
	u32 bit;
	int error = read_bit_of(msr, &bit);

	if (error)
		return error;
	if (access & MSR_ACCESS_READ)
		set_bit(bitmap, bit, exits);
	if (access & MSR_ACCESS_WRITE)
		set_bit(bitmap, 2 * MSR_PART_BITS + bit, exits);
	return 0;
}

void msr_bitmap_deny_all(u8 *bitmap)
{
	memset(bitmap, 0xff, MSR_BITMAP_SIZE);
}

int msr_bitmap_allow(u8 *bitmap, u32 msr, unsigned access)
{
	return set(bitmap, msr, access, false);
}

int msr_bitmap_deny(u8 *bitmap, u32 msr, unsigned access)
{
	return set(bitmap, msr, access, true);
}

bool msr_bitmap_exits(const u8 *bitmap, u32 msr, bool write)
{
	u32 bit;

	if (read_bit_of(msr, &bit))
		return true;
	return test_bit(bitmap, bit + (write ? 2 * MSR_PART_BITS : 0));
}
