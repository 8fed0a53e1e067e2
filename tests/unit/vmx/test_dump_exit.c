/* SPDX-License-Identifier: MIT */
/*
 * What an exit was about, in words: every kind of qualification.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "unit/vmx/fake_sink.h"
#include "vmx/dump_exit.h"

static const struct {
	u32 reason;
	u64 qualification;
	const char *text;
} qualifications[] = {
	{ EXIT_EXCEPTION_NMI, 0, "" },
	{ EXIT_EXCEPTION_NMI, 0x4001, "B0 BS" },
	{ EXIT_EXCEPTION_NMI, 0x12800, "BLD BD RTM" },
	{ EXIT_EXCEPTION_NMI, 0xdeadbeef, "linear address 0xdeadbeef" },
	{ EXIT_CPUID, 0x55, "" },
	{ EXIT_CR_ACCESS, 0x0, "MOV rax to CR0" },
	{ EXIT_CR_ACCESS, 0xf04, "MOV r15 to CR4" },
	{ EXIT_CR_ACCESS, 0x413, "MOV CR3 to rsp" },
	{ EXIT_CR_ACCESS, 0x20, "CLTS" },
	{ EXIT_CR_ACCESS, 0x10030, "LMSW 0x1 from register" },
	{ EXIT_CR_ACCESS, 0xabcd0070, "LMSW 0xabcd from memory" },
	{ EXIT_MOV_DR, 0x307, "MOV rbx to DR7" },
	{ EXIT_MOV_DR, 0x916, "MOV DR6 to r9" },
	{ EXIT_IO, 0x3f80000, "OUT 1 byte to port 0x3f8" },
	{ EXIT_IO, 0xcfc000b, "IN 4 bytes from port 0xcfc" },
	{ EXIT_IO, 0x1f00039, "REP INS 2 bytes from port 0x1f0" },
	{ EXIT_IO, 0x800010, "OUTS 1 byte to port 0x80" },
	{ EXIT_EPT_VIOLATION, 0x181, "read of what is not mapped" },
	{ EXIT_EPT_VIOLATION, 0x1aa, "write of R X" },
	{ EXIT_EPT_VIOLATION, 0x083, "read write of what is not mapped, in a page walk" },
	{ EXIT_EPT_VIOLATION, 0x101c, "fetch of R W, no linear address, NMI unblocking due to IRET" },
	{ EXIT_TASK_SWITCH, 0x28, "CALL to TSS 0x28" },
	{ EXIT_TASK_SWITCH, 0x40000030, "IRET to TSS 0x30" },
	{ EXIT_TASK_SWITCH, 0x80000030, "JMP to TSS 0x30" },
	{ EXIT_TASK_SWITCH, 0xc0000038, "task gate to TSS 0x38" },
	{ EXIT_INVLPG, 0xfffff000, "linear address 0xfffff000" },
	{ EXIT_SIPI, 0x9a, "vector 154" },
	{ EXIT_VIRTUALIZED_EOI, 0x31, "vector 49" },
	{ EXIT_APIC_WRITE, 0xf0b0, "register 0xb0" },
	{ EXIT_APIC_ACCESS, 0x1300, "write at 0x300" },
	{ EXIT_APIC_ACCESS, 0xa020, "event delivery at 0x20" },
	{ EXIT_APIC_ACCESS, 0xf020, "physical access at 0x20" },
	{ EXIT_APIC_ACCESS, 0x7020, "? at 0x20" },
	{ EXIT_VMREAD, 0, "" },
	{ EXIT_VMPTRLD, 0x10, "displacement 0x10" },
	{ EXIT_GDTR_IDTR_ACCESS, -8UL, "displacement -0x8" },
	{ EXIT_XRSTORS, 0x20, "displacement 0x20" },
	{ EXIT_UMWAIT, 0x20, "" },
	{ EXIT_ENTRY_GUEST_STATE, 0, "" },
	{ EXIT_ENTRY_GUEST_STATE, 2, "PDPTEs" },
	{ EXIT_ENTRY_GUEST_STATE, 3, "NMI under blocking by STI" },
	{ EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_GUEST_STATE, 4, "VMCS link pointer" },
	{ EXIT_ENTRY_GUEST_STATE, ~0UL, "?" },
	{ EXIT_REASON_FAILED_ENTRY | EXIT_ENTRY_MSR_LOADING, 3, "entry 3" },
	{ 0xffff, ~0UL, "" },
};

static void qualifications_in_words(void **state)
{
	char text[DUMP_EXIT_TEXT];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(qualifications); i++) {
		memset(text, '#', sizeof(text));
		assert_int_equal(qualification_text(qualifications[i].reason,
						    qualifications[i].qualification, text,
						    sizeof(text)),
				 strlen(qualifications[i].text));
		assert_string_equal(text, qualifications[i].text);
	}
}

/* Every reason with every single bit, and all of them: within the buffer, however small. */
static void nothing_is_too_long(void **state)
{
	char text[DUMP_EXIT_TEXT + 1];

	(void)state;
	for (u32 reason = 0; reason < EXIT_REASONS + 5; reason++) {
		for (unsigned bit = 0; bit <= 64; bit++) {
			u64 q = bit < 64 ? BIT(bit) : ~0UL;

			assert_true(qualification_text(reason, q, text, sizeof(text)) < DUMP_EXIT_TEXT);
			for (size_t size = 1; size < 40; size += 13) {
				memset(text, '#', sizeof(text));
				assert_true(qualification_text(reason, q, text, size) < size);
				assert_true(strlen(text) < size);
				assert_int_equal(text[size], '#');
			}
		}
	}
	for (unsigned type = 0; type < 8; type++) {
		u32 info = (u32)(INTR_VALID | type << INTR_TYPE_SHIFT | INTR_HAS_ERROR |
				 INTR_NMI_UNBLOCKED);

		for (unsigned vector = 0; vector < 256; vector++)
			assert_true(interruption_text(info | vector, ~0U, text, sizeof(text)) <
				    DUMP_EXIT_TEXT);
	}
}

