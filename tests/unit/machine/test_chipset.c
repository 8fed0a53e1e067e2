/* SPDX-License-Identifier: MIT */
/*
 * The functions of the chipset, as firmware and operating systems look at
 * them, and where the PIIX4's ports are.
 */
#include "tests/unit/machine/device.h"

#include "lib/bits.h"
#include "machine/chipset.h"
#include "machine/memory_map.h"
#include "machine/pm.h"

static struct chipset chipset;
static struct pci pci;
static struct bus bus;
static struct pm pm;
static struct shadow shadow;
static u8 access_to[SHADOW_PAGES];
static struct vcpu vcpu;
static u8 *map;

enum { BRIDGE = 0x80000000, ISA = 0x80000800, POWER = 0x80000b00 };

/* Stands in for machine/shadow.c. */
void shadow_set(struct shadow *s, gpa_t start, gpa_t end, unsigned access)
{
	assert_ptr_equal(s, &shadow);
	assert_in_range(start, SHADOW_START, SHADOW_END - 1);
	assert_in_range(end, start + 1, SHADOW_END);
	for (gpa_t gpa = start; gpa < end; gpa += PAGE_SIZE)
		access_to[(gpa - SHADOW_START) / PAGE_SIZE] = (u8)access;
}

static int setup(void **state)
{
	(void)state;
	device_reset();
	map = calloc(1, BUS_PORTS);
	memset(&vcpu, 0, sizeof(vcpu));
	pm = (struct pm){.irq = test_irq(), .clock = &test_clock};
	timer_add(&timers, &pm.timer, pm_due, &pm);
	pm_reset(&pm);
	pci_reset(&pci);
	bus_init(&bus, map);
	assert_int_equal(bus_attach(&bus, 0x600, 0x603, &pm_ports, &pm), 0);
	assert_int_equal(bus_attach(&bus, 0x604, 0x607, &pm_control_ports, &pm), 0);
	assert_int_equal(bus_attach(&bus, 0x608, 0x60b, &pm_timer_ports, &pm), 0);
	memset(access_to, 0xee, sizeof(access_to));
	chipset_create(&chipset, &pci, &bus, &shadow);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(map);
	return 0;
}

static u32 get(u32 function, u8 number)
{
	pci_address_ports.out(&pci, &vcpu, 0, 4, function | number);
	return pci_data_ports.in(&pci, 0, 4);
}

/* Returns what became of it. */
static u32 put(u32 function, u8 number, u32 value)
{
	pci_address_ports.out(&pci, &vcpu, 0, 4, function | number);
	pci_data_ports.out(&pci, &vcpu, 0, 4, value);
	return get(function, number);
}

static void test_functions(void **state)
{
	(void)state;
	assert_int_equal(get(BRIDGE, 0x00), 0x12378086);
	assert_int_equal(get(BRIDGE, 0x08) >> 8, 0x060000);
	assert_int_equal(get(ISA, 0x00), 0x70008086);
	assert_int_equal(get(ISA, 0x08) >> 8, 0x060100);
	assert_int_equal(get(ISA, 0x0c), 0x00800000); /* with more functions */
	assert_int_equal(get(POWER, 0x00), 0x71138086);
	assert_int_equal(get(POWER, 0x08), 0x06800003);
	/* IDE, USB, and the next device. */
	assert_int_equal(get(0x80000900, 0), 0xffffffff);
	assert_int_equal(get(0x80000a00, 0), 0xffffffff);
	assert_int_equal(get(0x80001000, 0), 0xffffffff);
}

/* Nobody has a range to be given. */
static void test_no_bars(void **state)
{
	(void)state;
	for (u8 bar = 0x10; bar < 0x28; bar += 4) {
		assert_int_equal(put(BRIDGE, bar, 0xffffffff), 0);
		assert_int_equal(put(ISA, bar, 0xffffffff), 0);
		assert_int_equal(put(POWER, bar, 0xffffffff), 0);
	}
	assert_int_equal(put(BRIDGE, 0x00, 0), 0x12378086);
	assert_int_equal(put(POWER, 0x04, 0xffff) & 0xffff, 1);
}

static void expect_pm(u16 base)
{
	static const u16 usual = 0x600;

	assert_ptr_equal(bus_device(&bus, base), &pm_ports);
	assert_ptr_equal(bus_device(&bus, base + 4), &pm_control_ports);
	assert_ptr_equal(bus_device(&bus, base + 8), &pm_timer_ports);
	assert_ptr_equal(bus_device(&bus, base + 11), &pm_timer_ports);
	assert_null(bus_device(&bus, base + 12));
	fake_now += 1000000000;
	assert_int_equal(bus_in(&bus, base + 8, 4), pm_timer(fake_now));
	if (base != usual)
		assert_null(bus_device(&bus, usual + 4));
}

