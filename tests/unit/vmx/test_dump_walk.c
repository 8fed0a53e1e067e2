/* SPDX-License-Identifier: MIT */
/*
 * Page walks, as they are shown: all kinds of paging, all kinds of ends.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"
#include "unit/vmx/fake_sink.h"
#include "vmx/caps.h"
#include "vmx/dump_walk.h"
#include "vmx/ept.h"

#define P   BIT(0)
#define RW  BIT(1)
#define US  BIT(2)
#define A   BIT(5)
#define PS  BIT(7)
#define ALL (P | RW | US)
#define TOP 0xffffffff80000000UL

static u64 *at(gpa_t gpa)
{
	return (u64 *)(fake.ram + gpa);
}

/* 0 to 1FFFH, and 2 MiB at the top, of 64-bit code that runs at CPL 0. */
static int setup(void **state)
{
	fake_sink_setup(state);
	sim_set(VMCS_GUEST_CR3, 0x1000);
	*at(0x1000) = 0x2000 | ALL | A;
	*at(0x1ff8) = 0x2000 | P;
	*at(0x2000) = 0x3000 | ALL | A;
	*at(0x2ff0) = 0x3000 | ALL;
	*at(0x3000) = 0x4000 | ALL | PS >> 7;
	*at(0x4000) = 0x6000 | ALL | A | BIT(8) | EFER_NXE << 52;
	*at(0x4008) = 0x5000 | P;
	sim_set(VMCS_GUEST_EFER, EFER_LME | EFER_LMA | EFER_NXE);
	return 0;
}

static void four_levels(void **state)
{
	(void)state;
	dump_guest_walk(&fake.vcpu, 0x1234);
	fake_sink_expect(
		"walk: vm=vm0 vcpu=0 of=gva gva=0x1234 access=read by=supervisor paging=4-level cr3=0x1000",
		"  PML4E gpa=0x1000 entry=0x0000000000002027 P RW US A -> 0x2000",
		"  PDPTE gpa=0x2000 entry=0x0000000000003027 P RW US A -> 0x3000",
		"  PDE gpa=0x3000 entry=0x0000000000004007 P RW US -> 0x4000",
		"  PTE gpa=0x4008 entry=0x0000000000005001 P", "  result: gpa=0x5234 page=4K", NULL);
}

static void a_large_page(void **state)
{
	(void)state;
	*at(0x3000) = 0x200000 | ALL | PS | BIT(12);
	dump_guest_walk(&fake.vcpu, TOP + 0x12345);
	assert_string_equal(fake_sink_line(3),
			    "  PDE gpa=0x3000 entry=0x0000000000201087 P RW US PS");
	assert_string_equal(fake_sink_line(4), "  result: gpa=0x212345 page=2048K");
	assert_int_equal(fake_sink_count(), 5);
}

