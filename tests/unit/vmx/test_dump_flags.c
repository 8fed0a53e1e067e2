/* SPDX-License-Identifier: MIT */
/*
 * The bits of registers and fields in words.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/vmx/fake_sink.h"
#include "vmx/dump_flags.h"

static const struct {
	unsigned index;
	u64 value;
	const char *text;
} rows[] = {
	{ VMCS_AT_GUEST_CR0, 0x80050033, "PE MP ET NE WP AM PG" },
	{ VMCS_AT_HOST_CR0, 1, "PE" },
	{ VMCS_AT_CR0_GUEST_HOST_MASK, ~0xe005003fUL,
	  "bits 6-15 bit 17 bits 19-28 bits 32-63" },
	{ VMCS_AT_CR0_READ_SHADOW, 0x60000010, "ET NW CD" },
	{ VMCS_AT_GUEST_CR4, 0x2620, "PAE OSFXSR OSXMMEXCPT VMXE" },
	{ VMCS_AT_CR4_READ_SHADOW, 0x10, "PSE" },
	{ VMCS_AT_GUEST_EFER, 0xd01, "SCE LME LMA NXE" },
	{ VMCS_AT_GUEST_RFLAGS, 0x2, "" },
	{ VMCS_AT_GUEST_RFLAGS, 0x246, "PF ZF IF" },
	{ VMCS_AT_GUEST_RFLAGS, 0x23002, "VM IOPL=3" },
	{ VMCS_AT_GUEST_RFLAGS, 0x1002, "IOPL=1" },
	{ VMCS_AT_GUEST_INTERRUPTIBILITY, 0x9, "blocking-by-STI blocking-by-NMI" },
	{ VMCS_AT_GUEST_PENDING_DEBUG, 0x4000, "BS" },
	{ VMCS_AT_GUEST_ACTIVITY_STATE, 0, "active" },
	{ VMCS_AT_GUEST_ACTIVITY_STATE, 2, "shutdown" },
	{ VMCS_AT_GUEST_ACTIVITY_STATE, 9, "?" },
	{ VMCS_AT_GUEST_PAT, 0x0007040600070406, "WB WT UC- UC WB WT UC- UC" },
	{ VMCS_AT_HOST_PAT, 0x0207040600010506, "WB WP WC UC WB WT UC- ?" },
	{ VMCS_AT_EXCEPTION_BITMAP, 0x60002, "#DB #AC #MC" },
	{ VMCS_AT_EXCEPTION_BITMAP, 0x80004200, "9 #PF 31" },
	{ VMCS_AT_EPT_POINTER, 0x12345e, "4 levels, WB, accessed/dirty" },
	{ VMCS_AT_EPT_POINTER, 0x123018, "4 levels, UC" },
	{ VMCS_AT_GUEST_DR7, 0x400, "" },
	{ VMCS_AT_GUEST_DR7, 0x2701, "LE GE GD 0:execute/1" },
	{ VMCS_AT_GUEST_DR7, 0xd9910484, "1:write/8 3:write/4" },
	{ VMCS_AT_GUEST_DR7, 0xb0000440, "3:access/8" },
	{ VMCS_AT_GUEST_ES_ACCESS_RIGHTS, 0x10000, "unusable" },
	{ VMCS_AT_GUEST_CS_ACCESS_RIGHTS, 0xa09b, "64-bit code readable accessed DPL 0 G" },
	{ VMCS_AT_GUEST_CS_ACCESS_RIGHTS, 0xc0fe, "32-bit code readable conforming DPL 3 G" },
	{ VMCS_AT_GUEST_CS_ACCESS_RIGHTS, 0x9b, "16-bit code readable accessed DPL 0" },
	{ VMCS_AT_GUEST_SS_ACCESS_RIGHTS, 0x4037, "32-bit data writable expand-down accessed DPL 1 not-present" },
	{ VMCS_AT_GUEST_LDTR_ACCESS_RIGHTS, 0x82, "LDT DPL 0" },
	{ VMCS_AT_GUEST_TR_ACCESS_RIGHTS, 0x8b, "busy TSS DPL 0" },
	{ VMCS_AT_GUEST_TR_ACCESS_RIGHTS, 0x83, "busy 16-bit TSS DPL 0" },
	{ VMCS_AT_GUEST_TR_ACCESS_RIGHTS, 0x89, "TSS DPL 0" },
	{ VMCS_AT_GUEST_TR_ACCESS_RIGHTS, 0x8f, "? DPL 0" },
	{ VMCS_AT_GUEST_RIP, 0x1234, "" },
	{ VMCS_AT_PIN_CONTROLS, 0x1234, "" },
	{ VMCS_AT_EXIT_REASON, 0x1, "" },
};

static void fields_in_words(void **state)
{
	char text[LOG_LINE_MAX];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dump_text t = dump_text(text, sizeof(text));

		dump_add_field(&t, rows[i].index, rows[i].value);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(t.used, strlen(text));
	}
}

static void registers_outside_of_the_vmcs(void **state)
{
	static const struct {
		void (*add)(struct dump_text *t, u64 value);
		u64 value;
		const char *text;
	} registers[] = {
		{ dump_add_dr6, 0xffff0ff0, "" },
		{ dump_add_dr6, 0xffff4ff1, "B0 BS" },
		{ dump_add_dr6, 0xfffe27f0, "BLD BD RTM" },
		{ dump_add_xcr0, 1, "x87" },
		{ dump_add_xcr0, 0x2e7, "x87 SSE AVX opmask ZMM_Hi256 Hi16_ZMM PKRU" },
		{ dump_add_xcr0, 0x60003, "x87 SSE bits 17-18" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++) {
		char text[LOG_LINE_MAX];
		struct dump_text t = dump_text(text, sizeof(text));

		registers[i].add(&t, registers[i].value);
		assert_string_equal(text, registers[i].text);
	}
}

/* All fields, with all bits and with every single one, into buffers of any size. */
static void buffers_are_not_overrun(void **state)
{
	char text[LOG_LINE_MAX * 2];

	(void)state;
	for (unsigned index = 0; index < VMCS_IMAGE_FIELDS; index++) {
		for (unsigned bit = 0; bit <= 64; bit++) {
			for (size_t size = 1; size < LOG_LINE_MAX; size += 17) {
				struct dump_text t = dump_text(text, size);

				text[size] = '#';
				dump_add_field(&t, index, bit < 64 ? BIT(bit) : ~0UL);
				assert_true(t.used < size);
				assert_int_equal(text[t.used], 0);
				assert_int_equal(text[size], '#');
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_in_words),
		cmocka_unit_test(registers_outside_of_the_vmcs),
		cmocka_unit_test(buffers_are_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
