/* SPDX-License-Identifier: MIT */
/* The port bus: lookup, conflicts, and what becomes of wide accesses. */
#include "tests/unit/machine/device.h"

#include "lib/error.h"

static struct bus bus;
static u8 *map;

/* Devices that write down what they are asked. */
struct access {
	char device;
	bool write;
	u16 offset;
	unsigned size;
	u32 value;
};
static struct access seen[16];
static unsigned seen_count;
static enum verdict next_verdict;

static u32 recorder_in(void *state, u16 offset, unsigned size)
{
	seen[seen_count++] = (struct access){ *(char *)state, false, offset, size, 0 };
	return 0xffffff00U | (0xa0U + offset); /* junk above the low byte */
}

static enum verdict recorder_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	(void)v;
	seen[seen_count++] = (struct access){ *(char *)state, true, offset, size, value };
	return next_verdict;
}

static const struct port_device narrow = { "narrow", 1, recorder_in, recorder_out };
static const struct port_device word = { "word", 2, recorder_in, recorder_out };
static const struct port_device wide = { "wide", 4, recorder_in, recorder_out };
static char a = 'a', b = 'b';

static int setup(void **state)
{
	(void)state;
	map = calloc(1, BUS_PORTS);
	seen_count = 0;
	next_verdict = NEXT;
	bus_init(&bus, map);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(map);
	return 0;
}

static void expect(unsigned i, char device, u16 offset, unsigned size)
{
	assert_true(i < seen_count);
	assert_int_equal(seen[i].device, device);
	assert_int_equal(seen[i].offset, offset);
	assert_int_equal(seen[i].size, size);
}

static void test_nothing_there(void **state)
{
	(void)state;
	assert_int_equal((u8)bus_in(&bus, 0x1234, 1), 0xff);
	assert_int_equal((u16)bus_in(&bus, 0x1234, 2), 0xffff);
	assert_int_equal(bus_in(&bus, 0xffff, 4), 0xffffffff); /* wraps, and does no harm */
	assert_int_equal(bus_out(&bus, NULL, 0x1234, 4, 1), NEXT);
	assert_int_equal(bus.absent_reads, 7);
	assert_int_equal(bus.absent_writes, 4);
	assert_null(bus_device(&bus, 0));
}

static void test_right_device(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x3f8, 0x3ff, &narrow, &a), 0);
	assert_int_equal(bus_attach(&bus, 0x400, 0x400, &narrow, &b), 0);
	assert_int_equal(bus_in(&bus, 0x3ff, 1) & 0xff, 0xa7);
	bus_out(&bus, NULL, 0x400, 1, 0x55);
	bus_in(&bus, 0x3f7, 1);
	bus_in(&bus, 0x401, 1);
	assert_int_equal(seen_count, 2);
	expect(0, 'a', 7, 1);
	expect(1, 'b', 0, 1);
	assert_true(seen[1].write);
	assert_int_equal(seen[1].value, 0x55);
	assert_int_equal(bus.absent_reads, 2);
	assert_ptr_equal(bus_device(&bus, 0x3fa), &narrow);
}

static void test_first_and_last_port(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0, 0, &narrow, &a), 0);
	assert_int_equal(bus_attach(&bus, 0xffff, 0xffff, &narrow, &b), 0);
	bus_in(&bus, 0xffff, 2);
	expect(0, 'b', 0, 1);
	expect(1, 'a', 0, 1);
}

static void test_conflict_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x64, 0x67, &narrow, &a), 0);
	assert_int_equal(bus_attach(&bus, 0x60, 0x64, &narrow, &b), -ERR_EXIST);
	assert_null(bus_device(&bus, 0x60));
	assert_ptr_equal(bus_device(&bus, 0x64), &narrow);
	assert_int_equal(bus_attach(&bus, 0x60, 0x63, &narrow, &b), 0);
}

static void test_bad_ranges(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x10, 0xf, &narrow, &a), -ERR_INVAL);
	assert_int_equal(bus_attach(&bus, 0x602, 0x605, &wide, &a), -ERR_INVAL);
	assert_int_equal(bus_attach(&bus, 0x600, 0x605, &wide, &a), -ERR_INVAL);
	assert_int_equal(bus_attach(&bus, 0x600, 0x607, &wide, &a), 0);
}

static void test_table_full(void **state)
{
	u16 port = 0;

	(void)state;
	for (; bus.count < BUS_RANGES; port++)
		assert_int_equal(bus_attach(&bus, port, port, &narrow, &a), 0);
	assert_int_equal(bus_attach(&bus, 0xf000, 0xf000, &narrow, &a), -ERR_NOMEM);
	assert_null(bus_device(&bus, 0xf000));
}

