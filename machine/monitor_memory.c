/* SPDX-License-Identifier: MIT */
/*
 * x/NFU ADDRESS, much as in gdb. Reads RAM and nothing else, and leaves no
 * mark in the guest's tables.
 */
#include "kernel/log.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/monitor_command.h"
#include "machine/vm.h"
#include "vmx/dump_walk.h"

#define UNITS_MAX  1024
#define LINE_BYTES 16
#define STRING_MAX 96
#define GVA	   "gva:"

struct view {
	unsigned count, size; /* units, bytes each */
	char kind;	      /* x d u c s */
	bool linear;
	u64 address;
};

static bool parse_format(const char *word, struct view *view)
{
	static const char units[] = "bhwg";
	const char *s = word + (*word == '/'), *unit;

	if (*s >= '0' && *s <= '9')
		for (view->count = 0; *s >= '0' && *s <= '9' && view->count <= UNITS_MAX; s++)
			view->count = view->count * 10 + (unsigned)(*s - '0');
	for (; *s; s++) {
		unit = strchr(units, *s);
		if (unit)
			view->size = 1U << (unit - units);
		else if (strchr("xducs", *s))
			view->kind = *s;
		else
			break;
	}
	if (view->kind == 'c' || view->kind == 's')
		view->size = 1;
	if (*word == '/' && !*s && view->count && view->count <= UNITS_MAX)
		return true;
	command_complain(word, "not N, format and unit", "write for example x/8xb, N up to 1024");
	return false;
}

/* Bytes at the view's address, as far as there are any. */
static unsigned peek(struct vcpu *v, const struct view *view, u8 *to, unsigned length)
{
	unsigned n = 0;

	if (view->linear)
		return dump_peek(v, view->address, to, length);
	for (; n < length; n++) {
		const u8 *byte = vm_ram(v->vm, view->address + n, 1);

		if (!byte)
			break;
		to[n] = *byte;
	}
	return n;
}

static size_t unit_text(const struct view *view, const u8 *from, char *to, size_t size)
{
	unsigned spare = 64 - view->size * 8;
	u64 value = 0;

	memcpy(&value, from, view->size);
	switch (view->kind) {
	case 'd':
		return format(to, size, " %ld", (s64)(value << spare) >> spare);
	case 'u':
		return format(to, size, " %lu", value);
	case 'c':
		return format(to, size, value >= ' ' && value < 0x7f ? " '%c'" : " \\x%02x",
			      (int)value);
	}
	return format(to, size, " 0x%0*lx", (int)view->size * 2, value);
}

static void end(const struct view *view)
{
	char word[40];

	format(word, sizeof(word), "%s%#lx", view->linear ? GVA : "", view->address);
	if (view->linear)
		command_complain(word, "the guest has no RAM there", "gva walks its tables");
	else
		command_complain(word, "no RAM at this guest-physical address",
				 "a linear one is gva:ADDRESS");
}

static void show_units(struct vcpu *v, struct view *view)
{
	unsigned per_line = view->size == 1 ? 8 : LINE_BYTES / view->size;

	while (view->count) {
		unsigned n = MIN(view->count, per_line), got;
		u8 bytes[LINE_BYTES];
		char text[LOG_LINE_MAX];
		size_t used;

		got = peek(v, view, bytes, n * view->size) / view->size;
		used = format(text, sizeof(text), "0x%016lx:", view->address);
		for (unsigned i = 0; i < got; i++)
			used += unit_text(view, bytes + i * view->size, text + used,
					  sizeof(text) - used);
		if (got)
			log_report("%s", text);
		view->address += got * view->size;
		view->count -= got;
		if (got < n) {
			end(view);
			return;
		}
	}
}

static void show_strings(struct vcpu *v, struct view *view)
{
	for (; view->count; view->count--) {
		u64 start = view->address;
		char text[STRING_MAX + 1];
		unsigned n = 0;
		u8 byte = 1;

		while (n < STRING_MAX && peek(v, view, &byte, 1)) {
			view->address++;
			if (!byte)
				break;
			text[n++] = byte >= 0x7f ? '.' : (char)byte;
		}
		text[n] = '\0';
		if (view->address == start) {
			end(view);
			return;
		}
		log_report("0x%016lx: \"%s\"%s", start, text, byte ? "..." : "");
	}
}

void command_examine(struct vcpu *v, const struct command_words *w)
{
	const char *shape = w->count > 2 ? w->word[1] : strchr(w->word[0], '/');
	const char *address = w->word[w->count - 1];
	struct view view = { .count = 1, .size = 4, .kind = 'x' };

	if (shape && !parse_format(shape, &view))
		return;
	view.linear = !strncmp(address, GVA, sizeof(GVA) - 1);
	if (!command_address(v, address + (view.linear ? sizeof(GVA) - 1 : 0), &view.address))
		return;
	if (view.kind == 's')
		show_strings(v, &view);
	else
		show_units(v, &view);
}
