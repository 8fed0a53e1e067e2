/* SPDX-License-Identifier: MIT */
/*
 * The local APIC driver against both kinds of APIC: modes, local interrupts,
 * commands to other CPUs.
 */
#include "tests/unit/kernel/fake_apic.h"

static void xapic(void)
{
	fake_apic_prepare(false, true);
	fake_apic.base |= BIT(8) | BIT(40); /* BSP; and beyond the CPU's 36 bits */
	CHECK(apic_init(fake_apic_map) == 0);
	CHECK(fake_apic.mapped_at == FAKE_APIC_BASE);
	CHECK(fake_apic.pics_masked == 1);
	CHECK(apic_id() == 0x34);
	CHECK(fake_apic.cpus[0].apic_id == 0x34);
	CHECK(!(fake_apic.base & APIC_BASE_X2APIC));
	CHECK(*reg(APIC_SPURIOUS) == (APIC_SPURIOUS_ENABLE | VECTOR_SPURIOUS));

	CHECK(apic_send_startup(5, 0x9f000));
	CHECK(*reg(APIC_ICR_HIGH) == 5u << 24);
	CHECK(*reg(APIC_ICR) == (0x4600 | 0x9f));
	CHECK(apic_send_init(6));
	CHECK(*reg(APIC_ICR_HIGH) == 6u << 24);
	CHECK(*reg(APIC_ICR) == 0x4500);
	CHECK(apic_send_interrupt(7, 0xf3));
	CHECK(*reg(APIC_ICR) == 0x40f3);

	/* A second CPU uses the same page and leaves the 8259s alone. */
	sim_cpu_become(&fake_apic.cpus[1]);
	CHECK(apic_init(NULL) == 0);
	CHECK(fake_apic.mapped == 1);
	CHECK(fake_apic.pics_masked == 1);
}

static void x2apic(void)
{
	fake_apic_prepare(true, true);
	CHECK(apic_init(fake_apic_map_nothing) == 0);
	CHECK(fake_apic.base == (FAKE_APIC_BASE | APIC_BASE_ENABLE | APIC_BASE_X2APIC));
	CHECK(apic_id() == 0x1234);
	CHECK(apic_send_startup(0x12345, 0x10000));
	CHECK(fake_apic.x2apic_icr == (0x12345UL << 32 | 0x4610));
	CHECK(apic_send_interrupt(0x12345, 0xf3));
	CHECK(fake_apic.x2apic_icr == (0x12345UL << 32 | 0x40f3));
}

static void x2apic_stays_on(void)
{
	fake_apic_prepare(false,
			  true); /* hidden in CPUID, but the firmware has it on: no way back */
	fake_apic.base |= APIC_BASE_X2APIC;
	CHECK(apic_init(fake_apic_map_nothing) == 0);
	CHECK(fake_apic.base & APIC_BASE_X2APIC);
	CHECK(apic_id() == 0x34000000);
}

static void refusals(void)
{
	fake_apic_prepare(false, true);
	CHECK(apic_init(fake_apic_map_nothing) == -ERR_NOMEM);
	cpu_features.apic = false;
	CHECK(apic_init(fake_apic_map) == -ERR_UNSUPPORTED);
	CHECK(fake_apic.pics_masked == 0);
	/* Before there is one, these do nothing. */
	fake_apic.msr_writes = 0;
	apic_eoi();
	apic_stop_others();
	apic_timer_arm(1000);
	apic_timer_stop();
	CHECK(!apic_send_init(1));
	CHECK(!apic_send_startup(1, 0x10000));
	CHECK(!apic_send_interrupt(1, 0xf3));
	CHECK(fake_apic.msr_writes == 0);
	CHECK(!apic_stop_wanted());
}

static void turned_on(void)
{
	fake_apic_prepare(true, true);
	fake_apic.base = FAKE_APIC_BASE;
	CHECK(apic_init(fake_apic_map) == 0);
	CHECK(fake_apic.base == (FAKE_APIC_BASE | APIC_BASE_ENABLE | APIC_BASE_X2APIC));
}

