/* SPDX-License-Identifier: MIT */
/* INT 13H. */
#include "tests/unit/machine/bios_machine.h"

static void geometry_follows_the_size(void **state)
{
	static const struct {
		u64 bytes;
		u8 drive;
		u16 cylinders, heads, track;
	} disks[] = {
		{ 160 * 1024, 0, 40, 1, 8 },   { 1440 * 1024, 0, 80, 2, 18 },
		{ 2880 * 1024, 0, 80, 2, 36 }, { 512, 0x80, 1, 16, 63 },
		{ 100 * 512, 0, 80, 2, 18 },   { MIB(504), 0x80, 1024, 16, 63 },
		{ MIB(505), 0x80, 513, 32, 63 }, { GIB(16), 0x80, 1024, 255, 63 },
	};
	static u8 first[BIOS_SECTOR];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(disks); i++) {
		assert_int_equal(bios_disk_guess(first, disks[i].bytes), disks[i].drive);
		bios_disk_insert(&vm.bios, first, disks[i].bytes, disks[i].drive);
		assert_int_equal(vm.bios.cylinders, disks[i].cylinders);
		assert_int_equal(vm.bios.heads, disks[i].heads);
		assert_int_equal(vm.bios.track, disks[i].track);
	}
	assert_true(vm.bios.present);
	/* Small, but with a partition. */
	first[446] = 0x80;
	first[446 + 4] = 0x83;
	assert_int_equal(bios_disk_guess(first, 100 * BIOS_SECTOR), 0x80);
	first[446] = 0x81; /* no boot flag: code */
	assert_int_equal(bios_disk_guess(first, 100 * BIOS_SECTOR), 0);
}

static void reads_sectors(void **state)
{
	(void)state;
	disk(0x0002, 0x80, 0x20);
	assert_int_equal(done(0x13, 0x0203, false), 0x0003);
	assert_int_equal(memory[ES + 0x20], 2);
	assert_int_equal(memory[ES + 0x20 + 2 * BIOS_SECTOR], 4);
	assert_int_equal(memory[ES + 0x20 + 3 * BIOS_SECTOR], 0);
	/* The last one is not whole. */
	disk(0x0006, 0x80, 0);
	assert_int_equal(done(0x13, 0x0201, false), 0x0001);
	assert_int_equal(memory[ES + 99], 6);
	assert_int_equal(memory[ES + 100], 0);
	/* Head 1 is 63 sectors further: there are none. */
	disk(0x0001, 0x0180, 0);
	assert_int_equal(done(0x13, 0x0201, true), 0x0400); /* AL: none was read */
	assert_int_equal(done(0x13, 0x0100, true) >> 8, 4); /* that was the status */
	disk(0x0000, 0x80, 0);
	assert_int_equal(done(0x13, 0x0201, true) >> 8, 4); /* sectors count from 1 */
	disk(0x0001, 0x80, 0);
	assert_int_equal(done(0x13, 0x0200, true) >> 8, 1);
	assert_int_equal(done(0x13, 0x0207, true) >> 8, 4);
	assert_int_equal(done(0x13, 0x0301, true) >> 8, 3);
	disk(0x0001, 0x81, 0);
	assert_int_equal(done(0x13, 0x0201, true) >> 8, 1); /* no such drive */
	disk(0x0001, 0x80, 0);
	sim_set(VMCS_GUEST_ES_BASE, sizeof(memory) - 100);
	assert_int_equal(done(0x13, 0x0201, true) >> 8, 9);
	assert_int_equal(done(0x13, 0x7700, true) >> 8, 1);
}