/* Whoever asks, and for what: the rights are the walk's. */
static void faults_in_words(void **state)
{
	static const struct {
		u64 gva;
		unsigned access;
		const char *header, *result;
	} rows[] = {
		{ 0x2000, GUEST_READ, " gva=0x2000 access=read by=supervisor ",
		  "  result: #PF error=0 (read, supervisor, not present)" },
		{ 0x0, GUEST_FETCH, " gva=0 access=fetch by=supervisor ",
		  "  result: #PF error=0x11 (fetch, supervisor, not permitted)" },
		{ 0x1000, GUEST_WRITE | GUEST_USER, " gva=0x1000 access=write by=user ",
		  "  result: #PF error=0x7 (write, user, not permitted)" },
		{ TOP, GUEST_READ | GUEST_USER, " access=read by=user ",
		  "  result: #PF error=0x5 (read, user, not permitted)" },
		{ 0x40000000, GUEST_READ, " gva=0x40000000 ",
		  "  result: #PF error=0 (read, supervisor, not present)" },
		{ BIT(50), GUEST_READ, " gva=0x4000000000000 ", "  result: not canonical" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		dump_guest_access(&fake.vcpu, "it", rows[i].gva, rows[i].access);
		assert_non_null(strstr(fake_sink_line(0), rows[i].header));
		assert_string_equal(fake_sink_line(fake_sink_count() - 1), rows[i].result);
		fake_sink_clear();
	}
}

static void the_level_that_is_not_present(void **state)
{
	(void)state;
	*at(0x3000) = 0xdead000;
	dump_guest_walk(&fake.vcpu, 0x1000);
	assert_string_equal(fake_sink_line(3),
			    "  PDE gpa=0x3000 entry=0x000000000dead000 not present");
	assert_int_equal(fake_sink_count(), 5);
}

static void reserved_bits_and_no_execute(void **state)
{
	(void)state;
	*at(0x4000) |= BIT(50);
	dump_guest_walk(&fake.vcpu, 0);
	assert_string_equal(fake_sink_line(4),
			    "  PTE gpa=0x4000 entry=0x8004000000006127 P RW US A G NX");
	assert_string_equal(fake_sink_line(5),
			    "  result: #PF error=0x9 (read, supervisor, reserved bit set)");
}

static void tables_outside_of_ram(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CR3, 0xfee00000);
	dump_guest_walk(&fake.vcpu, 0x1234);
	fake_sink_expect(
		"walk: vm=vm0 vcpu=0 of=gva gva=0x1234 access=read by=supervisor paging=4-level cr3=0xfee00000",
		"  result: the table at gpa=0xfee00000 is not in RAM", NULL);
	/* CR3 may point anywhere within the physical width, and an entry too. */
	sim_set(VMCS_GUEST_CR3, 0x1000);
	*at(0x1000) = (BITS(39, 12) & ~BITS(15, 12)) | ALL;
	dump_guest_walk(&fake.vcpu, 0x1234);
	assert_string_equal(fake_sink_line(2), "  result: the table at gpa=0xffffff0000 is not in RAM");
}

/* A table that is its own: every level is the same entry. */
static void a_table_that_points_to_itself(void **state)
{
	(void)state;
	*at(0x1000) = 0x1000 | ALL;
	dump_guest_walk(&fake.vcpu, 0x18);
	assert_int_equal(fake_sink_count(), 6);
	assert_string_equal(fake_sink_line(5), "  result: gpa=0x1018 page=4K");
}

static void pae_has_its_top_in_registers(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_PDPTE1, 0x3000 | P);
	dump_guest_walk(&fake.vcpu, 0x40001234);
	fake_sink_expect(
		"walk: vm=vm0 vcpu=0 of=gva gva=0x40001234 access=read by=supervisor paging=PAE cr3=0x1000",
		"  PDPTE1 register entry=0x0000000000003001 P",
		"  PDE gpa=0x3000 entry=0x0000000000004007 P RW US -> 0x4000",
		"  PTE gpa=0x4008 entry=0x0000000000005001 P", "  result: gpa=0x5234 page=4K", NULL);
	dump_guest_walk(&fake.vcpu, 0xc0000000);
	assert_string_equal(fake_sink_line(1), "  PDPTE3 register entry=0x0000000000000000 not present");
	assert_string_equal(fake_sink_line(2), "  result: #PF error=0 (read, supervisor, not present)");
}

static void thirty_two_bits(void **state)
{
	u32 *directory = (u32 *)(fake.ram + 0x1000), *table = (u32 *)(fake.ram + 0x2000);

	(void)state;
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_CR4, CR4_VMXE | CR4_PSE);
	sim_set(VMCS_CR4_READ_SHADOW, CR4_PSE);
	directory[1] = 0x2000 | ALL;
	directory[2] = 0x800000 | ALL | PS;
	table[1] = 0x7000 | P;
	dump_guest_walk(&fake.vcpu, 0x401abc);
	fake_sink_expect(
		"walk: vm=vm0 vcpu=0 of=gva gva=0x401abc access=read by=supervisor paging=32-bit cr3=0x1000",
		"  PDE gpa=0x1004 entry=0x00002007 P RW US -> 0x2000",
		"  PTE gpa=0x2004 entry=0x00007001 P", "  result: gpa=0x7abc page=4K", NULL);
	dump_guest_walk(&fake.vcpu, 0x812345);
	assert_string_equal(fake_sink_line(1), "  PDE gpa=0x1008 entry=0x00800087 P RW US PS");
	assert_string_equal(fake_sink_line(2), "  result: gpa=0x812345 page=4096K");
}

