/* SPDX-License-Identifier: MIT */
#include "vmx/dump_text.h"

#include "lib/format.h"
#include "lib/string.h"
#include "vmx/entry_bits.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

static void (*sink)(const char *line);

void dump_set_sink(void (*new_sink)(const char *line))
{
	sink = new_sink;
}

void dump_line(const char *fmt, ...)
{
	char line[LOG_LINE_MAX + 1];
	va_list args;

	va_start(args, fmt);
	format_va(line, sizeof(line), fmt, args);
	va_end(args);
	if (sink)
		sink(line);
	else
		log_report("%s", line);
}

void dump_add(struct dump_text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	t->used += format_va(t->to + t->used, t->size - t->used, fmt, args);
	va_end(args);
}

/* The n-th word and its length, or NULL. */
static const char *word(const char *list, unsigned n, size_t *length)
{
	const char *end;

	while (n--) {
		list = strchr(list, '|');
		if (!list)
			return NULL;
		list++;
	}
	end = strchr(list, '|');
	*length = end ? (size_t)(end - list) : strlen(list);
	return *length ? list : NULL;
}

void dump_add_word(struct dump_text *t, const char *list, unsigned n)
{
	size_t length;
	const char *at = word(list, n, &length);

	dump_add(t, "%.*s", at ? (int)length : 1, at ? at : "?");
}

/* The name of a bit, by a list or, without one, by the field it is of. */
static const char *bit_name(const char *list, unsigned field, unsigned bit, size_t *length)
{
	return list ? word(list, bit, length) : entry_bit_name(field, bit, length);
}

static void add_bits(struct dump_text *t, const char *list, unsigned field, u64 value)
{
	const char *space = "";
	size_t length, ignored;

	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = bit_name(list, field, bit, &length);
		unsigned last = bit;

		if (!(value >> bit & 1))
			continue;
		if (name) {
			dump_add(t, "%s%.*s", space, (int)length, name);
		} else {
			while (last < 63 && value >> (last + 1) & 1 &&
			       !bit_name(list, field, last + 1, &ignored))
				last++;
			dump_add(t, last > bit ? "%sbits %u-%u" : "%sbit %u", space, bit, last);
			bit = last;
		}
		space = " ";
	}
}

void dump_add_bits(struct dump_text *t, const char *list, u64 value)
{
	add_bits(t, list, 0, value);
}

void dump_add_field_bits(struct dump_text *t, unsigned index, u64 value)
{
	add_bits(t, NULL, index, value);
}

/* A machine's number is its VPID less one: the machine itself is not known here. */
void dump_vm_name(const struct vcpu *v, char name[8])
{
	format(name, 8, "vm%u", v->vpid ? v->vpid - 1 : 0);
}

u64 dump_field(enum vmcs_field field)
{
	u64 value;

	return vmcs_try_read(field, &value) ? value : 0;
}

bool dump_possible(const struct vcpu *v)
{
	u64 value;

	if (vmcs_try_read(VMCS_GUEST_RIP, &value))
		return true;
	dump_line("vcpu %u: no current VMCS on this CPU", v->index);
	return false;
}
