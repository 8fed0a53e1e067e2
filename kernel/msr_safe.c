/* SPDX-License-Identifier: MIT */
/*
 * MSRs that may not exist: the #GP of a missing one is an answer.
 */
#include "kernel/traps.h"

#include "kernel/fixup.h"
#include "lib/error.h"

int rdmsr_safe(u32 msr, u64 *value)
{
	u32 lo, hi;
	int error = -ERR_FAULT;

	asm volatile("1: rdmsr\n\t"
		     "xorl %2, %2\n"
		     "2:\n\t" FIXUP("1b", "2b")
		     : "=&a"(lo), "=&d"(hi), "+&r"(error)
		     : "c"(msr));
	*value = error ? 0 : (u64)hi << 32 | lo;
	return error;
}

int wrmsr_safe(u32 msr, u64 value)
{
	int error = -ERR_FAULT;

	asm volatile("1: wrmsr\n\t"
		     "xorl %0, %0\n"
		     "2:\n\t" FIXUP("1b", "2b")
		     : "+&r"(error)
		     : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32))
		     : "memory");
	return error;
}