static void without_paging(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE);
	sim_set(VMCS_GUEST_EFER, 0);
	dump_guest_walk(&fake.vcpu, 0x7c00);
	fake_sink_expect(
		"walk: vm=vm0 vcpu=0 of=gva gva=0x7c00 access=read by=supervisor paging=none cr3=0x1000",
		"  result: gpa=0x7c00 page=4194304K", NULL);
	dump_guest_walks(&fake.vcpu);
	assert_int_equal(fake_sink_count(), 0);
}

static void three_walks_of_a_vcpu(void **state)
{
	unsigned headers = 0;

	(void)state;
	sim_set(VMCS_GUEST_RIP, 0x1010);
	sim_set(VMCS_GUEST_RSP, 0xff8);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | 3 << 5 | 3);
	sim.cr2 = 0xdeadbeef;
	dump_guest_walks(&fake.vcpu);
	for (unsigned i = 0; i < fake_sink_count(); i++)
		headers += !strncmp(fake_sink_line(i), "walk: ", 6);
	assert_int_equal(headers, 3);
	assert_non_null(fake_sink_find("walk: vm=vm0 vcpu=0 of=rip gva=0x1010 access=fetch by=user "));
	assert_non_null(fake_sink_find("walk: vm=vm0 vcpu=0 of=rsp gva=0xff8 access=write by=user "));
	assert_non_null(fake_sink_find("walk: vm=vm0 vcpu=0 of=cr2 gva=0xdeadbeef access=read by=user "));
	sim.cr2 = 0;
}

/* The guest's tables are as they were, and no event waits. */
static void looking_changes_nothing(void **state)
{
	static u8 before[FAKE_RAM_SIZE];
	u8 bytes[64];

	(void)state;
	memcpy(before, fake.ram, sizeof(before));
	dump_guest_walks(&fake.vcpu);
	dump_guest_walk(&fake.vcpu, 0x5555);
	(void)dump_peek(&fake.vcpu, 0x1fe0, bytes, sizeof(bytes));
	assert_memory_equal(before, fake.ram, sizeof(before));
	assert_int_equal(fake.vcpu.events.next.info, 0);
	assert_int_equal(fake.vcpu.stop.cause, STOP_NONE);
	assert_int_equal(sim_vmx.writes, 0);
}

static void peeking(void **state)
{
	u8 bytes[16];

	(void)state;
	memcpy(fake.ram + 0x6ffc, "abcd", 4);
	memcpy(fake.ram + 0x5000, "efgh", 4);
	assert_int_equal(dump_peek(&fake.vcpu, 0xffc, bytes, 8), 8);
	assert_memory_equal(bytes, "abcdefgh", 8);
	assert_int_equal(dump_peek(&fake.vcpu, 0x1ffa, bytes, 16), 6);
	assert_int_equal(dump_peek(&fake.vcpu, 0x2000, bytes, 16), 0);
	assert_int_equal(dump_peek(&fake.vcpu, 0, bytes, 0), 0);
	assert_int_equal(dump_peek(&fake.vcpu, -8UL, bytes, 16), 0);
	assert_int_equal(dump_peek(&fake.vcpu, BIT(47) - 4, bytes, 16), 0);
	/* SMAP keeps the kernel from it, not us. */
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE | CR4_SMAP);
	sim_set(VMCS_CR4_READ_SHADOW, CR4_PAE | CR4_SMAP);
	assert_int_equal(dump_peek(&fake.vcpu, 0xffc, bytes, 4), 4);
}

