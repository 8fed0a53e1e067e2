/* SPDX-License-Identifier: MIT */
/*
 * From what GRUB brought, or the image itself contains, to a request.
 */
#include "lib/format.h"
#include "machine/loader.h"
#include "mm/layout.h"

/* The bundled guest, in our own image: see the Makefile. */
extern const u8 guest_blob_start[], guest_blob_end[];

static void take(struct loader_file *f, const struct boot_module *m, unsigned number)
{
	format(f->name, sizeof(f->name), "module %u", number);
	f->data = phys_to_virt(m->start);
	f->length = m->length;
	f->cmdline = m->cmdline;
}

void loader_request_make(struct loader_request *r, const struct boot_info *boot,
			 const struct options *options)
{
	r->load = options->load;
	r->entry = options->entry;
	r->module_count = 0;
	if (boot->module_count)
		take(&r->kernel, &boot->modules[0], 1);
	else
		r->kernel = (struct loader_file){ "bundled guest", guest_blob_start,
						  (u64)(guest_blob_end - guest_blob_start), "" };
	for (unsigned i = 1; i < boot->module_count; i++)
		take(&r->modules[r->module_count++], &boot->modules[i], i + 1);
}
