/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/damage_multiboot2.h"

#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "tests/unit/machine/damage_elf.h"
#include "tests/unit/machine/fake_loader.h"

/* The tag behind that one, 0 behind the last. */
static u64 next(const u8 *file, u64 at)
{
	u64 end = AT(header) + damage_read(file, AT(header) + 8, 4);

	if (!at)
		return AT(request);
	if (!damage_read(file, at, 2) || damage_read(file, at + 4, 4) < 8)
		return 0;
	at = ALIGN_UP(at + damage_read(file, at + 4, 4), 8UL);
	return at + 8 <= MIN(end, sizeof(struct kernel)) ? at : 0;
}

u64 damage_multiboot2_body(const u8 *file, unsigned type)
{
	u64 found = 0;

	for (u64 at = next(file, 0); at; at = next(file, at))
		if (damage_read(file, at, 2) == type)
			found = at + 8;
	return found;
}

bool damage_multiboot2_sizes(const u8 *file)
{
	static const u8 sizes[] = { 8, 8, 24, 12, 12, 20, 8, 8, 12, 12, 24 };

	for (u64 at = next(file, 0); at; at = next(file, at))
		if (damage_read(file, at, 2) < ARRAY_SIZE(sizes) &&
		    damage_read(file, at + 4, 4) < sizes[damage_read(file, at, 2)])
			return false;
	return true;
}

bool damage_multiboot2_raw(const u8 *file, u64 length, const char *why, const char *name, u64 *value)
{
	static const struct {
		const char *name;
		unsigned at, size;
	} tag[] = { { "type", 0, 2 }, { "flags", 2, 2 }, { "size", 4, 4 }, { "console_flags", 8, 4 } };
	static const struct {
		const char *name;
		unsigned type, word;
	} words[] = { { "entry_addr", 3, 0 }, { "header_addr", 2, 0 }, { "load_addr", 2, 1 },
		      { "load_end_addr", 2, 2 }, { "bss_end_addr", 2, 3 }, { "min_addr", 10, 0 },
		      { "max_addr", 10, 1 }, { "align", 10, 2 } };
	const char *offset = strstr(why, "tag at offset ");
	u64 at = offset ? strtoull(offset + 14, NULL, 0) : 0, asked;

	for (unsigned i = 0; offset && i < ARRAY_SIZE(tag); i++)
		if (!strcmp(name, tag[i].name)) {
			*value = damage_read(file, at + tag[i].at, tag[i].size);
			return true;
		}
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(name, words[i].name) && damage_multiboot2_body(file, words[i].type)) {
			*value = damage_read(file, damage_multiboot2_body(file, words[i].type) + 4UL * words[i].word, 4);
			return true;
		}
	if (offset && !strcmp(name, "mbi_tag_types")) { /* any of the list will do */
		asked = strtoull(strstr(why, "types=") + 6, NULL, 0);
		for (u64 i = at + 8; i + 4 <= length && i < at + damage_read(file, at + 4, 4); i += 4)
			if (damage_read(file, i, 4) == asked) {
				*value = asked;
				return true;
			}
		return false;
	}
	return damage_elf_raw(file, length, why, name, value);
}

void damage_multiboot2_repair(u8 *file)
{
	struct header *h = &((struct kernel *)file)->header;

	h->checksum = 0U - h->magic - h->architecture - h->length;
}

u64 damage_multiboot2_find(u32 type)
{
	u64 info = fake_start.state.rbx, at = info + 8;

	while (fake_u32(at) != type && fake_u32(at) && at < info + fake_u32(info))
		at = ALIGN_UP(at + fake_u32(at + 4), 8UL);
	return fake_u32(at) == type ? at : 0;
}

const char *damage_multiboot2_wrong(u64 start, u64 length)
{
	const struct entry_state *s = &fake_start.state;
	u64 module, tag;

	if (fake_start.mode != FAKE_PROTECTED || s->rax != 0x36d76289 || s->rbx % 8)
		return "it is not entered as a Multiboot2 kernel";
	tag = damage_multiboot2_find(3);
	module = tag ? fake_u32(tag + 8) : 0;
	if (!tag || module % 4096 || memcmp(fake_memory + module, "the module", 11))
		return "the module is not there";
	if (!damage_multiboot2_find(1) || strcmp((char *)fake_memory + damage_multiboot2_find(1) + 8, "a b c"))
		return "the command line is not there";
	if (s->rip < start || s->rip - start >= length)
		return "the entry is elsewhere";
	return damage_overlap((struct damage_range[]){ { start, length }, { s->rbx, fake_u32(s->rbx) },
						       { s->gdt, 32 }, { module, 11 } }, 4);
}
