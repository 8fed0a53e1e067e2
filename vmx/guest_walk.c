/* SPDX-License-Identifier: MIT */
/*
 * Three formats of tables are one loop: they differ in levels, in the
 * width of an index, and in which bits are reserved. The top level of PAE
 * paging is in registers and comes before the loop.
 */
#include "vmx/guest_walk.h"

#include "lib/x86.h"

#define ENTRY_P	   BIT(0)
#define ENTRY_RW   BIT(1)
#define ENTRY_US   BIT(2)
#define ENTRY_A	   BIT(5)
#define ENTRY_D	   BIT(6)
#define ENTRY_PS   BIT(7)
#define ENTRY_XD   BIT(63)
#define ENTRY_ADDRESS BITS(51, 12)

/* Without the address bits, which the loop checks for all formats alike. */
#define PDPTE_RESERVED (BITS(2, 1) | BITS(8, 5))

static const struct format {
	u8 levels, index_bits, entry_size;
	u8 ignored_from; /* address bits beyond the physical width are reserved below this one */
} legacy = { 2, 10, 4, 0 }, pae = { 2, 9, 8, 63 }, four_level = { 4, 9, 8, 52 };

/* The rights of an address: the entries of all levels together. */
struct rights {
	bool user, writable, no_execute;
};

static unsigned shift_of(const struct format *f, unsigned level)
{
	return PAGE_SHIFT + f->index_bits * (level - 1);
}

/* SDM "Page-Fault Exceptions". */
static void fault(const struct guest_paging *p, unsigned access, u64 bits, struct guest_walk *w)
{
	bool tells_fetch = p->cr4 & CR4_SMEP || (p->cr4 & CR4_PAE && p->efer & EFER_NXE);

	if (access & GUEST_WRITE)
		bits |= PF_WRITE;
	if (access & GUEST_USER)
		bits |= PF_USER;
	if (access & GUEST_FETCH && tells_fetch)
		bits |= PF_FETCH;
	w->pf_error = (u32)bits;
}

static u64 beyond_physical(const struct guest_paging *p, const struct format *f)
{
	return p->physical_bits < f->ignored_from ? BITS(f->ignored_from - 1, p->physical_bits) : 0;
}

static bool is_large(const struct guest_paging *p, const struct format *f, unsigned level,
		     u64 entry)
{
	if (f == &legacy && !(p->cr4 & CR4_PSE))
		return false;
	return (level == 2 || level == 3) && entry & ENTRY_PS;
}

/* SDM "Paging", the tables "Format of ... Entry" and "Reserved Bits". */
static u64 reserved_bits(const struct guest_paging *p, const struct format *f, unsigned level,
			 bool large)
{
	u64 reserved;

	/* PSE-36: bits 20:13 of a 4M page are physical address bits 39:32. */
	if (f == &legacy)
		return large ? BITS(21, MIN(p->physical_bits, 40) - 19) : 0;

	reserved = beyond_physical(p, f);
	if (!(p->efer & EFER_NXE))
		reserved |= ENTRY_XD;
	if (level == 4 || (level == 3 && !p->page_1g))
		reserved |= ENTRY_PS;
	if (large)
		reserved |= BITS(shift_of(f, level) - 1, 13);
	return reserved;
}

static gpa_t leaf_address(const struct format *f, unsigned level, u64 entry, gva_t gva)
{
	unsigned shift = shift_of(f, level);
	gpa_t page = entry & ENTRY_ADDRESS & ~BITS(shift - 1, 0);

	if (f == &legacy && level == 2)
		page |= bits_get(entry, 20, 13) << 32;
	return page | (gva & BITS(shift - 1, 0));
}

/* SDM "Determination of Access Rights". */
static bool permitted(const struct guest_paging *p, unsigned access, const struct rights *r)
{
	if (access & GUEST_USER)
		return r->user && (r->writable || !(access & GUEST_WRITE)) &&
		       !(r->no_execute && access & GUEST_FETCH);
	if (access & GUEST_FETCH)
		return !r->no_execute && !(r->user && p->cr4 & CR4_SMEP);
	if (r->user && p->cr4 & CR4_SMAP && (access & GUEST_IMPLICIT || !(p->rflags & RFLAGS_AC)))
		return false;
	return r->writable || !(access & GUEST_WRITE) || !(p->cr0 & CR0_WP);
}

