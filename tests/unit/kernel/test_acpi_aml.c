/* SPDX-License-Identifier: MIT */
#include "kernel/acpi_aml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"

static u8 a, b;

/* A copy of the exact size, so that ASan sees a read beyond. */
static int find(const void *aml, size_t length)
{
	u8 *copy = malloc(length ? length : 1);
	int error;

	memcpy(copy, aml, length);
	a = b = 0xee;
	error = acpi_aml_find_s5(copy, length, &a, &b);
	free(copy);
	return error;
}

#define FOUND(type_a, type_b, ...)                                                                 \
	do {                                                                                       \
		static const u8 aml[] = {__VA_ARGS__};                                             \
		assert_int_equal(find(aml, sizeof(aml)), 0);                                       \
		assert_int_equal(a, type_a);                                                       \
		assert_int_equal(b, type_b);                                                       \
	} while (0)

#define NOT_FOUND(...)                                                                             \
	do {                                                                                       \
		static const u8 aml[] = {__VA_ARGS__};                                             \
		assert_int_equal(find(aml, sizeof(aml)), -ERR_NOENT);                              \
		assert_int_equal(a, 0xee);                                                         \
		assert_int_equal(b, 0xee);                                                         \
	} while (0)

#define S5 0x08, '_', 'S', '5', '_', 0x12

/*
 * By iasl, from:
 *	Name (FOO, "_S5_")
 *	Scope (\_SB) {
 *		Device (PCI0) { Name (_HID, EisaId ("PNP0A03")) Name (_S5, Buffer () {1, 2, 3}) }
 *	}
 *	Method (TSTM, 0) { Return (\_S5) }
 *	Name (\_S5, Package () {0x05, 0x07, Zero, Zero})
 */
static const u8 compiled[] = {
	0x08, 0x46, 0x4f, 0x4f, 0x5f, 0x0d, 0x5f, 0x53, 0x35, 0x5f, 0x00, 0x10, 0x22, 0x5f, 0x53,
	0x42, 0x5f, 0x5b, 0x82, 0x1b, 0x50, 0x43, 0x49, 0x30, 0x08, 0x5f, 0x48, 0x49, 0x44, 0x0c,
	0x41, 0xd0, 0x0a, 0x03, 0x08, 0x5f, 0x53, 0x35, 0x5f, 0x11, 0x06, 0x0a, 0x03, 0x01, 0x02,
	0x03, 0x14, 0x0b, 0x54, 0x53, 0x54, 0x4d, 0x00, 0xa4, 0x5f, 0x53, 0x35, 0x5f, 0x08, 0x5f,
	0x53, 0x35, 0x5f, 0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x07, 0x00, 0x00,
};

static void finds_the_package_among_other_uses_of_the_name(void **state)
{
	(void)state;
	assert_int_equal(find(compiled, sizeof(compiled)), 0);
	assert_int_equal(a, 5);
	assert_int_equal(b, 7);
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(compiled); length++)
		assert_int_equal(find(compiled, length), -ERR_NOENT);
}

static void reads_every_form_of_constant(void **state)
{
	(void)state;
	FOUND(0, 0, S5, 0x04, 0x02, 0x00, 0x00);
	FOUND(1, 0, S5, 0x04, 0x02, 0x01, 0x00);
	FOUND(6, 7, S5, 0x06, 0x02, 0x0a, 6, 0x0a, 7);
	FOUND(3, 4, S5, 0x08, 0x02, 0x0b, 3, 0, 0x0b, 4, 0);
	FOUND(2, 5, S5, 0x0c, 0x02, 0x0c, 2, 0, 0, 0, 0x0c, 5, 0, 0, 0);
	FOUND(7, 1, S5, 0x0c, 0x02, 0x0e, 7, 0, 0, 0, 0, 0, 0, 0, 0x01);
}

static void reads_every_form_of_length(void **state)
{
	(void)state;
	FOUND(1, 1, 0x08, 0x5c, '_', 'S', '5', '_', 0x12, 0x04, 0x02, 0x01, 0x01);
	FOUND(1, 1, S5, 0x45, 0x00, 0x02, 0x01, 0x01);
	FOUND(1, 1, S5, 0x40, 0x01, 0x02, 0x01, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	FOUND(1, 1, S5, 0x86, 0x00, 0x00, 0x02, 0x01, 0x01);
	FOUND(1, 1, S5, 0xc7, 0x00, 0x00, 0x00, 0x02, 0x01, 0x01);
}

static void splits_a_single_element(void **state)
{
	(void)state;
	FOUND(5, 6, S5, 0x05, 0x01, 0x0b, 5, 6);
	FOUND(7, 0, S5, 0x04, 0x01, 0x0a, 7);
}

static void refuses_malformed_packages(void **state)
{
	(void)state;
	NOT_FOUND(S5, 0x03, 0x02, 0x01, 0x01);		    /* shorter than its elements */
	NOT_FOUND(S5, 0x3f, 0x02, 0x01, 0x01);		    /* longer than the table */
	NOT_FOUND(S5, 0xcf, 0xff, 0xff, 0xff, 2, 0x01, 0x01);
	NOT_FOUND(S5, 0x00, 0x02, 0x01, 0x01);		    /* shorter than itself */
	NOT_FOUND(S5, 0xc1, 0x00, 0x00, 0x00, 0x02, 0x01, 0x01);
	NOT_FOUND(S5, 0xc7);
	NOT_FOUND(S5, 0x47);
	NOT_FOUND(S5, 0x04, 0x00, 0x01, 0x01);		    /* no elements */
	NOT_FOUND(S5, 0x06, 0x02, 0x0a, 8, 0x0a, 0);	    /* not a sleep type */
	NOT_FOUND(S5, 0x06, 0x02, 0x0a, 0, 0x0a, 8);
	NOT_FOUND(S5, 0x05, 0x01, 0x0b, 1, 8);
	NOT_FOUND(S5, 0x08, 0x02, 'A', 'B', 'C', 'D', 0x01); /* a reference */
	NOT_FOUND(0x14, '_', 'S', '5', '_', 0x12, 0x04, 0x02, 0x01, 0x01); /* no NameOp */
	NOT_FOUND(0x08);
	NOT_FOUND(0x08, 0x5c);
}

static void goes_on_after_a_malformed_one(void **state)
{
	(void)state;
	FOUND(4, 4, S5, 0x3f, 0x02, S5, 0x06, 0x02, 0x0a, 4, 0x0a, 4);
	FOUND(4, 4, 0x08, S5, 0x06, 0x02, 0x0a, 4, 0x0a, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_package_among_other_uses_of_the_name),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(reads_every_form_of_constant),
		cmocka_unit_test(reads_every_form_of_length),
		cmocka_unit_test(splits_a_single_element),
		cmocka_unit_test(refuses_malformed_packages),
		cmocka_unit_test(goes_on_after_a_malformed_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
