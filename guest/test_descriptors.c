/* SPDX-License-Identifier: MIT */
/*
 * The instructions on GDTR, IDTR, LDTR and TR: all widths of operands, and
 * what they refuse. They are the processor's own, or Trivet's where
 * "descriptor-table exiting" is on: the answers must be the same.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define FREE	     0x40 /* selector of two free descriptors, for one of 16 bytes */
#define TSS_SELECTOR 0x30
#define GDT_LIMIT    0x4f
#define IDT_LIMIT    0xfff

#define TYPE_LDT	 0x82UL
#define TYPE_TSS	 0x89UL
#define TYPE_TSS_BUSY	 0x8bUL
#define TYPE_CODE16	 0x9bUL
#define MSR_FS_BASE	 0xc0000100
#define NOT_CANONICAL	 0x8000000000000000
#define NOT_MAPPED	 0x40000000UL /* 1 GiB: behind what start.S maps */

#define EXIT_GDTR_IDTR 46
#define EXIT_LDTR_TR   47

struct __attribute__((packed)) table {
	u16 limit;
	u64 base;
};

extern u64 guest_gdt_free[]; /* at selector 20H */

static struct table table, tables[4];
static u64 ldt[4];
static u64 upper_half;

static u64 *free_descriptor(void)
{
	return &guest_gdt_free[(FREE - 0x20) / 8];
}

static void set_free(u64 base, u64 limit, u64 type)
{
	free_descriptor()[0] = limit | (base & 0xffffff) << 16 | type << 40 |
			       (base >> 24 & 0xff) << 56;
	free_descriptor()[1] = base >> 32 | upper_half;
}

static void test_stores(void)
{
	u64 gdt = (u64)guest_gdt_free - 0x20, index = 2;

	table.base = 0;
	asm volatile("sgdt %0" : "=m"(table));
	check_equal(table.limit, GDT_LIMIT, "SGDT: limit");
	check_equal(table.base, gdt, "SGDT: base");
	asm volatile("sidt %0" : "=m"(table));
	check_equal(table.limit, IDT_LIMIT, "SIDT: limit");
	asm volatile("sgdt (%0, %1, 4)" : : "r"((u64)tables + 2), "r"(index) : "memory");
	check_equal(tables[1].base, gdt, "SGDT [base + index * 4]");
	tables[1].base = 0;
	asm volatile("sgdt 10(%k0)" : : "r"((u64)tables | 1UL << 63) : "memory");
	check_equal(tables[1].base, gdt, "SGDT with a 32-bit address");
	wrmsr(MSR_FS_BASE, (u64)tables);
	asm volatile("sgdt %%fs:20" : : : "memory");
	check_equal(tables[2].base, gdt, "SGDT FS:");
	wrmsr(MSR_FS_BASE, 0);
	asm volatile("sgdt -16(%%rsp)" : : : "memory");
}

static void test_loads(void)
{
	struct table *at = (struct table *)NOT_MAPPED;
	struct table bad = { GDT_LIMIT, NOT_CANONICAL }, copy;

	asm volatile("sgdt %0" : "=m"(table));
	asm volatile("lgdt %0" : : "m"(table));
	asm volatile("sgdt %0" : "=m"(copy));
	check(copy.limit == table.limit && copy.base == table.base, "LGDT");
	check_equal(try("lgdt %0", : "m"(bad)), VECTOR_GP, "LGDT of a base that is not canonical");
	check_equal(fault.error, 0, "its error code");
	check_equal(try("lidt %0", : "m"(*at)), VECTOR_PF, "LIDT from nowhere");
	/* Processors differ in which of the two parts they take first. */
	check(fault.cr2 == NOT_MAPPED || fault.cr2 == NOT_MAPPED + 2, "the address of its fault");
	check_equal(try("sidt %0", : "m"(*at)), VECTOR_PF, "SIDT to nowhere");
	check_equal(fault.error, 2, "its error code");
	check_equal(try("sgdt (%0)", : "r"(NOT_CANONICAL) : "memory"), VECTOR_GP,
		    "SGDT to an address that is not canonical");
}

