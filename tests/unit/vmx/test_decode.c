/* SPDX-License-Identifier: MIT */
/*
 * Exit qualifications, bitmaps and names: the pure parts of vmx/.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/error.h"
#include "vmx/bitmaps.h"
#include "vmx/decode.h"
#include "vmx/exit_reason.h"
#include "vmx/exits.h"
#include "vmx/vmcs.h"

static void io_qualification(void **state)
{
	struct io_exit io = decode_io(0x00600000 | BIT(6) | BIT(3));

	(void)state;
	assert_int_equal(io.port, 0x60);
	assert_int_equal(io.size, 1);
	assert_true(io.in && io.immediate);
	assert_false(io.string || io.rep);
	io = decode_io(0x01f00000 | BIT(5) | BIT(4) | 3);
	assert_int_equal(io.port, 0x1f0);
	assert_int_equal(io.size, 4);
	assert_true(io.string && io.rep);
	assert_false(io.in);
}

static void cr_and_dr_qualifications(void **state)
{
	struct cr_access cr = decode_cr_access(0xabcd0000 | 9 << 8 | BIT(6) | CR_LMSW << 4);
	struct dr_access dr = decode_dr_access(13 << 8 | BIT(4) | 7);

	(void)state;
	assert_int_equal(cr.type, CR_LMSW);
	assert_int_equal(cr.lmsw_source, 0xabcd);
	assert_int_equal(cr.register_index, 9);
	assert_true(cr.lmsw_memory);
	assert_int_equal(dr.dr, 7);
	assert_true(dr.read);
	assert_int_equal(dr.register_index, 13);
}

static void ept_qualification(void **state)
{
	struct ept_exit e = decode_ept_violation(BIT(2) | 5 << 3 | BIT(12));

	(void)state;
	assert_true(e.fetch && e.nmi_unblocked);
	assert_false(e.read || e.write || e.gva_valid || e.table_walk);
	assert_int_equal(e.permissions, 5);
	e = decode_ept_violation(BIT(0) | BIT(7));
	assert_true(e.gva_valid && e.table_walk);
	/* Bit 8 means nothing without bit 7. */
	e = decode_ept_violation(BIT(0) | BIT(8));
	assert_false(e.table_walk);
}

static void task_and_instruction_information(void **state)
{
	struct task_switch t = decode_task_switch(2UL << 30 | 0x28);
	/* LGDT [rbx + rsi*4] with DS, 64-bit addresses */
	struct instruction_info i =
		decode_instruction_info(2 | 2 << 7 | 3 << 15 | 6 << 18 | 3 << 23 | 2 << 28);

	(void)state;
	assert_int_equal(t.selector, 0x28);
	assert_int_equal(t.source, TASK_JMP);
	assert_int_equal(i.scale, 2);
	assert_int_equal(i.address_size, 64);
	assert_int_equal(i.segment, 3);
	assert_true(i.has_index && i.has_base);
	assert_int_equal(i.index, 6);
	assert_int_equal(i.base, 3);
	assert_int_equal(i.identity, 2);
	assert_false(i.is_register);
}

static void io_bitmap_denies_by_default(void **state)
{
	u8 *bitmaps = malloc(IO_BITMAPS_SIZE);

	(void)state;
	io_bitmap_deny_all(bitmaps);
	for (unsigned port = 0; port < 0x10000; port++)
		assert_true(io_bitmap_exits(bitmaps, (u16)port, 1));
	io_bitmap_set(bitmaps, 0x7fff, 0x8000, false); /* across the two bitmaps */
	assert_false(io_bitmap_exits(bitmaps, 0x7fff, 2));
	assert_true(io_bitmap_exits(bitmaps, 0x7fff, 4));
	assert_true(io_bitmap_exits(bitmaps, 0x7ffe, 2));
	io_bitmap_set(bitmaps, 0xffff, 0xffff, false);
	assert_false(io_bitmap_exits(bitmaps, 0xffff, 1));
	assert_true(io_bitmap_exits(bitmaps, 0xffff, 2)); /* wraps around */
	io_bitmap_set(bitmaps, 0x8000, 0x8000, true);
	assert_true(io_bitmap_exits(bitmaps, 0x8000, 1));
	free(bitmaps);
}

