/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/damage.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "machine/memory_map.h"
#include "tests/unit/machine/fake_loader.h"

static const u64 evil[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x1ff, 0x200,
	0x4ff, 0x500, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0xffff, 0x10000, 0x9fbff, 0x9fc00,
	0x9ffff, 0xa0000, 0xb8001, 0xbffff, 0xc0000, 0xdffff, 0xe0000, 0xf0000, 0xfffff, 0x100000,
	0x100001, 0x200000, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000,
	0xfee00000, 0xfffff000, 0xfffffffe, 0xffffffff, 0x100000000, 0x100200000, 1UL << 39, 1UL << 52,
	~0UL >> 1, 1UL << 63, ~0UL - 0xfff, ~0UL - 1, ~0UL,
};

static unsigned violations, loaded, refused;

u64 damage_read(const u8 *file, u64 at, unsigned size)
{
	u64 value = 0;

	memcpy(&value, file + at, size);
	return value;
}

const char *damage_overlap(const struct damage_range *r, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!r[i].length)
			continue;
		if (!ram_contains(&fake_vm.ram, r[i].start, r[i].length))
			return "not all of it is RAM";
		if (r[i].start < MAP_BIOS_DATA_END ||
		    (r[i].start < MAP_BIOS_END && r[i].start + r[i].length > MAP_EBDA))
			return "it is over the firmware's memory";
		for (unsigned j = 0; j < i; j++)
			if (r[j].length && r[i].start < r[j].start + r[j].length &&
			    r[j].start < r[i].start + r[i].length)
				return "two things in one place";
	}
	return NULL;
}

bool damage_has_remedy(const char *why)
{
	static const char *const verbs[] = { "give ",	 "link ",  "make ",    "correct ", "leave ",
					     "shorten ", "is it ", "is the ",  "add ",	   "unpack ",
					     "load " };
	const char *value = why; /* the last one */

	for (const char *p = why; *p; p++)
		if (*p == '=' && isdigit((u8)p[1]))
			value = p;
	for (const char *p = strstr(value, ": "); p; p = strstr(p + 1, ": "))
		for (unsigned i = 0; i < ARRAY_SIZE(verbs); i++)
			if (!strncmp(p + 2, verbs[i], strlen(verbs[i])))
				return true;
	return false;
}

/* ---- What a complaint quotes ------------------------------------------------------------ */

static const char *const own_words[] = { "load", "entry", "mem" }; /* of Trivet, no fields */

static bool is_option(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(own_words); i++)
		if (!strcmp(name, own_words[i]))
			return true;
	return false;
}

static const struct damage_field *find(const struct damage_image *image, const char *why,
				       const char *name)
{
	for (unsigned i = 0; i < image->count; i++)
		if (!strcmp(image->fields[i].name, name) &&
		    (!image->fields[i].context || strstr(why, image->fields[i].context)))
			return &image->fields[i];
	return NULL;
}

/* Next "name=value": where the value begins, or NULL. */
static const char *next(const char *text, char name[32])
{
	for (const char *p = strchr(text, '='); p; p = strchr(p + 1, '=')) {
		const char *start = p;

		while (start > text && (isalnum((u8)start[-1]) || start[-1] == '_'))
			start--;
		if (start == p || p - start > 31 || !isdigit((u8)p[1]))
			continue;
		memcpy(name, start, (size_t)(p - start));
		name[p - start] = 0;
		return p + 1;
	}
	return NULL;
}

/* What is wrong with the complaint about `bad`, or about too little memory; or NULL. */
static const char *examine(const struct damage_image *image, const struct damage_field *bad,
			   const u8 *file, const char *why)
{
	const char *at = why;
	bool named = false, any = false;
	char name[32];

	if (strncmp(why, "module ", 7) || strchr(why, '\n') || strlen(why) >= VM_WHY_MAX - 1)
		return "is not one whole line of the module";
	while ((at = next(at, name))) {
		const struct damage_field *f = find(image, why, name);
		u64 value = 0;

		if (is_option(name))
			continue;
		if (!image->raw || !image->raw(file, image->length, why, name, &value)) {
			if (!f)
				return "names what is no field";
			value = damage_read(file, f->at, f->size);
		}
		if (strtoull(at, NULL, 0) != value)
			return "has a value that is not the file's";
		any = true;
		/* Where no segment is told, there is but one that matters. */
		named |= bad && !strcmp(name, bad->name) && (!bad->context || strstr(why, bad->context) ||
						      !strstr(why, "segment "));
	}
	if (!damage_has_remedy(why))
		return "has no remedy";
	if (!bad)
		return strstr(why, "mem=") ? NULL : "does not say mem=";
	if (named || (bad->leads && any) || (bad->otherwise && strstr(why, bad->otherwise)))
		return NULL;
	return "does not name the field";
}

