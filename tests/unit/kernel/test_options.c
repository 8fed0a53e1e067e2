/* SPDX-License-Identifier: MIT */
/*
 * Every option with good and bad values, the complaints to the letter, and
 * random command lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/option_table.h"
#include "kernel/option_words.h"
#include "lib/error.h"

static struct options o;
static char said[8192]; /* lines of complaints or help */

static void note(const char *line)
{
	assert_in_range(strlen(line), 1, LOG_LINE_MAX);
	assert_null(strchr(line, '\n'));
	assert_true(strlen(said) + strlen(line) + 2 < sizeof(said));
	strcat(strcat(said, line), "\n");
}

static unsigned parse(const char *cmdline)
{
	memset(&o, 0x5a, sizeof(o));
	said[0] = 0;
	return options_parse(&o, cmdline, note);
}

#define COMPLAINS(cmdline, text)                                                                   \
	do {                                                                                       \
		assert_int_equal(parse(cmdline), 1);                                               \
		assert_string_equal(said, text "\n");                                              \
	} while (0)
#define ACCEPTS(cmdline) assert_int_equal(parse(cmdline), 0)

static void assert_defaults(void)
{
	assert_false(o.help);
	assert_int_equal(o.log, LOG_INFO);
	assert_int_equal(o.console, CONSOLE_AUTO);
	assert_int_equal(o.serial_port, 0);
	assert_int_equal(o.baud, 115200);
	assert_int_equal(o.onexit, ONEXIT_POWEROFF);
	assert_int_equal(o.runner, RUNNER_NONE);
	assert_int_equal(o.guest_memory, 0);
	assert_int_equal(o.load, ~0UL);
	assert_int_equal(o.entry, ~0UL);
}

static void nothing_gives_the_defaults(void **state)
{
	(void)state;
	ACCEPTS("");
	assert_defaults();
	ACCEPTS(" \t\r\n ");
	assert_defaults();
}

static void each_option_is_understood(void **state)
{
	(void)state;
	ACCEPTS("help log=debug console=serial,fb serial=0x2f8 baud=9600 onexit=halt "
		"runner=bochs\tmem=256M load=0x100000 entry=1048592");
	assert_true(o.help);
	assert_int_equal(o.log, LOG_DEBUG);
	assert_int_equal(o.console, CONSOLE_SERIAL | CONSOLE_FB);
	assert_int_equal(o.serial_port, 0x2f8);
	assert_int_equal(o.baud, 9600);
	assert_int_equal(o.onexit, ONEXIT_HALT);
	assert_int_equal(o.runner, RUNNER_BOCHS);
	assert_int_equal(o.guest_memory, MIB(256));
	assert_int_equal(o.load, 0x100000);
	assert_int_equal(o.entry, 0x100010);
	ACCEPTS("console=none");
	assert_int_equal(o.console, 0);
	ACCEPTS("log=quiet runner=qemu onexit=reboot mem=auto load=0 entry=auto serial=auto");
	assert_int_equal(o.log, LOG_QUIET);
	assert_int_equal(o.runner, RUNNER_QEMU);
	assert_int_equal(o.onexit, ONEXIT_REBOOT);
	assert_int_equal(o.load, 0);
}

static void text_is_kept_as_it_is(void **state)
{
	char longest[OPTION_TEXT_MAX + 8] = "trace=";

	(void)state;
	ACCEPTS("");
	assert_string_equal(o.trace, "off");
	ACCEPTS("trace=cpuid,port=0x3f8-0x3ff,!hlt,to=ring log=quiet");
	assert_string_equal(o.trace, "cpuid,port=0x3f8-0x3ff,!hlt,to=ring");
	COMPLAINS("trace=", "option \"trace=\": needs a value; write for example "
			    "trace=cpuid,port=0x3f8-0x3ff,first=100");
	COMPLAINS("trace", "option \"trace\": needs a value; write for example "
			   "trace=cpuid,port=0x3f8-0x3ff,first=100");
	memset(longest + 6, 'x', OPTION_TEXT_MAX - 7);
	ACCEPTS(longest);
	assert_string_equal(o.trace, longest + 6);
	strcat(longest, "x");
	assert_int_equal(parse(longest), 1);
	assert_string_equal(o.trace, "off");
}

static void the_last_one_wins(void **state)
{
	(void)state;
	ACCEPTS("log=debug log=error log=warn");
	assert_int_equal(o.log, LOG_WARN);
	assert_int_equal(parse("log=debug log=loud"), 1);
	assert_int_equal(o.log, LOG_DEBUG);
}

static void quotation_is_taken_off(void **state)
{
	(void)state;
	ACCEPTS("\"log=debug\" \"onexit\"=\"halt\"");
	assert_int_equal(o.log, LOG_DEBUG);
	assert_int_equal(o.onexit, ONEXIT_HALT);
	COMPLAINS("\"log=a b\" runner=qemu",
		  "option \"log=a b\": value must be one of quiet, error, warn, info, debug");
	assert_int_equal(o.runner, RUNNER_QEMU);
	COMPLAINS("log=\\\"x\\\"",
		  "option \"log=\"x\"\": value must be one of quiet, error, warn, info, debug");
	COMPLAINS("log=\"debug mem=1G",
		  "option \"log=debug mem=1G\": has a quotation mark without its partner");
	assert_int_equal(o.log, LOG_INFO);
}

