/* SPDX-License-Identifier: MIT */
/*
 * The BIOS' services, as its code in the guest calls them: what they answer,
 * what they refuse, and that nobody else reaches them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "lib/x86.h"
#include "machine/bios.h"
#include "machine/bios_code.h"
#include "machine/memory_map.h"
#include "machine/vm.h"
#include "tests/unit/machine/fake_time.h"
#include "tests/sim/vmx.h"

#define STACK 0x7000 /* IP, CS and FLAGS of the caller */
#define ES    0x1000 /* a segment's base */
#define DS    0x2000

static struct vm vm;
static struct vcpu v;
static u8 bus_map[BUS_PORTS];
static u8 memory[MIB(2)];
static u8 image[5 * BIOS_SECTOR + 100];
static char shown[64];

bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	(void)ram;
	return gpa <= sizeof(memory) && length <= sizeof(memory) - gpa;
}

int ram_write(struct ram *ram, gpa_t gpa, const void *from, u64 length)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	memcpy(memory + gpa, from, length);
	return 0;
}

int ram_read(struct ram *ram, gpa_t gpa, void *to, u64 length)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	memcpy(to, memory + gpa, length);
	return 0;
}

void guest_console_flush(struct guest_console *c)
{
	size_t room = sizeof(shown) - 1 - strlen(shown);

	strncat(shown, (const char *)c->line, MIN(c->length, room));
	c->length = 0;
}

static const char *text(void)
{
	guest_console_flush(&vm.console);
	return shown;
}

void vcpu_attend(struct vcpu *vcpu, u32 attention)
{
	vcpu->attention |= attention;
}

static int setup(void **state)
{
	(void)state;
	sim_vmx_reset();
	fake_time_reset();
	memset(&vm, 0, sizeof(vm));
	memset(&v, 0, sizeof(v));
	memset(memory, 0, sizeof(memory));
	memset(bus_map, 0, sizeof(bus_map));
	memset(shown, 0, sizeof(shown));
	for (unsigned i = 0; i < sizeof(image); i++)
		image[i] = (u8)(i / BIOS_SECTOR + 1);
	bus_init(&vm.bus, bus_map);
	assert_int_equal(bus_attach(&vm.bus, PORT_COM1, PORT_COM1 + 7, &uart_ports, &vm.uart), 0);
	vm.timers.clock = vm.uart.clock = vm.rtc.clock = &vm.clock;
	timer_add(&vm.timers, &vm.uart.timer, uart_timeout, &vm.uart);
	timer_add(&vm.timers, &vm.rtc.timer, rtc_due, &vm.rtc);
	uart_reset(&vm.uart);
	rtc_reset(&vm.rtc, 1795787999, MIB(2)); /* 2026-11-27 13:59:59 */
	vm.ram.size = MIB(2);
	vm.bios.present = true;
	v.vm = &vm;
	bios_disk_insert(&vm.bios, image, sizeof(image), 0x80);
	sim_set(VMCS_GUEST_CS_BASE, MAP_BIOS);
	sim_set(VMCS_GUEST_RSP, 0xabcd0000 | STACK);
	sim_set(VMCS_GUEST_ES_BASE, ES);
	sim_set(VMCS_GUEST_DS_BASE, DS);
	return 0;
}

static u16 flags(void)
{
	u16 value;

	memcpy(&value, memory + STACK + 4, sizeof(value));
	return value;
}

/* The OUT of the slot of a vector: the flags that the code behind it sees. */
static u64 call(unsigned vector, u32 eax)
{
	v.regs.rax = 0x1122334400000000 | eax;
	sim_set(VMCS_GUEST_RIP, BIOS_CODE + (vector - BIOS_FIRST_VECTOR) * BIOS_SLOT);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_CF | RFLAGS_ZF);
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), NEXT);
	return sim_get(VMCS_GUEST_RFLAGS) & (RFLAGS_CF | RFLAGS_ZF);
}

/* A call that is over at once. AX; `carry` is the caller's. */
static u16 done(unsigned vector, u32 eax, bool carry)
{
	assert_int_equal(call(vector, eax), 0);
	assert_int_equal(!!(flags() & RFLAGS_CF), carry);
	return (u16)v.regs.rax;
}

