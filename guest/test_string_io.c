/* SPDX-License-Identifier: MIT */
/*
 * INS and OUTS: every width, with and without REP, both directions, across
 * pages that lie apart in memory, faults in the middle, and where there is no RAM.
 *
 * EXPECT ^string: this text lies across two pages$
 * EXPECT ^backwards$
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define COM1	0x3f8
#define SCRATCH 0x3ff
#define ABSENT	0xe0
#define POST	0x80

#define VGA_TEXT 0xb8000UL
#define APIC	 0xfee00000UL

#define RFLAGS_DF 0x400UL
#define CR0_WP	  0x10000UL
#define PAGE_WRITABLE 2

/* Two virtual pages of 2M side by side, whose memory is the other way round. */
#define WINDOW	    0x20000000UL
#define BORDER	    (WINDOW + 0x200000)
#define WINDOW_PD   (WINDOW >> 21)
#define LARGE_PAGE  0x83

static u8 buffer[64] __attribute__((aligned(16)));

struct string {
	u64 si, di, count;
};

#define string_io(instruction, s, port)                                                            \
	try(instruction, "+S"((s)->si), "+D"((s)->di), "+c"((s)->count)                            \
	    : "d"((u16)(port)) : "memory", "cc")

static void copy(char *to, const char *from)
{
	while ((*to++ = *from++))
		;
}

static unsigned length(const char *text)
{
	unsigned n = 0;

	while (text[n])
		n++;
	return n;
}

static void test_pages(void)
{
	const char text[] = "string: this text lies across two pages\r\n";
	char *at = (char *)BORDER - 9;
	struct string s = { (u64)at, 0, length(text) };
	bool ok = true;

	PAGE_PD[WINDOW_PD] = 0x4200000 | LARGE_PAGE;
	PAGE_PD[WINDOW_PD + 1] = 0x4000000 | LARGE_PAGE;
	cr3_write(cr3_read());
	copy(at, text);
	check_equal(string_io("rep outsb", &s, COM1), -1, "REP OUTSB over a border");
	check(s.si == (u64)at + length(text) && !s.count, "RSI and RCX after it");
	s = (struct string){ 0, BORDER - 6, 3 };
	check_equal(string_io("rep insl", &s, ABSENT), -1, "REP INSD, one element across it");
	for (unsigned i = 0; i < 12; i++)
		ok &= ((u8 *)BORDER)[(int)i - 6] == 0xff;
	check(ok && s.di == BORDER + 6 && !s.count, "all of it, and RDI and RCX");
}

static void test_widths(void)
{
	struct string s = { 0, (u64)buffer, 1 };

	outb(SCRATCH, 0x77);
	check_equal(string_io("insb", &s, SCRATCH), -1, "INSB");
	check(buffer[0] == 0x77 && buffer[1] == 0 && s.di == (u64)buffer + 1 && s.count == 1,
	      "one byte; RCX does not count");
	check_equal(string_io("insw", &s, SCRATCH - 1), -1, "INSW");
	check(buffer[2] == 0x77 && buffer[3] == 0, "one word");
	s.si = (u64)"\x03\x22\x33\x44"; /* 3: COM1's modem control register stays sane */
	check_equal(string_io("outsl", &s, SCRATCH - 3), -1, "OUTSD");
	check_equal(inb(SCRATCH), 0x44, "one double word");
	s = (struct string){ (u64)"\x55\x66", 0, 2 };
	check_equal(string_io("rep outsb", &s, SCRATCH), -1, "REP OUTSB twice");
	check_equal(inb(SCRATCH), 0x66, "the last one stays");
}

static void test_counts(void)
{
	struct string s = { 0x1000, 0x800000000000, 0 };

	check_equal(string_io("rep insb", &s, ABSENT), -1, "RCX=0 touches nothing");
	check(s.di == 0x800000000000 && !s.count, "and changes nothing");
	s = (struct string){ (u64)buffer | 0x1200000000, 0, 0x300000002 };
	check_equal(string_io("addr32 rep outsb", &s, 0x80), -1, "32-bit addresses");
	check(s.si == (u64)buffer + 2 && s.count == 0, "use and leave 32-bit registers");
}

