/* SPDX-License-Identifier: MIT */
/* PCI's configuration ports, the host bridge, and the reset register among them. */
#include "tests/unit/machine/device.h"

#include "machine/pci.h"

static struct pci pci;
static struct vcpu vcpu;

static int setup(void **state)
{
	(void)state;
	memset(&vcpu, 0, sizeof(vcpu));
	pci_reset(&pci);
	return 0;
}

static void expect_reset(enum verdict verdict)
{
	assert_int_equal(verdict, STOP);
	assert_int_equal(vcpu.stop.cause, STOP_RESET);
	vcpu.stop.cause = STOP_NONE;
}

static enum verdict cf9(u8 value)
{
	return pci_address_ports.out(&pci, &vcpu, 1, 1, value);
}

static void test_reset_control(void **state)
{
	(void)state;
	assert_int_equal(cf9(0x02), NEXT);
	assert_int_equal(pci_address_ports.in(&pci, 1, 1), 0x02);
	expect_reset(cf9(0x06));
	assert_int_equal(cf9(0x06), NEXT); /* a rise resets, no level */
	assert_int_equal(cf9(0xf0), NEXT);
	assert_int_equal(pci_address_ports.in(&pci, 1, 1), 0);
	expect_reset(cf9(0x0e));
}

static u32 address(u32 value)
{
	assert_int_equal(pci_address_ports.out(&pci, &vcpu, 0, 4, value), NEXT);
	return pci_address_ports.in(&pci, 0, 4);
}

/* A probe for PCI writes all four bytes: that is no reset. And narrow writes are no address. */
static void test_address(void **state)
{
	(void)state;
	assert_int_equal(address(0xffffffff), 0x80fffffc);
	assert_int_equal(pci_address_ports.out(&pci, &vcpu, 0, 2, 0x1111), NEXT);
	assert_int_equal(pci_address_ports.out(&pci, &vcpu, 0, 1, 0x22), NEXT);
	assert_int_equal(pci_address_ports.out(&pci, &vcpu, 3, 1, 0x33), NEXT);
	assert_int_equal(pci_address_ports.in(&pci, 0, 4), 0x80fffffc);
	assert_int_equal(pci_address_ports.in(&pci, 1, 1), 0);
}

static void test_host_bridge(void **state)
{
	(void)state;
	address(0x80000000);
	assert_int_equal(pci_data_ports.in(&pci, 0, 4), 0x12378086);
	assert_int_equal(pci_data_ports.in(&pci, 2, 2) & 0xffff, 0x1237);
	assert_int_equal(pci_data_ports.in(&pci, 1, 1) & 0xff, 0x80);
	address(0x80000008);
	assert_int_equal(pci_data_ports.in(&pci, 3, 1) & 0xff, 0x06); /* class: bridge */
	address(0x80000010);
	assert_int_equal(pci_data_ports.out(&pci, &vcpu, 0, 4, 0xffffffff), NEXT);
	assert_int_equal(pci_data_ports.in(&pci, 0, 4), 0); /* no BAR */
}

static void test_nothing_else(void **state)
{
	static const u32 absent[] = {0x80000100, 0x80000800, 0x80010000, 0x80fff800, 0x00000000};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
		address(absent[i]);
		assert_int_equal(pci_data_ports.in(&pci, 0, 4), 0xffffffff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reset_control, setup),
		cmocka_unit_test_setup(test_address, setup),
		cmocka_unit_test_setup(test_host_bridge, setup),
		cmocka_unit_test_setup(test_nothing_else, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
