/* SPDX-License-Identifier: MIT */
/* The machine's first instruction: in real, in protected or in 64-bit mode. */
#include "machine/loader_place.h"

#define TABLE_ENTRIES 512
#define DIRECTORIES   4UL /* of 1 GiB each */
#define TABLES	      (2 + DIRECTORIES)

#define PRESENT	 0x1UL
#define WRITABLE 0x2UL
#define LARGE	 0x80UL

#define RSP_INDEX 4 /* the processor's number of RSP */

static void enter_real(struct vm *vm, struct vcpu *v)
{
	vcpu_set_real_mode_entry(v, vm->real_mode.cs, vm->real_mode.ip);
	vcpu_set_register(v, RSP_INDEX, vm->real_mode.sp);
	v->regs.rdx = vm->real_mode.dl;
}

void load_enter_real(struct load *l, u16 cs, u16 ip, u16 sp, u8 drive)
{
	l->vm->real_mode.cs = cs;
	l->vm->real_mode.ip = ip;
	l->vm->real_mode.sp = sp;
	l->vm->real_mode.dl = drive;
	l->vm->enter = enter_real;
}

static void enter_protected(struct vm *vm, struct vcpu *v)
{
	vcpu_set_protected_mode_entry(v, &vm->entry);
}

static void enter_long(struct vm *vm, struct vcpu *v)
{
	vcpu_set_long_mode_entry(v, &vm->entry);
}

static int put_gdt(struct load *l, const u64 gdt[])
{
	struct load_block b;
	int error = load_block(&b, l, ENTRY_GDT_SIZE);

	if (!error)
		l->vm->entry.gdt = load_put(&b, gdt, ENTRY_GDT_SIZE, 8);
	return error;
}

int load_enter_protected(struct load *l, const struct entry_state *s)
{
	l->vm->entry = *s;
	l->vm->enter = enter_protected;
	return put_gdt(l, entry_gdt_32);
}

/* One PML4, one PDPT, and directories of 2M pages; they lie in this order. */
static void fill_tables(struct load *l, gpa_t tables)
{
	u64 entries[TABLE_ENTRIES / 8];
	u64 entry = (tables + PAGE_SIZE) | PRESENT | WRITABLE;

	load_write(l, tables, &entry, sizeof(entry));
	for (u64 i = 0; i < DIRECTORIES; i++) {
		entry += PAGE_SIZE;
		load_write(l, tables + PAGE_SIZE + 8 * i, &entry, sizeof(entry));
	}
	for (u64 i = 0; i < DIRECTORIES * TABLE_ENTRIES; i += ARRAY_SIZE(entries)) {
		for (u64 j = 0; j < ARRAY_SIZE(entries); j++)
			entries[j] = (i + j) * SIZE_2M | PRESENT | WRITABLE | LARGE;
		load_write(l, tables + 2 * PAGE_SIZE + 8 * i, entries, sizeof(entries));
	}
}

int load_enter_long(struct load *l, const struct entry_state *s)
{
	struct load_block b = { 0 };
	int error;

	l->vm->entry = *s;
	l->vm->enter = enter_long;
	error = put_gdt(l, entry_gdt_64);
	if (!error)
		error = load_block(&b, l, TABLES * PAGE_SIZE);
	if (!error) {
		fill_tables(l, b.start);
		l->vm->entry.cr3 = b.start;
	}
	return error;
}
