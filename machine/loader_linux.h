/* SPDX-License-Identifier: MIT */
/* Between the two halves of the Linux loader. */
#pragma once

#include <asm/bootparam.h>

#include "machine/loader_place.h"

struct linux_kernel {
	const struct loader_file *file;
	struct setup_header h; /* what the file does not have is zero */
	u64 header_length;
	u64 offset, length; /* of the protected-mode part in the file */
	gpa_t load;	    /* where it goes */
	u32 alignment;	    /* of `load`: what the kernel keeps to when it moves itself */
};

/*
 * Find `load` and `alignment`, and take all the memory that the kernel needs
 * until it looks at the map.
 */
int linux_place(struct load *l, struct linux_kernel *k) __must_check;

/* Load the other modules as its initrd, and tell of it in the header that the kernel gets. */
int linux_place_initrd(struct load *l, const struct linux_kernel *k, struct setup_header *h)
	__must_check;
