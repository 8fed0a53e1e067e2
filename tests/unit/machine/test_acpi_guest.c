/* SPDX-License-Identifier: MIT */
/*
 * The guest's ACPI tables, read by the host's own parser and by iasl, and
 * the DSDT's numbers compared with machine/memory_map.h.
 */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/acpi_tables.h"
#include "machine/acpi_build.h"
#include "machine/memory_map.h"
#include "tests/unit/kernel/fake_log.h"
#include "tests/unit/machine/fake_loader.h"

#define HAS_APIC (1U << 9)

static int setup(void **state)
{
	(void)state;
	fake_loader_reset(MIB(2));
	fake_log_reset();
	return 0;
}

static void build(bool apic)
{
	fake_vm.cpus[0].cpuid.basic[1].edx = apic ? HAS_APIC : 0;
	acpi_build(&fake_vm);
}

static const void *map(hpa_t address, u64 length)
{
	return ram_contains(&fake_vm.ram, address, length) ? fake_memory + address : NULL;
}

/* A table by its signature, from the XSDT or the RSDT; NULL if it is in none. */
static const struct acpi_header *find(const char *signature, bool xsdt)
{
	const struct acpi_rsdp *rsdp = (const void *)(fake_memory + MAP_BIOS);
	u64 root = xsdt ? rsdp->xsdt_address : rsdp->rsdt_address;
	const struct acpi_header *h = (const void *)(fake_memory + root);
	unsigned size = xsdt ? 8 : 4;

	if (!memcmp(h->signature, signature, 4))
		return h;
	for (u64 at = sizeof(*h); at < h->length; at += size) {
		u64 address = xsdt ? fake_u64(root + at) : fake_u32(root + at);

		if (!memcmp(fake_memory + address, signature, 4))
			return (const void *)(fake_memory + address);
	}
	return NULL;
}

static u8 sum(const void *table, u64 length)
{
	const u8 *bytes = table;
	u8 total = 0;

	while (length--)
		total += *bytes++;
	return total;
}

static void test_host_parser_believes_it(void **state)
{
	static struct acpi_info info;

	(void)state;
	build(true);
	acpi_parse(&info, fake_memory + MAP_BIOS, 36, map);
	assert_int_equal(fake_log_warnings, 0);
	assert_true(info.present);
	assert_int_equal(info.revision, 2);
	assert_int_equal(info.cpu_count, 1);
	assert_int_equal(info.cpu_apic_ids[0], 0);
	assert_int_equal(info.local_apic, MAP_LOCAL_APIC);
	assert_int_equal(info.io_apic, MAP_IO_APIC);
	assert_true(info.has_8259);
	assert_int_equal(info.pm1a_control.address, PORT_PM1A_CONTROL);
	assert_int_equal(info.pm_timer.address, PORT_PM_TIMER);
	assert_true(info.pm_timer_32bit);
	assert_true(info.reset_supported);
	assert_int_equal(info.reset.address, PORT_RESET);
	assert_true(info.s5_known);
	assert_int_equal(info.s5_type_a, PM_S5_TYPE);
	assert_int_equal(info.smi_command, 0);
	assert_int_equal(info.hpet, 0);
}

static void test_checksums_and_places(void **state)
{
	static const char *const names[] = { "XSDT", "FACP", "APIC" };
	const struct acpi_rsdp *rsdp = (const void *)(fake_memory + MAP_BIOS);
	const struct acpi_fadt *f;

	(void)state;
	build(true);
	assert_int_equal(sum(rsdp, ACPI_RSDP_V1_SIZE), 0);
	assert_int_equal(sum(rsdp, sizeof(*rsdp)), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		const struct acpi_header *h = find(names[i], true);

		assert_non_null(h);
		assert_int_equal(sum(h, h->length), 0);
		assert_in_range((const u8 *)h - fake_memory, MAP_ACPI, MAP_ACPI_NVS - h->length);
		if (i)
			assert_ptr_equal(find(names[i], false), h);
	}
	f = (const struct acpi_fadt *)find("FACP", true);
	assert_int_equal(f->header.length, 268);
	assert_int_equal(f->firmware_ctrl, MAP_ACPI_NVS);
	assert_memory_equal(fake_memory + MAP_ACPI_NVS, "FACS\x40\0\0\0", 8);
	assert_int_equal(f->dsdt, f->x_dsdt);
	assert_int_equal(sum(fake_memory + f->dsdt, fake_u32(f->dsdt + 4)), 0);
	assert_int_equal(f->sci_int, IRQ_SCI);
	assert_int_equal(f->century, 0x32);
	assert_int_equal(f->reset_value, 6);
}

static void test_without_apic_no_madt(void **state)
{
	(void)state;
	build(false);
	assert_null(find("APIC", true));
	assert_null(find("APIC", false));
	assert_non_null(find("FACP", true));
}

