/* SPDX-License-Identifier: MIT */
#include "kernel/image.h"

const struct image_part image_parts[IMAGE_PARTS] = {
	{"image text", image_text_start, image_text_end, IMAGE_EXECUTE},
	{"image rodata", image_rodata_start, image_rodata_end, IMAGE_READ},
	{"image data", image_data_start, image_stack_guard, IMAGE_WRITE},
	{"boot stack", image_stack_start, image_data_end, IMAGE_WRITE},
};
