/* SPDX-License-Identifier: MIT */
/*
 * Linux bzImage by "The Linux/x86 Boot Protocol", versions 2.02 (Linux 2.4)
 * to 2.15: entered by the 64-bit protocol where the kernel offers that, else
 * by the 32-bit one. No BIOS call is made and no screen is announced, since
 * there is none. Structures: <asm/bootparam.h>.
 */
#include "machine/loader_linux.h"

#include "kernel/log.h"
#include "lib/error.h"
#include "lib/string.h"
#include "machine/memory_map.h"

#define HEADER	   offsetof(struct boot_params, hdr)
#define HEADER_MAX (offsetof(struct boot_params, edd_mbr_sig_buffer) - HEADER)
#define FIELD_END(field) (offsetof(struct setup_header, field) + \
			  sizeof(((struct setup_header *)0)->field))

#define MAGIC	      0x53726448U /* "HdrS" */
#define BOOT_FLAG     0xaa55
#define SECTOR	      512UL
#define ENTRY_64      0x200UL
#define LOADER_OTHER  0xff
#define CMDLINE_OLD   255 /* before version 2.06 */
#define VERSION_TEXT  0x200 /* kernel_version counts from here */
#define EXT_MEM_MAX   0xffffUL

bool loader_linux_probe(const struct loader_file *f)
{
	return loader_read32(f, HEADER + offsetof(struct setup_header, header)) == MAGIC;
}

/* ---- The setup header ------------------------------------------------------------ */

/* How long the header must be for its version, as far as it is used here. */
static u64 needed(u16 version)
{
	return version >= 0x20a ? FIELD_END(init_size) :
	       version >= 0x206 ? FIELD_END(cmdline_size) :
	       version >= 0x205 ? FIELD_END(relocatable_kernel) :
	       version >= 0x203 ? FIELD_END(initrd_addr_max) :
				  FIELD_END(cmd_line_ptr);
}

static int check_header(struct load *l, const struct linux_kernel *k)
{
	const struct loader_file *f = k->file;
	const struct setup_header *h = &k->h;
	/* Even of a header that ends before it. */
	const u16 version = loader_read16(f, HEADER + offsetof(struct setup_header, version));

	if (version < 0x202)
		return load_fail(l, f, -ERR_UNSUPPORTED,
				 "Linux header: version=%#x is too old: give a kernel of Linux 2.4 or "
				 "newer", version);
	if (k->header_length < needed(version))
		return load_fail(l, f, -ERR_CORRUPT,
				 "Linux header: jump=%#x ends it after %lu bytes, version=%#x needs %lu: "
				 "is the file damaged?",
				 loader_read16(f, HEADER + offsetof(struct setup_header, jump)),
				 k->header_length, version, needed(version));
	if (h->boot_flag != BOOT_FLAG)
		return load_fail(l, f, -ERR_CORRUPT,
				 "Linux header: boot_flag=%#x is not 0xaa55: is the file damaged?",
				 h->boot_flag);
	if (!(h->loadflags & LOADED_HIGH))
		return load_fail(l, f, -ERR_UNSUPPORTED,
				 "Linux header: loadflags=%#x is a zImage's: give a bzImage",
				 h->loadflags);
	return 0;
}

static int read_header(struct load *l, struct linux_kernel *k)
{
	const struct loader_file *f = k->file;
	const u64 length_at = HEADER + offsetof(struct setup_header, jump) + 1;
	const u64 jump_end = HEADER + FIELD_END(jump);

	if (!loader_has(f, 0, 2 * SECTOR))
		return load_fail(l, f, -ERR_CORRUPT,
				 "the Linux kernel has only %lu bytes: is it cut off?", f->length);
	/* The jump over the header tells where it ends. */
	k->header_length = jump_end + f->data[length_at] - HEADER;
	memset(&k->h, 0, sizeof(k->h));
	memcpy(&k->h, f->data + HEADER, MIN(sizeof(k->h), k->header_length));
	k->header_length = MIN(k->header_length, HEADER_MAX);
	return check_header(l, k);
}

static int find_parts(struct load *l, struct linux_kernel *k)
{
	const u64 sectors = k->h.setup_sects ? k->h.setup_sects : 4;
	u64 stated = (u64)k->h.syssize * 16;

	k->offset = (sectors + 1) * SECTOR;
	if (k->h.version < 0x204)
		stated &= 0xffff0; /* the field had 16 bits */
	if (k->offset >= k->file->length || (k->h.version >= 0x204 &&
	    k->file->length - k->offset + 15 < stated))
		return load_fail(l, k->file, -ERR_CORRUPT,
				 "Linux header: setup_sects=%u syssize=%#x need %lu bytes, the file "
				 "has %lu: is it cut off?",
				 k->h.setup_sects, k->h.syssize, k->offset + stated,
				 k->file->length);
	k->length = k->file->length - k->offset;
	return 0;
}

