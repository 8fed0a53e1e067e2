/* SPDX-License-Identifier: MIT */
/*
 * PVH: an ELF file with the note XEN_ELFNOTE_PHYS32_ENTRY is entered there,
 * in flat 32-bit protected mode, with EBX pointing to a start info. The
 * formats are Xen's: "x86/HVM direct boot ABI" (docs/misc/pvh.pandoc), its
 * public headers elfnote.h and arch-x86/hvm/start_info.h.
 */
#include <asm/bootparam.h>
#include <elf.h>

#include "kernel/log.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/string.h"
#include "machine/loader_elf.h"
#include "machine/memory_map.h"

#define NOTE_NAME	  "Xen"
#define NOTE_PHYS32_ENTRY 18

#define NO_NOTE ~0UL

/* So that a file with 65535 segments of the same million notes is no work for an hour. */
#define NOTE_SEGMENTS_MAX 8U

#define START_MAGIC   0x336ec578U /* "xEn3" with bit 7 of the E set */
#define START_VERSION 1U	  /* with a memory map */

struct start_info {
	u32 magic, version, flags, module_count;
	u64 modules, cmdline, rsdp;
	u64 memory_map; /* from version 1 on */
	u32 memory_map_count, reserved;
};
_Static_assert(sizeof(struct start_info) == 56, "hvm_start_info, version 1");

struct start_module {
	u64 address, size, cmdline, reserved;
};

struct start_range {
	u64 address, size;
	u32 type, reserved; /* types are those of E820 */
};

/* What was found among the notes: the value; the offset of one that is wrong, or that is nearly it. */
struct search {
	u64 entry, bad, near;
};

static bool is_xens(const struct loader_file *f, u64 name, u64 size)
{
	return size == sizeof(NOTE_NAME) && !memcmp(f->data + name, NOTE_NAME, size);
}

/*
 * Look for the note's value among the notes of a segment that is in the file.
 * Behind a note that is wrong nothing can be found.
 */
static bool find_in(const struct loader_file *f, const struct elf_segment *s, struct search *found)
{
	const u64 align = s->align == 8 ? 8 : 4; /* as the tools read it */
	const u64 end = s->offset + s->file_size;
	u64 at = s->offset;

	found->bad = found->near = NO_NOTE;
	while (at < end && end - at >= sizeof(Elf32_Nhdr)) {
		u64 name_size = loader_read32(f, at);
		u64 size = loader_read32(f, at + 4);
		u32 type = loader_read32(f, at + 8);
		u64 name = at + sizeof(Elf32_Nhdr);
		u64 value = s->offset + ALIGN_UP(name - s->offset + name_size, align);
		bool is_type = type == NOTE_PHYS32_ENTRY, is_xen;

		found->bad = at;
		if (name_size > end - name || size > end - name || value + size > end)
			return false;
		is_xen = is_xens(f, name, name_size);
		if (is_type && is_xen) {
			if (size != 4 && size != 8)
				return false;
			found->entry = loader_read32(f, value);
			if (size == 8)
				found->entry |= (u64)loader_read32(f, value + 4) << 32;
			return true;
		}
		if (is_type || is_xen)
			found->near = at;
		at = s->offset + ALIGN_UP(value - s->offset + size, align);
	}
	found->bad = NO_NOTE;
	return false;
}

static bool find_entry(const struct elf *e, u64 *entry)
{
	struct elf_segment s;
	struct search found;
	unsigned seen = 0;

	for (unsigned i = 0; i < e->segment_count && seen < NOTE_SEGMENTS_MAX; i++) {
		elf_segment(e, i, &s);
		if (s.type != PT_NOTE)
			continue;
		seen++;
		if (loader_has(e->file, s.offset, s.file_size) && find_in(e->file, &s, &found)) {
			*entry = found.entry;
			return true;
		}
	}
	return false;
}

bool loader_pvh_probe(const struct loader_file *f)
{
	struct elf e;
	u64 entry;

	return elf_open_quietly(&e, f) && find_entry(&e, &entry);
}

static int check_notes(struct load *l, unsigned index, const struct elf_segment *s)
{
	const struct loader_file *f = &l->request->kernel;
	struct search found;

	if (!loader_has(f, s->offset, s->file_size))
		return load_fail(l, f, -ERR_CORRUPT,
				 "ELF segment %u (notes) has p_offset=%#lx p_filesz=%#lx, beyond the "
				 "file's %#lx bytes: is it cut off?",
				 index, s->offset, s->file_size, f->length);
	(void)find_in(f, s, &found);
	if (found.bad != NO_NOTE)
		return load_fail(l, f, -ERR_CORRUPT,
				 "ELF note at %#lx: n_namesz=%#x n_descsz=%#x is wrong in segment %u, "
				 "p_offset=%#lx p_filesz=%#lx: is it damaged?",
				 found.bad, loader_read32(f, found.bad), loader_read32(f, found.bad + 4),
				 index, s->offset, s->file_size);
	if (found.near != NO_NOTE)
		return load_fail(l, f, -ERR_UNSUPPORTED,
				 "ELF note at %#lx: n_namesz=%#x n_type=%#x is not PVH's (" NOTE_NAME
				 ", %d), in segment %u, p_offset=%#lx p_filesz=%#lx: add one",
				 found.near, loader_read32(f, found.near),
				 loader_read32(f, found.near + 8), NOTE_PHYS32_ENTRY, index, s->offset,
				 s->file_size);
	return 0;
}

