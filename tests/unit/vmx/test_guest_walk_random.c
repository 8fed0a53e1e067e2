/* SPDX-License-Identifier: MIT */
/*
 * The guest's page walk against a second one: written out mode by mode,
 * with every rule as a sentence, over random tables and random state.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/x86.h"
#include "vmx/guest_walk.h"

#define PAGES  8
#define ROUNDS 400000

static u64 ram[PAGES * PAGE_SIZE / 8];

static u64 random_bits(void)
{
	static u64 s = 0x9e3779b97f4a7c15;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s * 0x2545f4914f6cdd1d;
}

/* True once in n times. */
static bool once_in(unsigned n)
{
	return (random_bits() >> 33) % n == 0;
}

static bool read(void *context, gpa_t gpa, u64 *value, unsigned size)
{
	(void)context;
	*value = 0;
	if (gpa >= sizeof(ram))
		return false;
	memcpy(value, (u8 *)ram + gpa, size);
	return true;
}

/* ---- The second walk ------------------------------------------------------------------------ */

struct answer {
	enum { PAGE, FAULT, NOT_RAM, NOT_CANONICAL } kind;
	u64 value; /* address, or error code without the bits of the access */
};

struct levels {
	u64 entries[4];
	unsigned count;
};

static bool bit(u64 x, unsigned n)
{
	return x >> n & 1;
}

/* Is any of the bits from lo to hi set? */
static bool any(u64 x, unsigned hi, unsigned lo)
{
	for (unsigned i = lo; i <= hi; i++)
		if (bit(x, i))
			return true;
	return false;
}

static bool allowed(const struct guest_paging *p, const struct levels *l, unsigned access)
{
	bool user_mode_address = true, write_everywhere = true, no_execute_anywhere = false;

	for (unsigned i = 0; i < l->count; i++) {
		user_mode_address = user_mode_address && bit(l->entries[i], 2);
		write_everywhere = write_everywhere && bit(l->entries[i], 1);
		no_execute_anywhere = no_execute_anywhere || bit(l->entries[i], 63);
	}
	if (access & GUEST_USER && !user_mode_address)
		return false;
	if (access & GUEST_FETCH) {
		if (no_execute_anywhere)
			return false;
		if (!(access & GUEST_USER) && user_mode_address && p->cr4 & CR4_SMEP)
			return false;
		return true;
	}
	if (!(access & GUEST_USER) && user_mode_address && p->cr4 & CR4_SMAP) {
		if (access & GUEST_IMPLICIT)
			return false;
		if (!(p->rflags & RFLAGS_AC))
			return false;
	}
	if (access & GUEST_WRITE && !write_everywhere)
		return !(access & GUEST_USER) && !(p->cr0 & CR0_WP);
	return true;
}

static struct answer found(const struct guest_paging *p, const struct levels *l, unsigned access,
			   u64 address)
{
	return allowed(p, l, access) ? (struct answer){ PAGE, address }
				     : (struct answer){ FAULT, 1 };
}

static struct answer walk_32(const struct guest_paging *p, u64 gva, unsigned access)
{
	struct levels l = { .count = 1 };
	u64 pde, pte;

	if (!read(NULL, (p->cr3 & 0xfffff000) + (gva >> 22) * 4, &pde, 4))
		return (struct answer){ NOT_RAM, 0 };
	if (!bit(pde, 0))
		return (struct answer){ FAULT, 0 };
	l.entries[0] = pde;
	if (bit(pde, 7) && p->cr4 & CR4_PSE) {
		unsigned width = p->physical_bits < 40 ? p->physical_bits : 40;
		u64 high = (pde & 0x1fe000) >> 13;

		if (any(pde, 21, 21) || high >> (width - 32))
			return (struct answer){ FAULT, 9 };
		return found(p, &l, access, (high << 32) + (pde & 0xffc00000) + (gva & 0x3fffff));
	}
	if (!read(NULL, (pde & 0xfffff000) + (gva >> 12 & 1023) * 4, &pte, 4))
		return (struct answer){ NOT_RAM, 0 };
	if (!bit(pte, 0))
		return (struct answer){ FAULT, 0 };
	l.entries[l.count++] = pte;
	return found(p, &l, access, (pte & 0xfffff000) + (gva & 4095));
}

