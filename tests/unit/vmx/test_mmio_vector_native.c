/* SPDX-License-Identifier: MIT */
/*
 * The same move of a vector register twice: by this computer's processor on
 * ordinary memory, and by mmio_emulate() on a device with the same bytes. All
 * vector registers and the memory must come out the same. What this computer
 * does not have is left out. MMIO_ROUNDS= (in thousands) makes it longer.
 */
#define _GNU_SOURCE /* REG_RIP */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cpuid.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "lib/x86.h"
#include "unit/vmx/fake_device.h"
#include "unit/vmx/fake_vector.h"
#include "vmx/mmio_decode.h"

#define ROUNDS 100 /* thousands */
#define PAGES  3   /* of DATA that are used: device, RAM, device */
#define JIT    ((u8 *)0x50001000UL)

#define XSAVE_MAX 4096
#define RFBM	  (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512)

static u8 before[XSAVE_MAX] __attribute__((aligned(64)));
static u8 after[XSAVE_MAX] __attribute__((aligned(64)));
static u64 components; /* of this computer, of RFBM */
static unsigned at_component[8];

static volatile bool native_none; /* #UD, or #GP for want of alignment */
static unsigned code_length;

static void on_fault(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)number;
	(void)info;
	native_none = true;
	c->uc_mcontext.gregs[REG_RIP] = (greg_t)(JIT + code_length);
}

static void catch_faults(void)
{
	const struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	assert_int_equal(sigaction(SIGILL, &action, NULL), 0);
	assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
}

static u64 random_state = 88172645463325252UL;

static u64 random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* What XSAVE's area has of a register, in its parts. */
static void copy_registers(u8 *area, bool to_area)
{
#define COPY(area_offset, fake, size)                                                              \
	do {                                                                                       \
		if (to_area)                                                                       \
			memcpy(area + (area_offset), fake, size);                                  \
		else                                                                               \
			memcpy(fake, area + (area_offset), size);                                  \
	} while (0)
	for (unsigned n = 0; n < 8; n++)
		COPY(32 + 16 * n, &vectors.mmx[n], 8);
	for (unsigned n = 0; n < 16; n++) {
		COPY(160 + 16 * n, &vectors.zmm[n][0], 16);
		if (at_component[2])
			COPY(at_component[2] + 16 * n, &vectors.zmm[n][2], 16);
		if (at_component[6])
			COPY(at_component[6] + 32 * n, &vectors.zmm[n][4], 32);
		if (at_component[7])
			COPY(at_component[7] + 64 * n, &vectors.zmm[n + 16][0], 64);
	}
	for (unsigned n = 0; n < 8 && at_component[5]; n++)
		COPY(at_component[5] + 8 * n, &vectors.opmask[n], 8);
}

static void make_registers(void)
{
	for (unsigned n = 0; n < 32; n++)
		for (unsigned k = 0; k < 8; k++)
			vectors.zmm[n][k] = random_number();
	for (unsigned n = 0; n < 8; n++) {
		vectors.mmx[n] = random_number();
		vectors.opmask[n] =
			random_number() & (random_number() & 1 ? random_number() : ~0UL);
	}
	memset(before, 0, sizeof(before));
	copy_registers(before, true);
	memcpy(before, "\x7f\x03", 2);		/* x87 as FNINIT leaves it */
	memcpy(before + 24, "\x80\x1f\0\0", 4); /* MXCSR, too */
	memcpy(before + 512, &components, sizeof(components));
}

static void run_native(const u8 *code, u64 rsi)
{
	memcpy(JIT, code, code_length);
	JIT[code_length] = 0xc3;
	native_none = false;
	memset(after, 0, sizeof(after));
	asm volatile("xrstor64 (%[before])\n\tcall *%[jit]\n\txsave64 (%[after])\n\tfninit"
		     :
		     : "a"((u32)components), "d"(0),
		       "S"(rsi), [before] "r"(before), [jit] "r"(JIT), [after] "r"(after)
		     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
		       "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
		       "xmm15");
}

/* Legacy, VEX or EVEX, with what is in the decoder's table; [RSI + displacement]. */
static bool generate(u8 *code, struct mmio_instruction *i)
{
	static const u8 opcodes[] = {0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x28, 0x29,
				     0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x6e, 0x6f,
				     0x7e, 0x7f, 0x8c, 0x8e, 0xd6, 0xe7, 0xf0};
	static const u8 prefixes[] = {0, 0x66, 0xf3, 0xf2};
	u8 opcode = opcodes[random_number() % sizeof(opcodes)];
	bool map2 = opcode == 0x2a || (opcode >= 0x2c && opcode <= 0x2f) || opcode == 0x8c ||
		    opcode == 0x8e;
	u64 dice = random_number();
	unsigned prefix = dice & 3, at = 0;

	if (dice >> 2 & 1)
		code[at++] = 0x67;
	switch (dice >> 3 & 3) {
	case 0:
		if (prefix)
			code[at++] = prefixes[prefix];
		if (dice >> 5 & 1)
			code[at++] = 0x40 | (dice >> 6 & 12);
		code[at++] = 0x0f;
		if (map2)
			code[at++] = 0x38;
		break;
	case 1:
		code[at++] = 0xc4;
		code[at++] = (u8)((dice >> 6 & 0x80) | 0x60 | (map2 ? 2 : 1));
		code[at++] = (u8)((dice >> 14 & 0x84) |
				  (dice >> 22 & 1 ? 0x78 : dice >> 24 & 0x78) | prefix);
		break;
	default:
		code[at++] = 0x62;
		code[at++] = (u8)((dice >> 6 & 0x90) | 0x60 | (map2 ? 2 : 1));
		code[at++] = (u8)((dice >> 14 & 0x80) | 0x7c | prefix);
		code[at++] =
			(u8)(8 | (dice >> 22 & 0x60) | (dice >> 30 & 1 ? dice >> 31 & 0x87 : 0));
	}
	code[at++] = opcode;
	code[at++] = (u8)((dice >> 32 & 0x38) | (dice >> 40 & 1 ? 0x46 : 0x86));
	for (unsigned n = 0; n < 4; n++)
		code[at++] = (u8)(dice >> (41 + 4 * n));
	return mmio_decode(code, INSTRUCTION_MAX, 64, i) == MMIO_KNOWN;
}

