/* SPDX-License-Identifier: MIT */
/*
 * Wild but recoverable mode changes, from a fixed seed: pieces of code in
 * real mode, virtual-8086, 16-bit and 32-bit protected mode with and without
 * paging, compatibility and 64-bit mode, which write CR0, CR4, EFER, debug
 * registers, flags, segments, task registers, and change the mode. Each piece
 * ends in an exception; the next one begins afresh. Trivet must never be
 * worse for it. `sum` tells all ends; it is the same on a bare processor.
 *
 * EXPECT fuzz: done
 * EXPECT ^run: outcome=clean
 * REJECT VM entry failed
 */
#include "guest/test_fuzz_modes_switch.h"

#define RUNS   4000U
#define REPORT 500
#define TICK   40 /* of the 8254: 34 us */

/* "FUZZSEED" and eight bytes: where a test writes another one into the blob. */
static volatile struct {
	char mark[8];
	u64 value, print_from;
} seed = {"FUZZSEED", 0x5eed, ~0UL};

#define PD32	 ((volatile u32 *)0x4000) /* 4 MiB pages, one to one */
#define PDPT32	 ((volatile u64 *)0x5000) /* PAE: uses start.S's directory */
#define CODE_END ((u16)(u64)code_piece + CODE_PIECE + 8)
#define STACK	 0x6f00
#define DF_STACK 0x6800

#define SEGMENT(limit, type, flags)                                                                \
	(((limit)&0xffffUL) | (u64)(type) << 40 | ((limit) >> 16 & 0xfUL) << 48 |                  \
	 (u64)(flags) << 52)
#define FLAT 0xfffffUL

struct __attribute__((packed)) tss64 {
	u32 reserved;
	u64 rsp[3], reserved1, ist[7], reserved2;
	u16 reserved3, io_map;
};

u64 trip_gdt[32] __attribute__((aligned(8))) = {
	0,
	SEGMENT(FLAT, 0x9b, 0xc),
	SEGMENT(FLAT, 0x93, 0xc),
	SEGMENT(FLAT, 0x9b, 0xa),
	SEGMENT(0xffffUL, 0x9b, 0),
	SEGMENT(0xffffUL, 0x93, 0),
	0,
	0,
	0,
	0, /* TSS_A, TSS_DF, TSS_64 */
	0,
	0,
	SEGMENT(FLAT, 0xfb, 0xc),
	SEGMENT(FLAT, 0xf3, 0xc),
	SEGMENT(FLAT, 0xfb, 0xa),
	SEGMENT(0xffffUL, 0xfb, 0),
	SEGMENT(FLAT, 0x9f, 0xc), /* 80: conforming */
	SEGMENT(0UL, 0x97, 0xc),  /* 88: expand-down */
	SEGMENT(FLAT, 0x13, 0xc), /* 90: not present */
	SEGMENT(FLAT, 0x91, 0xc), /* 98: read-only */
	SEGMENT(FLAT, 0x99, 0xc), /* a0: execute-only */
	SEGMENT(FLAT, 0x92, 0xc), /* a8: not accessed yet */
	SEGMENT(FLAT, 0x9a, 0xc), /* b0: code, not accessed yet */
	SEGMENT(FLAT, 0x9b, 0xe), /* b8: L and D */
	SEGMENT(0xffUL, 0x82, 0), /* c0: an LDT, with c8 as its upper half */
	0,
	0x0000850000500000,	  /* d0: task gate to TSS_B */
	SEGMENT(FLAT, 0xb3, 0xc), /* d8: data of ring 1 */
	SEGMENT(FLAT, 0xbb, 0xa), /* e0: 64-bit code of ring 1 */
	SEGMENT(FLAT, 0xbb, 0xc), /* e8: 32-bit code of ring 1 */
	SEGMENT(0xfUL, 0x93, 0),  /* f0: tiny */
	0,
};
struct trip trip;
struct trip_end trip_end;
u8 code_piece[CODE_PIECE + 64];
u64 trip_idt64[128], trip_idt32[64];
u64 trip_stack_top;
struct tss32 tss_b;
struct tss16 tss_c;
static struct tss32 tss_a, tss_df;
static struct tss64 tss_64;
static u64 state, ends[256], sum;

u64 random(void) /* xorshift64* */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dUL;
}

static void tss_descriptor(unsigned selector, const void *tss, u64 limit, u64 type)
{
	u64 base = (u64)tss;

	trip_gdt[selector / 8] = limit | base << 16 | type << 40;
}

