/* SPDX-License-Identifier: MIT */
/*
 * Ring 3: what the processor or Trivet must refuse there, also where an
 * exit comes before the processor's own check of the privilege.
 *
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/guest.h"

static volatile u64 result;

/* Run one instruction in ring 3: the vector it raises, or USER_END. */
#define in_user(instruction)                                                                       \
	({                                                                                         \
		void (*code_)(void);                                                               \
                                                                                                   \
		asm volatile("jmp 3f\n2:\t" instruction "\n\tint $0x80\n3:\tlea 2b(%%rip), %0"     \
			     : "=r"(code_));                                                       \
		user_run(code_);                                                                   \
	})

#define refuses(vector, instruction, text)                                                         \
	check(in_user(instruction) == (vector), "ring 3: " text)

static void test_protected(void)
{
	refuses(VECTOR_GP, "hlt", "HLT");
	refuses(VECTOR_GP, "cli", "CLI");
	refuses(VECTOR_GP, "in $0x80, %%al", "IN");
	refuses(VECTOR_GP, "out %%al, $0x80", "OUT");
	refuses(VECTOR_GP, "mov $0x80, %%edx\n\toutsb", "OUTSB");
	refuses(VECTOR_GP, "mov $0xfe, %%ecx\n\trdmsr", "RDMSR");
	refuses(VECTOR_GP, "mov $0x10, %%ecx\n\trdmsr", "RDMSR without an exit");
	refuses(VECTOR_GP, "mov $0x3b, %%ecx\n\twrmsr", "WRMSR");
	refuses(VECTOR_GP, "mov %%cr0, %%rax", "MOV from CR0");
	refuses(VECTOR_GP, "mov %%rax, %%cr4", "MOV to CR4");
	refuses(VECTOR_GP, "mov %%rax, %%cr8", "MOV to CR8");
	refuses(VECTOR_GP, "clts", "CLTS");
	refuses(VECTOR_GP, "lmsw %%ax", "LMSW");
	refuses(VECTOR_GP, "mov %%dr7, %%rax", "MOV from DR7");
	refuses(VECTOR_GP, "mov $0x1234, %%eax\n\tmov %%rax, %%dr0", "MOV to DR0");
	check_equal(dr0_read(), 0, "which has not changed it");
	refuses(VECTOR_GP, "wbinvd", "WBINVD");
	refuses(VECTOR_GP, "invd", "INVD");
	refuses(VECTOR_GP, "invlpg (%%rsp)", "INVLPG");
	refuses(VECTOR_GP, "xor %%ecx, %%ecx\n\trdpmc", "RDPMC");
	refuses(VECTOR_GP, "lgdt (%%rsp)", "LGDT");
	refuses(VECTOR_GP, "mov $0x18, %%eax\n\tlldt %%ax", "LLDT");
	refuses(VECTOR_UD, "monitor", "MONITOR");
	refuses(VECTOR_UD, "vmxoff", "VMXOFF");
	refuses(VECTOR_UD, "vmlaunch", "VMLAUNCH");
}

static void test_xsetbv(void)
{
	if (!(cpuid(1, 0).ecx >> 26 & 1))
		return;
	cr4_write(cr4_read() | 1UL << 18);
	refuses(VECTOR_GP, "xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tmov $3, %%eax\n\txsetbv",
		"XSETBV");
	check_equal(in_user("xor %%ecx, %%ecx\n\txgetbv"), USER_END, "ring 3: XGETBV is free");
}

static void test_free(void)
{
	check_equal(in_user("xor %%eax, %%eax\n\tcpuid"), USER_END, "ring 3: CPUID is free");
	check_equal(in_user("rdtsc"), USER_END, "ring 3: RDTSC is free");
	cr4_write(cr4_read() | 4);
	refuses(VECTOR_GP, "rdtsc", "RDTSC with CR4.TSD");
	cr4_write(cr4_read() & ~4UL);
	check_equal(in_user("pause"), USER_END, "ring 3: PAUSE is free");
}

/* What a hypercall in ring 3 answers, in `result`. */
#define user_call(number)                                                                          \
	(in_user("mov $" #number ", %%eax\n\txor %%ebx, %%ebx\n\tvmcall\n\t"                       \
		 "mov %%rax, result(%%rip)") == USER_END                                           \
		 ? result                                                                          \
		 : 0xdead)

static void test_hypercalls(void)
{
	const u64 refusal = -(u64)ABI_ERROR_PRIVILEGE;

	check_equal(user_call(0), ABI_VERSION, "ring 3 may ask for the ABI's version");
	check_equal(user_call(1), hypercall(ABI_CALL_TSC_HZ, 0, 0), "and for the TSC's frequency");
	check_equal(user_call(2), refusal, "but not switch off");
	check_equal(user_call(3), refusal, "nor see exits");
	check_equal(user_call(4), refusal, "nor write a character");
	check_equal(user_call(5), refusal, "nor text");
}

int guest_main(void)
{
	interrupts_init();
	user_init();
	test_protected();
	test_xsetbv();
	test_free();
	test_hypercalls();
	return check_failures();
}