static const struct {
	u32 info, error;
	const char *text;
} interruptions[] = {
	{ 0x0000030e, 0, "" },
	{ 0x80000b0e, 2, "#PF (14), hardware exception, error 0x2 (write, supervisor, not present)" },
	{ 0x80000b0d, 0x18, "#GP (13), hardware exception, error 0x18" },
	{ 0x80000b08, 0, "#DF (8), hardware exception, error 0" },
	{ 0x80000306, 7, "#UD (6), hardware exception" },
	{ 0x8000030f, 0, "vector 15, hardware exception" },
	{ 0x8000000e, 0, "vector 14, external interrupt" },
	{ 0x80000480, 0, "vector 128, software interrupt" },
	{ 0x80000202, 0, "NMI (2), NMI" },
	{ 0x80000501, 0, "#DB (1), privileged software exception" },
	{ 0x80000603, 0, "#BP (3), software exception" },
	{ 0x80000700, 0, "#DE (0), other event" },
	{ 0x80000100, 0, "#DE (0), ?" },
	{ 0x80001b11, 0, "#AC (17), hardware exception, error 0, NMI unblocking due to IRET" },
};

static void events_in_words(void **state)
{
	char text[DUMP_EXIT_TEXT];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(interruptions); i++) {
		assert_int_equal(interruption_text(interruptions[i].info, interruptions[i].error,
						   text, sizeof(text)),
				 strlen(interruptions[i].text));
		assert_string_equal(text, interruptions[i].text);
	}
}

static void page_faults_in_words(void **state)
{
	static const struct {
		u32 error;
		const char *text;
	} rows[] = {
		{ 0, "read, supervisor, not present" },
		{ PF_WRITE | PF_USER, "write, user, not present" },
		{ PF_PRESENT, "read, supervisor, not permitted" },
		{ PF_PRESENT | PF_RSVD | PF_WRITE, "write, supervisor, reserved bit set" },
		{ PF_PRESENT | PF_USER | PF_FETCH, "fetch, user, not permitted" },
		{ PF_PRESENT | PF_USER | PF_PK, "read, user, protection key" },
	};
	char text[DUMP_EXIT_TEXT];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(page_fault_text(rows[i].error, text, sizeof(text)),
				 strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
}

static void exceptions_have_names(void **state)
{
	(void)state;
	assert_string_equal(exception_name(VECTOR_DE), "#DE");
	assert_string_equal(exception_name(VECTOR_NMI), "NMI");
	assert_string_equal(exception_name(VECTOR_PF), "#PF");
	assert_string_equal(exception_name(VECTOR_CP), "#CP");
	assert_null(exception_name(9));
	assert_null(exception_name(15));
	assert_null(exception_name(22));
	assert_null(exception_name(~0U));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qualifications_in_words),
		cmocka_unit_test(nothing_is_too_long),
		cmocka_unit_test(events_in_words),
		cmocka_unit_test(page_faults_in_words),
		cmocka_unit_test(exceptions_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
