/* SPDX-License-Identifier: MIT */
/*
 * The I/O and MSR bitmaps: everything exits unless it is allowed here.
 * Pure: they work on memory given to them. SDM "I/O-Bitmap Addresses", "MSR-Bitmap Address".
 */
#pragma once

#include "lib/types.h"

#define IO_BITMAPS_SIZE (2 * PAGE_SIZE)
#define MSR_BITMAP_SIZE PAGE_SIZE

void io_bitmap_deny_all(u8 *bitmaps);
void io_bitmap_set(u8 *bitmaps, u16 first, u16 last, bool exits);
bool io_bitmap_exits(const u8 *bitmaps, u16 port, unsigned size);

enum msr_access { MSR_ACCESS_READ = 1, MSR_ACCESS_WRITE = 2 };

void msr_bitmap_deny_all(u8 *bitmap);
/* Let the guest do `access` (both bits possible) without an exit. -ERR_RANGE outside 0-1FFF and C0000000-C0001FFF. */
int msr_bitmap_allow(u8 *bitmap, u32 msr, unsigned access) __must_check;
int msr_bitmap_deny(u8 *bitmap, u32 msr, unsigned access) __must_check;
bool msr_bitmap_exits(const u8 *bitmap, u32 msr, bool write);