static void walk(const struct guest_paging *p, const struct format *f, gpa_t table, gva_t gva,
		 unsigned access, guest_read_fn read, void *context, struct guest_walk *w)
{
	struct rights rights = { true, true, false };
	unsigned level = f->levels;
	u64 entry;
	bool large;

	w->entry_size = f->entry_size;
	for (;; level--) {
		u64 index = gva >> shift_of(f, level) & BITS(f->index_bits - 1, 0);
		gpa_t address = table + index * f->entry_size;

		if (!read(context, address, &entry, f->entry_size)) {
			w->bad_table = true;
			w->bad_table_address = address;
			return;
		}
		w->steps[w->step_count++] = (struct guest_walk_step){ (u8)level, address, entry };
		if (!(entry & ENTRY_P)) {
			fault(p, access, 0, w);
			return;
		}
		large = is_large(p, f, level, entry);
		if (entry & reserved_bits(p, f, level, large)) {
			fault(p, access, PF_PRESENT | PF_RSVD, w);
			return;
		}
		rights.user &= !!(entry & ENTRY_US);
		rights.writable &= !!(entry & ENTRY_RW);
		rights.no_execute |= f != &legacy && entry & ENTRY_XD;
		if (large || level == 1)
			break;
		table = entry & ENTRY_ADDRESS;
	}
	if (!permitted(p, access, &rights)) {
		fault(p, access, PF_PRESENT, w);
		return;
	}
	w->ok = true;
	w->gpa = leaf_address(f, level, entry, gva);
	w->page_size = BIT(shift_of(f, level));
}

/* The registers were checked when they were loaded; the check here costs nothing. */
static void walk_pae(const struct guest_paging *p, gva_t gva, unsigned access, guest_read_fn read,
		     void *context, struct guest_walk *w)
{
	u64 top = p->pdpte[gva >> 30];

	if (!(top & ENTRY_P))
		fault(p, access, 0, w);
	else if (top & (PDPTE_RESERVED | ENTRY_XD | beyond_physical(p, &pae)))
		fault(p, access, PF_PRESENT | PF_RSVD, w);
	else
		walk(p, &pae, top & ENTRY_ADDRESS, gva, access, read, context, w);
}

void guest_walk(const struct guest_paging *p, gva_t gva, unsigned access, guest_read_fn read,
		void *context, struct guest_walk *result)
{
	bool long_mode = p->efer & EFER_LMA;

	*result = (struct guest_walk){ .ok = false };
	if (!long_mode)
		gva = (u32)gva;
	if (!(p->cr0 & CR0_PG)) {
		result->ok = true;
		result->gpa = gva;
		result->page_size = BIT(32);
		return;
	}
	if (!long_mode && p->cr4 & CR4_PAE) {
		walk_pae(p, gva, access, read, context, result);
		return;
	}
	if (!long_mode) {
		walk(p, &legacy, p->cr3 & BITS(31, 12), gva, access, read, context, result);
		return;
	}
	if (p->cr4 & CR4_LA57) { /* not offered: no guest can have set it */
		result->bad_table = true;
		result->bad_table_address = p->cr3;
		return;
	}
	if (!address_is_canonical(gva)) {
		result->noncanonical = true;
		return;
	}
	walk(p, &four_level, p->cr3 & ENTRY_ADDRESS, gva, access, read, context, result);
}

bool guest_walk_mark(const struct guest_walk *walk, unsigned access, guest_exchange_fn exchange,
		     void *context)
{
	for (unsigned i = 0; i < walk->step_count; i++) {
		const struct guest_walk_step *s = &walk->steps[i];
		bool leaf = i == walk->step_count - 1;
		u64 now = s->entry | ENTRY_A | (leaf && access & GUEST_WRITE ? ENTRY_D : 0);

		if (now != s->entry &&
		    !exchange(context, s->entry_address, s->entry, now, walk->entry_size))
			return false;
	}
	return true;
}
