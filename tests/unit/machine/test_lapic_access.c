/* SPDX-License-Identifier: MIT */
/* The registers through the page and through MSRs; IA32_APIC_BASE. */
#include "tests/unit/machine/lapic_machine.h"

static int setup(void **state)
{
	(void)state;
	machine_reset();
	enable(lapic);
	return 0;
}

static bool read_faults(unsigned offset)
{
	u64 value;

	return lapic_msr_read(lapic, LAPIC_MSR_FIRST + offset / 16, &value) == -ERR_INVAL;
}

static bool write_faults(unsigned offset, u64 value)
{
	return lapic_msr_write(lapic, LAPIC_MSR_FIRST + offset / 16, value) == -ERR_INVAL;
}

/* ---- The page ---------------------------------------------------------------------- */

static void test_sizes_of_reads(void **state)
{
	(void)state;
	assert_int_equal(lapic_page_read(lapic, APIC_VERSION, 4), 0x01050014);
	assert_int_equal(lapic_page_read(lapic, APIC_VERSION, 8), 0x01050014);
	assert_int_equal((u8)lapic_page_read(lapic, APIC_VERSION, 1), 0x14);
	assert_int_equal((u8)lapic_page_read(lapic, APIC_VERSION + 2, 1), 0x05);
	assert_int_equal((u16)lapic_page_read(lapic, APIC_VERSION + 2, 2), 0x0105);
	for (unsigned byte = 4; byte < 16; byte++)
		assert_int_equal(lapic_page_read(lapic, APIC_VERSION + byte, 1), 0);
	assert_int_equal(errors(), 0);
}

static void test_sizes_of_writes(void **state)
{
	(void)state;
	set(APIC_TPR, 0x12);
	lapic_page_write(lapic, APIC_TPR + 1, 1, 0x34);
	lapic_page_write(lapic, APIC_TPR + 2, 2, 0x34);
	lapic_page_write(lapic, APIC_TPR + 3, 2, 0x34);
	lapic_page_write(lapic, APIC_TPR + 1, 4, 0x34);
	lapic_page_write(lapic, APIC_TPR + 4, 4, 0x34);
	lapic_page_write(lapic, APIC_TPR + 8, 8, 0x34);
	assert_int_equal(get(APIC_TPR), 0x12);
	lapic_page_write(lapic, APIC_TPR, 1, 0xffffff34);
	assert_int_equal(get(APIC_TPR), 0x34);
	set(APIC_LVT_ERROR, 0x100fe);
	lapic_page_write(lapic, APIC_LVT_ERROR + 2, 2, 0x20);
	assert_int_equal(get(APIC_LVT_ERROR), 0xfe);
	set(APIC_LVT_ERROR, 0x100fe);
	lapic_page_write(lapic, APIC_LVT_ERROR, 2, 0xffff0077);
	assert_int_equal(get(APIC_LVT_ERROR), 0x10077);
	lapic_page_write(lapic, APIC_TPR, 8, 0xffffffff00000056);
	assert_int_equal(get(APIC_TPR), 0x56);
	assert_int_equal(errors(), 0);
}