/* Page directory and page table of 64-bit entries, under PAE and 4-level paging. */
static struct answer walk_lower(const struct guest_paging *p, u64 directory, u64 gva,
				unsigned access, bool long_mode, struct levels *l)
{
	unsigned top = long_mode ? 51 : 62;
	u64 pde, pte;

	if (!read(NULL, directory + (gva >> 21 & 511) * 8, &pde, 8))
		return (struct answer){ NOT_RAM, 0 };
	if (!bit(pde, 0))
		return (struct answer){ FAULT, 0 };
	if (any(pde, top, p->physical_bits) || (bit(pde, 63) && !(p->efer & EFER_NXE)))
		return (struct answer){ FAULT, 9 };
	l->entries[l->count++] = pde;
	if (bit(pde, 7)) {
		if (any(pde, 20, 13))
			return (struct answer){ FAULT, 9 };
		return found(p, l, access, (pde & 0xfffffffe00000) + (gva & 0x1fffff));
	}
	if (!read(NULL, (pde & 0xffffffffff000) + (gva >> 12 & 511) * 8, &pte, 8))
		return (struct answer){ NOT_RAM, 0 };
	if (!bit(pte, 0))
		return (struct answer){ FAULT, 0 };
	if (any(pte, top, p->physical_bits) || (bit(pte, 63) && !(p->efer & EFER_NXE)))
		return (struct answer){ FAULT, 9 };
	l->entries[l->count++] = pte;
	return found(p, l, access, (pte & 0xffffffffff000) + (gva & 4095));
}

static struct answer walk_pae(const struct guest_paging *p, u64 gva, unsigned access)
{
	u64 pdpte = p->pdpte[gva >> 30];
	struct levels l = { .count = 0 };

	if (!bit(pdpte, 0))
		return (struct answer){ FAULT, 0 };
	if (any(pdpte, 2, 1) || any(pdpte, 8, 5) || any(pdpte, 63, p->physical_bits))
		return (struct answer){ FAULT, 9 };
	return walk_lower(p, pdpte & 0xffffffffff000, gva, access, false, &l);
}

static struct answer walk_64(const struct guest_paging *p, u64 gva, unsigned access)
{
	struct levels l = { .count = 0 };
	u64 pml4e, pdpte;

	if (gva >> 47 != 0 && gva >> 47 != 0x1ffff)
		return (struct answer){ NOT_CANONICAL, 0 };
	if (!read(NULL, (p->cr3 & 0xffffffffff000) + (gva >> 39 & 511) * 8, &pml4e, 8))
		return (struct answer){ NOT_RAM, 0 };
	if (!bit(pml4e, 0))
		return (struct answer){ FAULT, 0 };
	if (any(pml4e, 51, p->physical_bits) || (bit(pml4e, 63) && !(p->efer & EFER_NXE)) ||
	    bit(pml4e, 7))
		return (struct answer){ FAULT, 9 };
	l.entries[l.count++] = pml4e;
	if (!read(NULL, (pml4e & 0xffffffffff000) + (gva >> 30 & 511) * 8, &pdpte, 8))
		return (struct answer){ NOT_RAM, 0 };
	if (!bit(pdpte, 0))
		return (struct answer){ FAULT, 0 };
	if (any(pdpte, 51, p->physical_bits) || (bit(pdpte, 63) && !(p->efer & EFER_NXE)) ||
	    (bit(pdpte, 7) && !p->page_1g))
		return (struct answer){ FAULT, 9 };
	l.entries[l.count++] = pdpte;
	if (bit(pdpte, 7)) {
		if (any(pdpte, 29, 13))
			return (struct answer){ FAULT, 9 };
		return found(p, &l, access, (pdpte & 0xfffffc0000000) + (gva & 0x3fffffff));
	}
	return walk_lower(p, pdpte & 0xffffffffff000, gva, access, true, &l);
}

/* ---- Random state --------------------------------------------------------------------------- */