/* ---- What it is told ------------------------------------------------------------------ */

static int put_cmdline(struct load *l, const struct linux_kernel *k, struct setup_header *h)
{
	const char *text = k->file->cmdline;
	struct load_block b;
	int error;

	if (k->h.version < 0x206 && strlen(text) > CMDLINE_OLD)
		return load_fail(l, k->file, -ERR_RANGE,
				 "its command line has %lu characters, a kernel of version=%#x takes %d: "
				 "shorten it", strlen(text), k->h.version, CMDLINE_OLD);
	if (k->h.version >= 0x206 && strlen(text) > k->h.cmdline_size)
		return load_fail(l, k->file, -ERR_RANGE,
				 "its command line has %lu characters, this kernel takes cmdline_size=%u: "
				 "shorten it", strlen(text), k->h.cmdline_size);
	error = load_block(&b, l, strlen(text) + 1);
	if (!error)
		h->cmd_line_ptr = (u32)load_put_string(&b, text);
	return error;
}

static int put_params(struct load *l, const struct linux_kernel *k, u64 *at)
{
	const u64 extended = memory_map_low_end(&l->vm->ram) - MAP_BIOS_END;
	struct boot_params *params;
	struct load_block b;
	int error = load_block(&b, l, sizeof(*params));

	if (error)
		return error;
	params = vm_ram(l->vm, b.start, sizeof(*params)); /* one page, and all zeros */
	memcpy(&params->hdr, k->file->data + HEADER, k->header_length);
	params->hdr.type_of_loader = LOADER_OTHER;
	params->hdr.code32_start = (u32)k->load;
	params->hdr.kernel_alignment = k->alignment;
	params->hdr.ramdisk_image = params->hdr.ramdisk_size = 0;
	if (k->header_length >= FIELD_END(setup_data))
		params->hdr.setup_data = 0;
	params->screen_info.ext_mem_k = (u16)MIN(extended >> 10, EXT_MEM_MAX);
	params->alt_mem_k = (u32)(extended >> 10);
	params->acpi_rsdp_addr = MAP_BIOS;
	params->e820_entries = (u8)memory_map_build(&l->vm->ram, params->e820_table);
	*at = b.start;
	error = put_cmdline(l, k, &params->hdr);
	return error ? error : linux_place_initrd(l, k, &params->hdr);
}

/* The kernel's own words, up to its version's first blank; "" if it says nothing. */
static int version_text(const struct linux_kernel *k, const char **text)
{
	u64 at = VERSION_TEXT + (u64)k->h.kernel_version;
	int n = 0;

	*text = (const char *)k->file->data + at;
	while (k->h.kernel_version && n < 40 && loader_has(k->file, at, (u64)n + 1) &&
	       (*text)[n] > ' ' && (*text)[n] < 127)
		n++;
	return n;
}

int loader_linux_load(struct load *l)
{
	struct linux_kernel k = { .file = &l->request->kernel };
	struct entry_state s = { 0 };
	const char *version;
	int version_length, error;
	bool entry64;

	error = read_header(l, &k);
	if (!error)
		error = find_parts(l, &k);
	if (!error)
		error = linux_place(l, &k);
	if (!error)
		error = put_params(l, &k, &s.rsi);
	if (error)
		return error;
	load_write(l, k.load, k.file->data + k.offset, k.length);

	entry64 = k.h.version >= 0x20c && k.h.xloadflags & XLF_KERNEL_64;
	if (!entry64 && !k.h.code32_start) /* no Linux: iPXE, for one */
		return load_fail(l, k.file, -ERR_UNSUPPORTED,
				 "Linux header: code32_start=0, its entry is in real mode and calls a BIOS: "
				 "give a kernel with a 32-bit entry");
	s.rip = k.load + (entry64 ? ENTRY_64 : 0);
	if (s.rip >= k.load + k.length)
		return load_fail(l, k.file, -ERR_CORRUPT,
				 "Linux header: xloadflags=%#x has a 64-bit entry at 0x200, but behind "
				 "setup_sects=%u are %lu bytes: is it cut off?",
				 k.h.xloadflags, k.h.setup_sects, k.length);
	version_length = version_text(&k, &version);
	error = entry64 ? load_enter_long(l, &s) : load_enter_protected(l, &s);
	if (!error)
		log_info("loader", "%s: %s is Linux %.*s: protocol=%u.%02u load=%#lx entry=%#lx "
			 "bits=%u boot_params=%#lx modules=%u", l->vm->name, k.file->name,
			 version_length, version, k.h.version >> 8, k.h.version & 0xff,
			 k.load, s.rip, entry64 ? 64 : 32, s.rsi, l->request->module_count);
	return error;
}
