/* SPDX-License-Identifier: MIT */
/*
 * Random numbers, and random code from them, for guest/test_fuzz_code.c:
 * what a hypervisor cares about, and anything else.
 */
#pragma once

#include "guest/guest.h"

#define CODE_BYTES 48 /* of random ones; the rest of 256 bytes are INT3 */
#define CODE_ROOM  256
#define HLT	   0xf4
#define CLI	   0xfa
#define STI	   0xfb
#define POPF	   0x9d

#define LOW_END	     0x90000UL /* of the stack: the end of the guest */
#define RFLAGS_FIXED 0x2UL
#define RFLAGS_TF    0x100UL
#define RFLAGS_IF    0x200UL

/*
 * Window: 2 MiB of physical memory. The code is not at its start, so that jumps
 * backwards reach below it: EIP wraps around at 4 GiB there, as Bochs does not.
 */
#define WINDOW_PHYSICAL 0x1000000UL
#define WINDOW		0x80000000UL
#define CODE		(WINDOW + 0x1000)
#define DATA		(WINDOW + 0x100000)

/* Selectors of the GDT below. */
#define KERNEL_CODE 0x18
#define KERNEL_DATA 0x10
#define CODE32	    0x20
#define CODE16	    0x28
#define CODE64_USER 0x30
#define CODE32_USER 0x38
#define CODE16_USER 0x40
#define DATA_WINDOW 0x48 /* bases at the window, so 16 bits can reach it */
#define DATA_USER   0x50
#define TSS	    0x58

struct start {
	u64 gpr[16];
	u64 rip, cs, rflags, rsp, ss, ds;
};

static u64 state;

/* xorshift64*: the same numbers from the same seed, whatever compiles this. */
static u64 random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dUL;
}

static unsigned below(unsigned n)
{
	return (unsigned)(random() >> 33) % n;
}

/* Opcodes that a hypervisor cares about; the bytes behind them are random. */
static const u8 interesting[][3] = {
	{2, 0x0f, 0x01}, {2, 0x0f, 0x01}, {2, 0x0f, 0x01}, {2, 0x0f, 0x00}, {2, 0x0f, 0x20},
	{2, 0x0f, 0x21}, {2, 0x0f, 0x22}, {2, 0x0f, 0x23}, {2, 0x0f, 0x30}, {2, 0x0f, 0x32},
	{2, 0x0f, 0x31}, {2, 0x0f, 0x33}, {2, 0x0f, 0xa2}, {2, 0x0f, 0x06}, {2, 0x0f, 0x08},
	{2, 0x0f, 0x09}, {2, 0x0f, 0x05}, {2, 0x0f, 0x07}, {2, 0x0f, 0x34}, {2, 0x0f, 0x35},
	{2, 0x0f, 0xc7}, {2, 0x0f, 0x78}, {2, 0x0f, 0x79}, {2, 0x0f, 0xae}, {2, 0x0f, 0xb4},
	{2, 0x0f, 0x38}, {2, 0x0f, 0x02}, {2, 0x0f, 0x03}, {2, 0x0f, 0xaa}, {1, 0xe4},
	{1, 0xe5},	 {1, 0xe6},	  {1, 0xe7},	   {1, 0xec},	    {1, 0xed},
	{1, 0xee},	 {1, 0xef},	  {1, 0x6c},	   {1, 0x6d},	    {1, 0x6e},
	{1, 0x6f},	 {1, 0x8e},	  {1, 0x8c},	   {1, 0xcd},	    {1, 0xcf},
	{1, 0xca},	 {1, 0xff},	  {1, 0xea},	   {1, 0x9e},	    {1, 0x9c},
	{1, 0xf1},	 {1, 0xce},	  {1, 0xc8},	   {1, 0xfb},	    {1, 0xfb},
	{1, 0x17},	 {1, 0x9b},	  {1, 0xd9},	   {1, 0x62},	    {1, 0xc4},
};
static const u8 prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e,
			      0x26, 0x64, 0x65, 0x48, 0x4f, 0x40, 0xf3, 0x66};

