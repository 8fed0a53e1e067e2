/* SPDX-License-Identifier: MIT */
/*
 * The kernel as scripts/pack.py packs it: one LZ4 block, unpacked to its
 * place by boot/entry.S before anything else of it runs. This code lies with
 * the 32-bit start, at its physical address, and calls nothing outside.
 */
#pragma once

#include "lib/types.h"

/* What scripts/pack.py fills in; all 0 in an image that is not packed. */
struct boot_packed {
	u64 to, to_size; /* physical, bytes; of whole words */
	u64 from, size;	 /* the block */
	u64 checksum;	 /* of what is unpacked: FNV-1a of its 64-bit words */
};

/*
 * Unpack the LZ4 block of `size` bytes at `from` to exactly `to_size` bytes
 * at `to`. False when the block is damaged: nothing outside of the two was
 * touched then, either.
 */
bool boot_unpack_block(u8 *to, size_t to_size, const u8 *from, size_t size) __must_check;

/* For boot/entry.S: unpack the kernel, if it is packed. False when it is damaged. */
bool boot_unpack(const struct boot_packed *packed) __must_check;
