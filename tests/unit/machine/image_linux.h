/* SPDX-License-Identifier: MIT */
/* A bzImage for the loader's tests: relocatable, 64-bit, of boot protocol 2.15. */
#pragma once

#include <asm/bootparam.h>
#include <string.h>

#include "lib/bits.h"
#include "lib/types.h"

#define IMAGE_LINUX_SECTORS 4
#define IMAGE_LINUX_SETUP   ((IMAGE_LINUX_SECTORS + 1) * 512)
#define IMAGE_LINUX_CODE    0x3000UL
#define IMAGE_LINUX_SIZE    (IMAGE_LINUX_SETUP + IMAGE_LINUX_CODE)

/* Fill IMAGE_LINUX_SIZE bytes at `file`. */
static inline void image_linux(u8 *file)
{
	struct setup_header *h = (struct setup_header *)(file + offsetof(struct boot_params, hdr));

	memset(file, 0, IMAGE_LINUX_SETUP);
	for (unsigned i = 0; i < IMAGE_LINUX_CODE; i++)
		file[IMAGE_LINUX_SETUP + i] = (u8)(i * 7 + 1);
	h->setup_sects = IMAGE_LINUX_SECTORS;
	h->syssize = IMAGE_LINUX_CODE / 16;
	h->boot_flag = 0xaa55;
	h->jump = 0x6aeb; /* the header ends at 26cH */
	memcpy(&h->header, "HdrS", 4);
	h->version = 0x20f;
	h->kernel_version = 0x300;
	strcpy((char *)file + 0x500, "6.1.0-test (who@where)");
	h->loadflags = LOADED_HIGH;
	h->code32_start = 0x100000;
	h->initrd_addr_max = 0x7fffffff;
	h->kernel_alignment = 0x200000;
	h->relocatable_kernel = 1;
	h->min_alignment = 21;
	h->xloadflags = XLF_KERNEL_64;
	h->cmdline_size = 2047;
	h->pref_address = MIB(16);
	h->init_size = MIB(4);
}