static void extended_tables(void **state)
{
	struct ept ept;
	char entry[80];

	(void)state;
	pool_open_frames(GIB(1), 64);
	assert_int_equal(ept_create(&ept, EPTCAP_WB | EPTCAP_2M | EPTCAP_ACCESSED_DIRTY), 0);
	assert_int_equal(ept_map(&ept, 0, MIB(4), MIB(2), ept_flags(EPT_RWX, MEMORY_WB)), 0);
	assert_int_equal(ept_map(&ept, MIB(2), MIB(8), PAGE_SIZE,
				 ept_flags(EPT_RESERVED, MEMORY_WB)), 0);
	fake.vcpu.ept = &ept;

	dump_ept_walk(&fake.vcpu, 0x1234);
	assert_int_equal(fake_sink_count(), 5);
	snprintf(entry, sizeof(entry), "ept: vm=vm0 vcpu=0 gpa=0x1234 eptp=%#lx", ept.eptp);
	assert_string_equal(fake_sink_line(0), entry);
	assert_non_null(strstr(fake_sink_line(3), " entry=0x00000000004000b7 R W X large WB -> 0x400000"));
	assert_string_equal(fake_sink_line(4), "  result: mapped hpa=0x401234 size=2048K");
	snprintf(entry, sizeof(entry), "  level 4 hpa=%#lx entry=", ept.table.root);
	assert_non_null(fake_sink_find(entry));
	fake_sink_clear();

	dump_ept_walk(&fake.vcpu, MIB(2) + 8);
	assert_int_equal(fake_sink_count(), 6);
	assert_non_null(strstr(fake_sink_line(4), " entry=0x0000000000800830 unused-RAM WB -> 0x800000"));
	assert_string_equal(fake_sink_line(5),
			    "  result: RAM, cleared and mapped at its first use hpa=0x800008 size=4K");
	fake_sink_clear();

	/* As machine/shadow.c hides it. */
	assert_int_equal(ept_map(&ept, MIB(2) + 2 * PAGE_SIZE, MIB(12), PAGE_SIZE,
				 ept_flags(EPT_HIDDEN, MEMORY_WB)), 0);
	dump_ept_walk(&fake.vcpu, MIB(2) + 2 * PAGE_SIZE);
	assert_non_null(strstr(fake_sink_line(4), " WB hidden -> 0xc00000"));
	assert_string_equal(fake_sink_line(5),
			    "  result: RAM, hidden by the chipset hpa=0xc00000 size=4K");
	fake_sink_clear();

	/* As apic_virtual.c opens it. */
	assert_int_equal(ept_map(&ept, MIB(2) + PAGE_SIZE, MIB(16), PAGE_SIZE,
				 ept_flags(EPT_RESERVED | EPT_READ | EPT_WRITE, MEMORY_WB)), 0);
	dump_ept_walk(&fake.vcpu, MIB(2) + PAGE_SIZE);
	assert_non_null(strstr(fake_sink_line(4), " R W APIC-page WB -> 0x1000000"));
	fake_sink_clear();

	dump_ept_walk(&fake.vcpu, GIB(1));
	assert_non_null(strstr(fake_sink_line(2), " entry=0x0000000000000000 not present"));
	assert_string_equal(fake_sink_line(3), "  result: no memory");
	fake_sink_clear();
	dump_ept_walk(&fake.vcpu, ~0UL);
	assert_int_equal(fake_sink_count(), 2);
	fake_sink_clear();

	/* A walk of the guest's tells when it ends where nothing is. */
	*at(0x4008) = GIB(1) | P;
	dump_guest_walk(&fake.vcpu, 0x1234);
	assert_string_equal(fake_sink_line(5),
			    "  result: gpa=0x40000234 page=4K, where there is no memory");
	fake.vcpu.ept = NULL;
	fake_sink_clear();
	dump_ept_walk(&fake.vcpu, 0);
	fake_sink_expect("ept: vm=vm0 vcpu=0 has no EPT", NULL);
	pool_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(four_levels),
		TEST(a_large_page),
		TEST(faults_in_words),
		TEST(the_level_that_is_not_present),
		TEST(reserved_bits_and_no_execute),
		TEST(tables_outside_of_ram),
		TEST(a_table_that_points_to_itself),
		TEST(pae_has_its_top_in_registers),
		TEST(thirty_two_bits),
		TEST(without_paging),
		TEST(three_walks_of_a_vcpu),
		TEST(looking_changes_nothing),
		TEST(peeking),
		TEST(extended_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
