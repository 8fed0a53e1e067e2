/* SPDX-License-Identifier: MIT */
/*
 * The words of trace=: what they let pass, and the complaints to the letter.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/error.h"
#include "vmx/trace_filter.h"

static struct trace_filter f;
static char said[160];

static void accept(const char *words)
{
	memset(&f, 0x5a, sizeof(f));
	if (trace_filter_parse(&f, words, said, sizeof(said)))
		fail_msg("%s: %s", words, said);
}

static void refuse(const char *words, const char *complaint)
{
	assert_int_equal(trace_filter_parse(&f, words, said, sizeof(said)), -ERR_INVAL);
	assert_string_equal(said, complaint);
}

static bool passes(unsigned reason, u32 key, u64 rip)
{
	struct exit_record r = {.reason = (u16)reason, .key = key, .rip = rip};

	return trace_filter_passes(&f, &r);
}

static unsigned count_reasons(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < EXIT_REASONS; i++)
		count += passes(i, 0, 0);
	return count;
}

static void everything(void **state)
{
	static const char *const words[] = {"on", "all", "on,all", "regs", " on ", ",all,,", "to=log"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		accept(words[i]);
		assert_true(f.on);
		assert_int_equal(count_reasons(), EXIT_REASONS);
		assert_int_equal(f.regs, !strcmp(words[i], "regs"));
		assert_int_equal(f.first | f.last, 0);
		assert_int_equal(f.every, 1);
		assert_false(f.com2);
	}
	accept("off");
	assert_false(f.on);
	accept("cpuid,off");
	assert_false(f.on);
	assert_false(passes(EXIT_REASONS, 0, 0));
}

static void reasons(void **state)
{
	(void)state;
	accept("cpuid,RdMsr");
	assert_int_equal(count_reasons(), 2);
	assert_true(passes(EXIT_CPUID, 1, 0) && passes(EXIT_RDMSR, 1, 0));
	accept("ept"); /* the start of a name, up to a "_" */
	assert_int_equal(count_reasons(), 2);
	assert_true(passes(EXIT_EPT_VIOLATION, 1, 0) && passes(EXIT_EPT_MISCONFIGURATION, 1, 0));
	accept("ept_violation tdcall");
	assert_int_equal(count_reasons(), 2);
	assert_true(passes(EXIT_TDCALL, 0, 0));
	accept("!hlt");
	assert_int_equal(count_reasons(), EXIT_REASONS - 1);
	assert_false(passes(EXIT_HLT, 0, 0));
	accept("ept,!ept_violation");
	assert_int_equal(count_reasons(), 1);
	accept("!io,all");
	assert_false(passes(EXIT_IO, 0x60, 0));
	assert_true(passes(EXIT_CPUID, 0, 0));
}

static void ports_and_msrs(void **state)
{
	(void)state;
	accept("port=0x3f8-0x3ff");
	assert_int_equal(count_reasons(), 0);
	assert_true(passes(EXIT_IO, 0x3f8, 0));
	assert_true(passes(EXIT_IO, 0x3ff | RECORD_KEY_IN, 0));
	assert_false(passes(EXIT_IO, 0x3f7, 0));
	assert_false(passes(EXIT_IO, 0x400, 0));
	assert_false(passes(EXIT_RDMSR, 0x3f8, 0));
	accept("port=0x60,port=100,cpuid");
	assert_true(passes(EXIT_IO, 0x60, 0) && passes(EXIT_IO, 100, 0) && passes(EXIT_CPUID, 7, 0));
	assert_false(passes(EXIT_IO, 0x61, 0));
	accept("msr=0xc0000080");
	assert_true(passes(EXIT_WRMSR, 0xc0000080, 0) && passes(EXIT_RDMSR, 0xc0000080, 0));
	assert_false(passes(EXIT_WRMSR, 0xc0000081, 0));
	accept("msr=0-0xffffffff,!rdmsr");
	assert_true(passes(EXIT_WRMSR, ~0U, 0));
	assert_false(passes(EXIT_RDMSR, 1, 0));
	accept("!port=0x3f8-0x3ff");
	assert_int_equal(count_reasons(), EXIT_REASONS);
	assert_false(passes(EXIT_IO, 0x3fd, 0));
	assert_true(passes(EXIT_IO, 0x60, 0) && passes(EXIT_CPUID, 0x3fd, 0));
	accept("port=0-0xffff,!port=0x80");
	assert_true(passes(EXIT_IO, 0x81, 0));
	assert_false(passes(EXIT_IO, 0x80, 0));
}