static void unknown_names_are_rejected(void **state)
{
	(void)state;
	COMPLAINS("lgo=debug", "option \"lgo=debug\": unknown name; did you mean \"log\"? "
			       "\"help\" lists all options");
	COMPLAINS("consoel=vga", "option \"consoel=vga\": unknown name; did you mean \"console\"? "
				 "\"help\" lists all options");
	COMPLAINS("hlep", "option \"hlep\": unknown name; did you mean \"help\"? "
			  "\"help\" lists all options");
	COMPLAINS("quiet", "option \"quiet\": unknown name; \"help\" lists all options");
	COMPLAINS("=1", "option \"=1\": unknown name; \"help\" lists all options");
	COMPLAINS("LOG=debug", "option \"LOG=debug\": unknown name; \"help\" lists all options");
	assert_defaults();
}

static void bad_values_are_rejected(void **state)
{
	(void)state;
	COMPLAINS("log=loud",
		  "option \"log=loud\": value must be one of quiet, error, warn, info, debug");
	COMPLAINS("log=", "option \"log=\": value must be one of quiet, error, warn, info, debug");
	COMPLAINS("log", "option \"log\": needs a value; write for example log=info");
	COMPLAINS("help=1", "option \"help=1\": takes no value; write help alone");
	COMPLAINS("console=serial,vgo", "option \"console=serial,vgo\": value must be one or more "
					"of auto, serial, vga, fb, none");
	COMPLAINS("console=serial,", "option \"console=serial,\": value must be one or more "
				     "of auto, serial, vga, fb, none");
	COMPLAINS("mem=12Q", "option \"mem=12Q\": not a size; write for example mem=256M");
	COMPLAINS("mem", "option \"mem\": needs a value; write for example mem=256M");
	COMPLAINS("mem=256",
		  "option \"mem=256\": not a multiple of 4K; write for example mem=256M");
	COMPLAINS("mem=0", "option \"mem=0\": not a multiple of 4K; write for example mem=256M");
	COMPLAINS("mem=99999999999999999999G", "option \"mem=99999999999999999999G\": not a size; "
					       "write for example mem=256M");
	COMPLAINS("baud=1000000", "option \"baud=1000000\": not a speed that divides 115200; "
				  "write for example baud=115200");
	COMPLAINS("baud=0", "option \"baud=0\": not a speed that divides 115200; "
			    "write for example baud=115200");
	COMPLAINS("baud=7", "option \"baud=7\": not a speed that divides 115200; "
			    "write for example baud=115200");
	COMPLAINS("serial=COM1", "option \"serial=COM1\": not a serial port; "
				 "write for example serial=0x3f8");
	COMPLAINS("serial=0x103f8", "option \"serial=0x103f8\": not a serial port; "
				    "write for example serial=0x3f8");
	COMPLAINS("load=0xffffffffffffffff", "option \"load=0xffffffffffffffff\": not an address; "
					     "write for example load=0x7c00");
	COMPLAINS("entry=-1", "option \"entry=-1\": not an address; "
			      "write for example entry=0x7c00");
	assert_defaults();
}

static void the_monitors_key(void **state)
{
	(void)state;
	ACCEPTS("");
	assert_int_equal(o.monitor, 0x1d);
	assert_false(o.paused);
	ACCEPTS("monitor=^t paused");
	assert_int_equal(o.monitor, 'T' & 0x1f);
	assert_true(o.paused);
	ACCEPTS("monitor=^_");
	assert_int_equal(o.monitor, 0x1f);
	ACCEPTS("monitor=off");
	assert_int_equal(o.monitor, 0);
	for (const char *c = "@HhIiJjMm[{`A1~"; *c; c++) {
		char word[] = "monitor=^x";

		word[9] = *c;
		assert_int_equal(parse(word), *c != 'A');
	}
	COMPLAINS("monitor=x", "option \"monitor=x\": not a control key that can be spared; "
			       "write for example monitor=^]");
	COMPLAINS("monitor=^", "option \"monitor=^\": not a control key that can be spared; "
			       "write for example monitor=^]");
	COMPLAINS("monitor=^AB", "option \"monitor=^AB\": not a control key that can be spared; "
				 "write for example monitor=^]");
}

static void each_bad_word_is_told(void **state)
{
	(void)state;
	assert_int_equal(parse("a=1 log=debug b log=x"), 3);
	assert_int_equal(o.log, LOG_DEBUG);
	assert_string_equal(said,
			    "option \"a=1\": unknown name; \"help\" lists all options\n"
			    "option \"b\": unknown name; \"help\" lists all options\n"
			    "option \"log=x\": value must be one of quiet, error, warn, info, "
			    "debug\n");
}