static void make_trip(struct writer *w)
{
	unsigned kind = below(8);

	*w = (struct writer){.at = code_piece, .cr0 = 0x11, .size = 32, .world = PROT};
	trip = (struct trip){.kind = TRIP_INNER,
			     .esp = STACK,
			     .ss = DATA32,
			     .ds = DATA32,
			     .cs = CODE32,
			     .eflags = 2,
			     .eip = (u32)(u64)code_piece};
	w->outer = !below(4);
	switch (kind) {
	case 0:
	case 1:
		w->world = LONG;
		w->paged = true;
		trip.kind = TRIP_LONG;
		w->size = kind ? 64 : below(2) ? 32 : 16;
		break;
	case 2:
		w->world = REAL;
		w->outer = false;
		trip.kind = TRIP_REAL;
		w->size = 16;
		break;
	case 3:
		w->world = V86;
		w->outer = true;
		w->size = 16;
		trip.eflags |= 0x20000;
		break;
	case 4:
		w->size = 16;
		break;
	}
	w->pae = w->world == LONG || below(2);
	w->cr4 = w->pae ? 0x20 : 0x10;
	if (w->world != LONG && w->world != REAL)
		w->paged = below(2);
	w->cr0 |= w->paged ? 0x80000000 : 0;
	if (w->world == REAL)
		w->cr0 &= ~1U;
	trip.cr0 = w->cr0;
	trip.cr4 = w->cr4;
	trip.cr3 = w->pae ? 0x5000 : 0x4000;
	if (w->world != REAL && below(4) == 0)
		trip.eflags |= 1U << (8 + below(11)) & 0x54d00;
	if (trip.eflags & 0x100)
		w->fixed = true;
	if (w->outer) {
		if (trip.kind == TRIP_INNER)
			trip.kind = TRIP_OUTER;
		trip.cs = (w->size == 64 ? CODE64_3 : w->size == 32 ? CODE32_3 : CODE16_3) | 3;
		trip.ss = trip.ds = DATA_3 | 3;
		trip.eflags |= below(2) ? 0x3000 : 0;
	} else if (w->world != REAL) {
		trip.cs = w->size == 64 ? CODE64 : w->size == 32 ? CODE32 : CODE16;
		trip.ss = w->size == 16 && below(2) ? DATA16 : DATA32;
	}
	if (w->world == V86 || w->world == REAL)
		trip.cs = trip.ss = trip.ds = 0;
}

static void set_tables(void)
{
	trip_gdt[0xc0 / 8] = SEGMENT(0xffUL, 0x82, 0) | (u64)(trip_gdt) << 16;
	trip_gdt[0xc8 / 8] = 0;
	trip_gdt[0xa8 / 8] = SEGMENT(FLAT, 0x92, 0xc);
	trip_gdt[0xb0 / 8] = SEGMENT(FLAT, 0x9a, 0xc);
	tss_descriptor(TSS_B, &tss_b, sizeof(tss_b) - 1, 0x89);
	tss_descriptor(TSS_C, &tss_c, sizeof(tss_c) - 1, 0x81);
	tss_descriptor(TSS_DF, &tss_df, sizeof(tss_df) - 1, 0x89);
	tss_a = (struct tss32){.esp0 = STACK, .ss0 = DATA32, .io_map = sizeof(tss_a) - 8};
	tss_b = (struct tss32){.esp0 = STACK,
			       .ss0 = DATA32,
			       .cr3 = trip.cr3,
			       .eflags = 2,
			       .eip = CODE_END,
			       .registers = {0, 0, 0, 0, STACK - 0x100, 0, 0, 0},
			       .segments = {DATA32, CODE32, DATA32, DATA32, 0, 0}};
	tss_c = (struct tss16){.stacks = {STACK, DATA32},
			       .flags = 2,
			       .ip = CODE_END,
			       .registers = {0, 0, 0, 0, STACK - 0x100, 0, 0, 0},
			       .segments = {DATA32, CODE16, DATA32, DATA32}};
	tss_df = tss_b;
	tss_a.cr3 = trip.cr3;
	/* A task switch behind long mode has saved the old task there. */
	tss_64 = (struct tss64){.rsp = {STACK, STACK, STACK}, .ist = {DF_STACK - 0x200}};
	tss_df.registers[4] = DF_STACK;
	tss_df.eip = (u32)(u64)trip_double_fault;
}

