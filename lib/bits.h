/* SPDX-License-Identifier: MIT */
/*
 * Bits and fields of bits. Everything here is pure and usable in constant
 * expressions.
 */
#pragma once

#include "lib/types.h"

#define BIT(n)	      (1UL << (n))
#define BITS(hi, lo)  ((~0UL >> (63 - (hi))) & (~0UL << (lo)))
#define IS_POW2(x)    ((x) != 0 && ((x) & ((x) - 1)) == 0)

/* Align to a power of two. */
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a)	 ALIGN_DOWN((x) + ((__typeof__(x))(a) - 1), a)
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)

/* Field hi..lo of x, shifted down. */
static inline u64 bits_get(u64 x, unsigned hi, unsigned lo)
{
	return (x & BITS(hi, lo)) >> lo;
}

/* Sign-extend the low n bits of x. */
static inline u64 bits_sign_extend(u64 x, unsigned n)
{
	return (u64)((s64)(x << (64 - n)) >> (64 - n));
}

/* A mask of the low n bytes of a register; n is 1, 2, 4 or 8. */
static inline u64 bits_byte_mask(unsigned n)
{
	return ~0UL >> (64 - 8 * n);
}
