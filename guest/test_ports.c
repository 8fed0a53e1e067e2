/* SPDX-License-Identifier: MIT */
/*
 * Ports: what is absent reads as all ones in every width and swallows
 * writes; the ports by which Trivet itself ends a run in its benches are
 * absent, too; widths and register halves are right.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT vm: name=\S+ .*absent_port_reads=[1-9]
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define SCRATCH 0x3ff /* COM1's scratch register */

static bool absent(u16 port)
{
	return inb(port) == 0xff && inw(port) == 0xffff && inl(port) == 0xffffffff;
}

static void test_absent(void)
{
	check(absent(0xe0), "port e0");
	check(absent(0x2f8), "COM2");
	check(absent(0x1f0), "a disk controller");
	check_equal(inb(0xcf8), 0xff, "a byte of PCI's address");
	/* Its second byte is at the port of the reset control register: no reset. */
	outl(0xcf8, 0x80000400);
	check_equal(inl(0xcf8), 0x80000400, "PCI's address");
	check(absent(0xcfc), "PCI configuration of a function that is not there");
	outl(0xcf8, 0x80000008);
	check_equal(inw(0xcfe), 0x0600, "the class of the host bridge");
	check(absent(0xfffc), "the highest ports");
	check_equal(inl(0xffff), 0xffffffff, "an access that wraps around");
	check(absent(0x8a00), "Bochs' debugger");
	check_equal(inw(0x402), 0xe9e9, "firmware's debug console");
}

/* A run that such a write ended would be taken for a clean end, or for a fault of ours. */
static void test_bench_ports(void)
{
	outb(0x8900, 'D');
	for (const char *c = "Shutdown"; *c; c++)
		outb(0x8900, (u8)*c);
	outw(0x8a00, 0x8a00);
	outw(0x8a00, 0x8ae0);
	outw(0x400, 0x5400);
	outw(0x400, 1);
	outb(0x501, 3);
	outw(0xb004, 0x2000);
	outl(0x600 + 0x40, 0x2000);
	check(true, "no write to the benches' ports ended the run");
}

static void test_registers(void)
{
	u64 rax;

	outb(SCRATCH, 0x5a);
	check_equal(inb(SCRATCH), 0x5a, "the scratch register holds a byte");
	asm volatile("inb %w1, %b0" : "=a"(rax) : "d"(SCRATCH), "0"(0x1122334455667788));
	check_equal(rax, 0x112233445566775a, "IN AL leaves the rest of RAX");
	asm volatile("inw %w1, %w0" : "=a"(rax) : "d"(0xe0), "0"(0x1122334455667788));
	check_equal(rax, 0x112233445566ffff, "IN AX leaves the rest of RAX");
	asm volatile("inl %w1, %k0" : "=a"(rax) : "d"(0xe0), "0"(0x1122334455667788));
	check_equal(rax, 0xffffffff, "IN EAX clears the upper half");
	asm volatile("inb $0xe0, %b0" : "=a"(rax) : "0"(0x1122334455667788));
	check_equal(rax, 0x11223344556677ff, "with the port in the instruction");
	asm volatile("inb %w1, %b0" : "=a"(rax) : "d"(0xffff0000UL | SCRATCH), "0"(0));
	check_equal(rax, 0x5a, "only DX tells the port");
	asm volatile("outb %b0, %w1" : : "a"(0xffffffffffffff00), "d"(SCRATCH));
	check_equal(inb(SCRATCH), 0, "OUT AL writes AL only");
}

/* A wide access is the device's bytes side by side. */
static void test_wide(void)
{
	outw(SCRATCH - 1, 0x3c00);
	check_equal(inb(SCRATCH), 0x3c, "a word's upper byte goes to the next port");
	check_equal(inw(SCRATCH) & 0xff, 0x3c, "a word at the last port of a device");
	check_equal(inw(SCRATCH) >> 8, 0xff, "has nothing in its upper byte");
	check_equal(inl(SCRATCH - 3) >> 24, 0x3c, "a double word across its last ports");
}

int guest_main(void)
{
	test_absent();
	test_bench_ports();
	test_registers();
	test_wide();
	return check_failures();
}
