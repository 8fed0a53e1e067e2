/* SPDX-License-Identifier: MIT */
/*
 * Writes one piece of code for a trip: instructions that a hypervisor cares
 * about, with random operands, in the mode that is current where they stand.
 * No loops; what changes the mode is written such that its way on is known.
 * A piece ends with INT3 at the latest.
 */
#pragma once

#include "guest/test_fuzz_modes_trip.h"

enum world { REAL, V86, PROT, LONG };

struct writer {
	u8 *at;
	unsigned size; /* of the code: 16, 32, 64 */
	enum world world;
	bool outer, paged, pae, ticks;
	bool tasks; /* have been switched */
	bool fixed; /* debug registers or flags are set: do not leave this mode */
	u32 cr0, cr4;
};

#define CODE_PIECE 512
extern u8 code_piece[CODE_PIECE + 64];
u64 random(void);

static unsigned below(unsigned n)
{
	return (unsigned)(random() >> 33) % n;
}

static void byte(struct writer *w, u8 value)
{
	*w->at++ = value;
}

static void bytes(struct writer *w, const char *from, unsigned n)
{
	while (n--)
		byte(w, (u8)*from++);
}
#define BYTES(w, literal) bytes(w, literal, sizeof(literal) - 1)

static void word32(struct writer *w, u32 value)
{
	for (unsigned i = 0; i < 4; i++)
		byte(w, (u8)(value >> 8 * i));
}

/* The prefix for 32-bit operands in 16-bit code, and the other way round. */
static void wide(struct writer *w)
{
	if (w->size == 16)
		byte(w, 0x66);
}

static void load(struct writer *w, unsigned reg, u32 value)
{
	wide(w);
	byte(w, (u8)(0xb8 + reg));
	word32(w, value);
}

static void set_cr(struct writer *w, unsigned cr, u32 value)
{
	load(w, 0, value);
	byte(w, 0x0f);
	byte(w, 0x22);
	byte(w, (u8)(0xc0 | cr << 3));
}

/* The offset of what follows `more` bytes from here; all bases are 0. */
static u32 here(const struct writer *w, unsigned more)
{
	return (u32)(u64)w->at + more;
}

static u16 wild_selector(void)
{
	u16 s = (u16)(below(0x20) << 3);

	return below(4) ? s : below(2) ? s | 3 : (u16)(s | below(8));
}

/* Far jump to what follows, by this selector. */
static void jump_far(struct writer *w, u16 selector)
{
	if (w->size == 64) {
		BYTES(w, "\x68");
		word32(w, selector);
		BYTES(w, "\x68");
		word32(w, here(w, 6));
		BYTES(w, "\x48\xcb");
		return;
	}
	wide(w);
	byte(w, 0xea);
	word32(w, here(w, 6));
	byte(w, (u8)selector);
	byte(w, (u8)(selector >> 8));
}

static void write_flags(struct writer *w)
{
	static const u32 flags[] = {0x100,  0x4000, 0x40000, 0x10000,
				    0x3000, 0x400,  0x80000, 0x200000};
	u32 value = 2;

	for (unsigned i = below(3) + 1; i; i--)
		value |= flags[below(8)];
	if (value & 0x100)
		w->fixed = true;
	wide(w);
	byte(w, 0x68);
	word32(w, value);
	wide(w);
	byte(w, 0x9d);
}

static void write_cr0(struct writer *w)
{
	static const u32 bits[] = {2,	       4,	   8,	       0x20, 0x10000, 0x40000,
				   0x40000000, 0x60000000, 0x20000000, 0x40, 0x10};
	u32 value = w->cr0 ^ bits[below(11)] ^ (below(2) ? bits[below(11)] : 0);

	if (w->paged && !below(16))
		value &= ~1U; /* PG without PE: #GP */
	set_cr(w, 0, value);
}

static void write_cr4(struct writer *w)
{
	static const u8 bits[] = {0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 22, 23, 30};
	u32 value = w->cr4 ^ 1U << bits[below(18)] ^ (below(2) ? 1U << bits[below(18)] : 0);

	if (!w->paged && !w->tasks && !below(4))
		value ^= 0x30; /* PAE, PSE */
	if (w->world == LONG && !below(8))
		value &= ~0x20U;
	set_cr(w, 4, value);
}

