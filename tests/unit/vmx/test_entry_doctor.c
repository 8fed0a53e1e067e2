/* SPDX-License-Identifier: MIT */
/*
 * The image of a VMCS, the names of bits, the doctor's verdict and its words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "sim/vmx.h"
#include "unit/vmx/entry_cases.h"
#include "vmx/entry_bits.h"
#include "vmx/entry_doctor.h"
#include "vmx/entry_mutate.h"

static char said[65536];

static void note(void *context, const char *line)
{
	(void)context;
	assert_in_range(strlen(line), 1, 199);
	assert_true(strlen(said) + strlen(line) + 2 < sizeof(said));
	strcat(strcat(said, line), "\n");
}

static void report(const char *words, enum entry_class first)
{
	struct entry_fixture f;

	entry_fixture_init(&f);
	entry_fixture_change(&f, words);
	said[0] = 0;
	entry_report(&f.in, first, note, NULL);
}

static void image_keeps_what_fields_hold(void **state)
{
	struct vmcs_image image;
	u64 value;

	(void)state;
	vmcs_image_clear(&image);
	assert_false(vmcs_image_get(&image, VMCS_AT_GUEST_RIP, &value));
	vmcs_image_set(&image, VMCS_AT_GUEST_CS_SELECTOR, 0x12345);
	vmcs_image_set(&image, VMCS_AT_GUEST_CS_LIMIT, 0x123456789);
	vmcs_image_set(&image, VMCS_AT_GUEST_RIP, ~0UL);
	assert_true(vmcs_image_get(&image, VMCS_AT_GUEST_CS_SELECTOR, &value));
	assert_int_equal(value, 0x2345);
	assert_true(vmcs_image_get(&image, VMCS_AT_GUEST_CS_LIMIT, &value));
	assert_int_equal(value, 0x23456789);
	assert_true(vmcs_image_get(&image, VMCS_AT_GUEST_RIP, &value));
	assert_int_equal(value, ~0UL);
	assert_int_equal(vmcs_index(VMCS_GUEST_RIP), VMCS_AT_GUEST_RIP);
	assert_int_equal(vmcs_index(0x9999), -ERR_NOENT);
	assert_int_equal(vmcs_index_of_name("VPID", 4), VMCS_AT_VPID);
	assert_int_equal(vmcs_index_of_name("VPI", 3), -ERR_NOENT);
}

static void image_of_a_processor_without_some_fields(void **state)
{
	struct vmcs_image image;
	u64 value;

	(void)state;
	sim_vmx_reset();
	sim_set(VMCS_INSTRUCTION_ERROR, 7);
	sim_set(VMCS_GUEST_RIP, 0x1234);
	sim_vmx_hide(VMCS_HLAT_POINTER, true);
	sim_vmx_hide(VMCS_GUEST_S_CET, true);
	vmcs_image_read(&image);
	assert_false(vmcs_image_get(&image, VMCS_AT_HLAT_POINTER, &value));
	assert_false(vmcs_image_get(&image, VMCS_AT_GUEST_S_CET, &value));
	assert_true(vmcs_image_get(&image, VMCS_AT_GUEST_RIP, &value));
	assert_int_equal(value, 0x1234);
	/* Reading what is not there leaves error 12 in the VMCS, not in the image. */
	assert_int_equal(sim_get(VMCS_INSTRUCTION_ERROR), 12);
	assert_true(vmcs_image_get(&image, VMCS_AT_INSTRUCTION_ERROR, &value));
	assert_int_equal(value, 7);
}

static void bits_have_names(void **state)
{
	char text[200];

	(void)state;
	entry_bits_text(text, sizeof(text), VMCS_AT_GUEST_CR0, BIT(0) | BIT(31) | BITS(63, 32));
	assert_string_equal(text, "0 (PE), 31 (PG), 32-63");
	entry_bits_text(text, sizeof(text), VMCS_AT_PROC_CONTROLS2, BIT(7));
	assert_string_equal(text, "7 (unrestricted guest)");
	entry_bits_text(text, sizeof(text), VMCS_AT_GUEST_SS_ACCESS_RIGHTS, BIT(16) | BIT(8));
	assert_string_equal(text, "8, 16 (unusable)");
	entry_bits_text(text, sizeof(text), VMCS_AT_GUEST_RIP, BIT(3));
	assert_string_equal(text, "3");
	entry_bits_text(text, sizeof(text), VMCS_AT_GUEST_RIP, 0);
	assert_string_equal(text, "");
	entry_bits_text(text, 12, VMCS_AT_GUEST_CR0, ~0UL); /* cut, not overrun */
	assert_true(strlen(text) < 12);
}

