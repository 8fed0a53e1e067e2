/* SPDX-License-Identifier: MIT */
/*
 * What the bundled guests are written with: a console, ports, MSRs,
 * hypercalls, interrupts. A guest defines guest_main(), whose result is its
 * exit status: 0 is a clean end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#include "guest/abi.h"

int guest_main(void);

/* Text on COM1: %s, %u (u64), %x (u64), %c, each as it is, no widths. */
void print(const char *format, ...);
_Noreturn void power_off(int status);

/* Test guests: print "ok: TEXT" or "FAIL: TEXT", and remember failures for the exit status. */
#define check(condition, text) check_result((condition), text)
void check_result(bool ok, const char *text);
int check_failures(void);

static inline void outb(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outw(u16 port, u16 value)
{
	asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outl(u16 port, u32 value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u16 inw(u16 port)
{
	u16 value;

	asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u32 inl(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)));
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r;

	asm volatile("cpuid"
		     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
		     : "a"(leaf), "c"(subleaf));
	return r;
}

static inline u64 hypercall(u64 number, u64 a, u64 b)
{
	u64 result;

	asm volatile("vmcall" : "=a"(result) : "a"(number), "b"(a), "c"(b) : "memory");
	return result;
}

/*
 * Interrupts and exceptions. After interrupts_init() an exception sets
 * `fault` and continues behind the faulting instruction when that was
 * announced with try(), else the guest ends with its numbers.
 */
struct fault {
	u64 vector, error, rip;
	bool happened;
};
extern volatile struct fault fault;

void interrupts_init(void);
void interrupts_set_handler(u8 vector, void (*handler)(void));

/* Run one asm instruction (a string) that may fault; evaluates to the vector, or -1 without a fault. */
#define try(instruction, ...)                                                                      \
	({                                                                                         \
		fault.happened = false;                                                            \
		asm volatile("lea 1f(%%rip), %%r11\n\tmov %%r11, fault_resume(%%rip)\n\t"          \
			     instruction "\n1:\tmovq $0, fault_resume(%%rip)"                      \
			     : : __VA_ARGS__ : "memory", "r11");                                   \
		fault.happened ? (int)fault.vector : -1;                                           \
	})
extern u64 fault_resume;