static void disk(u16 cx, u16 dx, u16 bx)
{
	v.regs.rcx = cx;
	v.regs.rdx = dx;
	v.regs.rbx = bx;
}

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
	assert_int_equal(done(0x13, 0x0201, true), 0x0401);
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
	vm.bios.disk = NULL;
	assert_int_equal(done(0x13, 0x0000, true) >> 8, 1);
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
	assert_int_equal(done(0x15, 0xc000, true) >> 8, 0x86);
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

static void types(const char *keys)
{
	while (*keys)
		uart_receive(&vm.uart, (u8)*keys++);
}

static void reads_keys(void **state)
{
	static const u16 wanted[] = { 0x1e61, 0x1e41, 0x0231, 0x0221, 0x1c0d, 0x011b, 0x0e08, 0x2e03,
				      0x352f, 0x3920, 0x1a5b, 0x2b7c };

	(void)state;
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF); /* sleep until an interrupt */
	done(0x16, 0x0100, false);
	assert_true(flags() & RFLAGS_ZF);
	assert_int_equal(bus_out(&vm.bus, &v, PORT_COM1 + 2, 1, 1), NEXT); /* FIFO on */
	types("aA1!\r\x1b\x7f\x03/ [|");
	assert_int_equal(done(0x16, 0x0100, false), wanted[0]);
	assert_false(flags() & RFLAGS_ZF);
	assert_int_equal(done(0x16, 0x1100, false), wanted[0]); /* it is still there */
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(done(0x16, i & 1 ? 0x1000 : 0, false), wanted[i]);
	assert_int_equal(call(0x16, 0x0000), RFLAGS_CF);
	v.regs.rcx = 0x1c0d;
	assert_int_equal((u8)done(0x16, 0x0500, false), 0);
	assert_int_equal((u8)done(0x16, 0x0500, false), 1); /* full */
	assert_int_equal(done(0x16, 0x0000, false), 0x1c0d);
	assert_int_equal((u8)done(0x16, 0x02ff, false), 0);
}

static void speaks_on_the_line(void **state)
{
	(void)state;
	assert_int_equal(done(0x14, 0x0300, false) >> 8, 0x60);
	assert_int_equal(done(0x14, 0x0158, false) >> 8, 0x60);
	assert_string_equal(text(), "X");
	assert_int_equal(done(0x14, 0x0200, false) >> 8, 0x80);
	types("y");
	assert_int_equal(done(0x14, 0x0200, false), 'y');
	v.regs.rdx = 1;
	assert_int_equal(done(0x14, 0x0300, true) >> 8, 0x80);
}

static void shows_text(void **state)
{
	(void)state;
	done(0x10, 0x0e41, false);
	v.regs.rcx = 3;
	done(0x10, 0x0a42, false);
	memcpy(memory + ES + 0x10, "C.D.E.", 6);
	v.regs.rbp = 0x10;
	done(0x10, 0x1302, false);
	v.regs.rcx = 2;
	done(0x10, 0x1301, false);
	assert_string_equal(text(), "ABBBCDEC.");
	assert_int_equal(done(0x10, 0x0f00, false), 0x5003);
	assert_int_equal(done(0x10, 0x4f00, false), 0x4f00); /* no VESA */
	/* A string that ends outside of memory, and one that never ends. */
	sim_set(VMCS_GUEST_ES_BASE, sizeof(memory) - 0x11);
	v.regs.rcx = 0xffff;
	done(0x10, 0x1301, false);
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

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_its_code_reaches_it),
		TEST(geometry_follows_the_size),
		TEST(reads_sectors),
		TEST(reads_by_number),
		TEST(tells_of_the_disk),
		TEST(tells_of_memory),
		TEST(moves_blocks),
		TEST(waits),
		TEST(reads_keys),
		TEST(speaks_on_the_line),
		TEST(shows_text),
		TEST(tells_the_time),
		TEST(small_ones),
		TEST(ends_the_machine),
		TEST(survives_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