static u64 random_entry(bool wide)
{
	u64 e = (random_bits() % PAGES) << PAGE_SHIFT | 7;

	if (once_in(3))
		e ^= BIT(random_bits() % 3); /* P, R/W, U/S */
	if (once_in(6))
		e |= BIT(7);
	if (e & BIT(7) && once_in(2))
		e = (e & 0xfff) | (random_bits() & 0x3fc0000000);
	if (once_in(8))
		e |= BIT(3 + random_bits() % 61);
	if (once_in(6))
		e |= BIT(63);
	return wide ? e : (u32)(e ^ (once_in(16) ? BIT(13 + random_bits() % 9) : 0));
}

static void random_state(struct guest_paging *p, unsigned mode)
{
	*p = (struct guest_paging){
		.cr0 = CR0_PE | CR0_PG | (once_in(2) ? CR0_WP : 0),
		.cr3 = (random_bits() % PAGES) << PAGE_SHIFT | (once_in(4) ? 0x18 : 0),
		.cr4 = random_bits() & (CR4_PSE | CR4_SMEP | CR4_SMAP),
		.efer = once_in(3) ? 0 : EFER_NXE,
		.rflags = once_in(2) ? RFLAGS_AC : 0,
		.physical_bits = (u8)(36 + random_bits() % 17),
		.page_1g = once_in(2),
	};
	p->cr4 |= mode ? CR4_PAE : 0;
	p->efer |= mode == 2 ? EFER_LME | EFER_LMA : 0;
	for (unsigned i = 0; i < 4; i++)
		p->pdpte[i] = random_entry(true) & (once_in(8) ? ~0UL : ~(BIT(63) | 0x1e6));
}

static unsigned random_access(void)
{
	static const unsigned kinds[] = { GUEST_READ, GUEST_WRITE, GUEST_FETCH };
	unsigned access = kinds[random_bits() % 3];

	if (once_in(2))
		return access | GUEST_USER;
	return once_in(4) && access != GUEST_FETCH ? access | GUEST_IMPLICIT : access;
}

static void compare(const struct guest_walk *w, const struct answer *a, const struct guest_paging *p,
		    unsigned access)
{
	bool fetches_told = p->cr4 & CR4_SMEP || (p->cr4 & CR4_PAE && p->efer & EFER_NXE);
	u64 error = a->value;

	assert_int_equal(w->ok, a->kind == PAGE);
	assert_int_equal(w->bad_table, a->kind == NOT_RAM);
	assert_int_equal(w->noncanonical, a->kind == NOT_CANONICAL);
	if (a->kind == PAGE)
		assert_int_equal(w->gpa, a->value);
	if (a->kind != FAULT)
		return;
	error += access & GUEST_WRITE ? 2 : 0;
	error += access & GUEST_USER ? 4 : 0;
	error += access & GUEST_FETCH && fetches_told ? 16 : 0;
	assert_int_equal(w->pf_error, error);
}

static void both_walks_agree(void **state)
{
	unsigned kinds[3][4] = { { 0 } };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned mode = round / 64 % 3, access = random_access();
		u64 gva = random_bits();
		struct guest_paging p;
		struct guest_walk w;
		struct answer a;

		if (round % 64 == 0)
			for (unsigned i = 0; i < ARRAY_SIZE(ram); i++)
				ram[i] = mode ? random_entry(true)
					      : random_entry(false) | random_entry(false) << 32;
		random_state(&p, mode);
		if (mode < 2)
			gva = (u32)gva;
		else if (!once_in(16))
			gva = bits_sign_extend(gva, 48);
		a = mode == 0 ? walk_32(&p, gva, access) :
		    mode == 1 ? walk_pae(&p, gva, access) :
				walk_64(&p, gva, access);
		guest_walk(&p, gva, access, read, NULL, &w);
		compare(&w, &a, &p, access);
		kinds[mode][a.kind]++;
	}
	/* A comparison of nothing but faults would say little. */
	for (unsigned mode = 0; mode < 3; mode++) {
		assert_in_range(kinds[mode][PAGE], ROUNDS / 50, ROUNDS);
		assert_in_range(kinds[mode][FAULT], ROUNDS / 50, ROUNDS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(both_walks_agree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