static void local_interrupts(void)
{
	fake_apic_prepare(false, true);
	*reg(APIC_LVT_LINT0) = 0x700;	/* ExtINT */
	*reg(APIC_LVT_LINT1) = 0x400;	/* NMI: stays */
	*reg(APIC_LVT_THERMAL) = 0x200; /* SMI: stays */
	*reg(APIC_LVT_PERF) = 0x400;
	*reg(APIC_LVT_ERROR) = 0x33;
	*reg(APIC_LVT_CMCI) = 0x44;
	CHECK(apic_init(fake_apic_map) == 0);
	CHECK(*reg(APIC_LVT_LINT0) == (0x700 | APIC_LVT_MASKED));
	CHECK(*reg(APIC_LVT_LINT1) == 0x400);
	CHECK(*reg(APIC_LVT_THERMAL) == 0x200);
	CHECK(*reg(APIC_LVT_PERF) == (0x400 | APIC_LVT_MASKED));
	CHECK(*reg(APIC_LVT_ERROR) == (0x33 | APIC_LVT_MASKED));
	CHECK(*reg(APIC_LVT_CMCI) == (0x44 | APIC_LVT_MASKED));
}

static void short_table(void)
{
	fake_apic_prepare(false, true);
	*reg(APIC_VERSION) = 5 << 16 | 0x14; /* six: no CMCI */
	*reg(APIC_LVT_CMCI) = 0x44;
	CHECK(apic_init(fake_apic_map) == 0);
	CHECK(*reg(APIC_LVT_CMCI) == 0x44);
}

static void stopping(void)
{
	fake_apic_prepare(false, true);
	CHECK(apic_init(fake_apic_map) == 0);
	apic_stop_others();
	CHECK(*reg(APIC_ICR) == 0); /* nobody else there */
	CHECK(!apic_stop_wanted());
	sim_cpu_become(&fake_apic.cpus[1]);
	CHECK(apic_stop_wanted());
}

static void stopping_two(void)
{
	fake_apic_prepare(false, true);
	CHECK(apic_init(fake_apic_map) == 0);
	*reg(APIC_ID) = 0x77000000;
	sim_cpu_become(&fake_apic.cpus[1]);
	CHECK(apic_init(NULL) == 0);

	sim_cpu_become(&fake_apic.cpus[0]);
	apic_stop_others();
	CHECK(*reg(APIC_ICR) == 0x4400);
	CHECK(*reg(APIC_ICR_HIGH) == 0x77u << 24);
	*reg(APIC_ICR) = 0;
	apic_stop_others();
	CHECK(*reg(APIC_ICR) == 0); /* once is enough */
}

CASE(an_xapic_is_reached_through_its_page, xapic)
CASE(an_x2apic_is_reached_through_msrs, x2apic)
CASE(x2apic_mode_is_kept, x2apic_stays_on)
CASE(without_an_apic_or_a_mapping_it_refuses, refusals)
CASE(an_apic_that_is_off_is_turned_on, turned_on)
CASE(local_interrupts_are_masked_but_the_firmwares, local_interrupts)
CASE(an_old_apic_has_fewer, short_table)
CASE(the_others_know_who_stops_them, stopping)
CASE(each_of_the_others_is_stopped_once, stopping_two)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_xapic_is_reached_through_its_page),
		cmocka_unit_test(an_x2apic_is_reached_through_msrs),
		cmocka_unit_test(x2apic_mode_is_kept),
		cmocka_unit_test(without_an_apic_or_a_mapping_it_refuses),
		cmocka_unit_test(an_apic_that_is_off_is_turned_on),
		cmocka_unit_test(local_interrupts_are_masked_but_the_firmwares),
		cmocka_unit_test(an_old_apic_has_fewer),
		cmocka_unit_test(the_others_know_who_stops_them),
		cmocka_unit_test(each_of_the_others_is_stopped_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