static void expect_no_pm(void)
{
	for (u32 port = 0; port < BUS_PORTS; port++)
		assert_null(bus_device(&bus, (u16)port));
}

static void test_set_up(void **state)
{
	(void)state;
	assert_int_equal(get(POWER, 0x40), PORT_PM1A_EVENT | 1);
	assert_int_equal(get(POWER, 0x80), 1);
	assert_int_equal(get(POWER, 0x3c), 0x100 | IRQ_SCI);
	assert_int_equal(get(BRIDGE, 0x58), 0x33333000);
	assert_int_equal(get(BRIDGE, 0x5c), 0x33333333);
	assert_int_equal(get(ISA, 0x80) >> 16 & 2, 2); /* passive release */
	expect_pm(PORT_PM1A_EVENT);
}

/* As firmware does it: first where, then open. */
static void test_power_on(void **state)
{
	(void)state;
	chipset_power_on(&chipset);
	assert_int_equal(get(POWER, 0x40), 1);
	assert_int_equal(get(POWER, 0x80), 0);
	assert_int_equal(get(BRIDGE, 0x5c), 0);
	expect_no_pm();
	put(POWER, 0x80, 1); /* open, but nowhere */
	expect_no_pm();
	put(POWER, 0x80, 0);
	assert_int_equal(put(POWER, 0x40, 0xffffb03f), 0xb001);
	expect_no_pm();
	assert_int_equal(put(POWER, 0x80, 0xffffffff), 1);
	expect_pm(0xb000);
	assert_int_equal(bus_out(&bus, &vcpu, 0xb004, 2, 0x2000), STOP);
	assert_int_equal(vcpu.stop.cause, STOP_POWER_OFF);
	chipset_set_up(&chipset);
	expect_pm(PORT_PM1A_EVENT);
}

static void test_move(void **state)
{
	(void)state;
	put(POWER, 0x40, 0xffc1);
	expect_pm(0xffc0);
	put(POWER, 0x40, 0x0001);
	expect_no_pm();
	put(POWER, 0x40, 0x4001);
	expect_pm(0x4000);
	put(POWER, 0x80, 0);
	expect_no_pm();
}

static void expect_access(gpa_t start, gpa_t end, unsigned access, unsigned others)
{
	for (gpa_t gpa = SHADOW_START; gpa < SHADOW_END; gpa += PAGE_SIZE)
		assert_int_equal(access_to[(gpa - SHADOW_START) / PAGE_SIZE],
				 gpa >= start && gpa < end ? access : others);
}

/* Each part of the last 256K below 1 MiB by its own two bits. */
static void test_pam(void **state)
{
	(void)state;
	expect_access(0, 0, 0, SHADOW_RAM);
	chipset_power_on(&chipset);
	expect_access(0, 0, 0, 0);
	put(BRIDGE, 0x58, 0x00001000);
	expect_access(0xf0000, 0x100000, SHADOW_READ, 0);
	put(BRIDGE, 0x58, 0x00020000);
	expect_access(0xc0000, 0xc4000, SHADOW_WRITE, 0);
	put(BRIDGE, 0x58, 0x30000000);
	expect_access(0xcc000, 0xd0000, SHADOW_RAM, 0);
	put(BRIDGE, 0x58, 0);
	put(BRIDGE, 0x5c, 0x00000002);
	expect_access(0xd0000, 0xd4000, SHADOW_WRITE, 0);
	put(BRIDGE, 0x5c, 0x10000000);
	expect_access(0xec000, 0xf0000, SHADOW_READ, 0);
	put(BRIDGE, 0x58, 0x33333000);
	put(BRIDGE, 0x5c, 0x33303333);
	expect_access(0xe0000, 0xe4000, 0, SHADOW_RAM);
}

/* There is no SMM: nobody is to wait for an SMI. */
static void test_no_smm(void **state)
{
	(void)state;
	assert_int_equal(get(POWER, 0x58), 0x02000000);
	assert_int_equal(put(POWER, 0x58, 0), 0x02000000);
	assert_int_equal(put(BRIDGE, 0x70, 0x004a0000), 0x00120000);
	chipset_power_on(&chipset);
	assert_int_equal(get(POWER, 0x58), 0x02000000);
	assert_int_equal(get(BRIDGE, 0x70), 0x00120000);
}

static void test_kept(void **state)
{
	(void)state;
	assert_int_equal(put(BRIDGE, 0x58, 0xffffffff), 0x33333000);
	assert_int_equal(put(BRIDGE, 0x5c, 0x21000012), 0x21000012);
	assert_int_equal(put(ISA, 0x60, 0x0b0a0b0a), 0x0b0a0b0a);
	assert_int_equal(put(POWER, 0x3c, 0xffffffff), 0x000001ff);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_functions), TEST(test_no_bars), TEST(test_set_up), TEST(test_power_on),
		TEST(test_move),      TEST(test_pam), TEST(test_no_smm),  TEST(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