static void test_selectors(void)
{
	u64 value = ~0UL;
	u16 memory[2] = { 0xffff, 0xffff };

	asm volatile("str %0" : "+r"(value));
	check_equal(value, TSS_SELECTOR, "STR of 64 bits");
	value = ~0UL;
	asm volatile("str %k0" : "+r"(value));
	check_equal(value, TSS_SELECTOR, "STR of 32 bits clears the upper half");
	value = ~0UL;
	asm volatile("str %w0" : "+r"(value));
	check_equal(value, 0xffffffffffff0000 | TSS_SELECTOR, "STR of 16 bits leaves the rest");
	asm volatile("mov $-1, %%r9\n\tstr %%r9w\n\tmov %%r9, %0" : "=r"(value) : : "r9");
	check_equal(value, 0xffffffffffff0000 | TSS_SELECTOR, "STR R9W");
	asm volatile("str %0" : "=m"(memory[0]));
	check(memory[0] == TSS_SELECTOR && memory[1] == 0xffff, "STR to memory is 16 bits wide");
	asm volatile("sldt %w0" : "=r"(value));
	check_equal((u16)value, 0, "SLDT");
	check_equal(try("str (%0)", : "r"(NOT_MAPPED) : "memory"), VECTOR_PF, "STR to nowhere");
}

/* LLDT or LTR of FREE, which the descriptor there does not allow. */
#define refuses(instruction, wanted, text)                                                         \
	do {                                                                                       \
		check_equal(try(instruction " %w0", : "r"(FREE)), wanted, text);                   \
		check_equal(fault.error, FREE, "its error code");                                  \
	} while (0)

static void test_ldt(void)
{
	u16 selector = FREE | 3;
	u32 limit = 0;
	u64 value;

	ldt[1] = 0x0000930000001234;
	set_free((u64)ldt, sizeof(ldt) - 1, TYPE_LDT);
	asm volatile("lldt %0" : : "m"(selector));
	asm volatile("sldt %w0" : "=r"(value));
	check_equal((u16)value, selector, "LLDT");
	asm volatile("lsl %1, %0" : "+r"(limit) : "r"(0x0cU) : "cc");
	check_equal(limit, 0x1234, "a descriptor in the LDT");
	asm volatile("lldt %w0" : : "r"(0));
	limit = 0;
	asm volatile("lsl %1, %0" : "+r"(limit) : "r"(0x0cU) : "cc");
	check_equal(limit, 0, "LLDT of null: no LDT");

	set_free((u64)ldt, sizeof(ldt) - 1, TYPE_LDT & 0x7f);
	refuses("lldt", VECTOR_NP, "LLDT of one that is not present");
	set_free(0, 0xffff, TYPE_CODE16);
	refuses("lldt", VECTOR_GP, "LLDT of a code segment");
	set_free(NOT_CANONICAL, 15, TYPE_LDT);
	refuses("lldt", VECTOR_GP, "LLDT of a base that is not canonical");
	upper_half = TYPE_LDT << 8;
	set_free((u64)ldt, 15, TYPE_LDT);
	refuses("lldt", VECTOR_GP, "LLDT with a type in the upper half");
	upper_half = 0;
	check_equal(try("lldt %w0", : "r"(FREE | 4)), VECTOR_GP, "LLDT of one in the LDT");
	check_equal(fault.error, FREE | 4, "its error code");
	check_equal(try("lldt %w0", : "r"(GDT_LIMIT + 1)), VECTOR_GP, "LLDT beyond the limit");
	check_equal(try("lldt %w0", : "r"(GDT_LIMIT - 7)), VECTOR_GP, "LLDT across the limit");
}

static void test_tss(void)
{
	u64 value;

	check_equal(try("ltr %w0", : "r"(TSS_SELECTOR)), VECTOR_GP, "LTR of a busy TSS");
	check_equal(fault.error, TSS_SELECTOR, "its error code");
	check_equal(try("ltr %w0", : "r"(0)), VECTOR_GP, "LTR of null");
	check_equal(fault.error, 0, "its error code");
	set_free(0, 103, TYPE_TSS & 0x7f);
	refuses("ltr", VECTOR_NP, "LTR of one that is not present");
	set_free(0, 103, 0x81);
	refuses("ltr", VECTOR_GP, "LTR of a 16-bit TSS");
	set_free(0xffff800012345678, 103, TYPE_TSS);
	asm volatile("ltr %w0" : : "r"(FREE));
	asm volatile("str %0" : "=r"(value));
	check_equal(value, FREE, "LTR");
	check_equal(free_descriptor()[0] >> 40 & 0xff, TYPE_TSS_BUSY, "it is busy now");
}

int guest_main(void)
{
	interrupts_init();
	user_init(); /* for its TSS */
	test_stores();
	test_loads();
	test_selectors();
	test_ldt();
	test_tss();
	print("exits: %u for GDTR and IDTR, %u for LDTR and TR\n", exits(EXIT_GDTR_IDTR),
	      exits(EXIT_LDTR_TR));
	return check_failures();
}
