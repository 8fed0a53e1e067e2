/* SPDX-License-Identifier: MIT */
/*
 * The guest's page walk, rule by rule. tests/unit/vmx/test_guest_walk_random.c
 * compares it with a second walk, written another way.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "vmx/guest_walk.h"

#define P  BIT(0)
#define RW BIT(1)
#define US BIT(2)
#define A  BIT(5)
#define D  BIT(6)
#define PS BIT(7)
#define XD BIT(63)

#define ALL (P | RW | US)

/* Tables at 1000H, 2000H, ... from the top down; the page is at 12345000H. */
static u64 ram[5 * PAGE_SIZE / 8];
static struct guest_paging paging;
static struct guest_walk w;
static unsigned exchanges, entry_bytes;
static bool changed_meanwhile;

static bool read(void *context, gpa_t gpa, u64 *value, unsigned size)
{
	assert_ptr_equal(context, ram);
	entry_bytes = size;
	*value = 0;
	if (gpa + size > sizeof(ram))
		return false;
	memcpy(value, (u8 *)ram + gpa, size);
	return true;
}

static bool exchange(void *context, gpa_t gpa, u64 before, u64 now, unsigned size)
{
	u64 value = 0;

	assert_ptr_equal(context, ram);
	exchanges++;
	memcpy(&value, (u8 *)ram + gpa, size);
	assert_int_equal(value, before);
	if (changed_meanwhile)
		return false;
	memcpy((u8 *)ram + gpa, &now, size);
	return true;
}

static int setup(void **state)
{
	(void)state;
	memset(ram, 0, sizeof(ram));
	exchanges = 0;
	changed_meanwhile = false;
	paging = (struct guest_paging){ .physical_bits = 40, .page_1g = true };
	return 0;
}

#define GVA	 0x00c0a08765UL /* index 0, 3, 5, 8 by 9 bits; 302H, 208H by 10 */
#define GPA_4K	 0x12345765UL
#define LEAF_4K	 0x12345000UL

static u64 *entry(unsigned table, unsigned index)
{
	return &ram[table * (PAGE_SIZE / 8) + index];
}

static u32 *entry32(unsigned table, unsigned index)
{
	return (u32 *)&ram[table * (PAGE_SIZE / 8)] + index;
}

static void four_level(void)
{
	paging.cr0 = CR0_PE | CR0_PG | CR0_WP;
	paging.cr4 = CR4_PAE;
	paging.efer = EFER_LME | EFER_LMA | EFER_NXE;
	paging.cr3 = 0x1000 | 0xfff; /* PCD and PWT, or a PCID: not part of the address */
	*entry(1, 0) = 0x2000 | ALL;
	*entry(2, 3) = 0x3000 | ALL;
	*entry(3, 5) = 0x4000 | ALL;
	*entry(4, 8) = LEAF_4K | ALL;
}

static void pae(void)
{
	four_level();
	paging.efer = EFER_NXE;
	paging.pdpte[3] = 0x3000 | P;
}

static void legacy(void)
{
	paging.cr0 = CR0_PE | CR0_PG | CR0_WP;
	paging.cr4 = CR4_PSE;
	paging.cr3 = 0x1ff8; /* bits 11:0 are not part of the address */
	*entry32(1, 0x302) = 0x2000 | ALL;
	*entry32(2, 0x208) = LEAF_4K | ALL;
}

static void walk(u64 gva, unsigned access)
{
	guest_walk(&paging, gva, access, read, ram, &w);
}

static void expect_page(u64 gva, unsigned access, gpa_t gpa, u64 size)
{
	walk(gva, access);
	assert_true(w.ok);
	assert_int_equal(w.gpa, gpa);
	assert_int_equal(w.page_size, size);
}

static void expect_fault(u64 gva, unsigned access, u32 error)
{
	walk(gva, access);
	assert_false(w.ok || w.bad_table || w.noncanonical);
	assert_int_equal(w.pf_error, error);
}

static void without_paging_linear_is_physical(void **state)
{
	(void)state;
	expect_page(0xffffffff12345678, GUEST_WRITE | GUEST_USER, 0x12345678, BIT(32));
	assert_int_equal(w.step_count, 0);
	/* CR3 and the rest mean nothing. */
	paging.cr0 = CR0_PE;
	paging.cr4 = CR4_PAE;
	expect_page(0x1000, GUEST_FETCH, 0x1000, BIT(32));
}

static void all_modes_find_the_page(void **state)
{
	(void)state;
	four_level();
	expect_page(GVA, GUEST_READ, GPA_4K, PAGE_SIZE);
	assert_int_equal(w.step_count, 4);
	assert_int_equal(w.steps[0].level, 4);
	assert_int_equal(w.steps[3].entry_address, 0x4040);
	assert_int_equal(entry_bytes, 8);
	setup(NULL);
	pae();
	expect_page(0xffffffff00000000 | GVA, GUEST_READ, GPA_4K, PAGE_SIZE);
	assert_int_equal(w.step_count, 2);
	setup(NULL);
	legacy();
	expect_page(0xffffffff00000000 | GVA, GUEST_READ, GPA_4K, PAGE_SIZE);
	assert_int_equal(w.step_count, 2);
	assert_int_equal(entry_bytes, 4);
}

