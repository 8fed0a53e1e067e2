/* SPDX-License-Identifier: MIT */
/*
 * What the bundled guests and the test guests are written with: a console,
 * ports, MSRs, hypercalls, interrupts, ring 3. A guest defines
 * guest_main(), whose result is its exit status: 0 is a clean end.
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

/*
 * Test guests: print "ok: TEXT" or "FAIL: TEXT" and count. At the end
 * check_failures() prints how many there were of each and returns how many
 * failed: the exit status of a test guest.
 */
#define check(condition, text) check_result((condition), text)
#define check_equal(value, wanted, text) check_value((u64)(value), (u64)(wanted), text)
void check_result(bool ok, const char *text);
void check_value(u64 value, u64 wanted, const char *text);
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

/* cr0_read(), cr0_write(value), ... */
#define GUEST_REGISTER(name)                                                                       \
	static inline u64 name##_read(void)                                                        \
	{                                                                                          \
		u64 value;                                                                         \
                                                                                                   \
		asm volatile("mov %%" #name ", %0" : "=r"(value));                                 \
		return value;                                                                      \
	}                                                                                          \
                                                                                                   \
	static inline void name##_write(u64 value)                                                 \
	{                                                                                          \
		asm volatile("mov %0, %%" #name : : "r"(value) : "memory");                        \
	}

GUEST_REGISTER(cr0)
GUEST_REGISTER(cr2)
GUEST_REGISTER(cr3)
GUEST_REGISTER(cr4)
GUEST_REGISTER(cr8)
GUEST_REGISTER(dr0)
GUEST_REGISTER(dr1)
GUEST_REGISTER(dr2)
GUEST_REGISTER(dr3)
GUEST_REGISTER(dr6)
GUEST_REGISTER(dr7)

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

/* How many exits with this basic reason there have been. The numbers are the processor's. */
static inline u64 exits(u32 reason)
{
	return hypercall(ABI_CALL_EXITS, reason, 0);
}

/*
 * Interrupts and exceptions. After interrupts_init() the 8259s deliver at
 * 20H to 2FH, all masked. A vector with a handler is the handler's. Any
 * other exception fills `fault` and, inside of try(), continues behind the
 * instruction; elsewhere it ends the guest with its numbers.
 */
struct interrupt_frame {
	u64 rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11;
	u64 vector, error, rip, cs, rflags, rsp, ss;
};

struct fault {
	u64 vector, error, rip, cr2;
	bool happened;
};
extern volatile struct fault fault;
extern u64 fault_resume; /* where to continue; 0: no fault is expected */
extern u64 fault_stack;	 /* and with which stack, after a fault in ring 3 */

void interrupts_init(void);
void interrupts_set_handler(u8 vector, void (*handler)(struct interrupt_frame *frame));
void interrupts_set_stack(u8 vector, u8 ist);	   /* after user_init(); 0: none */
void interrupts_set_present(u8 vector, bool present); /* the gate in the IDT */

/* Interrupts of the 8259s: let one through, hold it back, say that it has been served. */
void irq_unmask(unsigned irq);
void irq_mask(unsigned irq);
void irq_end(unsigned irq);

/* Channel 0 of the 8254: again and again (mode 2), or once (mode 0). 11932 is 10 ms. */
void pit_start(u16 divisor);
void pit_once(u16 count);

#define VECTOR_DE 0
#define VECTOR_DB 1
#define VECTOR_NMI 2
#define VECTOR_BP 3
#define VECTOR_UD 6
#define VECTOR_NM 7
#define VECTOR_DF 8
#define VECTOR_NP 11
#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_AC 17
#define VECTOR_IRQ 0x20

/*
 * Run instructions that may fault; evaluates to the vector, or -1 without a
 * fault. Operands are written as behind asm's first colon:
 * try("rdmsr", "=a"(lo), "=d"(hi) : "c"(msr)), try("mov %0, %%cr0", : "r"(x)).
 */
#define try(instructions, ...)                                                                     \
	({                                                                                         \
		fault.happened = false;                                                            \
		asm volatile("movq $1f, fault_resume(%%rip)\n\t" instructions                      \
			     "\n1:\tmovq $0, fault_resume(%%rip)"                                  \
			     : __VA_ARGS__);                                                       \
		fault.happened ? (int)fault.vector : -1;                                           \
	})

/* -1, or the vector that the access raised; a read leaves its value in *value. */
static inline int try_rdmsr(u32 msr, u64 *value)
{
	u32 lo = 0, hi = 0;
	int vector = try("rdmsr", "+a"(lo), "+d"(hi) : "c"(msr));

	*value = (u64)hi << 32 | lo;
	return vector;
}

static inline int try_wrmsr(u32 msr, u64 value)
{
	return try("wrmsr", : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)));
}

/*
 * Ring 3. user_init() makes all memory the user's, too, and loads a TSS with
 * a stack for interrupts; user_run() runs code there (on its own small
 * stack) until it faults, or ends itself with user_end(), and returns the
 * vector that ended it: USER_END for the latter.
 */
#define USER_END   0x80
#define user_end() asm volatile("int $0x80")

void user_init(void);
void user_set_stack(unsigned ist, u64 top); /* of the TSS, 1 to 7 */
int user_run(void (*code)(void));

/* start.S's page tables: the first GiB by 2M pages, one level after the other. */
#define PAGE_TABLES ((volatile u64 *)0x1000)
#define PAGE_PML4   (PAGE_TABLES)
#define PAGE_PDPT   (PAGE_TABLES + 512)
#define PAGE_PD	    (PAGE_TABLES + 1024)