static void test_direction(void)
{
	static const char text[] = "\n\rsdrawkcab";
	struct string s = { (u64)text + sizeof(text) - 2, 0, sizeof(text) - 1 };

	string_io("std\n\trep outsb\n\tcld", &s, COM1);
	check_equal(s.si, (u64)text - 1, "DF: backwards");
	s = (struct string){ 0, (u64)buffer + 40, 3 };
	string_io("std\n\trep insw\n\tcld", &s, ABSENT);
	check(s.di == (u64)buffer + 34 && buffer[41] == 0xff && buffer[36] == 0xff && !buffer[35],
	      "DF: INSW, by two");
}

static void test_segment(void)
{
	struct string s = { 8, 0, 1 };

	wrmsr(0xc0000100, (u64)"........*");
	check_equal(string_io("fs outsb", &s, SCRATCH), -1, "OUTSB with FS");
	check_equal(inb(SCRATCH), '*', "from FS.base + RSI");
}

/* What was done before the fault stays done. */
static void test_faults(void)
{
	struct string s = { BORDER + 0x200000 - 3, 0, 8 };

	PAGE_PD[WINDOW_PD + 2] = 0;
	cr3_write(cr3_read());
	check_equal(string_io("rep outsb", &s, 0x80), VECTOR_PF, "#PF in the middle of REP OUTSB");
	check(fault.error == 0 && fault.cr2 == BORDER + 0x200000, "error code and CR2");
	check(s.si == BORDER + 0x200000 && s.count == 5, "RSI and RCX are where it stopped");

	s = (struct string){ 0, 0x8000000000000000, 1 };
	check_equal(string_io("insb", &s, ABSENT), VECTOR_GP, "an address that is not canonical");
	check_equal(fault.error, 0, "its error code");

	cr0_write(cr0_read() | CR0_WP);
	PAGE_PD[WINDOW_PD] &= ~(u64)PAGE_WRITABLE;
	cr3_write(cr3_read());
	s = (struct string){ 0, WINDOW, 1 };
	check_equal(string_io("insb", &s, ABSENT), VECTOR_PF, "INSB to a read-only page");
	check(fault.error == 3 && fault.cr2 == WINDOW && s.di == WINDOW, "error code and CR2");
}

/* Where a PC has its screen, and the task priority register of its APIC. */
static void test_devices(void)
{
	volatile u32 *tpr = (volatile u32 *)(BORDER + 0x400080);
	struct string s = { 0, VGA_TEXT, 100 };

	check_equal(string_io("rep insw", &s, ABSENT), -1, "INSW to nothing");
	check(s.di == VGA_TEXT + 200 && !s.count, "all of it");
	s = (struct string){ VGA_TEXT, 0, 2 };
	outb(POST, 0);
	check_equal(string_io("rep outsb", &s, POST), -1, "OUTSB from nothing");
	check_equal(inb(POST), 0xff, "gives ones");

	PAGE_PD[WINDOW_PD + 3] = APIC | LARGE_PAGE;
	*tpr = 0x35;
	s = (struct string){ (u64)tpr, 0, 1 };
	check_equal(string_io("outsl", &s, POST), -1, "OUTSD from the APIC");
	check_equal(inb(POST), 0x35, "gives its register");
	s = (struct string){ 0, (u64)tpr, 1 };
	check_equal(string_io("insl", &s, ABSENT), -1, "INSD to the APIC");
	check_equal(*tpr, 0xff, "writes its register");
	*tpr = 0;
}

int guest_main(void)
{
	interrupts_init();
	test_pages();
	test_widths();
	test_counts();
	test_direction();
	test_segment();
	test_faults();
	test_devices();
	return check_failures();
}
