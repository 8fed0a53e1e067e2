/* SPDX-License-Identifier: MIT */
/*
 * From what GRUB brought, or the image itself contains, to a request.
 */
#include "machine/loader.h"

#include "mm/layout.h"

/* The bundled guest, in our own image: see the Makefile. */
extern const u8 guest_blob_start[], guest_blob_end[];

static struct loader_file module(const struct boot_module *m, const char *name)
{
	return (struct loader_file){ name, phys_to_virt(m->start), m->length, m->cmdline };
}

void loader_request_make(struct loader_request *r, const struct boot_info *boot,
			 const struct options *options)
{
	*r = (struct loader_request){ .load = options->load, .entry = options->entry };
	if (boot->module_count)
		r->kernel = module(&boot->modules[0], "module 1");
	else
		r->kernel = (struct loader_file){ "bundled guest", guest_blob_start,
						  (u64)(guest_blob_end - guest_blob_start), "" };
	if (boot->module_count > 1)
		r->initrd = module(&boot->modules[1], "module 2");
}