/* The processor has written it: what does not stick must come back, what a write does must be done. */
static void test_written_past_us(void **state)
{
	static const struct {
		unsigned offset;
		u32 before, written, after;
	} cases[] = {
		{ APIC_ID, 0, 0xff000000, 0 },
		{ APIC_LDR, 0, 0x12345678, 0x12000000 },
		{ APIC_DFR, 0xffffffff, 0, 0x0fffffff },
		{ APIC_SPURIOUS, 0x1ff, 0xfffff1aa, 0x11aa },
		{ APIC_LVT_LINT0, 0x10000, 0xffffffff, 0x1a7ff },
		{ APIC_LVT_TIMER + 2, 0x10000, 0x000100e0, 0x100e0 }, /* a part: merged there */
		{ APIC_TPR + 1, 0, 0x5500, 0 },
		{ APIC_TIMER_DIVIDE, 0, 0xffffffff, 0xb },
		{ APIC_ESR, 0, 0xffffffff, 0 },
		{ APIC_EOI, 0, 1, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned start = cases[i].offset & ~15U;

		assert_int_equal(get(start), cases[i].before);
		*lapic_register(lapic, start) = cases[i].written;
		lapic_page_written(lapic, cases[i].offset);
		assert_int_equal(get(start), cases[i].after);
	}
	*lapic_register(lapic, APIC_LVT_TIMER) = APIC_LVT_DEADLINE | 0xe0;
	lapic_page_written(lapic, APIC_LVT_TIMER);
	*lapic_register(lapic, APIC_TIMER_INITIAL) = 1000; /* ignored in this mode */
	lapic_page_written(lapic, APIC_TIMER_INITIAL);
	assert_int_equal(get(APIC_TIMER_INITIAL), 0);
	*lapic_register(lapic, APIC_ICR) = APIC_TO_SELF << 18 | 0x71;
	lapic_page_written(lapic, APIC_ICR);
	assert_true(requested(0x71));
	lapic_page_written(lapic, 0xffc);
	assert_int_equal(errors(), 0);
}

static void test_self_ipi_past_us(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	*lapic_register(lapic, APIC_SELF_IPI) = 5;
	lapic_page_written(lapic, APIC_SELF_IPI);
	assert_int_equal(*lapic_register(lapic, APIC_SELF_IPI), 0);
	set(APIC_ESR, 0);
	assert_int_equal(get(APIC_ESR), APIC_ESR_SEND_VECTOR | APIC_ESR_RECEIVE_VECTOR);
}

/* What the page has, and what sticks of ones written there. ~1: no such register. */
static const struct {
	u16 offset;
	bool exists;
	u32 ones;
} page_map[] = {
	{ 0x020, true, 0x00000000 }, { 0x030, true, 0x01050014 }, { 0x080, true, 0xff },
	{ 0x090, true, 0 },	     { 0x0c0, true, 0 },
	{ 0x0d0, true, 0xff000000 }, { 0x0e0, true, 0xffffffff }, { 0x310, true, 0xff000000 },
	{ 0x320, true, 0x700ff },    { 0x330, true, 0x107ff },	  { 0x340, true, 0x107ff },
	{ 0x350, true, 0x1a7ff },    { 0x360, true, 0x1a7ff },	  { 0x370, true, 0x100ff },
	{ 0x3e0, true, 0xb },	     { 0x390, true, 0 },	  { 0x380, true, 0xffffffff },
	{ 0x000, false, 0 },	     { 0x010, false, 0 },	  { 0x040, false, 0 },
	{ 0x050, false, 0 },	     { 0x060, false, 0 },	  { 0x070, false, 0 },
	{ 0x290, false, 0 },	     { 0x2f0, false, 0 },	  { 0x3a0, false, 0 },
	{ 0x3d0, false, 0 },	     { 0x3f0, false, 0 },	  { 0x400, false, 0 },
	{ 0x800, false, 0 },	     { 0xff0, false, 0 },
};

static void test_page_registers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(page_map); i++) {
		unsigned offset = page_map[i].offset;

		machine_reset();
		enable(lapic);
		if (offset == 0x380)
			set(APIC_LVT_TIMER, 0x10000);
		lapic_page_write(lapic, offset, 4, ~0U);
		assert_int_equal(errors() != 0, !page_map[i].exists);
		assert_int_equal(lapic_page_read(lapic, offset, 4), page_map[i].ones);
		assert_int_equal(errors(), page_map[i].exists ? 0 : APIC_ESR_ADDRESS);
	}
}

static void test_format_register(void **state)
{
	(void)state;
	set(APIC_DFR, 0);
	assert_int_equal(get(APIC_DFR), 0x0fffffff);
}

/* The EOI register is write-only; a read for the sake of a read-modify-write does no harm. */
static void test_any_value_is_eoi(void **state)
{
	(void)state;
	self(0x40);
	take(0);
	assert_int_equal(get(APIC_EOI), 0);
	set(APIC_EOI, 0x12345678);
	assert_false(in_service(0x40));
	assert_int_equal(errors(), 0);
}