static void test_wide_enough(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x600, 0x607, &wide, &a), 0);
	bus_in(&bus, 0x604, 4);
	bus_in(&bus, 0x602, 2);
	bus_in(&bus, 0x603, 1);
	assert_int_equal(seen_count, 3);
	expect(0, 'a', 4, 4);
	expect(1, 'a', 2, 2);
	expect(2, 'a', 3, 1);
}

static void test_too_wide(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x40, 0x43, &narrow, &a), 0);
	assert_int_equal(bus_in(&bus, 0x40, 4), 0xa3a2a1a0);
	assert_int_equal(seen_count, 4);
	for (unsigned i = 0; i < 4; i++)
		expect(i, 'a', (u16)i, 1);
	seen_count = 0;
	bus_out(&bus, NULL, 0x40, 4, 0x44332211);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal((u8)seen[i].value, 0x11 * (i + 1));
}

static void test_word_device(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x1f0, 0x1f3, &word, &a), 0);
	bus_in(&bus, 0x1f0, 4);
	expect(0, 'a', 0, 2);
	expect(1, 'a', 2, 2);
	assert_int_equal(seen_count, 2);
	bus_in(&bus, 0x1f1, 2); /* odd: two bytes */
	expect(2, 'a', 1, 1);
	expect(3, 'a', 2, 1);
	assert_int_equal(seen_count, 4);
}

static void test_across_devices(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x61, 0x61, &narrow, &a), 0);
	assert_int_equal(bus_attach(&bus, 0x64, 0x67, &wide, &b), 0);
	assert_int_equal((u16)bus_in(&bus, 0x60, 2), 0xa0ff); /* nothing, then a device */
	bus_in(&bus, 0x62, 4);				      /* nothing, then half a device */
	assert_int_equal(seen_count, 2);
	expect(1, 'b', 0, 2);
}

static void test_stop_between_halves(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x64, 0x65, &narrow, &a), 0);
	next_verdict = STOP;
	assert_int_equal(bus_out(&bus, NULL, 0x64, 2, 0), STOP);
	assert_int_equal(seen_count, 1);
	assert_int_equal(bus_out(&bus, NULL, 0x64, 1, 0), STOP);
}

static void expect_device(u16 port, const struct port_device *device)
{
	assert_ptr_equal(bus_device(&bus, port), device);
}

static void test_move(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x600, 0x607, &wide, &a), 0);
	bus_move(&bus, &wide, 0xb000);
	expect_device(0x600, NULL);
	expect_device(0x607, NULL);
	expect_device(0xafff, NULL);
	expect_device(0xb000, &wide);
	expect_device(0xb007, &wide);
	expect_device(0xb008, NULL);
	bus_in(&bus, 0xb004, 4);
	expect(0, 'a', 4, 4);
	bus_move(&bus, &wide, 0xb004); /* over where it was */
	expect_device(0xb000, NULL);
	expect_device(0xb00b, &wide);
	bus_move(&bus, &wide, BUS_NOWHERE);
	expect_device(0xb004, NULL);
	expect_device(0, NULL);
	bus_move(&bus, &wide, 0x600);
	expect_device(0x600, &wide);
}

/* Others' ports stay theirs, and do not get lost when it goes on. */
static void test_move_over_others(void **state)
{
	(void)state;
	assert_int_equal(bus_attach(&bus, 0x600, 0x607, &wide, &a), 0);
	assert_int_equal(bus_attach(&bus, 0x72, 0x73, &narrow, &b), 0);
	bus_move(&bus, &wide, 0x70);
	expect_device(0x71, &wide);
	expect_device(0x72, &narrow);
	expect_device(0x74, &wide);
	bus_in(&bus, 0x74, 1);
	expect(0, 'a', 4, 1);
	bus_move(&bus, &wide, 0x600);
	expect_device(0x71, NULL);
	expect_device(0x72, &narrow);
	bus_move(&bus, &wide, 0xfffc); /* half of it is behind the last port */
	expect_device(0xffff, &wide);
	expect_device(0, NULL);
	bus_move(&bus, &wide, 0x600);
	expect_device(0xffff, NULL);
	expect_device(0x607, &wide);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_there),
		TEST(test_right_device),
		TEST(test_first_and_last_port),
		TEST(test_conflict_changes_nothing),
		TEST(test_bad_ranges),
		TEST(test_table_full),
		TEST(test_wide_enough),
		TEST(test_too_wide),
		TEST(test_word_device),
		TEST(test_across_devices),
		TEST(test_stop_between_halves),
		TEST(test_move),
		TEST(test_move_over_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