static void write_debug(struct writer *w)
{
	unsigned dr = below(5);

	if (dr == 4) {
		/* Breakpoints on code, data, ports; now and then general detect. */
		load(w, 0,
		     0x400 | 1U << below(8) | (u32)below(4) << 16 | (u32)below(4) << 18 |
			     (below(8) ? 0 : 0x2000));
		BYTES(w, "\x0f\x23\xf8");
		w->fixed = true;
		return;
	}
	load(w, 0, below(2) ? here(w, below(32)) : below(2) ? 0x80 : (u32)(u64)&trip);
	byte(w, 0x0f);
	byte(w, 0x23);
	byte(w, (u8)(0xc0 | dr << 3));
}

static void write_io(struct writer *w)
{
	static const u8 plain[] = {0xe4, 0xe5, 0xe6, 0xe7};

	if (below(2)) {
		if (below(2))
			byte(w, 0x66);
		byte(w, plain[below(4)]);
		byte(w, 0x80);
		return;
	}
	load(w, 2, 0x80);
	load(w, 1, below(3));
	/* In 16 bits it is a buffer in any case. */
	load(w, 6, ((u32)(u64)code_piece + CODE_PIECE + 32 + below(24)) | below(2) << 20);
	load(w, 7, ((u32)(u64)code_piece + CODE_PIECE + 32 + below(24)) | below(2) << 20);
	if (below(2))
		byte(w, 0xf3);
	if (!below(4))
		byte(w, 0x67);
	if (!below(3))
		byte(w, "\x2e\x36\x3e\x26\x64\x65"[below(6)]);
	byte(w, (u8)(0x6c + below(4)));
}

static void write_msr(struct writer *w)
{
	static const u32 msrs[] = {0x10,       0x1b,	   0x3a,       0x174,	   0x175,
				   0x176,      0x1a0,	   0x1d9,      0x277,	   0x2ff,
				   0x480,      0x9ff,	   0xc0000080, 0xc0000081, 0xc0000082,
				   0xc0000084, 0xc0000100, 0xc0000102, 0xc0000103, 0x40000000};
	u32 msr = msrs[below(20)];
	bool efer = msr == 0xc0000080;

	load(w, 1, msr);
	load(w, 0, efer ? (w->world == LONG ? 0x500 : 0) ^ 1U << below(16) : (u32)random());
	/* LME must stay as it is where paging could begin; where it is on the change is refused. */
	if (efer && !w->paged)
		load(w, 0, 0x800);
	load(w, 2, below(4) ? 0 : (u32)random());
	byte(w, 0x0f);
	byte(w, below(3) || msr == 0x10 || msr >> 4 == 0x17 ? 0x32 : 0x30);
}

/* Segment registers, and the tables' registers. */
static void write_segment(struct writer *w)
{
	u16 selector = wild_selector();

	if (w->world == REAL || w->world == V86)
		selector = (u16)(below(2) ? 0 : 0xf000 | random());
	load(w, 0, selector);
	switch (below(10)) {
	case 0: /* SS, and something in its shadow */
		if (w->world == REAL || w->world == V86)
			load(w, 0, 0);
		else if (below(2) && !w->outer)
			load(w, 0, below(2) ? DATA32 : DATA16);
		BYTES(w, "\x8e\xd0");
		break;
	case 1:
		BYTES(w, "\x0f\x00\xd0"); /* LLDT */
		break;
	case 2: /* LTR; in long mode another task has no stack for what comes */
		if (w->world == LONG)
			load(w, 0, TSS_64);
		BYTES(w, "\x0f\x00\xd8");
		break;
	case 3:
		byte(w, 0x0f);
		byte(w, 0x00);
		byte(w, "\xc0\xc8\xe0\xe8"[below(4)]); /* SLDT, STR, VERR, VERW */
		break;
	case 4:
		byte(w, 0x0f);
		byte(w, (u8)(2 + below(2))); /* LAR, LSL */
		byte(w, 0xc8);
		break;
	default:
		byte(w, 0x8e);
		byte(w, (u8)(0xc0 | "\x00\x03\x04\x05"[below(4)] << 3));
	}
}
