/* SPDX-License-Identifier: MIT */
/*
 * The BIOS' services, as its code in the guest calls them: what they answer,
 * what they refuse, and that nobody else reaches them.
 */
#include "tests/unit/machine/bios_machine.h"

static void only_its_code_reaches_it(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RIP, BIOS_CODE + (0x12 - 0x10) * BIOS_SLOT + 1);
	v.regs.rax = 0x1234;
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), NEXT); /* in the midst of a slot */
	sim_set(VMCS_GUEST_RIP, BIOS_CODE + (0x12 - 0x10) * BIOS_SLOT);
	sim_set(VMCS_GUEST_CS_BASE, 0);
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), NEXT); /* another segment */
	sim_set(VMCS_GUEST_CS_BASE, MAP_BIOS);
	vm.bios.present = false;
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), NEXT); /* a firmware's own code */
	assert_int_equal(v.regs.rax, 0x1234);
	vm.bios.present = true;
	call(0x1f, 0x1234); /* a slot without a service */
	assert_int_equal((u16)v.regs.rax, 0x1234);
	assert_int_equal(bios_ports.in(&vm, 0, 1), ~0U);
}

static void tells_of_memory(void **state)
{
	u64 entry[3];

	(void)state;
	v.regs.rdx = 0x534d4150;
	v.regs.rcx = 20;
	assert_int_equal(call(0x15, 0xe820), 0);
	assert_int_equal(v.regs.rax, 0x11223344534d4150);
	assert_int_equal(v.regs.rbx, 1);
	memcpy(entry, memory + ES, sizeof(entry));
	assert_int_equal(entry[1], MAP_EBDA);
	v.regs.rbx = 7; /* the last */
	assert_int_equal(done(0x15, 0xe820, false), 0x4150);
	assert_int_equal(v.regs.rbx, 0);
	v.regs.rbx = 8;
	assert_int_equal(done(0x15, 0xe820, true) >> 8, 0x86);
	v.regs.rbx = 0;
	v.regs.rcx = 19;
	assert_int_equal(done(0x15, 0xe820, true) >> 8, 0x86);
	v.regs.rcx = 20;
	v.regs.rdx = 0;
	assert_int_equal(done(0x15, 0xe820, true) >> 8, 0x86);
	assert_int_equal(done(0x15, 0xe801, false), 1024);
	assert_int_equal(done(0x15, 0x8800, false), 1024);
	vm.ram.size = MIB(128);
	assert_int_equal(done(0x15, 0x8800, false), 0xfc00); /* with 1 MiB it still fits 16 bits */
	assert_int_equal(done(0x15, 0xc200, true) >> 8, 0x86);
	assert_int_equal(done(0x15, 0xc000, false) >> 8, 0);
	assert_int_equal(sim_get(VMCS_GUEST_ES_BASE) + (u16)v.regs.rbx,
			 MAP_BIOS + bios_code_at(bios_code_system));
	assert_int_equal(done(0x15, 0xc100, false), 0xc100);
	assert_int_equal(sim_get(VMCS_GUEST_ES_SELECTOR), MAP_EBDA >> 4);
	assert_int_equal(done(0x15, 0x9001, false) >> 8, 0);
	assert_int_equal(done(0x15, 0x4f1e, true), 0x4f1e);
	assert_int_equal(done(0x15, 0x2400, true) >> 8, 0x86);
	assert_int_equal(done(0x15, 0x2402, false), 1);
}

static void moves_blocks(void **state)
{
	u8 *table = memory + ES + 0x100;

	(void)state;
	v.regs.rsi = 0x100;
	memcpy(memory + 0x12340, image, 100);
	memcpy(table + 0x12, "\x40\x23\x01", 3);
	memcpy(table + 0x1a, "\x00\x00\x18", 3);
	v.regs.rcx = 50;
	assert_int_equal(done(0x15, 0x8700, false) >> 8, 0);
	assert_memory_equal(memory + 0x180000, image, 100);
	table[0x1f] = 0xff; /* beyond all memory */
	assert_int_equal(done(0x15, 0x8700, true) >> 8, 1);
	v.regs.rcx = 0x8001;
	assert_int_equal(done(0x15, 0x8700, true) >> 8, 1);
}

static void waits(void **state)
{
	(void)state;
	v.regs.rcx = 0;
	v.regs.rdx = 1000;
	fake_now = 5;
	assert_int_equal(call(0x15, 0x8600), RFLAGS_CF | RFLAGS_ZF); /* again */
	fake_now = 1000004;
	assert_int_equal(call(0x15, 0x8600), RFLAGS_CF | RFLAGS_ZF);
	fake_now = 1000005;
	assert_int_equal(done(0x15, 0x8600, false) >> 8, 0);
	assert_int_equal(call(0x15, 0x8600), RFLAGS_CF | RFLAGS_ZF); /* a new one */
}

