/* SPDX-License-Identifier: MIT */
/*
 * A piece of host memory that plays physical memory: phys_to_virt() works
 * for it. It is sparse, so it may be far larger than the host's memory as
 * long as little of it is touched. One pool at a time.
 */
#pragma once

#include "lib/types.h"

/* RAM at [start, start + length), all zero. The frame allocator is empty then. */
void pool_open(hpa_t start, u64 length);

/* The usual case: a pool of that many frames, all given to the frame allocator. */
void pool_open_frames(hpa_t start, u64 frames);

/* Forget the pool and all that the frame allocator knows. */
void pool_close(void);

/* How many bytes of the pool have been touched, in whole frames. */
u64 pool_touched(void);