/* Ports that can switch off or reset the machine, or stop the tick, and their neighbors. */
static bool is_end(u64 port)
{
	return (port >= 0x1d && port <= 0x21) || (port >= 0x3d && port <= 0x43) ||
	       (port >= 0x60 && port <= 0x64) || (port >= 0x8f && port <= 0x92) ||
	       (port >= 0xf1 && port <= 0xf7) ||
	       (port >= 0x601 && port <= 0x605) || (port >= 0xcf6 && port <= 0xcf9);
}

/*
 * Make harmless what honestly ends a guest, where it is easily seen: LIDT and
 * LGDT, CR3, and outside of 64-bit code CR0 and CR4, which can leave long
 * mode; HLT, CLI and POPF, after which a loop has no end; some ports; and
 * GETSEC, on which Bochs gives up. The first byte of all is a NOP.
 */
static void tame(u8 *code, unsigned size, bool long_code)
{
	for (unsigned i = 1; i < size; i++) {
		u8 reg = code[i + 2] >> 3 & 7;

		if (code[i] == 0xee || code[i] == 0xef) /* who knows what DX will be */
			code[i] -= 8;
		if (code[i] >= 0xe6 && code[i] <= 0xe7 && is_end(code[i + 1]))
			code[i + 1] = 0x80;
		if (code[i] == HLT || code[i] == CLI || code[i] == POPF)
			code[i] = STI;
		if (code[i] != 0x0f)
			continue;
		if (code[i + 1] == 0x37)
			code[i + 1] = 0x0b;
		if (code[i + 1] == 0x01 && (reg == 2 || reg == 3) && code[i + 2] < 0xc0)
			code[i + 2] |= 0x20;
		if (code[i + 1] == 0x22 && (reg == 3 || !long_code))
			code[i + 2] |= 0x38;
		if (code[i + 1] == 0x01 && reg == 6 && !long_code) /* LMSW */
			code[i + 2] &= 0xc7;
	}
}

static void make_code(u8 *code, bool long_code)
{
	unsigned i = CODE_ROOM;

	while (i)
		code[--i] = 0xcc;
	code[i++] = 0x90;
	while (i < CODE_BYTES) {
		const u8 *opcode = interesting[below(sizeof(interesting) / sizeof(interesting[0]))];

		if (i == 1 ? !below(8) : below(2)) {
			code[i++] = (u8)random();
			continue;
		}
		while (!below(3))
			code[i++] = prefixes[below(sizeof(prefixes))];
		for (unsigned byte = 1; byte <= opcode[0]; byte++)
			code[i++] = opcode[byte];
		for (unsigned byte = below(3); byte; byte--)
			code[i++] = (u8)random();
	}
	tame(code, i, long_code);
}

/* No pointer to the guest itself. */
static u64 make_register(void)
{
	u64 value;

	switch (below(4)) {
	case 0:
		return DATA + below(0x10000);
	case 1:
		value = random() >> below(64);
		return value < LOW_END ? ~value : value;
	case 2:
		return below(64);
	default:
		return random();
	}
}

static void make_start(struct start *s)
{
	static const u8 codes[2][3] = {{KERNEL_CODE, CODE32, CODE16},
				       {CODE64_USER | 3, CODE32_USER | 3, CODE16_USER | 3}};
	unsigned ring3 = !below(4), mode = below(4) % 3;
	bool long_code = mode == 0;

	for (unsigned i = 0; i < 16; i++)
		s->gpr[i] = make_register();
	if (!below(4)) /* RCX: an MSR of AMD's range */
		s->gpr[1] = 0xc0000080 + below(0x90) * below(2);
	if (is_end((u16)s->gpr[2]))
		s->gpr[2] = 0x80;
	if ((u32)s->gpr[0] == ABI_CALL_POWER_OFF)
		s->gpr[0]++;
	s->cs = codes[ring3][mode];
	s->ds = long_code ? (ring3 ? 0 : KERNEL_DATA) : ring3 ? DATA_USER | 3 : DATA_WINDOW;
	s->ss = ring3 ? DATA_USER | 3 : long_code ? KERNEL_DATA : DATA_WINDOW;
	s->rip = long_code ? CODE : 0;
	s->rsp = long_code ? DATA + 0x8000 : 0x8000;
	s->rflags = RFLAGS_FIXED | RFLAGS_IF | (random() & 0x44cd5) | (below(2) ? RFLAGS_TF : 0);
	make_code((u8 *)CODE, long_code);
}
