/* SPDX-License-Identifier: MIT */
/* Between the two halves of the Multiboot2 loader. */
#pragma once

#include "machine/loader_multiboot.h"

#define MULTIBOOT2_BOOT_MAGIC 0x36d76289U /* in EAX */
#define MULTIBOOT2_INFO_LAST  21	  /* the highest type of boot information that is defined */

/* Load symbols and modules, and build the boot information; `base`: with the load base address. */
int multiboot2_put_info(struct load *l, struct multiboot_image *image, bool base, u64 *at)
	__must_check;
