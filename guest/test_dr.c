/* SPDX-License-Identifier: MIT */
/*
 * Debug registers: what reads back, general detect, DR4 and DR5, and
 * breakpoints on instructions, data, ports and single steps that give #DB.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define CR4_DE 0x8UL

#define DR6_RESET 0xffff0ff0UL
#define DR6_BD	  0x2000UL
#define DR6_BS	  0x4000UL
#define DR7_RESET 0x400UL
#define DR7_GD	  0x2000UL
#define DR7_L(n)  (1UL << 2 * (n))
#define DR7_RW(n, what, length) ((u64)(what) << (16 + 4 * (n)) | (u64)(length) << (18 + 4 * (n)))
#define EXECUTE	  0
#define WRITE	  1
#define PORT	  2
#define ACCESS	  3
#define BYTES_1	  0
#define BYTES_2	  1
#define BYTES_4	  3

#define RFLAGS_RF (1UL << 16)

static volatile unsigned hits;
static volatile u64 hit_rip[8], hit_dr6;
static volatile u32 watched;

/* RF lets the instruction with the breakpoint run this time. */
static void debug_exception(struct interrupt_frame *frame)
{
	hit_dr6 = dr6_read();
	hit_rip[hits++ % 8] = frame->rip;
	dr6_write(DR6_RESET);
	frame->rflags |= RFLAGS_RF;
}

static void test_values(void)
{
	check_equal(dr7_read(), DR7_RESET, "dr7 after reset");
	check_equal(dr6_read(), DR6_RESET, "dr6 after reset");
	dr0_write(0x1111222233334444);
	dr1_write(0xffff800000000000);
	dr2_write(3);
	dr3_write(0xffffffffffffffff);
	(void)cpuid(0, 0);
	check(dr0_read() == 0x1111222233334444 && dr1_read() == 0xffff800000000000 &&
		      dr2_read() == 3 && dr3_read() == 0xffffffffffffffff,
	      "dr0 to dr3 hold any address");
	dr6_write(0);
	check_equal(dr6_read(), DR6_RESET, "dr6: the fixed bits stay");
	dr6_write(0x400f | DR6_RESET);
	check_equal(dr6_read(), 0x400f | DR6_RESET, "dr6: BS and B0 to B3 can be written");
	dr6_write(DR6_RESET);
	check_equal(try("mov %0, %%dr6", : "r"(1UL << 32)), VECTOR_GP, "dr6: no upper half");
	check_equal(try("mov %0, %%dr7", : "r"(1UL << 32 | DR7_RESET)), VECTOR_GP,
		    "dr7: no upper half");
	dr7_write(0);
	check_equal(dr7_read(), DR7_RESET, "dr7: bit 10 stays");
	dr7_write(0xffff0000);
	check_equal(dr7_read(), 0xffff0400, "dr7: conditions can be written");
	dr7_write(DR7_RESET);
}

static void test_aliases(void)
{
	u64 value = 0;

	dr7_write(DR7_RESET | 0x100);
	check_equal(try("mov %%dr5, %0", "+r"(value)), -1, "dr5 is another name");
	check_equal(value, DR7_RESET | 0x100, "of dr7");
	check_equal(try("mov %%dr4, %0", "+r"(value)), -1, "dr4 is another name");
	check_equal(value, DR6_RESET, "of dr6");
	dr7_write(DR7_RESET);
	cr4_write(cr4_read() | CR4_DE);
	check_equal(try("mov %%dr4, %0", "+r"(value)), VECTOR_UD, "not with CR4.DE: dr4");
	check_equal(try("mov %0, %%dr5", : "r"(value)), VECTOR_UD, "not with CR4.DE: dr5");
	cr4_write(cr4_read() & ~CR4_DE);
}

static void test_general_detect(void)
{
	u64 value;

	hits = 0;
	dr7_write(DR7_RESET | DR7_GD);
	asm volatile("mov %%dr0, %0" : "=r"(value));
	check(hits == 1 && hit_dr6 == (DR6_RESET | DR6_BD), "GD: a move gives #DB, with BD");
	check_equal(dr7_read(), DR7_RESET, "which clears GD");
}

extern char execute_1[], execute_2[], execute_3[];

