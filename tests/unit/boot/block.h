/* SPDX-License-Identifier: MIT */
/*
 * Multiboot2 blocks, built tag by tag, for the tests of the parser: start(),
 * the tags, finish(), read_block(). The block is read from heap memory of
 * exactly its length, so that the sanitizer sees any look beyond.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "boot/info.h"
#include "boot/multiboot2.h"

static struct {
	u8 bytes[65536];
	u32 length;
} block;
static struct boot_info info;

static inline void put(const void *bytes, u32 size)
{
	memcpy(block.bytes + block.length, bytes, size);
	block.length += size;
}

static inline void put_u32(u32 value)
{
	put(&value, sizeof(value));
}

static inline void set_u32(u32 offset, u32 value)
{
	memcpy(block.bytes + offset, &value, sizeof(value));
}

static inline void start(void)
{
	memset(&block, 0, sizeof(block));
	block.length = 8;
}

/* Open a tag; returns its offset for tag_end(), which writes its size. */
static inline u32 tag_begin(u32 type)
{
	u32 offset = block.length;

	put_u32(type);
	put_u32(0);
	return offset;
}

static inline void tag_end(u32 offset)
{
	set_u32(offset + 4, block.length - offset);
	block.length = (block.length + 7) & ~7U;
}

static inline u32 tag(u32 type, const void *body, u32 size)
{
	u32 offset = tag_begin(type);

	put(body, size);
	tag_end(offset);
	return offset;
}

static inline u32 tag_text(u32 type, const char *text)
{
	return tag(type, text, (u32)strlen(text) + 1);
}

static inline u32 tag_module(u32 from, u32 to, const char *text)
{
	u32 offset = tag_begin(MULTIBOOT2_MODULE);

	put_u32(from);
	put_u32(to);
	put(text, (u32)strlen(text) + 1);
	tag_end(offset);
	return offset;
}

static inline u32 mmap_begin(u32 entry_size)
{
	u32 offset = tag_begin(MULTIBOOT2_MMAP);

	put_u32(entry_size);
	put_u32(0);
	return offset;
}

static inline void mmap_entry(u64 from, u64 length, u32 type)
{
	put(&(struct multiboot2_mmap_entry){from, length, type, 0}, 24);
}

static inline void tag_mmap(void)
{
	u32 offset = mmap_begin(24);

	mmap_entry(0, 0x9fc00, 1);
	mmap_entry(0x100000, 0xfef0000, 1);
	tag_end(offset);
}

static inline u32 tag_framebuffer(u8 type, u8 bits_per_pixel, u32 width, u32 pitch)
{
	struct multiboot2_framebuffer raw = {0xfd000000,     pitch, width, 600,
					     bits_per_pixel, type,  0};
	struct multiboot2_colors colors = {16, 8, 8, 8, 0, 8};
	u32 offset = tag_begin(MULTIBOOT2_FRAMEBUFFER);

	put(&raw, sizeof(raw));
	put(&colors, sizeof(colors));
	tag_end(offset);
	return offset;
}

static inline void finish(void)
{
	tag(MULTIBOOT2_END, "", 0);
	set_u32(0, block.length);
}

static inline int read_length(u32 length)
{
	u8 *copy = malloc(length ? length : 1);
	int result;

	memcpy(copy, block.bytes, length);
	result = boot_info_read(&info, copy, length);
	free(copy);
	return result;
}

static inline int read_block(void)
{
	return read_length(block.length);
}