static void test_madt(void **state)
{
	/* Local APIC 0; I/O APIC; IRQ 0 at input 2; the SCI, level and active high; LINT1 is NMI. */
	static const u8 entries[] = {
		0, 8, 0, 0, 1, 0, 0, 0,
		1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0,
		2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,
		4, 6, 0xff, 0, 0, 1,
	};
	const struct acpi_header *h;

	(void)state;
	build(true);
	h = find("APIC", true);
	assert_int_equal(h->length, sizeof(struct acpi_madt) + sizeof(entries));
	assert_memory_equal((const u8 *)h + sizeof(struct acpi_madt), entries, sizeof(entries));
}

/* ---- The DSDT --------------------------------------------------------------------- */

static const u8 *dsdt(u64 *length)
{
	const struct acpi_fadt *f = (const struct acpi_fadt *)find("FACP", true);

	*length = fake_u32(f->dsdt + 4);
	return fake_memory + f->dsdt;
}

static bool dsdt_has(const void *bytes, size_t n)
{
	u64 length;
	const u8 *table = dsdt(&length);

	return memmem(table, length, bytes, n);
}

static void expect_io(u16 port, u8 count)
{
	/* Small resource "I/O port descriptor", 16 address lines, fixed. */
	const u8 io[] = { 0x47, 1, (u8)port, (u8)(port >> 8), (u8)port, (u8)(port >> 8), 1, count };

	if (!dsdt_has(io, sizeof(io)))
		fail_msg("no %u ports at %#x in the DSDT", count, port);
}

static void expect_irq(unsigned line)
{
	/* Small resource "IRQ descriptor" without flags. */
	const u8 irq[] = { 0x22, (u8)(1U << line), (u8)(1U << line >> 8) };

	if (!dsdt_has(irq, sizeof(irq)))
		fail_msg("no interrupt %u in the DSDT", line);
}

static void test_dsdt_numbers(void **state)
{
	(void)state;
	build(true);
	expect_io(PORT_PIC_MASTER, 2);
	expect_io(PORT_PIC_SLAVE, 2);
	expect_io(PORT_PIC_ELCR, 2);
	expect_io(PORT_PIT, 4);
	expect_io(PORT_SPEAKER, 1);
	expect_io(PORT_RTC, 2);
	expect_io(PORT_I8042_DATA, 1);
	expect_io(PORT_I8042_STATUS, 1);
	expect_io(PORT_COM1, 8);
	expect_io(PORT_POST, 1);
	expect_io(PORT_FAST_A20, 1);
	expect_io(PORT_DEBUG, 1);
	expect_io(PORT_FIRMWARE_DEBUG, 2);
	expect_io(PORT_PCI_ADDRESS, 8);
	expect_irq(IRQ_PIT);
	expect_irq(IRQ_CASCADE);
	expect_irq(IRQ_COM1);
	expect_irq(IRQ_RTC);
}

/* ---- iasl ------------------------------------------------------------------------------ */

static char directory[] = "/tmp/trivet-acpi-XXXXXX";

static void disassemble(const char *name, const void *table, u64 length)
{
	char path[64], command[200], line[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%.4s.dat", directory, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(table, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	/* No second table explains the first: each stands alone. */
	snprintf(command, sizeof(command), "iasl -d %s 2>&1; cat %s/%.4s.dsl; rm -f %s/*", path,
		 directory, name, directory);
	file = popen(command, "r");
	assert_non_null(file);
	bool seen = false;
	while (fgets(line, sizeof(line), file)) {
		seen |= !!strstr(line, "Original Table") || !!strstr(line, "ACPI Data Table") ||
			!!strstr(line, "DefinitionBlock");
		if (strstr(line, "Warning") || strstr(line, "Error") || strstr(line, "rror:") ||
		    strstr(line, "nvalid") || strstr(line, "ncorrect") || strstr(line, "xception"))
			fail_msg("iasl on %s: %s", name, line);
	}
	pclose(file);
	assert_true(seen);
}

static void test_iasl_reads_them(void **state)
{
	static const char *const names[] = { "XSDT", "RSDT", "FACP", "APIC" };
	u64 length;
	const u8 *table;

	(void)state;
	build(true);
	assert_non_null(mkdtemp(directory));
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		const struct acpi_header *h = find(names[i], i != 1);

		disassemble(names[i], h, h->length);
	}
	disassemble("FACS", fake_memory + MAP_ACPI_NVS, 64);
	table = dsdt(&length);
	disassemble("DSDT", table, length);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_loader_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_host_parser_believes_it), TEST(test_checksums_and_places),
		TEST(test_without_apic_no_madt),    TEST(test_madt),
		TEST(test_dsdt_numbers),	    TEST(test_iasl_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
