/* SPDX-License-Identifier: MIT */
/* Which guest it is: GRUB's modules, or the one in the image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine/loader.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"

/* As the Makefile makes it from the bundled guest. */
asm(".section .rodata\n"
    ".globl guest_blob_start, guest_blob_end\n"
    "guest_blob_start: .ascii \"guest\"\n"
    "guest_blob_end: .previous");

static struct boot_info boot;
static const struct options given = { .load = 0x8000, .entry = LOADER_NOT_GIVEN };
static struct loader_request r;

static int setup(void **state)
{
	(void)state;
	memset(&boot, 0, sizeof(boot));
	pool_open(MIB(16), MIB(1));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pool_close();
	return 0;
}

static void add_module(hpa_t start, const char *text, const char *cmdline)
{
	struct boot_module *m = &boot.modules[boot.module_count++];

	m->start = start;
	m->length = strlen(text);
	strcpy(m->cmdline, cmdline);
	memcpy(phys_to_virt(start), text, strlen(text));
}

static void test_bundled(void **state)
{
	(void)state;
	loader_request_make(&r, &boot, &given);
	assert_int_equal(r.kernel.length, 5);
	assert_memory_equal(r.kernel.data, "guest", 5);
	assert_string_equal(r.kernel.cmdline, "");
	assert_int_equal(r.module_count, 0);
	assert_int_equal(r.load, 0x8000);
	assert_int_equal(r.entry, LOADER_NOT_GIVEN);
}

static void test_modules(void **state)
{
	(void)state;
	add_module(MIB(16) + 0x1000, "kernel", "load=0x1000");
	loader_request_make(&r, &boot, &given);
	assert_int_equal(r.kernel.length, 6);
	assert_memory_equal(r.kernel.data, "kernel", 6);
	assert_string_equal(r.kernel.cmdline, "load=0x1000");
	assert_int_equal(r.module_count, 0);
	add_module(MIB(16) + 0x5000, "data", "x");
	add_module(MIB(16) + 0x6000, "more", "");
	loader_request_make(&r, &boot, &given);
	assert_memory_equal(r.kernel.data, "kernel", 6);
	assert_int_equal(r.module_count, 2);
	assert_int_equal(r.modules[0].length, 4);
	assert_memory_equal(r.modules[0].data, "data", 4);
	assert_string_equal(r.modules[0].name, "module 2");
	assert_string_equal(r.modules[0].cmdline, "x");
	assert_memory_equal(r.modules[1].data, "more", 4);
	while (boot.module_count < BOOT_MAX_MODULES)
		add_module(MIB(16) + 0x7000, "last", "");
	loader_request_make(&r, &boot, &given);
	assert_int_equal(r.module_count, LOADER_MODULES);
	assert_string_equal(r.modules[LOADER_MODULES - 1].name, "module 16");
}

static void test_empty_module_is_not_the_bundled_guest(void **state)
{
	(void)state;
	add_module(MIB(16), "", "");
	loader_request_make(&r, &boot, &given);
	assert_int_equal(r.kernel.length, 0);
	assert_string_equal(r.kernel.name, "module 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bundled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_module_is_not_the_bundled_guest, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