int loader_elf_refuse(struct load *l)
{
	const struct loader_file *f = &l->request->kernel;
	struct elf_segment s, notes = { 0 };
	unsigned index = 0, seen = 0;
	struct elf e;
	int error = elf_open(&e, l, f);

	for (unsigned i = 0; !error && i < e.segment_count; i++) {
		elf_segment(&e, i, &s);
		if (s.type != PT_NOTE)
			continue;
		if (++seen > NOTE_SEGMENTS_MAX)
			return load_fail(l, f, -ERR_UNSUPPORTED,
					 "the ELF file's e_phnum=%u have more than %u segments of notes, none "
					 "of those with PVH's: link it with fewer",
					 e.segment_count, NOTE_SEGMENTS_MAX);
		error = check_notes(l, i, &s);
		notes = s;
		index = i;
	}
	if (error)
		return error;
	if (notes.type == PT_NOTE)
		return load_fail(l, f, -ERR_UNSUPPORTED,
				 "an ELF file without Multiboot header, or PVH note in segment %u, "
				 "p_offset=%#lx p_filesz=%#lx: add one, or make a raw blob with objcopy",
				 index, notes.offset, notes.file_size);
	return load_fail(l, f, -ERR_UNSUPPORTED,
			 "an ELF file (e_phnum=%u) without Multiboot header, or PVH note: add one, or "
			 "make a raw blob with objcopy -O binary", e.segment_count);
}

static int put_info(struct load *l, gpa_t after, u64 *at)
{
	const struct loader_request *r = l->request;
	struct boot_e820_entry map[MEMORY_MAP_MAX];
	struct start_module modules[LOADER_MODULES] = { 0 };
	struct start_range ranges[MEMORY_MAP_MAX] = { 0 };
	struct start_info info = { START_MAGIC, START_VERSION, .rsdp = MAP_BIOS };
	gpa_t where[LOADER_MODULES];
	struct load_block b;
	int error = load_modules(l, after, where);

	if (!error)
		error = load_block(&b, l, sizeof(info) + sizeof(modules) + sizeof(ranges) +
						  load_cmdlines_size(r) + 64);
	if (error)
		return error;
	for (unsigned i = 0; i < r->module_count; i++) {
		modules[i].address = where[i];
		modules[i].size = r->modules[i].length;
		modules[i].cmdline = load_put_string(&b, r->modules[i].cmdline);
	}
	info.cmdline = load_put_string(&b, r->kernel.cmdline);
	info.module_count = r->module_count;
	if (r->module_count)
		info.modules = load_put(&b, modules, r->module_count * sizeof(modules[0]), 8);
	info.memory_map_count = memory_map_build(&l->vm->ram, map);
	for (unsigned i = 0; i < info.memory_map_count; i++)
		ranges[i] = (struct start_range){ map[i].addr, map[i].size, map[i].type, 0 };
	info.memory_map = load_put(&b, ranges, info.memory_map_count * sizeof(ranges[0]), 8);
	*at = load_put(&b, &info, sizeof(info), 8);
	return 0;
}

int loader_pvh_load(struct load *l)
{
	const struct loader_file *f = &l->request->kernel;
	struct entry_state s = { 0 };
	struct elf_extent x;
	struct elf e;
	u64 entry = 0;
	int error;

	error = elf_open(&e, l, f);
	if (!error)
		error = elf_extent(&e, l, &x);
	if (!error)
		error = elf_load(&e, l, 0, false);
	if (error)
		return error;
	(void)find_entry(&e, &entry); /* the probe has found it */
	error = elf_entry(&e, l, "XEN_ELFNOTE_PHYS32_ENTRY", entry, false, &s.rip);
	if (!error)
		error = put_info(l, x.end, &s.rbx);
	if (!error)
		error = load_enter_protected(l, &s);
	if (!error)
		log_info("loader", "%s: %s is a PVH kernel: entry=%#lx start_info=%#lx modules=%u",
			 l->vm->name, f->name, s.rip, s.rbx, l->request->module_count);
	return error;
}