static void test_read_only_registers(void **state)
{
	(void)state;
	self(0x40);
	for (unsigned offset = APIC_ISR; offset < APIC_ESR; offset += 16) {
		u32 before = get(offset);

		set(offset, ~before);
		assert_int_equal(get(offset), before);
	}
	assert_int_equal(errors(), 0);
}

static void test_command_reads_back(void **state)
{
	(void)state;
	icr(1, 0xffffffff & ~(7U << 8)); /* fixed, to others, all reserved bits set */
	assert_int_equal(get(APIC_ICR), 0x000cc8ff); /* delivery status: idle */
	assert_int_equal(get(APIC_ICR_HIGH), 1 << 24);
}

static void test_page_of_other_modes(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	lapic_page_write(lapic, APIC_TPR, 4, 0x80);
	assert_int_equal((u32)lapic_page_read(lapic, APIC_VERSION, 4), ~0U);
	assert_int_equal(get(APIC_TPR), 0);
	assert_int_equal(errors(), 0); /* nor is it an illegal address */
	assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT), 0);
	assert_int_equal((u32)lapic_page_read(lapic, APIC_VERSION, 4), ~0U);
	for (unsigned i = 0; i < 4096; i++)
		lapic_page_write(lapic, i, 1, 0xff);
	assert_int_equal(lapic_cr8(lapic), 0);
}

/* ---- The MSRs ---------------------------------------------------------------------- */

enum { NONE, R, W, RW };

static int semantics(unsigned offset)
{
	switch (offset) {
	case 0x020:
	case 0x030:
	case 0x0a0:
	case 0x0d0:
	case 0x100 ... 0x270:
	case 0x390:
		return R;
	case 0x080:
	case 0x0f0:
	case 0x280:
	case 0x300:
	case 0x320 ... 0x380:
	case 0x3e0:
		return RW;
	case 0x0b0:
	case 0x3f0:
		return W;
	}
	return NONE;
}

static void test_msrs_exist_in_x2apic_only(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 2; mode++) {
		for (unsigned offset = 0; offset < 0x1000; offset += 16) {
			assert_true(read_faults(offset));
			assert_true(write_faults(offset, 0));
		}
		assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT), 0);
	}
}

static void test_msr_access_rules(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	for (unsigned offset = 0; offset < 0x1000; offset += 16) {
		int may = semantics(offset);

		assert_int_equal(read_faults(offset), !(may & R));
		assert_int_equal(write_faults(offset, 0), !(may & W));
		if (offset != APIC_ICR)
			assert_true(write_faults(offset, BIT(32)));
		if (offset != APIC_TIMER_INITIAL && offset != APIC_ICR)
			assert_true(write_faults(offset, BIT(31)));
	}
}

static const struct {
	u16 offset;
	u32 allowed;
} reserved_bits[] = {
	{ APIC_TPR, 0xff },		{ APIC_EOI, 0 },
	{ APIC_SPURIOUS, 0x11ff },	{ APIC_ESR, 0 },
	{ APIC_LVT_TIMER, 0x750ff },	{ APIC_LVT_THERMAL, 0x157ff },
	{ APIC_LVT_PERF, 0x157ff },	{ APIC_LVT_LINT0, 0x1f7ff },
	{ APIC_LVT_LINT1, 0x1f7ff },	{ APIC_LVT_ERROR, 0x150ff },
	{ APIC_TIMER_INITIAL, ~0U },	{ APIC_TIMER_DIVIDE, 0xb },
	{ APIC_SELF_IPI, 0xff },	{ APIC_ICR, 0x000cdfff },
};

/* "Reserved bits violations cause GP faults"; bits 12 and 14 of an LVT entry are read-only. */
static void test_msr_reserved_bits(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	for (unsigned i = 0; i < ARRAY_SIZE(reserved_bits); i++)
		for (unsigned bit = 0; bit < 64; bit++) {
			bool allowed = bit < 32 && reserved_bits[i].allowed >> bit & 1;

			if (reserved_bits[i].offset == APIC_ICR && bit >= 32)
				allowed = true;
			assert_int_equal(write_faults(reserved_bits[i].offset, BIT(bit)), !allowed);
		}
}

