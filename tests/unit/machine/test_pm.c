/* SPDX-License-Identifier: MIT */
/* ACPI fixed hardware. */
#include "tests/unit/machine/device.h"

#include "machine/pm.h"

#define SECOND 1000000000UL
#define TMR 1U

static struct pm pm;
static struct vcpu vcpu;

enum { STATUS = 0, ENABLE = 2 };

static int setup(void **state)
{
	(void)state;
	device_reset();
	memset(&pm, 0xee, sizeof(pm));
	memset(&vcpu, 0, sizeof(vcpu));
	pm.irq = test_irq();
	pm.clock = &test_clock;
	timer_add(&timers, &pm.timer, pm_due, &pm);
	pm_reset(&pm);
	return 0;
}

static u16 event_in(u16 reg)
{
	return (u16)pm_ports.in(&pm, reg, 2);
}

static void event_out(u16 reg, u16 value)
{
	pm_ports.out(&pm, &vcpu, reg, 2, value);
}

static enum verdict control_out(u16 offset, unsigned size, u32 value)
{
	return pm_control_ports.out(&pm, &vcpu, offset, size, value);
}

static void test_timer_counts(void **state)
{
	(void)state;
	assert_int_equal(pm_timer_ports.in(&pm, 0, 4), 0);
	fake_now = SECOND;
	assert_int_equal(pm_timer_ports.in(&pm, 0, 4), 3579545);
	assert_int_equal(pm_timer_ports.in(&pm, 2, 2), 3579545 >> 16);
	fake_now = 1200 * SECOND; /* 32 bits, then it wraps */
	assert_int_equal(pm_timer_ports.in(&pm, 0, 4), (u32)(1200UL * 3579545));
	fake_now = 3650UL * 86400 * SECOND; /* ten years */
	assert_int_equal(pm_timer_ports.in(&pm, 0, 4), (u32)(3650UL * 86400 * 3579545));
	assert_int_equal(pm_timer_ports.out(&pm, &vcpu, 0, 4, 7), NEXT);
}

/* 2^31 ticks: the top bit changes. */
#define TOGGLE (599932 * SECOND / 1000)

static void test_timer_status(void **state)
{
	(void)state;
	advance(TOGGLE);
	assert_int_equal(event_in(STATUS), 0);
	advance(SECOND);
	assert_int_equal(event_in(STATUS), TMR);
	assert_false(line_high);
	event_out(STATUS, (u16)~TMR); /* other bits */
	assert_int_equal(event_in(STATUS), TMR);
	event_out(STATUS, TMR); /* writing one clears */
	assert_int_equal(event_in(STATUS), 0);
	assert_false(timer_pending(&pm.timer));
}

static void test_timer_interrupt(void **state)
{
	(void)state;
	event_out(ENABLE, TMR);
	advance(TOGGLE);
	assert_false(line_high);
	advance(SECOND);
	assert_true(line_high);
	event_out(STATUS, TMR);
	assert_false(line_high);
	advance(TOGGLE);
	assert_true(line_high);
	event_out(ENABLE, 0);
	assert_false(line_high);
}

static void test_event_registers(void **state)
{
	(void)state;
	event_out(ENABLE, 0xffff);
	assert_int_equal(event_in(ENABLE), 0x0721);
	pm_ports.out(&pm, &vcpu, ENABLE, 1, 0); /* one byte of it */
	assert_int_equal(event_in(ENABLE), 0x0700);
	pm_ports.out(&pm, &vcpu, ENABLE + 1, 1, 0x01);
	assert_int_equal(event_in(ENABLE), 0x0100);
	assert_int_equal(pm_ports.in(&pm, 0, 4), 0x01000000);
}

static void test_control(void **state)
{
	(void)state;
	assert_int_equal(pm_control_ports.in(&pm, 0, 2), 1); /* ACPI mode */
	assert_int_equal(control_out(0, 2, 0x1c02), NEXT);   /* SLP_TYP without SLP_EN */
	assert_int_equal(pm_control_ports.in(&pm, 0, 2), 0x1c03);
	assert_int_equal(control_out(0, 2, 0x2000 | 5 << 10), NEXT); /* no such sleep state */
	assert_int_equal(vcpu.stop.cause, STOP_NONE);
}

static void test_soft_off(void **state)
{
	(void)state;
	assert_int_equal(control_out(0, 2, 0x2000), STOP);
	assert_int_equal(vcpu.stop.cause, STOP_POWER_OFF);
	assert_int_equal(vcpu.stop.value, 0);
}

static void test_soft_off_by_bytes(void **state)
{
	(void)state;
	control_out(0, 2, 5 << 10 | 2);
	assert_int_equal(control_out(0, 1, 0), NEXT);
	assert_int_equal(pm_control_ports.in(&pm, 0, 2), 5 << 10 | 1); /* the other byte stays */
	assert_int_equal(control_out(1, 1, 0x20), STOP);
	assert_int_equal(vcpu.stop.cause, STOP_POWER_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_timer_counts, setup),
		cmocka_unit_test_setup(test_timer_status, setup),
		cmocka_unit_test_setup(test_timer_interrupt, setup),
		cmocka_unit_test_setup(test_event_registers, setup),
		cmocka_unit_test_setup(test_control, setup),
		cmocka_unit_test_setup(test_soft_off, setup),
		cmocka_unit_test_setup(test_soft_off_by_bytes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