static void large_pages(void **state)
{
	(void)state;
	four_level();
	*entry(3, 5) = 0x40000000 | BIT(12) | PS | ALL; /* bit 12 is PAT */
	expect_page(GVA, GUEST_READ, 0x40008765, 2 << 20);
	*entry(2, 3) = 0x80000000 | BIT(12) | PS | ALL;
	expect_page(GVA, GUEST_READ, 0x80a08765, 1 << 30);
	paging.page_1g = false;
	expect_fault(GVA, GUEST_READ, PF_PRESENT | PF_RSVD);

	setup(NULL);
	pae();
	*entry(3, 5) = 0x40000000 | PS | ALL; /* whatever CR4.PSE says */
	expect_page(GVA, GUEST_READ, 0x40008765, 2 << 20);

	setup(NULL);
	legacy();
	*entry32(1, 0x302) = 0x00400000 | 0xff << 13 | BIT(12) | PS | ALL; /* PSE-36 */
	expect_page(GVA, GUEST_READ, 0xff00608765, 4 << 20);
	paging.cr4 = 0; /* bit 7 is ignored */
	*entry32(1, 0x302) = 0x2000 | PS | ALL;
	expect_page(GVA, GUEST_READ, GPA_4K, PAGE_SIZE);
}

static void bits_that_are_reserved(void **state)
{
	const u64 bad = PF_PRESENT | PF_RSVD;

	(void)state;
	for (unsigned table = 1; table <= 4; table++) {
		static const unsigned index[] = { 0, 0, 3, 5, 8 };
		u64 *e;

		four_level();
		e = entry(table, index[table]);
		*e ^= BIT(39); /* the last within the width: elsewhere, but legal */
		walk(GVA, GUEST_READ);
		assert_true(w.ok || w.bad_table);
		*e ^= BIT(39) | BIT(40);
		expect_fault(GVA, GUEST_READ, bad);
		*e ^= BIT(40) | BIT(51);
		expect_fault(GVA, GUEST_WRITE, bad | PF_WRITE);
		*e ^= BIT(51) | BITS(62, 52); /* ignored */
		walk(GVA, GUEST_READ);
		assert_true(w.ok);
		*e ^= P | BIT(51); /* not present: nothing is reserved */
		expect_fault(GVA, GUEST_READ, 0);
		*e = (*e ^ P ^ BIT(51)) | XD;
		walk(GVA, GUEST_READ);
		assert_true(w.ok);
		paging.efer &= ~EFER_NXE;
		expect_fault(GVA, GUEST_FETCH, bad);
	}
	four_level();
	*entry(1, 0) |= PS;
	expect_fault(GVA, GUEST_READ, bad);
	four_level();
	*entry(3, 5) = 0x40000000 | BIT(13) | PS | ALL;
	expect_fault(GVA, GUEST_READ, bad);
	*entry(2, 3) = 0x80000000 | BIT(29) | PS | ALL;
	expect_fault(GVA, GUEST_READ, bad);

	pae();
	*entry(4, 8) |= BIT(52); /* ignored in IA-32e mode only */
	expect_fault(GVA, GUEST_READ, bad);
	pae();
	paging.pdpte[3] |= BIT(5);
	expect_fault(GVA, GUEST_READ, bad);

	legacy();
	*entry32(1, 0x302) = BIT(21) | PS | ALL;
	expect_fault(GVA, GUEST_READ, bad);
	*entry32(1, 0x302) = BIT(17) | PS | ALL;
	paging.physical_bits = 36;
	expect_fault(GVA, GUEST_READ, bad);
	*entry32(1, 0x302) = BIT(16) | PS | ALL;
	expect_page(GVA, GUEST_READ, 0x800208765, 4 << 20);
}

static void what_is_not_present(void **state)
{
	(void)state;
	four_level();
	*entry(4, 8) = LEAF_4K | RW | US;
	expect_fault(GVA, GUEST_READ, 0);
	expect_fault(GVA, GUEST_WRITE | GUEST_USER, PF_WRITE | PF_USER);
	expect_fault(GVA, GUEST_FETCH, PF_FETCH);
	paging.efer &= ~EFER_NXE;
	expect_fault(GVA, GUEST_FETCH, 0);
	paging.cr4 |= CR4_SMEP; /* either of both makes fetches tell */
	expect_fault(GVA, GUEST_FETCH | GUEST_USER, PF_FETCH | PF_USER);
	pae();
	paging.pdpte[3] = 0;
	expect_fault(GVA, GUEST_USER, PF_USER);
}

