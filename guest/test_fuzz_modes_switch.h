/* SPDX-License-Identifier: MIT */
/*
 * What changes the mode or the task, and a whole piece of code. Where a piece
 * goes on after that is known, so that nothing wild is ever executed.
 */
#pragma once

#include "guest/test_fuzz_modes_code.h"

/* More of trip_gdt. */
#define TSS_B	 0x50
#define TSS_C	 0x58
#define CODE32_3 0x60
#define DATA_3	 0x68
#define CODE64_3 0x70
#define CODE16_3 0x78

struct __attribute__((packed)) tss32 {
	u32 link, esp0, ss0, unused[4], cr3, eip, eflags, registers[8], segments[6], ldt;
	u16 trap, io_map;
	u8 map[8];
};
struct __attribute__((packed)) tss16 {
	u16 link, stacks[6], ip, flags, registers[8], segments[4], ldt;
};

extern struct tss32 tss_b;
extern struct tss16 tss_c;

/* A new task begins where this is called from, in this code segment. */
static void set_task(const struct writer *w, unsigned more, u16 cs)
{
	tss_b.eip = here(w, more);
	tss_c.ip = (u16)here(w, more);
	tss_b.segments[1] = tss_c.segments[1] = cs;
}

/* A task switch. 16-bit code goes on in 16 bits. */
static void write_task_switch(struct writer *w)
{
	u16 selectors[] = {TSS_B, TSS_C, 0xd0}, selector = selectors[below(3)];

	if (w->size == 16)
		byte(w, 0x66);
	byte(w, below(2) ? 0xea : 0x9a);
	word32(w, 0);
	byte(w, (u8)selector);
	byte(w, 0);
	set_task(w, 0, w->size == 16 ? CODE16 : CODE32);
	w->tasks = true; /* what follows may run again, in another task */
	tss_b.eflags = 2 | (below(4) ? 0 : 1U << below(15));
	tss_b.trap = !below(8);
	if (selector != TSS_C && !below(8)) { /* into virtual-8086 mode */
		tss_b.eflags |= 0x20000;
		for (unsigned i = 0; i < 6; i++)
			tss_b.segments[i] = 0;
		tss_c.segments[1] = CODE16;
		w->world = V86;
		w->outer = true;
		w->size = 16;
	} else if (!below(4)) {
		tss_b.segments[2 + below(4)] = wild_selector();
	}
}

/* LIDT, with an address by this segment's prefix. */
static void load_idt(struct writer *w, u8 prefix, const u8 *idtr)
{
	wide(w);
	byte(w, prefix);
	bytes(w, w->size == 16 ? "\x0f\x01\x1e" : "\x0f\x01\x1d", 3);
	byte(w, (u8)(u64)idtr);
	byte(w, (u8)((u64)idtr >> 8));
	if (w->size == 32) {
		byte(w, 0);
		byte(w, 0);
	}
}

static void enter_protected(struct writer *w)
{
	load_idt(w, 0x2e, trip_idtr32);
	set_cr(w, 0, w->cr0 |= 1);
	w->world = PROT;
	if (!below(3))
		BYTES(w, "\x0f\xa2"); /* CPUID between the modes */
	jump_far(w, below(2) ? CODE32 : CODE16);
	w->size = w->at[-2] == CODE32 ? 32 : 16;
	load(w, 0, DATA32);
	BYTES(w, "\x8e\xd0\x8e\xd8");
}

/* From 16-bit code, with what is left of the segments: DS has the null selector. */
static void enter_real(struct writer *w)
{
	BYTES(w, "\x31\xc0\x8e\xd8");
	load(w, 0, DATA16);
	BYTES(w, "\x8e\xd0");
	load_idt(w, 0x36, trip_idtr16);
	set_cr(w, 0, w->cr0 &= ~1U);
	if (!below(3))
		BYTES(w, "\x0f\xa2");
	byte(w, 0xea);
	byte(w, (u8)here(w, 4));
	byte(w, (u8)(here(w, 3) >> 8));
	BYTES(w, "\0\0");
	w->world = REAL;
	if (!below(3))
		BYTES(w, "\x0f\xa2");
	BYTES(w, "\x31\xc0\x8e\xd8\x8e\xd0\x0f\xa2");
}

/* By CR0.PG, from compatibility mode. */
static void leave_long(struct writer *w)
{
	set_cr(w, 4, w->cr4); /* with PCIDE, which may have been set, PG must stay */
	load_idt(w, 0x3e, trip_idtr32);
	set_cr(w, 0, w->cr0 &= 0x7fffffff);
	load(w, 1, 0xc0000080);
	load(w, 0, 0);
	load(w, 2, 0);
	BYTES(w, "\x0f\x30");
	load(w, 0, TSS_A); /* or a switch back to the 64-bit TSS would load anything */
	BYTES(w, "\x0f\x00\xd8");
	w->world = PROT;
	w->paged = false;
}

