/* SPDX-License-Identifier: MIT */
/*
 * What there is to know about each option. For kernel/options.c.
 */
#pragma once

#include "kernel/options.h"

#define OPTION_MAX_CHOICES 6

struct option_choice {
	const char *name;
	u64 value;
};

enum option_kind {
	KIND_FLAG,   /* no value */
	KIND_CHOICE, /* one of the choices */
	KIND_SET,    /* a comma list of choices, or-ed */
	KIND_PORT,   /* an I/O port, or a choice */
	KIND_BAUD,
	KIND_SIZE,    /* bytes, in whole pages, or a choice */
	KIND_ADDRESS, /* guest-physical, or a choice */
	KIND_COUNT,   /* 32 bits, or a choice */
	KIND_RECORDS, /* 1 to 65536, or a choice */
	KIND_KEY,     /* ^ and a letter or sign, or a choice */
	KIND_TEXT,    /* whoever uses it looks at it */
};

struct option {
	const char *name;
	enum option_kind kind;
	u16 offset, size; /* of the field in struct options; little-endian, so any width will do */
	const char *standard; /* the default */
	const char *values;   /* for the help text; NULL: the choices alone */
	const char *example;  /* a value, for complaints; NULL: list the choices */
	const char *sentence;
	struct option_choice choices[OPTION_MAX_CHOICES];
};

/* In the order in which help lists them. */
extern const struct option option_table[];
extern const struct option *const option_table_end;
