/* SPDX-License-Identifier: MIT */
/* What a kernel's command line says to Trivet itself. */
#include "kernel/log.h"
#include "lib/error.h"
#include "lib/number.h"
#include "machine/loader_place.h"

#define QUOTE_MAX 40 /* of a bad value in a complaint */

int load_number(struct load *l, const char *name, u64 option, u64 otherwise, u64 *value)
{
	const struct loader_file *f = &l->request->kernel;
	const char *text;
	int length = option_find(f->cmdline, name, &text);

	if (length < 0) {
		*value = option == LOADER_NOT_GIVEN ? otherwise : option;
		return 0;
	}
	if (!number_parse_size(text, (size_t)length, value))
		return 0;
	return load_fail(l, f, -ERR_INVAL, "%s=%.*s is no number: give one like 0x7c00 or 31K",
			 name, MIN(length, QUOTE_MAX), text);
}

void load_no_modules(const struct load *l)
{
	const struct loader_request *r = l->request;

	if (r->module_count)
		log_warn("loader", "%s: %s cannot be told of %s: it is not loaded", l->vm->name,
			 r->kernel.name, r->modules[0].name);
}
