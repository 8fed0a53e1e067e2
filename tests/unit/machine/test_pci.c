/* SPDX-License-Identifier: MIT */
/* PCI's configuration ports, a function's registers, and the reset register among them. */
#include "tests/unit/machine/device.h"

#include "lib/bits.h"
#include "machine/pci.h"

static const struct pci_register registers[] = {
	{ 0x00, 0x71138086, 0 },
	{ 0x40, 0x11000001, 0x0000ffc0 },
};
static struct pci_function function;
static unsigned written;
static struct pci pci;
static struct vcpu vcpu;

static void count_writes(void *state)
{
	assert_ptr_equal(state, &vcpu);
	written++;
}

static int setup(void **state)
{
	(void)state;
	memset(&vcpu, 0, sizeof(vcpu));
	pci_reset(&pci);
	written = 0;
	function = (struct pci_function){ registers, ARRAY_SIZE(registers),
					  .written = count_writes, .state = &vcpu };
	pci_function_reset(&function);
	pci.functions[PCI_NUMBER(1, 3)] = &function;
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

static u32 data(u16 offset, unsigned size)
{
	return pci_data_ports.in(&pci, offset, size) & (u32)bits_byte_mask(size);
}

static void data_out(u16 offset, unsigned size, u32 value)
{
	assert_int_equal(pci_data_ports.out(&pci, &vcpu, offset, size, value), NEXT);
}

static void test_registers(void **state)
{
	(void)state;
	address(0x80000b00);
	assert_int_equal(data(0, 4), 0x71138086);
	assert_int_equal(data(2, 2), 0x7113);
	assert_int_equal(data(1, 1), 0x80);
	address(0x80000b3c);
	assert_int_equal(data(0, 4), 0); /* no such register */
	data_out(0, 4, 0xffffffff);
	assert_int_equal(data(0, 4), 0);
	assert_int_equal(written, 0);
	assert_int_equal(pci_function_get(&function, 0x3c), 0);
}

/* What is read-only stays; what is written in parts, too. */
static void test_writes(void **state)
{
	(void)state;
	address(0x80000b40);
	assert_int_equal(data(0, 4), 0x11000001);
	data_out(0, 4, 0xffffffff);
	assert_int_equal(data(0, 4), 0x1100ffc1);
	data_out(1, 1, 0x12);
	assert_int_equal(data(0, 4), 0x110012c1);
	data_out(2, 2, 0x3456);
	assert_int_equal(data(0, 4), 0x110012c1);
	data_out(0, 2, 0x5600);
	assert_int_equal(data(0, 4), 0x11005601);
	assert_int_equal(pci_function_get(&function, 0x40), 0x11005601);
}

/* Only of a change. */
static void test_told(void **state)
{
	(void)state;
	address(0x80000b40);
	data_out(0, 4, 0);
	assert_int_equal(written, 0);
	data_out(0, 4, 0x40);
	data_out(0, 4, 0x40);
	assert_int_equal(written, 1);
	pci_function_set(&function, 0x00, 0x12345678);
	assert_int_equal(written, 1);
	address(0x80000b00);
	assert_int_equal(data(0, 4), 0x12345678);
	pci_function_reset(&function);
	assert_int_equal(data(0, 4), 0x71138086);
	assert_int_equal(written, 1);
}

static void test_nothing_else(void **state)
{
	static const u32 absent[] = { 0x80000000, 0x80000a00, 0x80001b00, 0x80010b00,
				      0x80fffb00, 0x00000b00 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
		address(absent[i]);
		assert_int_equal(pci_data_ports.in(&pci, 0, 4), 0xffffffff);
		assert_int_equal(pci_data_ports.out(&pci, &vcpu, 0, 4, 0), NEXT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reset_control, setup),
		cmocka_unit_test_setup(test_address, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_writes, setup),
		cmocka_unit_test_setup(test_told, setup),
		cmocka_unit_test_setup(test_nothing_else, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
