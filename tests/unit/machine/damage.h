/* SPDX-License-Identifier: MIT */
/*
 * Damages a good image field by field, with every evil value there is, and
 * loads it. Either it loads correctly, or one line complains: with the field's
 * name and its value as it is in the file, and a remedy.
 */
#pragma once

#include "lib/types.h"

struct damage_image;

struct damage_field {
	const char *name;    /* as in the complaint, before the "=" */
	const char *context; /* what else must be in the line, or NULL: "segment 2" */
	u64 at;
	unsigned size;
	/*
	 * It says what the file is, or where other fields are: not it, but what is
	 * found there, may be blamed. `otherwise`: or the line has this.
	 */
	bool leads;
	const char *otherwise;
};

struct damage_image {
	const char *name;
	const u8 *data;
	u64 length;
	const char *cmdline;
	const struct damage_field *fields;
	unsigned count;
	u64 memory; /* of the machine */

	void (*prepare)(void);	 /* add modules; may be NULL */
	void (*repair)(u8 *file); /* checksums; may be NULL */
	/* The file's value of a name that is no row of `fields`; may be NULL. */
	bool (*raw)(const u8 *file, u64 length, const char *why, const char *name, u64 *value);
	/* What was loaded is right: what is wrong, or NULL. */
	const char *(*wrong)(const u8 *file, u64 length);
};

/* Each field with each value; fails when one violates. Prints how many loaded, and were refused. */
void damage_all(const struct damage_image *image);

/* Two fields at a time, with large values: what is said must fit into a line. */
void damage_pairs(const struct damage_image *image);

/*
 * The good image in machines from 1 MiB to `memory`: it is loaded right, or one
 * line says that mem= is the remedy.
 */
void damage_memory(const struct damage_image *image);

/* The good image with as many modules as there can be, some of them empty, with long command lines. */
void damage_modules(const struct damage_image *image);

/* Little-endian, of up to eight bytes. */
u64 damage_read(const u8 *file, u64 at, unsigned size);

/* For `wrong`: these do not meet, and are RAM that is nobody's. NULL if so. */
struct damage_range {
	u64 start, length;
};
const char *damage_overlap(const struct damage_range *ranges, unsigned count);

/* The complaint "TEXT name=VALUE ..." has a remedy behind its values. */
bool damage_has_remedy(const char *why);