/* Clear or set one bit at one level and see all the kinds of access. */
static void expect_rights(const char *allowed)
{
	static const unsigned accesses[] = { GUEST_READ, GUEST_WRITE, GUEST_FETCH,
					     GUEST_READ | GUEST_USER, GUEST_WRITE | GUEST_USER,
					     GUEST_FETCH | GUEST_USER, GUEST_IMPLICIT };
	char got[sizeof("RWXrwxi")];

	for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++) {
		walk(GVA, accesses[i]);
		got[i] = w.ok ? "RWXrwxi"[i] : '-';
		assert_true(w.ok || w.pf_error & PF_PRESENT);
		assert_false(!w.ok && w.pf_error & PF_RSVD);
	}
	got[ARRAY_SIZE(accesses)] = 0;
	assert_string_equal(got, allowed);
}

static void rights_of_all_levels_combine(void **state)
{
	static const unsigned index[] = { 0, 0, 3, 5, 8 };

	(void)state;
	for (unsigned table = 1; table <= 4; table++) {
		four_level();
		expect_rights("RWXrwxi");
		*entry(table, index[table]) &= ~US;
		expect_rights("RWX---i");
		four_level();
		*entry(table, index[table]) &= ~RW;
		expect_rights("R-Xr-xi");
		paging.cr0 &= ~CR0_WP;
		expect_rights("RWXr-xi");
		four_level();
		*entry(table, index[table]) |= XD;
		expect_rights("RW-rw-i");
	}
	setup(NULL);
	legacy();
	*entry32(1, 0x302) &= ~(u32)RW;
	expect_rights("R-Xr-xi");
	legacy();
	*entry32(2, 0x208) &= ~(u32)US;
	expect_rights("RWX---i");
	setup(NULL);
	pae();
	*entry(3, 5) |= XD;
	expect_rights("RW-rw-i");
}

static void smep_and_smap(void **state)
{
	(void)state;
	four_level();
	paging.cr4 |= CR4_SMEP;
	expect_rights("RW-rwxi");
	paging.cr4 |= CR4_SMAP;
	expect_rights("---rwx-");
	paging.rflags = RFLAGS_AC; /* STAC helps explicit accesses only */
	expect_rights("RW-rwx-");
	paging.cr4 &= ~CR4_SMEP;
	paging.rflags = 0;
	expect_rights("--Xrwx-");
	paging.cr0 &= ~CR0_WP;
	expect_rights("--Xrwx-");
	*entry(4, 8) &= ~US; /* a supervisor page is not concerned */
	expect_rights("RWX---i");
}

static void not_canonical(void **state)
{
	(void)state;
	four_level();
	walk(BIT(47), GUEST_READ);
	assert_true(w.noncanonical && !w.ok && !w.bad_table);
	walk(BITS(63, 47), GUEST_READ);
	assert_false(w.noncanonical);
	walk(BIT(63), GUEST_READ);
	assert_true(w.noncanonical);
}

static void tables_outside_of_ram(void **state)
{
	(void)state;
	four_level();
	*entry(2, 3) = 0x77000 | ALL;
	walk(GVA, GUEST_READ);
	assert_true(w.bad_table && !w.ok);
	assert_int_equal(w.bad_table_address, 0x77028);
	/* Five levels are not offered; a guest that has them is not one of ours. */
	four_level();
	paging.cr4 |= CR4_LA57;
	walk(GVA, GUEST_READ);
	assert_true(w.bad_table && !w.ok);
}

static void marks(void **state)
{
	(void)state;
	four_level();
	walk(GVA, GUEST_READ);
	assert_true(guest_walk_mark(&w, GUEST_READ, exchange, ram));
	assert_int_equal(exchanges, 4);
	assert_int_equal(*entry(1, 0), 0x2000 | ALL | A);
	assert_int_equal(*entry(4, 8), LEAF_4K | ALL | A);
	walk(GVA, GUEST_READ);
	assert_true(guest_walk_mark(&w, GUEST_READ, exchange, ram));
	assert_int_equal(exchanges, 4); /* nothing left to do */
	walk(GVA, GUEST_WRITE);
	assert_true(guest_walk_mark(&w, GUEST_WRITE, exchange, ram));
	assert_int_equal(exchanges, 5);
	assert_int_equal(*entry(3, 5), 0x4000 | ALL | A);
	assert_int_equal(*entry(4, 8), LEAF_4K | ALL | A | D);

	setup(NULL);
	legacy();
	walk(GVA, GUEST_WRITE);
	changed_meanwhile = true;
	assert_false(guest_walk_mark(&w, GUEST_WRITE, exchange, ram));
	changed_meanwhile = false;
	assert_true(guest_walk_mark(&w, GUEST_WRITE, exchange, ram));
	assert_int_equal(*entry32(2, 0x208), LEAF_4K | ALL | A | D);
	assert_int_equal(*entry32(2, 0x209), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(without_paging_linear_is_physical),
		TEST(all_modes_find_the_page),
		TEST(large_pages),
		TEST(bits_that_are_reserved),
		TEST(what_is_not_present),
		TEST(rights_of_all_levels_combine),
		TEST(smep_and_smap),
		TEST(not_canonical),
		TEST(tables_outside_of_ram),
		TEST(marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
