/* SPDX-License-Identifier: MIT */
/*
 * LZ4's block format: sequences of a token, literals (bytes to take as they
 * are) and a match (an offset back into what is unpacked already, from which
 * to repeat bytes). The last sequence is literals only, five or more of them.
 * LZ4 Block Format Description.
 *
 * Runs in 64-bit mode on the identity map and a stack of few bytes. The block
 * may be damaged: no length or offset is used before it was checked.
 */
#include "boot/unpack.h"

#define BOOT_TEXT __attribute__((section(".boot.text")))

#define LENGTH_MORE 15 /* in the token: bytes follow that add to the length */
#define MATCH_MIN   4
#define OFFSET_SIZE 2

#define WORD sizeof(u64)

#define FNV_START 0xcbf29ce484222325UL
#define FNV_PRIME 0x100000001b3UL

/* What follows a LENGTH_MORE. Cannot overflow: 255 for each byte of the block. */
static __always_inline bool add_length(size_t *length, const u8 **from, const u8 *from_end)
{
	u8 byte;

	do {
		if (*from == from_end)
			return false;
		byte = *(*from)++;
		*length += byte;
	} while (byte == 255);
	return true;
}

/* Up to `end`; reads and writes up to a word too many. */
static __always_inline void copy_words(u8 *to, const u8 *end, const u8 *from)
{
	u64 word;

	do {
		__builtin_memcpy(&word, from, WORD);
		__builtin_memcpy(to, &word, WORD);
		to += WORD;
		from += WORD;
	} while (to < end);
}

/* Up to `end`; no byte is read before those below it are written. */
static __always_inline void copy_bytes(u8 *to, const u8 *end, const u8 *from)
{
	while (to < end)
		*to++ = *from++;
}

BOOT_TEXT bool boot_unpack_block(u8 *to, size_t to_size, const u8 *from, size_t size)
{
	const u8 *to_start = to, *to_end = to + to_size, *from_end = from + size;
	/* Up to here copy_words() may copy. Before the start when there are but few bytes. */
	const u8 *to_safe = to_end - WORD, *from_safe = from_end - WORD;

	while (from < from_end) {
		size_t token = *from++, length = token >> 4, offset;
		const u8 *from_next;
		u8 *to_next;

		if (length == LENGTH_MORE && !add_length(&length, &from, from_end))
			return false;
		from_next = from + length;
		to_next = to + length;
		/* Behind all but the last there are an offset, a token and five literals. */
		if (from_next > from_safe || to_next > to_safe) {
			if (from_next != from_end || to_next != to_end)
				return false;
			copy_bytes(to, to_next, from);
			return true;
		}
		copy_words(to, to_next, from);
		from = from_next;
		to = to_next;

		offset = (size_t)(from[0] | from[1] << 8);
		from += OFFSET_SIZE;
		length = token & LENGTH_MORE;
		if (length == LENGTH_MORE && !add_length(&length, &from, from_end))
			return false;
		to_next = to + length + MATCH_MIN;
		if (offset > (size_t)(to - to_start))
			return false;
		/* A match may reach into itself: then words would be read too early. */
		if (offset >= WORD && to_next <= to_safe)
			copy_words(to, to_next, to - offset);
		else if (offset != 0 && to_next <= to_end)
			copy_bytes(to, to_next, to - offset);
		else
			return false;
		to = to_next;
	}
	return false;
}

BOOT_TEXT bool boot_unpack(const struct boot_packed *packed)
{
	const u64 *words = (const u64 *)packed->to;
	u64 checksum = FNV_START;

	if (packed->size == 0)
		return true;
	if (!boot_unpack_block((u8 *)packed->to, packed->to_size, (const u8 *)packed->from,
			       packed->size))
		return false;
	for (size_t i = 0; i < packed->to_size / WORD; i++)
		checksum = (checksum ^ words[i]) * FNV_PRIME;
	return checksum == packed->checksum;
}
