/* SPDX-License-Identifier: MIT */
/*
 * The hypercalls of guest/abi.h: every one, and everything they refuse. That
 * ring 3 is refused is in test_user.c.
 *
 * OPTIONS mem=16M
 * EXPECT ^hypercall: one by one$
 * EXPECT ^hypercall: all at once, across a page$
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define RAM_END	  0x1000000
#define VGA_HOLE  0xa0000
#define VMCALL	  18
#define PAGE_TEXT 0x200000 /* a border of pages, far from the blob */

static const u64 unknown = -(u64)ABI_ERROR_UNKNOWN;
static const u64 argument = -(u64)ABI_ERROR_ARGUMENT;

static void test_numbers(void)
{
	u64 hz = hypercall(ABI_CALL_TSC_HZ, 0, 0);

	check_equal(hypercall(ABI_CALL_VERSION, 0, 0), ABI_VERSION, "version");
	check_equal(hypercall(ABI_CALL_VERSION, 1, 2), ABI_VERSION, "with arguments, too");
	check(hz > 1000000 && hz < 20000000000, "frequency of the TSC");
	check_equal(hypercall(ABI_CALLS, 0, 0), unknown, "the first number that is unknown");
	check_equal(hypercall(0x7fffffff, 0, 0), unknown, "a large one");
	check_equal(hypercall(0xffffffff, 0, 0), unknown, "-1");
	check_equal(hypercall(0xabcd00000000 | ABI_CALL_VERSION, 0, 0), ABI_VERSION,
		    "only EAX is the number");
}

static void test_exits(void)
{
	u64 first = hypercall(ABI_CALL_EXITS, VMCALL, 0);
	u64 second = hypercall(ABI_CALL_EXITS, VMCALL, 0);
	u64 all = hypercall(ABI_CALL_EXITS, ABI_EXITS_ALL, 0);

	check_equal(second - first, 1, "each hypercall is one exit");
	check(all > second, "there are more exits of all kinds");
	check_equal(hypercall(ABI_CALL_EXITS, 0xfffffffe, 0), argument, "no such reason");
	check_equal(hypercall(ABI_CALL_EXITS, 1000, 0), argument, "nor this");
	check_equal(hypercall(ABI_CALL_EXITS, 11, 0), 0, "a reason that has not come: GETSEC");
}

static void test_text(void)
{
	const char one[] = "hypercall: one by one\r\n";
	const char text[] = "hypercall: all at once, across a page\r\n";
	char *at = (char *)PAGE_TEXT - 10;
	u64 wrong = 0;

	for (unsigned i = 0; i < sizeof(one) - 1; i++)
		wrong |= hypercall(ABI_CALL_PUT_CHARACTER, (u64)(u8)one[i], 0);
	check_equal(wrong, 0, "characters");
	for (unsigned i = 0; i < sizeof(text) - 1; i++)
		at[i] = text[i];
	check_equal(hypercall(ABI_CALL_PUT_TEXT, (u64)at, sizeof(text) - 1), 0, "text");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, (u64)at, 0), 0, "no text at all");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, (u64)at, ABI_TEXT_MAX + 1), argument, "too much");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, (u64)at, ~0UL), argument, "far too much");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, RAM_END - 1, 2), argument, "beyond the RAM's end");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, RAM_END, 1), argument, "behind it");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, ~0UL, 2), argument, "around the end of all");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, 1UL << 52, 1), argument, "no such address");
	check_equal(hypercall(ABI_CALL_PUT_TEXT, VGA_HOLE - 1, 2), argument, "into the VGA hole");
}

static void test_registers(void)
{
	u64 a = ABI_CALL_VERSION, b = 0x1111111111111111, c = 0x2222222222222222;
	u64 d = 0x3333333333333333, s = 0x4444444444444444, t = 0x5555555555555555;

	asm volatile("vmcall" : "+a"(a), "+b"(b), "+c"(c), "+d"(d), "+S"(s), "+D"(t));
	check(a == ABI_VERSION && b == 0x1111111111111111 && c == 0x2222222222222222 &&
		      d == 0x3333333333333333 && s == 0x4444444444444444 && t == 0x5555555555555555,
	      "only RAX changes");
}

int guest_main(void)
{
	test_numbers();
	test_exits();
	test_text();
	test_registers();
	return check_failures();
}
