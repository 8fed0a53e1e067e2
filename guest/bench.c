/* SPDX-License-Identifier: MIT */
/*
 * The cost of an exit, in ticks of the TSC: in Bochs one tick is one
 * instruction, so these numbers are exact and do not change from run to
 * run. Elsewhere they are time.
 *
 * Each figure is the mean of many round trips, less the cost of the empty
 * loop around them.
 *
 * OPTIONS log=quiet
 * EXPECT bench: cpuid=\d+ vmcall=\d+ port_read=\d+
 * EXPECT bench: ok
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

#define ROUNDS 1000

/*
 * The limits of the project, in instructions, with the flight recorder and
 * statistics on; see docs/performance.md. What they cost, and the limits
 * without them, are the business of tests/boot/budgets.py.
 */
#define CPUID_MAX     (120 + 40)
#define VMCALL_MAX    (110 + 40)
#define PORT_READ_MAX (150 + 60)

#define PORT 0x3ff /* COM1's scratch register */

#define measure(statement)                                                                         \
	({                                                                                         \
		u64 start_ = rdtsc();                                                              \
                                                                                                   \
		for (unsigned i_ = 0; i_ < ROUNDS; i_++) {                                         \
			statement;                                                                 \
			asm volatile("" : : : "memory");                                           \
		}                                                                                  \
		(rdtsc() - start_) / ROUNDS;                                                       \
	})

/*
 * Each figure is for the one instruction: what its loop needs besides is
 * measured with a NOP (one instruction) in its place, and taken off.
 */
#define with_cpuid(instruction)                                                                    \
	({                                                                                         \
		u32 a_ = 1, c_ = 0;                                                                \
		asm volatile(instruction : "+a"(a_), "+c"(c_) : : "ebx", "edx");                   \
	})
#define with_vmcall(instruction)                                                                   \
	({                                                                                         \
		u64 a_ = ABI_CALL_VERSION;                                                         \
		asm volatile(instruction : "+a"(a_));                                              \
	})
#define with_read(instruction)                                                                     \
	({                                                                                         \
		u8 value_;                                                                         \
		asm volatile(instruction : "=a"(value_) : "d"((u16)PORT));                         \
	})
#define cost(with, instruction) (measure(with(instruction)) - (measure(with("nop")) - 1))

static u64 limit(const char *name, u64 value, u64 max)
{
	if (value > max)
		print("bench: %s takes %u, the limit is %u\n", name, value, max);
	return value > max;
}

int guest_main(void)
{
	/* A guest tick is an instruction only where the CPU's TSC counts them. */
	bool counts = measure(asm volatile("nop; nop")) - measure(asm volatile("nop")) == 1;
	u64 c = cost(with_cpuid, "cpuid");
	u64 v = cost(with_vmcall, "vmcall");
	u64 p = cost(with_read, "inb %%dx, %%al");
	u64 over;

	print("bench: cpuid=%u vmcall=%u port_read=%u (%s)\n", c, v, p,
	      counts ? "instructions" : "TSC ticks");
	if (!counts) {
		print("bench: not counted here\n");
		return 0;
	}
	over = limit("cpuid", c, CPUID_MAX) + limit("vmcall", v, VMCALL_MAX) +
	       limit("port_read", p, PORT_READ_MAX);
	if (!over)
		print("bench: ok\n");
	return (int)over;
}