static void test_refused_write_changes_nothing(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	set(APIC_TPR, 0x20);
	self(0x40);
	take(0);
	assert_true(write_faults(APIC_TPR, 0x180));
	assert_true(write_faults(APIC_EOI, 1));
	assert_true(write_faults(APIC_SELF_IPI, 0x150));
	assert_true(write_faults(APIC_ICR, 0x100050 | APIC_TO_SELF << 18));
	assert_int_equal(get(APIC_TPR), 0x20);
	assert_true(in_service(0x40));
	assert_int_equal(take(0), -1);
	assert_false(requested(0x50));
}

static void test_msr_command_is_64_bits(void **state)
{
	u64 value;

	(void)state;
	enter_x2apic(lapic);
	icr(0x12345678, 0x1055);
	assert_int_equal(lapic_msr_read(lapic, LAPIC_MSR_FIRST + 0x30, &value), 0);
	assert_int_equal(value, 0x1234567800000055); /* no delivery status in this mode */
}

static void test_self_ipi(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	set(APIC_SELF_IPI, 0x77);
	assert_int_equal(take(0), 0x77);
	assert_false(bit_of(lapic, APIC_TMR, 0x77));
	set(APIC_SELF_IPI, 0x0f);
	assert_int_equal(errors(), APIC_ESR_SEND_VECTOR | APIC_ESR_RECEIVE_VECTOR);
	assert_int_equal(get(APIC_ICR), 0); /* is another register */
}

/* A virtual-APIC page has each register where the MSR's number says, 8 bytes, the upper ones 0. */
static void test_page_is_as_the_processor_wants_it(void **state)
{
	(void)state;
	enter_x2apic(lapic);
	set(APIC_LVT_LINT0, 0x10700);
	icr(2, 0x44);
	for (unsigned offset = 0; offset < 0x400; offset += 16) {
		u64 value, raw;

		if (!(semantics(offset) & R) || offset == APIC_TIMER_CURRENT)
			continue;
		memcpy(&raw, (u8 *)pages[0] + offset, 8);
		assert_int_equal(lapic_msr_read(lapic, LAPIC_MSR_FIRST + offset / 16, &value), 0);
		assert_int_equal(value, raw);
	}
}

/* ---- IA32_APIC_BASE ------------------------------------------------------------------ */

#define OFF    0UL
#define XAPIC_ APIC_BASE_ENABLE
#define X2APIC (APIC_BASE_ENABLE | APIC_BASE_X2APIC)
#define WRONG  APIC_BASE_X2APIC

static void go_to(u64 mode)
{
	machine_reset();
	if (mode == OFF)
		assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT), 0);
	if (mode == X2APIC)
		enter_x2apic(lapic);
}

static void test_transitions(void **state)
{
	static const struct {
		u64 from, to;
		bool legal;
	} rows[] = {
		{ OFF, OFF, true },	 { OFF, XAPIC_, true },	   { OFF, X2APIC, false },
		{ OFF, WRONG, false },	 { XAPIC_, OFF, true },	   { XAPIC_, XAPIC_, true },
		{ XAPIC_, X2APIC, true }, { XAPIC_, WRONG, false }, { X2APIC, OFF, true },
		{ X2APIC, XAPIC_, false }, { X2APIC, X2APIC, true }, { X2APIC, WRONG, false },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 before;

		go_to(rows[i].from);
		before = lapic->base;
		assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT | rows[i].to),
				 rows[i].legal ? 0 : -ERR_INVAL);
		assert_int_equal(lapic->base,
				 rows[i].legal ? APIC_BASE_DEFAULT | rows[i].to : before);
	}
}

static void test_base_reserved_bits(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		u64 base = APIC_BASE_DEFAULT | APIC_BASE_ENABLE | APIC_BASE_BOOTSTRAP;
		bool legal = bit == 8 || bit == 10 || bit == 11 || (bit >= 12 && bit < 40);

		machine_reset();
		assert_int_equal(lapic_set_base(lapic, base | BIT(bit)), legal ? 0 : -ERR_INVAL);
	}
}