static void complaints_are_counted_though_nobody_listens(void **state)
{
	(void)state;
	assert_int_equal(options_parse(&o, "a log=debug b", NULL), 2);
	assert_int_equal(o.log, LOG_DEBUG);
}

static void long_words_are_cut_in_the_complaint(void **state)
{
	char line[600];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	COMPLAINS(line, "option \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\": too long; "
			"no option needs that many characters");
	line[100] = 0;
	COMPLAINS(line, "option \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\": unknown "
			"name; \"help\" lists all options");
}

static void help_tells_all_of_the_table(void **state)
{
	(void)state;
	said[0] = 0;
	options_help(note);
	for (const struct option *row = option_table; row < option_table_end; row++) {
		assert_non_null(strstr(said, row->name));
		assert_non_null(strstr(said, row->sentence));
		for (const struct option_choice *c = row->choices;
		     c < row->choices + OPTION_MAX_CHOICES && c->name; c++)
			assert_non_null(strstr(said, c->name));
	}
	assert_non_null(strstr(said, "  log=quiet|error|warn|info|debug  (default info)\n"));
	assert_non_null(strstr(said, "  help\n"));
	assert_non_null(strstr(said, "  mem=SIZE|auto  (default auto)\n"));
	for (const char *line = said; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 1, 80);
}

/* What the table says by example must be so. */
static void the_table_is_sound(void **state)
{
	char word[64];

	(void)state;
	for (const struct option *row = option_table; row < option_table_end; row++) {
		assert_true(row->size <= sizeof(u64) || row->kind == KIND_TEXT);
		if (row->kind == KIND_FLAG)
			continue;
		assert_non_null(row->standard);
		snprintf(word, sizeof(word), "%s=%s", row->name, row->standard);
		ACCEPTS(word);
		snprintf(word, sizeof(word), "%s=%s", row->name,
			 row->example ? row->example : row->choices[1].name);
		ACCEPTS(word);
	}
}

static void any_text_ends_with_a_verdict(void **state)
{
	static const char letters[] = "logmenhpcsrau=,\"\\ \t0123xMG\x80\x01";
	char line[200];

	(void)state;
	srand(1);
	for (int run = 0; run < 20000; run++) {
		size_t n = (size_t)rand() % sizeof(line);

		for (size_t i = 0; i < n; i++)
			line[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		line[n] = 0;
		assert_in_range(parse(line), 0, sizeof(line) / 2);
		assert_in_range(o.log, LOG_QUIET, LOG_DEBUG);
		assert_in_range(o.console, 0, CONSOLE_AUTO);
		assert_true(o.baud && 115200 % o.baud == 0);
	}
}

static void find_reads_a_modules_command_line(void **state)
{
	const char *value = NULL;

	(void)state;
	assert_int_equal(option_find("vmlinuz console=ttyS0 mem=64M quiet", "mem", &value), 3);
	assert_memory_equal(value, "64M", 3);
	assert_int_equal(option_find("mem=1M  mem=22M", "mem", &value), 3);
	assert_memory_equal(value, "22M", 3);
	assert_int_equal(option_find("mem=", "mem", &value), 0);
	assert_int_equal(option_find("xmem=1 memx=1 mem", "mem", &value), -ERR_NOENT);
	assert_int_equal(option_find("", "mem", &value), -ERR_NOENT);
}

static unsigned distance(const char *a, const char *b)
{
	return option_distance(a, strlen(a), b, strlen(b));
}

static void distance_counts_slips_of_the_finger(void **state)
{
	(void)state;
	assert_int_equal(distance("log", "log"), 0);
	assert_int_equal(distance("lgo", "log"), 1);
	assert_int_equal(distance("lo", "log"), 1);
	assert_int_equal(distance("loog", "log"), 1);
	assert_int_equal(distance("lag", "log"), 1);
	assert_int_equal(distance("", "log"), 3);
	assert_int_equal(distance("mem", "log"), 3);
	assert_true(distance("averyveryverylongname", "log") > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_gives_the_defaults),
		cmocka_unit_test(each_option_is_understood),
		cmocka_unit_test(text_is_kept_as_it_is),
		cmocka_unit_test(the_last_one_wins),
		cmocka_unit_test(quotation_is_taken_off),
		cmocka_unit_test(unknown_names_are_rejected),
		cmocka_unit_test(bad_values_are_rejected),
		cmocka_unit_test(the_monitors_key),
		cmocka_unit_test(each_bad_word_is_told),
		cmocka_unit_test(complaints_are_counted_though_nobody_listens),
		cmocka_unit_test(long_words_are_cut_in_the_complaint),
		cmocka_unit_test(help_tells_all_of_the_table),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(any_text_ends_with_a_verdict),
		cmocka_unit_test(find_reads_a_modules_command_line),
		cmocka_unit_test(distance_counts_slips_of_the_finger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