/* At two CPUIDs, which exit, and at the NOP behind them. */
static void test_execute(void)
{
	hits = 0;
	dr0_write((u64)execute_1);
	dr1_write((u64)execute_2);
	dr2_write((u64)execute_3);
	dr7_write(DR7_RESET | DR7_L(0) | DR7_L(1) | DR7_L(2));
	asm volatile("execute_1:\tcpuid\nexecute_2:\tcpuid\nexecute_3:\tnop"
		     : : : "rax", "rbx", "rcx", "rdx", "memory");
	dr7_write(DR7_RESET);
	check_equal(hits, 3, "a breakpoint at each of three instructions");
	check(hit_rip[0] == (u64)execute_1 && hit_rip[1] == (u64)execute_2 &&
		      hit_rip[2] == (u64)execute_3,
	      "each before its instruction");
	check_equal(hit_dr6, DR6_RESET | 1 << 2, "dr6 tells which");
}

static void test_data(void)
{
	u64 after;

	hits = 0;
	dr1_write((u64)&watched);
	dr7_write(DR7_RESET | DR7_L(1) | DR7_RW(1, WRITE, BYTES_4));
	(void)watched;
	check_equal(hits, 0, "a read does not hit a write breakpoint");
	asm volatile("movl $1, %0\n1:\tlea 1b(%%rip), %1" : "=m"(watched), "=r"(after));
	check(hits == 1 && hit_rip[0] == after, "a write does, and traps after it");
	check_equal(hit_dr6, DR6_RESET | 1 << 1, "dr6 tells which");
	dr7_write(DR7_RESET | DR7_L(1) | DR7_RW(1, ACCESS, BYTES_4));
	(void)watched;
	check_equal(hits, 2, "an access breakpoint is hit by a read");
	dr7_write(DR7_RESET);
	watched = 2;
	check_equal(hits, 2, "none is hit once it is off");
}

extern char port_1[], port_2[], port_3[], port_4[];

/* Ports 80H and 81H. 80H is there, 7FH and 82H are not touched by the breakpoint. */
static void test_ports(void)
{
	static const u8 text[3] = { 1, 2, 3 };
	u64 count = sizeof(text);
	const u8 *from = text;

	hits = 0;
	dr3_write(0x81); /* the lowest bit does not count */
	dr7_write(DR7_RESET | DR7_L(3) | DR7_RW(3, PORT, BYTES_2));
	outb(0x80, 1);
	check_equal(hits, 0, "without CR4.DE there are none on ports");
	cr4_write(cr4_read() | CR4_DE);
	asm volatile("outb %%al, $0x80\nport_1:\tinb $0x80, %%al\nport_2:\tinw $0x7f, %%ax\n"
		     "port_3:\tinb $0x7f, %%al\n\tinb $0x82, %%al"
		     : : : "rax", "memory");
	check_equal(hits, 3, "a port is written, read, and part of a wider access");
	check(hit_rip[0] == (u64)port_1 && hit_rip[1] == (u64)port_2 && hit_rip[2] == (u64)port_3,
	      "each trap behind its instruction");
	check_equal(hit_dr6, DR6_RESET | 1 << 3, "dr6 tells which");

	hits = 0;
	asm volatile("port_4:\trep outsb" : "+S"(from), "+c"(count) : "d"(0x80) : "memory");
	check_equal(hits, 3, "REP OUTSB: after each element");
	check(hit_rip[0] == (u64)port_4 && hit_rip[2] == (u64)port_4 + 2, "in it, then behind it");
	check(count == 0 && from == text + 3, "which goes on to its end");

	hits = 0;
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
		     "inb $0x80, %%al\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq"
		     : : : "rax", "memory");
	check_equal(hits, 4, "with a single step it is one trap");
	check_equal(hit_dr6, DR6_RESET | DR6_BS, "the last one of which is only that");
	dr7_write(DR7_RESET);
	hits = 0;
	outb(0x80, 1);
	check_equal(hits, 0, "none once it is off");
	cr4_write(cr4_read() & ~CR4_DE);
}

int guest_main(void)
{
	interrupts_init();
	test_values();
	test_aliases();
	interrupts_set_handler(VECTOR_DB, debug_exception);
	test_general_detect();
	test_execute();
	test_data();
	test_ports();
	return check_failures();
}