static void reads_by_number(void **state)
{
	static const struct {
		u8 size;
		u16 count, offset, segment;
		u64 lba;
		u8 status;
	} reads[] = {
		{ 16, 2, 0x10, 0x300, 1, 0 },	   { 16, 6, 0x10, 0x300, 0, 0 },
		{ 15, 1, 0, 0x300, 0, 1 },	   { 16, 7, 0, 0x300, 0, 4 },
		{ 16, 1, 0, 0x300, 6, 4 },	   { 16, 1, 0, 0x300, ~0UL, 4 },
		{ 16, 1, 0xffff, 0xffff, 0, 1 },   { 16, 0, 0, 0x300, 6, 0 },
	};
	const u64 flat = MIB(1) + 5;

	(void)state;
	v.regs.rsi = 0x40;
	disk(0, 0x80, 0x55aa);
	assert_int_equal(done(0x13, 0x4100, false) >> 8, 0x30);
	assert_int_equal(v.regs.rbx, 0xaa55);
	assert_int_equal(v.regs.rcx, 1);
	for (unsigned i = 0; i < ARRAY_SIZE(reads); i++) {
		u8 *packet = memory + DS + 0x40;

		packet[0] = reads[i].size;
		memcpy(packet + 2, &reads[i].count, 2);
		memcpy(packet + 4, &reads[i].offset, 2);
		memcpy(packet + 6, &reads[i].segment, 2);
		memcpy(packet + 8, &reads[i].lba, 8);
		memset(memory + 0x3010, 0, 8 * BIOS_SECTOR);
		assert_int_equal(done(0x13, 0x4200, reads[i].status) >> 8, reads[i].status);
		if (reads[i].status == 4)
			assert_int_equal(packet[2], 0); /* none was read */
		for (unsigned n = 0; !reads[i].status && n < reads[i].count; n++)
			assert_int_equal(memory[0x3010 + n * BIOS_SECTOR], reads[i].lba + n + 1);
	}
	memory[DS + 0x40] = 24;
	memset(memory + DS + 0x44, 0xff, 4);
	memset(memory + DS + 0x48, 0, 8);
	memcpy(memory + DS + 0x50, &flat, 8);
	memory[DS + 0x42] = 1;
	assert_int_equal(done(0x13, 0x4200, false) >> 8, 0);
	assert_int_equal(memory[flat], 1);
	assert_int_equal(done(0x13, 0x4300, true) >> 8, 3);

	memory[DS + 0x40] = 26;
	memory[DS + 0x41] = 0;
	assert_int_equal(done(0x13, 0x4800, false) >> 8, 0);
	assert_int_equal(memory[DS + 0x40 + 16], 6);
	memory[DS + 0x40 + 26] = 0x77;
	assert_int_equal(done(0x13, 0x4800, false) >> 8, 0);
	assert_int_equal(memory[DS + 0x40 + 26], 0x77); /* it has 26 bytes */
	memory[DS + 0x40] = 74;
	assert_int_equal(done(0x13, 0x4800, false) >> 8, 0);
	assert_memory_equal(memory + DS + 0x40, "\x1e\x00\x02\x00", 4);
	assert_memory_equal(memory + DS + 0x40 + 26, "\xff\xff\xff\xff", 4);
	memory[DS + 0x40] = 25;
	assert_int_equal(done(0x13, 0x4800, true) >> 8, 1);
	/* The block is not in memory. */
	sim_set(VMCS_GUEST_DS_BASE, ~0UL - 10);
	assert_int_equal(done(0x13, 0x4200, true) >> 8, 1);
	assert_int_equal(done(0x13, 0x4800, true) >> 8, 1);
	/* Not for floppy disks. */
	bios_disk_insert(&vm.bios, image, sizeof(image), 0);
	disk(0, 0, 0x55aa);
	assert_int_equal(done(0x13, 0x4100, true) >> 8, 1);
}

static void tells_of_the_disk(void **state)
{
	(void)state;
	disk(0, 0x80, 0);
	assert_int_equal(done(0x13, 0x0800, false), 0);
	assert_int_equal(v.regs.rcx, 0x003f);
	assert_int_equal(v.regs.rdx, 0x0f01);
	disk(0, 0x80, 0);
	assert_int_equal(done(0x13, 0x1500, false) >> 8, 3);
	assert_int_equal(v.regs.rdx, 6);
	bios_disk_insert(&vm.bios, image, sizeof(image), 0);
	disk(0, 0, 0);
	assert_int_equal(done(0x13, 0x0800, false), 0);
	assert_int_equal(v.regs.rcx, 0x4f12);
	assert_int_equal(v.regs.rbx, 4);
	assert_int_equal(sim_get(VMCS_GUEST_ES_BASE), MAP_BIOS);
	disk(0, 0, 0);
	assert_int_equal(done(0x13, 0x1500, false) >> 8, 1);
	disk(0, 1, 0);
	assert_int_equal(done(0x13, 0x1500, true) >> 8, 0); /* no such drive */
	vm.bios.disk = NULL;
	assert_int_equal(done(0x13, 0x0000, true) >> 8, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(geometry_follows_the_size),
		TEST(reads_sectors),
		TEST(reads_by_number),
		TEST(tells_of_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
