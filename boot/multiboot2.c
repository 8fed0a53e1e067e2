/* SPDX-License-Identifier: MIT */
/*
 * Multiboot2 tags → struct boot_info. The block comes from outside, so every
 * length is checked before it is used. What is bad in one tag does not spoil
 * the others; only a tag whose own size is wrong ends the reading, because
 * nobody knows where the next one starts.
 */
#include "boot/multiboot2.h"

#include "boot/info.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/string.h"

/* The bytes of one tag behind its header. */
struct body {
	const u8 *bytes;
	u32 size;
};

/* Copy a fixed structure from the start of the body; alignment is not assumed. */
static bool take(struct body *body, void *to, u32 size)
{
	if (body->size < size)
		return false;
	memcpy(to, body->bytes, size);
	body->bytes += size;
	body->size -= size;
	return true;
}

/* Copy what is left as a string, which need not have a terminator. Returns its length, uncut. */
static size_t take_string(const struct body *body, char *to, size_t size)
{
	size_t length = strnlen((const char *)body->bytes, body->size);
	size_t kept = MIN(length, size - 1);

	memcpy(to, body->bytes, kept);
	to[kept] = '\0';
	return length;
}

/* Of module `number`, or 0: our own. */
static void take_cmdline(struct boot_info *info, const struct body *body, char *to, unsigned number)
{
	size_t length = take_string(body, to, BOOT_CMDLINE_MAX);

	if (length < BOOT_CMDLINE_MAX || info->cmdline_truncated)
		return;
	info->cmdline_truncated = true;
	info->truncated_module = number;
	info->truncated_length = (u32)length;
}

static int read_module(struct boot_info *info, struct body body)
{
	struct multiboot2_module raw;
	struct boot_module *module;

	if (!take(&body, &raw, sizeof(raw)) || raw.end < raw.start)
		return -ERR_CORRUPT;
	if (info->module_count == BOOT_MAX_MODULES) {
		info->modules_dropped++;
		return 0;
	}
	module = &info->modules[info->module_count++];
	module->start = raw.start;
	module->length = raw.end - raw.start;
	take_cmdline(info, &body, module->cmdline, info->module_count);
	return 0;
}

static enum boot_memory memory_type(u32 raw)
{
	return raw >= BOOT_MEMORY_USABLE && raw <= BOOT_MEMORY_BAD ? (enum boot_memory)raw
								   : BOOT_MEMORY_RESERVED;
}

/* UEFI's map comes in many pieces: neighbors of one type become one range. */
static void add_range(struct boot_info *info, const struct multiboot2_mmap_entry *raw)
{
	enum boot_memory type = memory_type(raw->type);
	struct boot_range *last;

	if (raw->length == 0)
		return;
	if (info->range_count > 0) {
		last = &info->ranges[info->range_count - 1];
		if (last->type == type && raw->start == last->start + last->length &&
		    last->length + raw->length > last->length) {
			last->length += raw->length;
			return;
		}
	}
	if (info->range_count == BOOT_MAX_RANGES) {
		info->ranges_dropped++;
		return;
	}
	info->ranges[info->range_count++] =
		(struct boot_range){.start = raw->start, .length = raw->length, .type = type};
}

static int read_mmap(struct boot_info *info, struct body body)
{
	struct multiboot2_mmap map;
	struct multiboot2_mmap_entry entry;

	if (!take(&body, &map, sizeof(map)) || map.entry_size < sizeof(entry))
		return -ERR_CORRUPT;
	while (body.size >= map.entry_size) {
		memcpy(&entry, body.bytes, sizeof(entry));
		add_range(info, &entry);
		body.bytes += map.entry_size;
		body.size -= map.entry_size;
	}
	return body.size == 0 ? 0 : -ERR_CORRUPT;
}

static bool color_fits(u8 shift, u8 bits, u8 bits_per_pixel)
{
	return bits >= 1 && bits <= 8 && shift + bits <= bits_per_pixel;
}

/* Something we can draw on: whole bytes a pixel, lines that hold their pixels. */
static bool rgb_usable(const struct boot_framebuffer *fb)
{
	return (fb->bits_per_pixel == 16 || fb->bits_per_pixel == 24 || fb->bits_per_pixel == 32) &&
	       fb->width != 0 && fb->height != 0 &&
	       (u64)fb->width * (fb->bits_per_pixel / 8) <= fb->pitch &&
	       color_fits(fb->red_shift, fb->red_bits, fb->bits_per_pixel) &&
	       color_fits(fb->green_shift, fb->green_bits, fb->bits_per_pixel) &&
	       color_fits(fb->blue_shift, fb->blue_bits, fb->bits_per_pixel);
}