static void addresses_and_keys(void **state)
{
	(void)state;
	accept("rip=0xffffffff80000000-0xffffffffffffffff");
	assert_true(passes(EXIT_HLT, 0, ~0UL) && passes(EXIT_HLT, 0, 0xffffffff80000000));
	assert_false(passes(EXIT_HLT, 0, 0x7c00));
	accept("cpuid,key=1,rip=0x7c00-0x7dff,rip=0x9000");
	assert_true(passes(EXIT_CPUID, 1, 0x7c00) && passes(EXIT_CPUID, 1, 0x9000));
	assert_false(passes(EXIT_CPUID, 1, 0x9001) || passes(EXIT_CPUID, 2, 0x7c00) ||
		     passes(EXIT_VMCALL, 1, 0x7c00));
	accept("!rip=0x7c00");
	assert_true(passes(EXIT_HLT, 0, 0x7c01));
	assert_false(passes(EXIT_HLT, 0, 0x7c00));
}

static void counts_and_targets(void **state)
{
	(void)state;
	accept("first=10,last=65536,every=0x10,to=com2,regs");
	assert_int_equal(f.first, 10);
	assert_int_equal(f.last, 65536);
	assert_int_equal(f.every, 16);
	assert_true(f.com2 && f.regs);
	accept("to=ring");
	assert_int_equal(f.last, 1024);
	accept("last=7,to=ring");
	assert_int_equal(f.last, 7);
	accept("to=com2,to=log");
	assert_false(f.com2);
}

static void complaints(void **state)
{
	static const char *const values[] = {"port=", "port=x", "port=0x10000", "port=9-8", "port=1-",
					     "port=-1", "port=1-2-3"};

	(void)state;
	refuse("", "trace: no word; write off, on, or for example cpuid,first=100");
	refuse(" , ", "trace: no word; write off, on, or for example cpuid,first=100");
	refuse("on,cpuidd", "trace: \"cpuidd\": no exit reason and no other word; write for example "
			    "cpuid,io,!hlt");
	refuse("reserved", "trace: \"reserved\": no exit reason and no other word; write for example "
			   "cpuid,io,!hlt");
	refuse("cpu", "trace: \"cpu\": no exit reason and no other word; write for example "
		      "cpuid,io,!hlt");
	refuse("!", "trace: \"!\": no exit reason and no other word; write for example cpuid,io,!hlt");
	refuse("!regs", "trace: \"!regs\": no exit reason and no other word; write for example "
			"cpuid,io,!hlt");
	refuse("leaf=1", "trace: \"leaf=1\": no exit reason and no other word; write for example "
			 "cpuid,io,!hlt");
	for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
		char text[160] = "trace: \"";

		refuse(values[i], strcat(strcat(text, values[i]),
					 "\": not understood, or one too many; write for example "
					 "port=0x3f8-0x3ff"));
	}
	refuse("msr=0x100000000", "trace: \"msr=0x100000000\": not understood, or one too many; write "
				  "for example msr=0xc0000080");
	refuse("first=0", "trace: \"first=0\": not understood, or one too many; write for example "
			  "first=100");
	refuse("last=65537", "trace: \"last=65537\": not understood, or one too many; write for "
			     "example last=100");
	refuse("!every=2", "trace: \"!every=2\": not understood, or one too many; write for example "
			   "every=10");
	refuse("to=disk", "trace: \"to=disk\": not understood, or one too many; write for example "
			  "to=com2");
	refuse("key=1,key=2,key=3,key=4,key=5,key=6,key=7,key=8,key=9",
	       "trace: \"key=9\": not understood, or one too many; write for example key=1");
	refuse("1234567890123456789012345678901234567890123",
	       "trace: \"1234567890123456789012345678901234567890\": no exit reason and no other "
	       "word; write for example cpuid,io,!hlt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(reasons),
		cmocka_unit_test(ports_and_msrs),
		cmocka_unit_test(addresses_and_keys),
		cmocka_unit_test(counts_and_targets),
		cmocka_unit_test(complaints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
