/* SPDX-License-Identifier: MIT */
/*
 * Finds \_S5_ in AML by its bytes. A full parse of AML needs the argument
 * counts of every method; the pattern NameOp, name, PackageOp, consistent
 * length, constants is long enough not to occur by chance.
 */
#include "kernel/acpi_aml.h"

#include "lib/error.h"
#include "lib/string.h"

#define AML_ZERO    0x00
#define AML_ONE	    0x01
#define AML_NAME    0x08
#define AML_BYTE    0x0a
#define AML_WORD    0x0b
#define AML_DWORD   0x0c
#define AML_QWORD   0x0e
#define AML_PACKAGE 0x12
#define AML_ROOT    0x5c /* '\' */

#define SLP_TYP_MAX 7

struct cursor {
	const u8 *at, *end;
};

static size_t left(const struct cursor *c)
{
	return c->end - c->at;
}

static bool skip_byte(struct cursor *c, u8 byte)
{
	if (left(c) == 0 || *c->at != byte)
		return false;
	c->at++;
	return true;
}

static bool take_little_endian(struct cursor *c, unsigned bytes, u64 *value)
{
	if (left(c) < bytes)
		return false;
	*value = 0;
	for (unsigned i = 0; i < bytes; i++)
		*value |= (u64)c->at[i] << 8 * i;
	c->at += bytes;
	return true;
}

/* PkgLength: counts itself and all that belongs to the package. Ends the cursor there. */
static bool take_package_length(struct cursor *c)
{
	const u8 *start = c->at;
	unsigned more;
	size_t length;

	if (left(c) == 0)
		return false;
	more = *c->at >> 6;
	if (left(c) < 1 + more)
		return false;
	length = more ? *c->at & 0x0f : *c->at & 0x3f;
	for (unsigned i = 0; i < more; i++)
		length |= (size_t)c->at[1 + i] << (4 + 8 * i);
	if (length < 1 + more || length > (size_t)(c->end - start))
		return false;
	c->at += 1 + more;
	c->end = start + length;
	return true;
}

static bool take_integer(struct cursor *c, u64 *value)
{
	u64 op;

	if (!take_little_endian(c, 1, &op))
		return false;
	switch (op) {
	case AML_ZERO:
	case AML_ONE:
		*value = op;
		return true;
	case AML_BYTE:
		return take_little_endian(c, 1, value);
	case AML_WORD:
		return take_little_endian(c, 2, value);
	case AML_DWORD:
		return take_little_endian(c, 4, value);
	case AML_QWORD:
		return take_little_endian(c, 8, value);
	default:
		return false;
	}
}

/* The cursor is behind the name. */
static bool take_s5_package(struct cursor c, u8 *type_a, u8 *type_b)
{
	u64 count, a, b;

	if (!skip_byte(&c, AML_PACKAGE) || !take_package_length(&c) ||
	    !take_little_endian(&c, 1, &count) || count == 0 || !take_integer(&c, &a))
		return false;
	if (count == 1) {
		/* Some old firmware packs both into one number. */
		b = a >> 8 & 0xff;
		a &= 0xff;
	} else if (!take_integer(&c, &b)) {
		return false;
	}
	if (a > SLP_TYP_MAX || b > SLP_TYP_MAX)
		return false;
	*type_a = a;
	*type_b = b;
	return true;
}

int acpi_aml_find_s5(const u8 *aml, size_t length, u8 *type_a, u8 *type_b)
{
	struct cursor c = {aml, aml + length};

	while ((c.at = memchr(c.at, AML_NAME, left(&c)))) {
		struct cursor name = {c.at + 1, c.end};

		c.at++;
		skip_byte(&name, AML_ROOT);
		if (left(&name) < 4 || memcmp(name.at, "_S5_", 4) != 0)
			continue;
		name.at += 4;
		if (take_s5_package(name, type_a, type_b))
			return 0;
	}
	return -ERR_NOENT;
}