static int read_framebuffer(struct boot_info *info, struct body body)
{
	struct multiboot2_framebuffer raw;
	struct multiboot2_colors colors;
	struct boot_framebuffer fb;

	if (!take(&body, &raw, sizeof(raw)))
		return -ERR_CORRUPT;
	fb = (struct boot_framebuffer){
		.address = raw.address,
		.pitch = raw.pitch,
		.width = raw.width,
		.height = raw.height,
		.bits_per_pixel = raw.bits_per_pixel,
		.type = BOOT_FB_OTHER,
	};
	if (raw.type == MULTIBOOT2_FB_TEXT) {
		fb.type = BOOT_FB_TEXT;
	} else if (raw.type == MULTIBOOT2_FB_RGB) {
		if (!take(&body, &colors, sizeof(colors)))
			return -ERR_CORRUPT;
		fb.red_shift = colors.red_shift;
		fb.red_bits = colors.red_bits;
		fb.green_shift = colors.green_shift;
		fb.green_bits = colors.green_bits;
		fb.blue_shift = colors.blue_shift;
		fb.blue_bits = colors.blue_bits;
		if (rgb_usable(&fb))
			fb.type = BOOT_FB_RGB;
	}
	info->framebuffer = fb;
	return 0;
}

/* The longer RSDP, ACPI 2's, wins wherever it stands. */
static int read_rsdp(struct boot_info *info, struct body body, unsigned length)
{
	if (body.size < length)
		return -ERR_CORRUPT;
	if (length > info->rsdp_length) {
		memcpy(info->rsdp, body.bytes, length);
		info->rsdp_length = length;
	}
	return 0;
}

static int read_tag(struct boot_info *info, u32 type, struct body body)
{
	switch (type) {
	case MULTIBOOT2_CMDLINE:
		take_cmdline(info, &body, info->cmdline, 0);
		return 0;
	case MULTIBOOT2_LOADER:
		take_string(&body, info->loader, sizeof(info->loader));
		return 0;
	case MULTIBOOT2_MODULE:
		return read_module(info, body);
	case MULTIBOOT2_MMAP:
		return read_mmap(info, body);
	case MULTIBOOT2_FRAMEBUFFER:
		return read_framebuffer(info, body);
	case MULTIBOOT2_EFI32:
	case MULTIBOOT2_EFI64:
	case MULTIBOOT2_EFI_MMAP:
	case MULTIBOOT2_EFI_SERVICES:
		info->efi = true;
		return 0;
	case MULTIBOOT2_ACPI_OLD:
		return read_rsdp(info, body, 20);
	case MULTIBOOT2_ACPI_NEW:
		return read_rsdp(info, body, sizeof(info->rsdp));
	default:
		return 0;
	}
}

int boot_info_read(struct boot_info *info, const void *mbi, u32 length)
{
	const u8 *bytes = mbi;
	struct multiboot2_info head;
	struct multiboot2_tag tag;
	u64 offset = sizeof(head);
	int result = 0;

	memset(info, 0, sizeof(*info));
	if (length < sizeof(head))
		return -ERR_CORRUPT;
	memcpy(&head, bytes, sizeof(head));
	info->mbi_length = head.total_size;
	if (head.total_size > length)
		result = -ERR_CORRUPT;
	else
		length = head.total_size;

	for (;;) {
		if (offset + sizeof(tag) > length)
			return -ERR_CORRUPT;
		memcpy(&tag, bytes + offset, sizeof(tag));
		if (tag.size < sizeof(tag) || tag.size > length - offset)
			return -ERR_CORRUPT;
		if (tag.type == MULTIBOOT2_END)
			break;
		if (read_tag(info, tag.type,
			     (struct body){bytes + offset + sizeof(tag), tag.size - sizeof(tag)}))
			result = -ERR_CORRUPT;
		offset = ALIGN_UP(offset + tag.size, MULTIBOOT2_TAG_ALIGN);
	}
	if (result == 0 && info->range_count == 0)
		return -ERR_NOENT;
	return result;
}