static void test_relocation_keeps_state(void **state)
{
	(void)state;
	self(0x40);
	assert_int_equal(lapic_set_base(lapic, 0xfed40000 | APIC_BASE_ENABLE), 0);
	assert_true(requested(0x40));
	assert_int_equal(lapic->base, 0xfed40800);
}

static void test_disabling_loses_state(void **state)
{
	(void)state;
	self(0x40);
	set(APIC_TPR, 0x30);
	set(APIC_LDR, 0x01000000);
	assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT), 0);
	assert_int_equal(lapic_set_base(lapic, APIC_BASE_DEFAULT | APIC_BASE_ENABLE), 0);
	assert_false(requested(0x40));
	assert_int_equal(get(APIC_TPR), 0);
	assert_int_equal(get(APIC_LDR), 0);
	assert_int_equal(get(APIC_SPURIOUS), 0xff);
}

static void test_x2apic_keeps_state(void **state)
{
	(void)state;
	self(0x41);
	take(0);
	self(0x81);
	set(APIC_TPR, 0x30);
	set(APIC_LVT_LINT1, 0x400);
	set(APIC_LDR, 0x01000000);
	icr(5, 0x55);
	enter_x2apic(lapic);
	assert_true(in_service(0x41));
	assert_true(requested(0x81));
	assert_int_equal(get(APIC_TPR), 0x30);
	assert_int_equal(get(APIC_LVT_LINT1), 0x400);
	assert_int_equal(get(APIC_SPURIOUS), 0x1ff);
	assert_int_equal(get(APIC_LDR), 1); /* but for this */
	assert_int_equal(take(0), 0x81);
}

static void test_ids(void **state)
{
	struct lapic *l = &lapics[2];

	(void)state;
	l->id = 0x1234;
	assert_int_equal(lapic_set_base(l, APIC_BASE_DEFAULT), 0);
	assert_int_equal(lapic_set_base(l, APIC_BASE_DEFAULT | APIC_BASE_ENABLE), 0);
	assert_int_equal(get_of(l, APIC_ID), 0x34000000);
	set_of(l, APIC_ID, 0x77000000);
	assert_int_equal(get_of(l, APIC_ID), 0x34000000);
	enter_x2apic(l);
	assert_int_equal(get_of(l, APIC_ID), 0x1234);
	assert_int_equal(get_of(l, APIC_LDR), 0x01230010);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sizes_of_reads, setup),
		cmocka_unit_test_setup(test_sizes_of_writes, setup),
		cmocka_unit_test_setup(test_written_past_us, setup),
		cmocka_unit_test_setup(test_self_ipi_past_us, setup),
		cmocka_unit_test_setup(test_page_registers, setup),
		cmocka_unit_test_setup(test_format_register, setup),
		cmocka_unit_test_setup(test_any_value_is_eoi, setup),
		cmocka_unit_test_setup(test_read_only_registers, setup),
		cmocka_unit_test_setup(test_command_reads_back, setup),
		cmocka_unit_test_setup(test_page_of_other_modes, setup),
		cmocka_unit_test_setup(test_msrs_exist_in_x2apic_only, setup),
		cmocka_unit_test_setup(test_msr_access_rules, setup),
		cmocka_unit_test_setup(test_msr_reserved_bits, setup),
		cmocka_unit_test_setup(test_refused_write_changes_nothing, setup),
		cmocka_unit_test_setup(test_msr_command_is_64_bits, setup),
		cmocka_unit_test_setup(test_self_ipi, setup),
		cmocka_unit_test_setup(test_page_is_as_the_processor_wants_it, setup),
		cmocka_unit_test_setup(test_transitions, setup),
		cmocka_unit_test_setup(test_base_reserved_bits, setup),
		cmocka_unit_test_setup(test_relocation_keeps_state, setup),
		cmocka_unit_test_setup(test_disabling_loses_state, setup),
		cmocka_unit_test_setup(test_x2apic_keeps_state, setup),
		cmocka_unit_test_setup(test_ids, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
