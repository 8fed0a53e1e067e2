/* SPDX-License-Identifier: MIT */
#include "machine/rtc_cmos.h"

#include "lib/bits.h"

static void store16(u8 *cmos, unsigned low, unsigned high, u64 value)
{
	cmos[low] = (u8)value;
	cmos[high] = (u8)(value >> 8);
}

void rtc_cmos_memory(u8 *cmos, u64 ram_size)
{
	u64 low = MIN(ram_size, GIB(3)), high = (ram_size - low) >> 16;

	store16(cmos, 0x15, 0x16, 640);				 /* KiB below 640K */
	store16(cmos, 0x17, 0x18, MIN((low - MIB(1)) >> 10, 0xfc00UL)); /* KiB above 1M, to 64M */
	store16(cmos, 0x30, 0x31, MIN((low - MIB(1)) >> 10, 0xfc00UL));
	store16(cmos, 0x34, 0x35, low > MIB(16) ? (low - MIB(16)) >> 16 : 0); /* 64K above 16M */
	store16(cmos, 0x5b, 0x5c, high);			 /* 64K above 4G: three bytes */
	cmos[0x5d] = (u8)(high >> 16);
}