static void give_data(void)
{
	for (u64 n = 0; n < PAGES * PAGE_SIZE; n += 8) {
		u64 value = random_number();

		memcpy((u8 *)DATA + n, &value, 8);
	}
	memcpy(device.bytes, (u8 *)DATA, PAGE_SIZE);
	memcpy(fake.ram + DATA_RAM, (u8 *)DATA + PAGE_SIZE, PAGE_SIZE);
	memcpy(device.bytes + 2 * PAGE_SIZE, (u8 *)DATA + 2 * PAGE_SIZE, PAGE_SIZE);
}

/* Around the borders between device and RAM, or anywhere in the device; often aligned. */
static gva_t random_target(unsigned size)
{
	u64 dice = random_number();
	gva_t target = DATA + 256 + dice % (PAGE_SIZE - 512);

	if (dice >> 20 & 1)
		target = DATA + PAGE_SIZE * (1 + (dice >> 21 & 1)) - (dice >> 24) % (2 * size);
	return dice >> 40 & 1 ? target & ~63UL : target;
}

static void expect(bool good, const char *what, const u8 *code)
{
	char text[64] = "";

	if (good)
		return;
	for (unsigned n = 0; n < code_length; n++)
		sprintf(text + 3 * n, "%02x ", code[n]);
	fail_msg("%s: %s", what, text);
}

static bool try(const u8 *code, const struct mmio_instruction *i)
{
	gva_t target = random_target(i->size);
	u64 rsi = target - i->displacement;
	struct fake_vectors emulated;

	if (i->address_size == 4)
		rsi = (u32)rsi | random_number() << 32;
	code_length = i->length;
	device_setup(NULL);
	device.ops.widest = random_number() & 1 ? 8 : 4;
	give_data();
	make_registers();
	run_native(code, rsi);
	if (native_none)
		return false;
	fake.vcpu.xcr0 = components;
	fake.vcpu.regs.rsi = rsi;
	expect(device_emulate(code, INSTRUCTION_MAX,
			      (target - DATA) / PAGE_SIZE == 1 ? DATA + 1 : target,
			      i->flags & MMIO_WRITES) == AGAIN,
	       "verdict", code);
	expect(!fake.vcpu.events.next.info && sim_get(VMCS_GUEST_RIP) == CODE + i->length, "step",
	       code);
	emulated = vectors;
	copy_registers(after, false);
	expect(!memcmp(emulated.zmm, vectors.zmm, sizeof(vectors.zmm)), "vector register", code);
	expect(!memcmp(emulated.mmx, vectors.mmx, sizeof(vectors.mmx)), "MMX register", code);
	expect(!memcmp(emulated.opmask, vectors.opmask, sizeof(vectors.opmask)), "opmask", code);
	expect(!memcmp(device.bytes, (u8 *)DATA, PAGE_SIZE), "first page", code);
	expect(!memcmp(fake.ram + DATA_RAM, (u8 *)DATA + PAGE_SIZE, PAGE_SIZE), "second page",
	       code);
	expect(!memcmp(device.bytes + 2 * PAGE_SIZE, (u8 *)DATA + 2 * PAGE_SIZE, PAGE_SIZE),
	       "third page", code);
	return true;
}

static void like_the_processor(void **state)
{
	const char *given = getenv("MMIO_ROUNDS");
	unsigned long rounds = (given ? strtoul(given, NULL, 0) : ROUNDS) * 1000, tried = 0;
	unsigned tries[MMIO_SCAS + 1] = {0};

	(void)state;
	if (!components)
		skip();
	catch_faults(); /* here, where cmocka has its own handlers already */
	for (unsigned long n = 0; n < rounds; n++) {
		struct mmio_instruction i;
		u8 code[INSTRUCTION_MAX];

		if (!generate(code, &i) || !try(code, &i))
			continue;
		tried++;
		tries[i.op]++;
	}
	print_message("%lu instructions, of them %u of AVX, %u of AVX-512, %u and %u with masks\n",
		      tried, tries[MMIO_AVX], tries[MMIO_EVEX], tries[MMIO_AVX_MASKED],
		      tries[MMIO_EVEX_MASKED]);
	assert_true(tries[MMIO_MMX] > rounds / 1000 && tries[MMIO_XMM] > rounds / 1000);
	assert_true(tries[MMIO_AVX] > rounds / 1000 || !(components & XCR0_AVX));
	assert_true(tries[MMIO_EVEX_MASKED] > rounds / 1000 || !(components & XCR0_AVX512));
}

/* The parts that the operating system has switched on. */
static int setup(void **state)
{
	unsigned a, b, c, d;

	(void)state;
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return 0;
	asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	components = a & RFBM;
	for (unsigned n = 2; n < 8; n++)
		if (components >> n & 1 && __get_cpuid_count(0xd, n, &a, &b, &c, &d)) {
			at_component[n] = b;
			assert_true(a + b <= XSAVE_MAX);
		}
	assert_ptr_equal(mmap(JIT, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
			 JIT);
	assert_ptr_equal(mmap((void *)DATA, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
			 (void *)DATA);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(like_the_processor, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