static void gate(unsigned vector, u64 at64, u64 at32)
{
	u64 dpl = vector == 3 || vector == 4 || vector >= 0x31 ? 0x6000 : 0;

	trip_idt64[2 * vector] = (at64 & 0xffff) | CODE64 << 16 | (0x8e00UL | dpl | 1) << 32;
	trip_idt64[2 * vector + 1] = 0;
	trip_idt32[vector] = (at32 & 0xffff) | CODE32 << 16 | (0x8e00UL | dpl) << 32;
}

static void set_up(void)
{
	u32 *ivt = (u32 *)0;

	trip_stack_top = STACK;
	asm volatile("" : "+r"(ivt)); /* address 0 is a table here */
	for (unsigned i = 0; i < VECTORS; i++) {
		gate(i, (u64)trip_stubs64 + 16 * i, (u64)trip_stubs32 + 16 * i);
		ivt[i] = (u32)(u64)trip_stubs16 + 16 * i;
	}
	gate(VECTOR_IRET, (u64)trip_iret64, (u64)trip_iret32);
	ivt[VECTOR_IRET] = (u32)(u64)trip_iret16;
	trip_idt32[8] = (u64)TSS_DF << 16 | 0x8500UL << 32;
	trip_idt32[0x32] = (u64)TSS_B << 16 | 0xe500UL << 32;
	for (unsigned i = 0; i < 1024; i++)
		PD32[i] = i << 22 | 0x87;
	for (unsigned i = 0; i < 512; i++)
		PDPT32[i] = i < 4 ? 0x3001 : 0;
	for (unsigned i = 0; i < 512; i++)
		PAGE_PD[i] |= 4;
	PAGE_PDPT[0] |= 4;
	PAGE_PML4[0] |= 4;
	tss_descriptor(TSS_A, &tss_a, sizeof(tss_a) - 1, 0x89);
	tss_descriptor(TSS_64, &tss_64, sizeof(tss_64) - 1, 0x89);
	trip_gdt[TSS_64 / 8 + 1] = 0;
	interrupts_init();
	pit_start(TICK);
	asm volatile("lgdt %0; lidt trip_idtr64; ltr %w1"
		     :
		     : "m"(*(const char(*)[10])trip_gdtr), "r"(TSS_64));
}

static void add(u64 value)
{
	sum = (sum ^ value) * 0x100000001b3UL;
}

static void note(unsigned run, const struct writer *w)
{
	const struct trip_end *e = &trip_end;
	u32 flags = e->valid == 99 ? 0 : e->eflags & 0x37700;

	ends[e->vector & 0xff]++;
	add(e->vector);
	add(e->error);
	add(e->eip);
	add(flags);
	if (run < seed.print_from)
		return;
	print("%u: %u v=%u e=%x ip=%x cs=%x fl=%x sp=%x ss=%x d6=%x %x\n", (u64)run, (u64)e->valid,
	      (u64)e->vector, (u64)e->error, (u64)(e->eip - (u32)(u64)code_piece), (u64)e->cs,
	      (u64)flags, (u64)e->esp, (u64)e->ss, (u64)e->dr6, (u64)w->world);
}

int guest_main(void)
{
	struct writer w;

	state = seed.value;
	set_up();
	for (unsigned run = 0; run < RUNS; run++) {
		if (run % REPORT == 0)
			print("fuzz: seed=%x run=%u sum=%x\n", seed.value, (u64)run, sum);
		make_trip(&w);
		w.ticks = !below(4);
		set_tables();
		write_code(&w);
		trip_end = (struct trip_end){0};
		for (unsigned i = 0; i < 64; i++)
			((volatile u32 *)STACK)[i] = 0;
		if (run >= seed.print_from) {
			print("code %u kind=%u fl=%x cr0=%x cs=%x ", (u64)run, (u64)trip.kind,
			      (u64)trip.eflags, (u64)trip.cr0, (u64)trip.cs);
			for (u8 *c = code_piece; c < w.at; c++)
				print("%x%x", (u64)*c >> 4, (u64)*c & 15);
			print("\n");
		}
		if (w.ticks)
			irq_unmask(0);
		trip_run();
		irq_mask(0);
		irq_end(0); /* in case one is in service */
		note(run, &w);
	}
	print("fuzz: done sum=%x ends", sum);
	for (unsigned vector = 0; vector < 256; vector++)
		if (ends[vector])
			print(" %u:%u", (u64)vector, ends[vector]);
	print("\n");
	return 0;
}
