/* SPDX-License-Identifier: MIT */
#include "tests/sim/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/bits.h"
#include "mm/frame.h"
#include "mm/layout.h"

static u8 *memory;
static u64 size;

static void give_up(const char *what)
{
	perror(what);
	abort();
}

void pool_open(hpa_t start, u64 length)
{
	if (memory)
		give_up("pool: the last one is still open");
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		give_up("pool: mmap");
	/* So that what counts as touched is exactly what was touched. */
	if (madvise(memory, length, MADV_NOHUGEPAGE))
		give_up("pool: madvise");
	size = length;
	direct_base = (u64)memory - start;
	frame_reset();
}

void pool_open_frames(hpa_t start, u64 frames)
{
	pool_open(start, frames * PAGE_SIZE);
	if (frame_add_range(start, frames * PAGE_SIZE))
		give_up("pool: frame_add_range");
}

void pool_close(void)
{
	if (munmap(memory, size))
		give_up("pool: munmap");
	memory = NULL;
	direct_base = DIRECT_BASE;
	frame_reset();
}

u64 pool_touched(void)
{
	static u64 resident[GIB(1) / PAGE_SIZE / 8]; /* a byte a frame */
	u64 touched = 0;

	for (u64 at = 0; at < size; at += GIB(1)) {
		u64 length = MIN(GIB(1), size - at);

		if (mincore(memory + at, length, (u8 *)resident))
			give_up("pool: mincore");
		for (u64 i = 0; i < ALIGN_UP(length / PAGE_SIZE, 8) / 8; i++)
			for (u64 left = resident[i] & 0x0101010101010101; left; left &= left - 1)
				touched += PAGE_SIZE;
		memset(resident, 0, sizeof(resident));
	}
	return touched;
}
