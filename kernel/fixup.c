/* SPDX-License-Identifier: MIT */
/*
 * Looks an instruction up in the fixup table. The linker gathers the table
 * from every FIXUP(); it is short, so the search is a walk.
 */
#include "kernel/fixup.h"

struct fixup {
	s32 at, to; /* each relative to itself */
};

/* By boot/trivet.lds around the sections .fixups. */
extern const struct fixup fixups_start[], fixups_end[];

u64 fixup_find(u64 rip)
{
	u64 count = ((u64)fixups_end - (u64)fixups_start) / sizeof(struct fixup);

	for (const struct fixup *f = fixups_start; count; f++, count--)
		if ((u64)&f->at + (u64)(s64)f->at == rip)
			return (u64)&f->to + (u64)(s64)f->to;
	return 0;
}