static void switch_paging(struct writer *w)
{
	w->cr0 ^= 0x80000000;
	if (w->cr0 >> 31) { /* these may have been changed */
		set_cr(w, 4, w->cr4);
		set_cr(w, 3, trip.cr3);
	}
	w->paged = w->cr0 >> 31;
	set_cr(w, 0, w->cr0);
}

/* From one mode to another; `w` knows it afterwards. */
static void write_mode(struct writer *w)
{
	static const u16 codes[] = {CODE32, CODE16, CODE64, 0x80, 0xa0, 0xb0, 0xb8, CODE32, CODE16};
	u16 selector = codes[below(9)];

	if (w->fixed || w->tasks || w->world == V86 || w->outer)
		return;
	if (w->ticks)
		byte(w, 0xfa); /* CLI: the tables for interrupts change first */
	if (w->world == REAL) {
		enter_protected(w);
	} else if (w->world == LONG && w->size != 64 && below(2)) {
		leave_long(w);
	} else if (w->world == PROT && !w->paged && w->size == 16 && below(2)) {
		enter_real(w);
	} else if (w->world == PROT && below(2)) {
		switch_paging(w);
	} else {
		jump_far(w, selector);
		w->size = selector == CODE16   ? 16
			  : selector == CODE64 ? w->world == LONG ? 64 : 16
					       : 32;
	}
}

static void write_other(struct writer *w)
{
	static const struct {
		u8 length;
		char code[4];
	} others[] = {
		{2, "\x0f\xa2"},     {2, "\x0f\x31"},	  {2, "\x0f\x33"},     {2, "\x0f\x08"},
		{2, "\x0f\x09"},     {2, "\x0f\x06"},	  {2, "\xf3\x90"},     {3, "\x0f\x78\xc0"},
		{3, "\x0f\x01\xc2"}, {3, "\x0f\x01\xd4"}, {2, "\x0f\xaa"},     {3, "\x0f\x01\xc8"},
		{3, "\x0f\x01\xc9"}, {3, "\x0f\x01\xd0"}, {3, "\x0f\x01\xd1"}, {3, "\x0f\x01\xf9"},
		{3, "\x0f\x01\xf8"}, {2, "\x0f\x34"},	  {2, "\x0f\x35"},     {1, "\xfb"},
		{1, "\xfa"},	     {1, "\xfb"},	  {1, "\xcc"},	       {1, "\xf1"},
		{1, "\xce"},	     {2, "\x0f\x0b"},	  {2, "\xcd\x31"},     {2, "\xcd\x31"},
		{2, "\xcd\x31"},     {2, "\xcd\x32"},	  {2, "\xcd\x0d"},     {1, "\x9c"},
		{3, "\x0f\x01\xe0"}, {2, "\xd9\xc0"},	  {3, "\x0f\x28\xc0"}, {3, "\xf3\x0f\x09"},
		{1, "\x90"},	     {1, "\x60"},	  {2, "\x0f\xa2"},     {2, "\x0f\xa2"},
		{3, "\x0f\x20\xc0"}, {3, "\x0f\x20\xe0"}, {3, "\x0f\x21\xf0"}, {3, "\x0f\x21\xf8"},
	};
	unsigned i = below(sizeof(others) / sizeof(others[0]));

	load(w, 0, below(16));
	load(w, 1, below(3));
	bytes(w, others[i].code, others[i].length);
}

static void write_call(struct writer *w) /* of the hypervisor, none of which ends the machine */
{
	load(w, 0, below(2) ? 1 : 99);
	BYTES(w, "\x0f\x01\xc1");
}

static void write_lmsw(struct writer *w)
{
	load(w, 0, (w->cr0 & 1) | (below(8) << 1));
	BYTES(w, "\x0f\x01\xf0");
}

/* Every fourth piece has a timer that ticks. */
static void write_interrupts(struct writer *w)
{
	byte(w, 0xfb);
	if (w->ticks && below(2))
		byte(w, 0xf4); /* HLT */
}

static void write_code(struct writer *w)
{
	for (unsigned i = 0; i < CODE_PIECE + 64; i++)
		code_piece[i] = 0xcc;
	for (unsigned n = 1 + below(16); n && w->at < code_piece + CODE_PIECE - 80; n--) {
		switch (below(16)) {
		case 0:
			write_flags(w);
			break;
		case 1:
			write_cr0(w);
			break;
		case 2:
			write_cr4(w);
			break;
		case 3:
			write_debug(w);
			break;
		case 4:
			write_io(w);
			break;
		case 5:
			write_msr(w);
			break;
		case 6:
		case 7:
			write_segment(w);
			break;
		case 8:
		case 9:
			write_mode(w);
			break;
		case 10:
			if (w->world == PROT && !w->outer && !w->fixed)
				write_task_switch(w);
			break;
		case 11:
			write_call(w);
			break;
		case 14:
			write_interrupts(w);
			break;
		case 13:
			if (w->world == PROT || w->world == LONG) {
				BYTES(w, "\xcf"); /* IRET: what lies there is nothing good */
				break;
			}
			/* fall through */
		case 12:
			write_lmsw(w);
			break;
		default:
			write_other(w);
		}
	}
}