static void a_report_tells_field_bits_and_cure(void **state)
{
	(void)state;
	report("HOST_CR4~0x2000", ENTRY_CLASSES);
	assert_non_null(strstr(said, " rules, 1 violated, 0 not checked\n"));
	assert_string_equal(strchr(said, '\n') + 1,
		" 1. host_cr4_fixed: VMfailValid, error 8 (invalid host-state fields)\n"
		"    must hold: FIXED(HOST_CR4, cr4_fixed0, cr4_fixed1)\n"
		"    HOST_CR4 = 0x20\n"
		"    HOST_CR4: must be 1: 13 (VMXE)\n"
		"    legal by this rule, here: HOST_CR4 = 0x2020\n"
		"    in VMX operation IA32_VMX_CR4_FIXED0 and _FIXED1 say which bits of CR4 are 1 "
		"and 0 (SDM \"Checks on Host Control Registers, MSRs, and SSP\")\n"
		"this entry fails with VMfailValid, error 8 (invalid host-state fields)\n");
}

static void the_failed_class_comes_first(void **state)
{
	const char *guest, *control;

	(void)state;
	report("GUEST_RFLAGS~2 PIN_CONTROLS~2", ENTRY_GUEST_STATE);
	guest = strstr(said, "guest_rflags_one");
	control = strstr(said, "pin_allowed");
	assert_non_null(guest);
	assert_non_null(control);
	assert_true(guest < control);
	/* What the processor will say goes by its own order. */
	assert_non_null(strstr(said, "fails with VMfailValid, error 7"));
	report("GUEST_RFLAGS~2 PIN_CONTROLS~2", ENTRY_CLASSES);
	assert_true(strstr(said, "guest_rflags_one") > strstr(said, "pin_allowed"));
}

static void honest_when_nothing_is_found(void **state)
{
	(void)state;
	report("", ENTRY_GUEST_STATE);
	assert_non_null(strstr(said, "no rule is violated"));
	assert_non_null(strstr(said, "cannot see"));
	assert_null(strstr(said, "fails with"));
	report("GUEST_RIP? HOST_CR0?", ENTRY_CLASSES);
	assert_non_null(strstr(said, "not checked: "));
	assert_non_null(strstr(said, "host_cr0_fixed"));
	assert_non_null(strstr(said, "guest_rip_width"));
}

/* A rule that only some processors have does not predict a failure. */
static void the_processors_choice(void **state)
{
	struct entry_diagnosis d;
	struct entry_fixture f;

	(void)state;
	entry_fixture_init(&f);
	entry_fixture_change(&f, "ENTRY_INTERRUPTION_INFO=0x80000202 GUEST_INTERRUPTIBILITY=1");
	entry_diagnose(&d, &f.in);
	assert_int_equal(d.violated, 1);
	assert_int_equal(d.class_violated[ENTRY_GUEST_NMI], 1);
	assert_int_equal(d.class, ENTRY_CLASSES);
}

/* Any values: no rule may trip over them, and every report has whole lines. */
static void random_images(void **state)
{
	struct entry_random r = { 4711 };

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct entry_diagnosis d;
		struct entry_fixture f;

		entry_fixture_init(&f);
		for (unsigned field = 0; field < VMCS_IMAGE_FIELDS; field++)
			if (i % 3 == 0 || entry_random_next(&r) % 8 == 0)
				vmcs_image_set(&f.image, field,
					       entry_random_next(&r) >> entry_random_next(&r) % 64);
		for (unsigned w = 0; i % 5 == 0 && w < VMCS_IMAGE_WORDS; w++)
			f.image.known.word[w] &= entry_random_next(&r);
		entry_diagnose(&d, &f.in);
		assert_true(d.rules > 250);
		assert_true(d.violated + d.not_checked <= d.rules);
		said[0] = 0;
		if (i % 100 == 0)
			entry_report(&f.in, d.class, note, NULL);
	}
}

static void mutations_stay_in_writable_fields(void **state)
{
	struct entry_random r = { 42 };
	struct entry_fixture f;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		struct entry_mutation m;

		entry_fixture_init(&f);
		entry_fixture_change(&f, "HLAT_POINTER?");
		entry_mutate(&f.image, &r, &m);
		assert_in_range(m.count, 1, 2);
		for (unsigned n = 0; n < m.count; n++) {
			u32 field = vmcs_index_field(m.changes[n].index);

			assert_int_not_equal(vmcs_field_kind(field), VMCS_KIND_READ_ONLY);
			assert_int_not_equal(field, VMCS_HLAT_POINTER);
		}
		assert_int_equal(f.image.value[m.changes[m.count - 1].index],
				 m.changes[m.count - 1].after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_keeps_what_fields_hold),
		cmocka_unit_test(image_of_a_processor_without_some_fields),
		cmocka_unit_test(bits_have_names),
		cmocka_unit_test(a_report_tells_field_bits_and_cure),
		cmocka_unit_test(the_failed_class_comes_first),
		cmocka_unit_test(honest_when_nothing_is_found),
		cmocka_unit_test(the_processors_choice),
		cmocka_unit_test(random_images),
		cmocka_unit_test(mutations_stay_in_writable_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