/* ---- The damage ---------------------------------------------------------------------------- */

/* Load what was made ready; `f` was damaged, or the machine is small. */
static void load(const struct damage_image *image, const struct damage_field *f, const u8 *file,
		 u64 value)
{
	int error = fake_load(file, image->length, image->cmdline);
	const char *wrong = error ? examine(image, f, file, fake_why) :
				    image->wrong(file, image->length);

	loaded += !error;
	refused += !!error;
	if (!wrong)
		return;
	violations++;
	print_message("%s: %s %s=%#lx: %s%s\n", image->name, f && f->context ? f->context : "",
		      f ? f->name : "mem", value, error ? "the complaint " : "loaded, but ", wrong);
	if (error)
		print_message("    \"%s\"\n", fake_why);
}

static void make_ready(const struct damage_image *image, u64 memory)
{
	fake_loader_reset(memory);
	if (image->prepare)
		image->prepare();
}

static void try(const struct damage_image *image, const struct damage_field *f, u64 value)
{
	u8 *file = malloc(image->length);

	memcpy(file, image->data, image->length);
	memcpy(file + f->at, &value, f->size);
	if (image->repair)
		image->repair(file);
	make_ready(image, image->memory);
	/* The checksum itself may have been repaired. */
	load(image, f, file, damage_read(file, f->at, f->size));
	free(file);
}

static void try_all(const struct damage_image *image, const struct damage_field *f)
{
	const u64 good = damage_read(image->data, f->at, f->size);
	const u64 mask = ~0UL >> (64 - 8 * f->size);
	const u64 near[] = { good - 1, good + 1, good + 4, good + 8, good + 0x1000, good * 2, good / 2,
			     ~good, good ^ 1UL << (8 * f->size - 1), image->memory - 1, image->memory,
			     image->memory + 1, image->memory - 0x1000, image->length,
			     image->length - 1 };

	for (unsigned i = 0; i < ARRAY_SIZE(evil); i++)
		if (evil[i] <= mask)
			try(image, f, evil[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(near); i++)
		try(image, f, near[i] & mask);
}

static void finish(const struct damage_image *image)
{
	print_message("%s: %u loaded, %u refused, %u violate\n", image->name, loaded, refused, violations);
	assert_int_equal(violations, 0);
	assert_int_not_equal(loaded, 0);
	violations = loaded = refused = 0;
}

void damage_all(const struct damage_image *image)
{
	for (unsigned i = 0; i < image->count; i++)
		try_all(image, &image->fields[i]);
	assert_int_not_equal(refused, 0);
	finish(image);
}

static u64 large(const struct damage_field *f, unsigned which)
{
	const u64 ones = ~0UL >> (64 - 8 * f->size);

	return which == 0 ? ones : which == 1 ? ones / 2 + 1 : ones / 16 * 15;
}

void damage_pairs(const struct damage_image *image)
{
	struct damage_image first = *image;
	u8 *data = malloc(image->length);

	first.data = data;
	for (unsigned i = 0; i < 3 * image->count; i++) {
		const struct damage_field *f = &image->fields[i / 3];
		u64 value = large(f, i % 3);

		memcpy(data, image->data, image->length);
		memcpy(data + f->at, &value, f->size);
		for (unsigned j = 0; j < 3 * image->count; j++) {
			struct damage_field second = image->fields[j / 3];

			second.leads = true; /* one of the two is to blame */
			second.otherwise = second.otherwise ? second.otherwise : f->otherwise;
			if (&image->fields[j / 3] != f)
				try(&first, &second, large(&second, j % 3));
		}
	}
	free(data);
	finish(image);
}

void damage_memory(const struct damage_image *image)
{
	for (u64 memory = MIB(1); memory <= image->memory; memory += 3 * PAGE_SIZE) {
		make_ready(image, memory);
		load(image, NULL, image->data, memory);
	}
	assert_int_not_equal(refused, 0);
	finish(image);
}

void damage_modules(const struct damage_image *image)
{
	static const u8 module[PAGE_SIZE + 1];
	static char line[BOOT_CMDLINE_MAX];

	memset(line, 'x', sizeof(line) - 1);
	make_ready(image, image->memory);
	while (fake_request.module_count < LOADER_MODULES)
		fake_add_module(module, fake_request.module_count % 3 * (PAGE_SIZE / 2) + 1,
				fake_request.module_count % 2 ? line : "");
	fake_request.modules[3].length = 0;
	load(image, NULL, image->data, image->memory);
	finish(image);
}