static void msr_bitmap_keeps_reads_and_writes_apart(void **state)
{
	static const u32 numbers[] = { 0, 0x1fff, 0xc0000000, 0xc0001fff, 0xc0000102 };
	u8 *bitmap = malloc(MSR_BITMAP_SIZE);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
		msr_bitmap_deny_all(bitmap);
		assert_int_equal(msr_bitmap_allow(bitmap, numbers[i], MSR_ACCESS_READ), 0);
		for (unsigned j = 0; j < ARRAY_SIZE(numbers); j++) {
			assert_int_equal(msr_bitmap_exits(bitmap, numbers[j], false), i != j);
			assert_true(msr_bitmap_exits(bitmap, numbers[j], true));
		}
		assert_int_equal(msr_bitmap_allow(bitmap, numbers[i], MSR_ACCESS_WRITE), 0);
		assert_int_equal(msr_bitmap_deny(bitmap, numbers[i], MSR_ACCESS_READ), 0);
		assert_true(msr_bitmap_exits(bitmap, numbers[i], false));
		assert_false(msr_bitmap_exits(bitmap, numbers[i], true));
	}
	assert_int_equal(msr_bitmap_allow(bitmap, 0x2000, MSR_ACCESS_READ), -ERR_RANGE);
	assert_int_equal(msr_bitmap_allow(bitmap, 0xc0002000, MSR_ACCESS_READ), -ERR_RANGE);
	assert_int_equal(msr_bitmap_allow(bitmap, 0xbfffffff, MSR_ACCESS_READ), -ERR_RANGE);
	assert_true(msr_bitmap_exits(bitmap, 0x40000000, false));
	free(bitmap);
}

static void every_field_has_one_name_and_place(void **state)
{
	const char *name, *other;
	u32 field, previous = 0, again;
	unsigned count = 0;

	(void)state;
	for (; vmcs_field_at(count, &field, &name); count++) {
		assert_string_equal(vmcs_field_name(field), name);
		assert_int_equal(field & 1, 0); /* full access, not the high half */
		if (count)
			assert_true(field > previous);
		previous = field;
		for (unsigned j = 0; j < count; j++) {
			assert_true(vmcs_field_at(j, &again, &other));
			assert_string_not_equal(name, other);
		}
	}
	assert_true(count > 150);
	assert_string_equal(vmcs_field_name(0x1234), "?");
	assert_int_equal(vmcs_field_width(VMCS_GUEST_RIP), VMCS_WIDTH_NATURAL);
	assert_int_equal(vmcs_field_width(VMCS_EPT_POINTER), VMCS_WIDTH_64);
	assert_int_equal(vmcs_field_width(VMCS_VPID), VMCS_WIDTH_16);
	assert_int_equal(vmcs_field_kind(VMCS_EXIT_REASON), VMCS_KIND_READ_ONLY);
	assert_int_equal(vmcs_field_kind(VMCS_HOST_RIP), VMCS_KIND_HOST);
	assert_int_equal(VMCS_GUEST_BASE(SEG_TR), VMCS_GUEST_TR_BASE);
	assert_int_equal(VMCS_GUEST_ACCESS_RIGHTS(SEG_SS), VMCS_GUEST_SS_ACCESS_RIGHTS);
}

/* SDM "VMX Basic Exit Reasons": 0 to 79 without 35, 38, 42, 71. */
static void every_exit_reason_has_a_name(void **state)
{
	(void)state;
	for (unsigned r = 0; r < EXIT_REASONS; r++) {
		bool reserved = r == 35 || r == 38 || r == 42 || r == 71;

		assert_int_equal(!strcmp(exit_reason_name(r), "reserved"), reserved);
		assert_non_null(exit_handlers[r]);
	}
	assert_string_equal(exit_reason_name(4711), "reserved");
	assert_string_equal(exit_reason_name(48), "EPT_VIOLATION");
}

/* SDM "VM Instruction Error Numbers": 1 to 28 without 14, 21, 27. */
static void every_error_number_is_named_and_explained(void **state)
{
	(void)state;
	for (u32 n = 0; n < 40; n++) {
		bool named = n >= 1 && n <= 28 && n != 14 && n != 21 && n != 27;

		assert_int_equal(!strcmp(vmx_error_text(n), "unknown error number"), !named);
		assert_int_equal(!strcmp(vmx_error_meaning(n), "the SDM does not name it"), !named);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(io_qualification),
		cmocka_unit_test(cr_and_dr_qualifications),
		cmocka_unit_test(ept_qualification),
		cmocka_unit_test(task_and_instruction_information),
		cmocka_unit_test(io_bitmap_denies_by_default),
		cmocka_unit_test(msr_bitmap_keeps_reads_and_writes_apart),
		cmocka_unit_test(every_field_has_one_name_and_place),
		cmocka_unit_test(every_exit_reason_has_a_name),
		cmocka_unit_test(every_error_number_is_named_and_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