/* Code prints between an error and its JC. */
static void carry_is_the_callers(void **state)
{
	static const u16 calls[][2] = {
		{ 0x10, 0x0e41 }, { 0x10, 0x0300 }, { 0x11, 0 }, { 0x12, 0 },	  { 0x14, 0x0300 },
		{ 0x16, 0x0100 }, { 0x16, 0x0200 }, { 0x17, 0 }, { 0x14, 0x0141 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		memory[STACK + 4] = RFLAGS_CF;
		done(calls[i][0], calls[i][1], true);
		memory[STACK + 4] = 0;
		done(calls[i][0], calls[i][1], false);
	}
	memory[STACK + 4] = RFLAGS_CF;
	done(0x13, 0x0000, true); /* no such drive */
	v.regs.rdx = 0x80;
	done(0x13, 0x0000, false);
	memory[STACK + 4] = RFLAGS_CF;
	done(0x1a, 0x0000, false);
}

static void tells_the_time(void **state)
{
	u32 ticks = 0x18abcd;

	(void)state;
	assert_int_equal(done(0x1a, 0x0200, false) >> 8, 2);
	assert_int_equal(v.regs.rcx, 0x1359);
	assert_int_equal(v.regs.rdx, 0x5900);
	done(0x1a, 0x0400, false);
	assert_int_equal(v.regs.rcx, 0x2026);
	assert_int_equal(v.regs.rdx, 0x1127);
	/* The same if the guest keeps it in binary, by 12 hours. */
	rtc_write(&vm.rtc, RTC_B, RTC_B_BINARY, 0);
	done(0x1a, 0x0200, false);
	assert_int_equal(v.regs.rcx, 0x1359);

	memcpy(memory + 0x46c, &ticks, sizeof(ticks));
	memory[0x470] = 1;
	assert_int_equal(done(0x1a, 0x0000, false), 1); /* AL: midnight has passed */
	assert_int_equal(v.regs.rcx, 0x18);
	assert_int_equal(v.regs.rdx, 0xabcd);
	assert_int_equal(done(0x1a, 0x0000, false), 0);
	v.regs.rdx = 5;
	done(0x1a, 0x0100, false);
	assert_int_equal(memory[0x46c], 5);
	assert_int_equal(done(0x1a, 0xb101, true) >> 8, 0x86); /* no PCI BIOS */
}

static void small_ones(void **state)
{
	(void)state;
	memory[0x410] = 0x22;
	memory[0x413] = 0x7f;
	memory[0x414] = 0x02;
	assert_int_equal(done(0x11, 0, false), 0x22);
	assert_int_equal(done(0x12, 0, false), 639);
	assert_int_equal(done(0x17, 0x0200, false) >> 8, 1);
	/* A stack of 32 bits, as "unreal" mode may have it. */
	sim_set(VMCS_GUEST_RSP, 0x18000);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_DB);
	call(0x15, 0xc200);
	assert_int_equal(memory[0x18004], RFLAGS_CF);
	assert_int_equal(memory[0x8004], 0);
}

static void ends_the_machine(void **state)
{
	(void)state;
	memcpy(memory + STACK, "\x34\x12\x00\xf0", 4);
	sim_set(VMCS_GUEST_RIP, BIOS_CODE + 8 * BIOS_SLOT);
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), STOP);
	assert_int_equal(v.stop.cause, STOP_POWER_OFF);
	assert_int_equal(v.stop.value, 0xf0001234);
	memset(&v.stop, 0, sizeof(v.stop));
	sim_set(VMCS_GUEST_RIP, BIOS_CODE + 9 * BIOS_SLOT);
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), STOP);
	assert_int_equal(v.stop.cause, STOP_RESET);
}

static void switches_off(void **state)
{
	(void)state;
	assert_int_equal(done(0x15, 0x5300, false), 0x0102);
	assert_int_equal(v.regs.rbx, 0x504d);
	assert_int_equal(v.regs.rcx, 0);
	assert_int_equal(done(0x15, 0x5301, false), 0x0001);
	assert_int_equal(done(0x15, 0x5303, true) >> 8, 8);
	assert_int_equal(done(0x15, 0x530e, false), 0x0102);
	assert_int_equal(done(0x15, 0x530a, true) >> 8, 0x86);
	assert_int_equal(done(0x15, 0x530b, true) >> 8, 0x80);
	v.regs.rbx = 1;
	v.regs.rcx = 2; /* suspend */
	assert_int_equal(done(0x15, 0x5307, true) >> 8, 0x60);
	v.regs.rcx = 0;
	assert_int_equal(done(0x15, 0x5307, false) >> 8, 0);
	v.regs.rcx = 3;
	v.regs.rax = 0x5307;
	sim_set(VMCS_GUEST_RIP, BIOS_CODE + 5 * BIOS_SLOT);
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), STOP);
	assert_int_equal(v.stop.cause, STOP_POWER_OFF);
	assert_int_equal(v.stop.value, 0);
}

/* No stack, no memory, wild registers: nothing of it is ours to suffer from. */
static void survives_anything(void **state)
{
	(void)state;
	srand(1);
	for (unsigned i = 0; i < 200000; i++) {
		for (unsigned r = 0; r < 8; r++)
			v.regs.by_index[r] = (u64)rand() << 33 ^ (u64)rand() << 11 ^ (u64)rand();
		if (rand() & 1)
			bios_disk_insert(&vm.bios, image, (u64)rand() % sizeof(image) + 1,
					 rand() & 1 ? 0x80 : 0);
		if (rand() & 1)
			v.regs.rdx = (v.regs.rdx & ~0xffUL) | vm.bios.drive;
		sim_set(VMCS_GUEST_ES_BASE, rand() & 1 ? ES : (u64)rand() << 4);
		sim_set(VMCS_GUEST_DS_BASE, rand() & 1 ? DS : ~0UL - 8);
		sim_set(VMCS_GUEST_SS_BASE, rand() & 1 ? 0 : ~0UL << 16);
		sim_set(VMCS_GUEST_RSP, (u64)rand());
		sim_set(VMCS_GUEST_RIP, BIOS_CODE + (u64)(rand() % 16) * BIOS_SLOT);
		if (bios_ports.out(&vm, &v, 0, 1, 0) == STOP)
			memset(&v.stop, 0, sizeof(v.stop));
		memset(shown, 0, sizeof(shown));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_its_code_reaches_it),
		TEST(tells_of_memory),
		TEST(moves_blocks),
		TEST(waits),
		TEST(carry_is_the_callers),
		TEST(tells_the_time),
		TEST(small_ones),
		TEST(ends_the_machine),
		TEST(switches_off),
		TEST(survives_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
