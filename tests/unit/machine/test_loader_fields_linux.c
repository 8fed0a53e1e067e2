/* SPDX-License-Identifier: MIT */
/* Each field of a Linux setup header with evil values, in five kinds of kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <asm/bootparam.h>
#include <cmocka.h>

#include "lib/bits.h"
#include "tests/unit/machine/damage.h"
#include "tests/unit/machine/fake_loader.h"
#include "tests/unit/machine/image_linux.h"

#define HEADER	   0x1f1
#define INITRD	   5000

static u8 file[IMAGE_LINUX_SIZE];
static struct setup_header *const h = (struct setup_header *)(file + HEADER);

#define FIELD(field) { #field, NULL, HEADER + offsetof(struct setup_header, field), \
		       sizeof(((struct setup_header *)0)->field), false, NULL }
#define LEADS(field, text) { #field, NULL, HEADER + offsetof(struct setup_header, field), \
			     sizeof(((struct setup_header *)0)->field), true, text }

/* Of the jump only the second byte is used: where the header ends. */
static const struct damage_field fields[] = {
	FIELD(setup_sects), FIELD(root_flags), FIELD(syssize), FIELD(ram_size), FIELD(vid_mode),
	FIELD(root_dev), FIELD(boot_flag), FIELD(jump), LEADS(header, "entry="), FIELD(version),
	FIELD(realmode_swtch), FIELD(start_sys_seg), FIELD(kernel_version), FIELD(type_of_loader),
	FIELD(loadflags), FIELD(setup_move_size), FIELD(code32_start), FIELD(ramdisk_image),
	FIELD(ramdisk_size), FIELD(bootsect_kludge), FIELD(heap_end_ptr), FIELD(ext_loader_ver),
	FIELD(ext_loader_type), FIELD(cmd_line_ptr), FIELD(initrd_addr_max), FIELD(kernel_alignment),
	FIELD(relocatable_kernel), FIELD(min_alignment), FIELD(xloadflags), FIELD(cmdline_size),
	FIELD(hardware_subarch), FIELD(hardware_subarch_data), FIELD(payload_offset),
	FIELD(payload_length), FIELD(setup_data), FIELD(pref_address), FIELD(init_size),
	FIELD(handover_offset), FIELD(kernel_info_offset),
};

static void prepare(void)
{
	static u8 initrd[INITRD] = { 0xab };

	fake_add_module(initrd, sizeof(initrd), "");
}

/* What the file says, without what its version, or its length, does not have. */
static void take(struct setup_header *g, const u8 *data)
{
	memset(g, 0, sizeof(*g));
	memcpy(g, data + HEADER, MIN(0x11UL + data[0x201], sizeof(*g)));
}

static const char *wrong(const u8 *data, u64 length)
{
	const struct entry_state *s = &fake_start.state;
	const struct boot_params *p;
	struct setup_header g;
	u64 offset, load, size, aligned, run;

	take(&g, data);
	if (memcmp(&g.header, "HdrS", 4))
		return fake_start.mode == FAKE_REAL ? NULL : "it is no Linux";
	p = (const struct boot_params *)(fake_memory + s->rsi);
	offset = (g.setup_sects ? g.setup_sects + 1UL : 5) * 512;
	load = p->hdr.code32_start;
	size = length - offset;
	if (memcmp(fake_memory + load, data + offset, size))
		return "the code is not there";
	if (s->rip != load + (fake_start.mode == FAKE_LONG ? 0x200 : 0))
		return "the entry is elsewhere";
	run = load;
	if (g.version >= 0x20a) {
		size = MAX(size, (u64)g.init_size);
		if (!g.relocatable_kernel && g.pref_address)
			run = g.pref_address;
		else if (load < g.pref_address)
			return "it is below pref_address";
		aligned = g.min_alignment && g.min_alignment < 64 ? 1UL << g.min_alignment : g.kernel_alignment;
		if (g.relocatable_kernel && load % aligned)
			return "it is not aligned";
	}
	if (strcmp((char *)fake_memory + p->hdr.cmd_line_ptr, "console=ttyS0"))
		return "the command line is not there";
	if (p->hdr.ramdisk_size != INITRD || fake_memory[p->hdr.ramdisk_image] != 0xab)
		return "the initrd is not there";
	if (g.version >= 0x203 && p->hdr.ramdisk_image + INITRD - 1UL > g.initrd_addr_max)
		return "the initrd is too high";
	if (p->hdr.setup_data || p->hdr.type_of_loader != 0xff || !p->e820_entries)
		return "boot_params are not filled";
	return damage_overlap((struct damage_range[]){
		{ MIN(run, load), MAX(run, load) + size - MIN(run, load) },
		{ s->rsi, sizeof(*p) }, { p->hdr.cmd_line_ptr, 14 }, { s->gdt, 32 },
		{ s->cr3, s->cr3 ? 6 * 4096 : 0 }, { p->hdr.ramdisk_image, INITRD } }, 6);
}

static struct damage_image image = {
	.name = "bzImage", .data = file, .length = sizeof(file), .cmdline = "console=ttyS0",
	.fields = fields, .count = ARRAY_SIZE(fields), .memory = MIB(32),
	.prepare = prepare, .wrong = wrong,
};

static int setup(void **state)
{
	(void)state;
	image_linux(file);
	return 0;
}

static void test_relocatable(void **state)
{
	(void)state;
	damage_all(&image);
	damage_pairs(&image);
}

static void test_not_relocatable(void **state)
{
	(void)state;
	h->relocatable_kernel = 0;
	damage_all(&image);
}

static void test_32_bit(void **state)
{
	(void)state;
	h->xloadflags = 0;
	damage_all(&image);
}

/* 2.05: the first that may be moved; it says neither how much it needs nor where it likes to be. */
static void test_old(void **state)
{
	(void)state;
	h->version = 0x205;
	damage_all(&image);
	h->version = 0x202;
	damage_all(&image);
}

static void test_memory(void **state)
{
	(void)state;
	damage_memory(&image);
	h->relocatable_kernel = 0;
	damage_memory(&image);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_relocatable), TEST(test_not_relocatable), TEST(test_32_bit), TEST(test_old),
		TEST(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
