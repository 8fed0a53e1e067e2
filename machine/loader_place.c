/* SPDX-License-Identifier: MIT */
/*
 * Relies on a fresh machine: RAM that nobody has written is zero, so what
 * lies between the pieces, and a program's .bss, needs no clearing.
 */
#include "machine/loader_place.h"

#include "kernel/panic.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/memory_map.h"

static __printf(4, 0) void complain(struct load *l, const struct loader_file *file,
				    const char *remark, const char *fmt, va_list args)
{
	size_t n = format(l->why, VM_WHY_MAX, "%s: ", file->name);

	n += format_va(l->why + n, VM_WHY_MAX - n, fmt, args);
	format(l->why + n, VM_WHY_MAX - n, "%s", remark);
}

int load_fail(struct load *l, const struct loader_file *file, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(l, file, "", fmt, args);
	va_end(args);
	return error;
}

/* ---- What is taken -------------------------------------------------------------- */

static void take(struct load *l, gpa_t start, gpa_t end)
{
	if (start < end)
		l->claims[l->claim_count++] = (struct load_claim){ start, end };
}

void load_begin(struct load *l, struct vm *vm, const struct loader_request *r, char *why)
{
	const struct ram *ram = &vm->ram;
	const gpa_t low_end = memory_map_low_end(ram);

	l->vm = vm;
	l->request = r;
	l->why = why;
	l->claim_count = 0;
	take(l, 0, MAP_BIOS_DATA_END);
	take(l, MAP_EBDA, MAP_BIOS_END);
	take(l, low_end, MAP_HIGH_START);
	take(l, MAP_HIGH_START + (ram->size - MIN(ram->size, low_end)), ~0UL);
}

/* The taken range that is in the way, or NULL. */
static const struct load_claim *obstacle(const struct load *l, gpa_t start, gpa_t end)
{
	for (unsigned i = 0; i < l->claim_count; i++)
		if (start < l->claims[i].end && l->claims[i].start < end)
			return &l->claims[i];
	return NULL;
}

bool load_try_claim(struct load *l, gpa_t start, u64 length)
{
	gpa_t end;

	if (!length)
		return true;
	if (__builtin_add_overflow(start, length, &end) || obstacle(l, start, end) ||
	    l->claim_count == LOAD_CLAIMS)
		return false;
	take(l, start, end);
	return true;
}

static bool meets(gpa_t start, u64 length, gpa_t from, gpa_t to)
{
	return start < to && length > from - MIN(from, start);
}

int load_claim(struct load *l, const struct loader_file *file, gpa_t start, u64 length,
	       const char *fmt, ...)
{
	const char *remark = " is over memory that is taken already: link it elsewhere";
	va_list args;

	if (load_try_claim(l, start, length))
		return 0;
	if (l->claim_count == LOAD_CLAIMS)
		remark = " is one piece more than there is room for: link it in fewer";
	else if (!ram_contains(&l->vm->ram, start, length))
		remark = " is not all RAM: give more with mem=, or link elsewhere";
	else if (meets(start, length, MAP_EBDA, MAP_BIOS_END))
		remark = " is over the firmware's memory, 0x9fc00 to 0xfffff: link elsewhere";
	else if (start < MAP_BIOS_DATA_END)
		remark = " is over the firmware's memory, 0 to 0x4ff: link elsewhere";
	va_start(args, fmt);
	complain(l, file, remark, fmt, args);
	va_end(args);
	return -ERR_RANGE;
}

/* Each turn moves past one obstacle, so there are at most as many turns as obstacles, and one. */
bool load_find(struct load *l, const struct load_place *p, gpa_t *at)
{
	const u64 size = MAX(p->size, 1UL);
	const gpa_t max = MIN(p->max, ~0UL - 1); /* so that an end is a number, too */
	const struct load_claim *c;
	gpa_t start;

	if (max < p->min || max - p->min < size - 1 || l->claim_count == LOAD_CLAIMS)
		return false;
	start = p->high ? ALIGN_DOWN(max - (size - 1), p->align) : ALIGN_UP(p->min, p->align);
	while (start >= p->min && start <= max - (size - 1)) {
		c = obstacle(l, start, start + size);
		if (!c) {
			*at = start;
			return load_try_claim(l, start, size);
		}
		if (p->high ? c->start < size : c->end > ~0UL - p->align)
			break;
		start = p->high ? ALIGN_DOWN(c->start - size, p->align) : ALIGN_UP(c->end, p->align);
	}
	return false;
}

/* What is beyond the hole at MAP_LOW_END, loaders do not reach: more memory does not always help. */
static const char *remedy(const struct load *l, const struct load_place *p)
{
	const gpa_t start = ALIGN_UP(p->min, p->align), end = MIN(p->max, MAP_LOW_END - 1);

	if (start < p->min || start > end || p->size > end - start + 1)
		return "is it damaged?";
	return l->vm->ram.size < MAP_LOW_END ? "give more with mem=" : "give a smaller one";
}

int load_place(struct load *l, const struct loader_file *file, const struct load_place *p,
	       gpa_t *at, const char *fmt, ...)
{
	char remark[80];
	va_list args;

	if (load_find(l, p, at))
		return 0;
	format(remark, sizeof(remark), ": no room for %luK: %s", (p->size + 1023) >> 10,
	       remedy(l, p));
	va_start(args, fmt);
	complain(l, file, remark, fmt, args);
	va_end(args);
	return -ERR_RANGE;
}

/* ---- What is put there ------------------------------------------------------------ */

void load_write(struct load *l, gpa_t at, const void *from, u64 length)
{
	panic_on(vm_ram_write(l->vm, at, from, length)); /* it was found to be RAM */
}

int load_block(struct load_block *b, struct load *l, u64 size)
{
	const struct load_place p = { size, PAGE_SIZE, LOAD_BLOCK_MIN, GIB(4) - 1, false };
	int error = load_place(l, &l->request->kernel, &p, &b->start, "boot information");

	b->load = l;
	b->at = b->start;
	b->end = b->start + size;
	return error;
}

gpa_t load_put(struct load_block *b, const void *from, u64 length, u64 align)
{
	gpa_t at = ALIGN_UP(b->at, align);

	panic_on(at > b->end || length > b->end - at); /* whoever made it counted wrong */
	load_write(b->load, at, from, length);
	b->at = at + length;
	return at;
}

gpa_t load_put_string(struct load_block *b, const char *text)
{
	return load_put(b, text, strlen(text) + 1, 1);
}

u64 load_cmdlines_size(const struct loader_request *r)
{
	u64 size = strlen(r->kernel.cmdline) + 1;

	for (unsigned i = 0; i < r->module_count; i++)
		size += strlen(r->modules[i].cmdline) + 1;
	return size;
}

/* Behind the kernel first, as other loaders do; where nothing is free there, anywhere. */
int load_modules(struct load *l, gpa_t after, gpa_t at[LOADER_MODULES])
{
	for (unsigned i = 0; i < l->request->module_count; i++) {
		const struct loader_file *m = &l->request->modules[i];
		struct load_place p = { m->length, PAGE_SIZE, after, GIB(4) - 1, false };
		int error;

		if (!load_find(l, &p, &at[i])) {
			p.min = PAGE_SIZE;
			error = load_place(l, m, &p, &at[i], "a module below 4G");
			if (error)
				return error;
		}
		load_write(l, at[i], m->data, m->length);
	}
	return 0;
}
