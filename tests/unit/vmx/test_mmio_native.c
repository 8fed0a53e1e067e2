/* SPDX-License-Identifier: MIT */
/*
 * The same instruction twice: by this computer's processor on ordinary
 * memory, and by mmio_emulate() on a device with the same bytes. Registers,
 * flags and memory must come out the same. MMIO_ROUNDS= (in thousands)
 * makes it longer.
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
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "lib/x86.h"
#include "unit/vmx/fake_device.h"
#include "vmx/mmio_decode.h"

#define ROUNDS 100 /* thousands */
#define PAGES  3   /* of DATA that are used: device, RAM, device */

#define STATUS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

/* Where the generated code finds registers: below 2 GiB, which needs no base register. */
struct native {
	u64 before[16], after[16];
	u64 rflags_before, rflags_after, host_rsp;
};

#define NATIVE ((struct native *)0x50000000UL)
#define JIT    ((u8 *)0x50001000UL)

static u8 *emitted, *behind; /* the instruction under test */

/* It raised #DE, or is none on this computer. The stack is not one: the signal's is another. */
static volatile bool native_fault, native_none;

static void on_fault(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)info;
	native_fault = number == SIGFPE;
	native_none = number == SIGILL;
	c->uc_mcontext.gregs[REG_RIP] = (greg_t)behind;
}

static void catch_faults(void)
{
	static u8 stack[65536];
	const stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	assert_int_equal(sigaltstack(&other, NULL), 0);
	assert_int_equal(sigaction(SIGFPE, &action, NULL), 0);
	assert_int_equal(sigaction(SIGILL, &action, NULL), 0);
}

static void emit(const void *bytes, unsigned length)
{
	memcpy(emitted, bytes, length);
	emitted += length;
}

/* `opcode` with a register and an absolute address of 32 bits. */
static void emit_absolute(u8 opcode, unsigned reg, const void *address)
{
	const u8 code[] = { reg & 8 ? 0x4c : 0x48, opcode, (u8)((reg & 7) << 3 | 4), 0x25 };
	u32 low = (u32)(u64)address;

	emit(code, sizeof(code));
	emit(&low, 4);
}

static void run_native(const u8 *code, unsigned length)
{
	emitted = JIT;
	emit("\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57", 10); /* push rbx, rbp, r12 to r15 */
	emit_absolute(0x89, 4, &NATIVE->host_rsp);
	emit_absolute(0xff, 6, &NATIVE->rflags_before); /* push */
	emit("\x9d", 1);				 /* popf */
	for (unsigned r = 0; r < 16; r++)
		emit_absolute(0x8b, r, &NATIVE->before[r]);
	emit(code, length);
	behind = emitted;
	native_fault = native_none = false;
	for (unsigned r = 0; r < 16; r++)
		emit_absolute(0x89, r, &NATIVE->after[r]);
	emit_absolute(0x8b, 4, &NATIVE->host_rsp);
	emit("\x9c", 1);			       /* pushf */
	emit_absolute(0x8f, 0, &NATIVE->rflags_after); /* pop */
	emit("\xfc\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3", 12);
	((void (*)(void))JIT)();
}

static u64 random_state = 88172645463325252UL;

static u64 random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Values at the edges as often as others. */
static u64 random_value(void)
{
	static const u64 edges[] = { 0, 1, ~0UL, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
				     BIT(63), BIT(63) - 1, 0x0f, 0x10 };
	u64 dice = random_number();

	return dice & 0x100 ? edges[(dice >> 16) % ARRAY_SIZE(edges)] : random_number();
}

/* CRC32, ADCX, ADOX, and with VEX those of BMI, their length by the decoder. */
static bool generate_bmi(u8 *code, u64 dice)
{
	static const struct {
		u8 prefix, vex, map, opcode, last;
	} all[] = {
		{0xf2, 0, 2, 0xf0, 0}, {0xf2, 0, 2, 0xf1, 0},
		{0x66, 0, 2, 0xf6, 0}, {0xf3, 0, 2, 0xf6, 0},
		{0, 1, 2, 0xf2, 0}, {0, 1, 2, 0xf3, 0}, {0, 1, 2, 0xf5, 0}, {0, 1, 2, 0xf5, 2},
		{0, 1, 2, 0xf5, 3}, {0, 1, 2, 0xf6, 3}, {0, 1, 2, 0xf7, 0}, {0, 1, 2, 0xf7, 1},
		{0, 1, 2, 0xf7, 2}, {0, 1, 2, 0xf7, 3}, {0, 1, 3, 0xf0, 3},
	};
	unsigned n = (dice >> 20) % ARRAY_SIZE(all), at = 0;

	if (dice >> 40 & 1)
		code[at++] = 0x67;
	if (all[n].vex) {
		code[at++] = 0xc4;
		code[at++] = (u8)((dice & 0xe0) | all[n].map);
		code[at++] = (u8)((all[n].opcode == 0xf0 ? 0x78 : dice >> 8 & 0x78) |
				  (dice >> 16 & 0x80) | all[n].last);
	} else {
		if (dice >> 41 & 1 && all[n].prefix == 0xf2)
			code[at++] = 0x66;
		code[at++] = all[n].prefix;
		if (dice >> 42 & 1)
			code[at++] = 0x40 | (dice >> 43 & 15);
		code[at++] = 0x0f;
		code[at++] = 0x38;
	}
	code[at] = all[n].opcode;
	return true;
}

/* Bytes of one of the forms that the decoder knows; what it makes of them decides. */
static bool generate(u8 *code, struct mmio_instruction *i)
{
	static const u8 one[] = { 0x63, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a,
				  0x8b, 0x8f, 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae,
				  0xaf, 0xc6, 0xc7, 0xf6, 0xf7, 0xfe, 0xff, 0x69, 0x6b, 0xc0,
				  0xc1, 0xd0, 0xd1, 0xd2, 0xd3, 0xd7 };
	static const u8 two[] = { 0xa3, 0xab, 0xb3, 0xbb, 0xb0, 0xb1, 0xb6, 0xb7,
				  0xba, 0xbe, 0xbf, 0xc0, 0xc1, 0xc3, 0x38, 0xaf,
				  0xb8, 0xbc, 0xbd, 0xa4, 0xa5, 0xac, 0xad, 0xc7,
				  0xae };
	u64 dice = random_number();
	unsigned at = 0;

	for (unsigned n = 0; n < INSTRUCTION_MAX; n++)
		code[n] = (u8)(random_number() >> 20);
	if ((dice & 7) == 0)
		code[at++] = 0x67;
	if (dice >> 3 & 1)
		code[at++] = 0x66;
	if ((dice >> 4 & 3) < 2)
		code[at++] = dice >> 4 & 1 ? 0xf2 : 0xf3;
	if ((dice >> 6 & 7) == 0)
		code[at++] = 0xf0;
	if (dice >> 9 & 1)
		code[at++] = 0x40 | (dice >> 10 & 15);
	if (!(dice >> 50 & 3))
		return generate_bmi(code, dice) &&
		       mmio_decode(code, INSTRUCTION_MAX, 64, i) == MMIO_KNOWN;
	switch (dice >> 14 & 7) {
	case 0:
		code[at] &= 0x3b; /* the eight */
		break;
	case 1:
		code[at++] = 0x0f;
		code[at] = (code[at] & 0x0f) | (dice >> 20 & 1 ? 0x40 : 0x90); /* CMOVcc, SETcc */
		break;
	case 2:
	case 3:
		code[at++] = 0x0f;
		code[at] = two[(dice >> 20) % sizeof(two)];
		if (code[at] == 0x38)
			code[++at] = dice >> 40 & 1 ? 0xf0 : 0xf1;
		break;
	default:
		code[at] = one[(dice >> 20) % sizeof(one)];
	}
	return mmio_decode(code, INSTRUCTION_MAX, 64, i) == MMIO_KNOWN;
}

/* Registers such that the operand lies at `target`; false if that cannot be. */
static bool aim(const struct mmio_instruction *i, u64 *regs, gva_t target)
{
	bool bits = i->op >= MMIO_BT && i->op <= MMIO_BTC && !(i->flags & MMIO_IMMEDIATE);
	u64 rest = target - i->displacement, index = 0;

	if (i->base >= 16 || i->base == i->index || i->segment >= 4)
		return false;
	if (bits && (i->base == i->reg || i->index == i->reg))
		return false;
	if (i->index < 16)
		index = regs[i->index] = random_number() & 0xff;
	if (bits) { /* few bits away, to both sides */
		s64 offset = (s64)(random_number() % 2000) - 1000;

		regs[i->reg] = ((u64)offset & bits_byte_mask(i->size)) |
			       (random_number() & ~bits_byte_mask(i->size));
		rest -= (u64)(offset >> 3) & ~(u64)(i->size - 1);
	}
	if (i->op == MMIO_POP && i->base == 4)
		rest -= i->size;
	if (i->op == MMIO_XLAT)
		rest -= (u8)regs[0];
	regs[i->base] = rest - (index << i->scale);
	if (i->address_size == 4) {
		u64 noise = random_number() << 32;

		if (i->op == MMIO_PUSH || i->op == MMIO_POP)
			noise = 0;
		regs[i->base] = (u32)regs[i->base] | noise;
	}
	return true;
}

static void fill(u8 *data)
{
	for (unsigned n = 0; n < PAGES * PAGE_SIZE; n += 8) {
		u64 value = n % 64 ? 0x0101010101010101 * (n / 64 & 1) : random_value();

		memcpy(data + n, &value, 8);
	}
}

static void give_data(void)
{
	fill((u8 *)DATA);
	memcpy(device.bytes, (u8 *)DATA, PAGE_SIZE);
	memcpy(fake.ram + DATA_RAM, (u8 *)DATA + PAGE_SIZE, PAGE_SIZE);
	memcpy(device.bytes + 2 * PAGE_SIZE, (u8 *)DATA + 2 * PAGE_SIZE, PAGE_SIZE);
}

/* Half of the time the comparison succeeds, and a quotient may fit. */
static void meet(const struct mmio_instruction *i, u64 *regs, gva_t target)
{
	unsigned half = i->size / 2;

	if (random_number() & 1 || i->base == 0 || i->base == 2 || i->index == 0 || i->index == 2)
		return;
	if (i->op == MMIO_DIV || i->op == MMIO_IDIV)
		regs[2] = regs[0] & 0x80 ? ~0UL : 0, regs[0] = (u8)regs[2] << 8 | (u8)regs[0];
	if (i->op != MMIO_CMPXCHG_PAIR)
		return;
	memcpy(&regs[0], (const u8 *)target, half);
	memcpy(&regs[2], (const u8 *)target + half, half);
}

/* Around the borders between device and RAM, or anywhere. */
static gva_t random_target(unsigned size)
{
	u64 dice = random_number();

	if (dice & 0x700)
		return DATA + 256 + dice % (PAGE_SIZE - 512);
	return DATA + PAGE_SIZE * (1 + (dice >> 20 & 1)) - (dice >> 24) % (2 * size);
}

static void expect(bool good, const char *what, const u8 *code, const struct mmio_instruction *i)
{
	char text[64] = "";

	if (good)
		return;
	for (unsigned n = 0; n < i->length; n++)
		sprintf(text + 3 * n, "%02x ", code[n]);
	fail_msg("%s: %s: operation %d, size %u, flags %#x; RFLAGS %#lx, then %#lx, emulated %#lx",
		 what, text, (int)i->op, i->size, i->flags, NATIVE->rflags_before,
		 NATIVE->rflags_after, sim_get(VMCS_GUEST_RFLAGS));
}

/* Not the same on all processors: the manual calls them undefined. */
static u64 shift_count(const struct mmio_instruction *i)
{
	return (i->flags & MMIO_IMMEDIATE ? i->immediate : NATIVE->before[1]) &
	       (i->size == 8 ? 63 : 31);
}

/* Of SHLD and SHRD even the result: AMD's and Intel's differ. */
static bool is_undefined(const struct mmio_instruction *i)
{
	return (i->op == MMIO_SHLD || i->op == MMIO_SHRD) && shift_count(i) > 8U * i->size;
}

/* OF but for a count of one, CF when all bits are out, AF if there is any count. */
static u64 undefined_by_shift(const struct mmio_instruction *i)
{
	u64 count = shift_count(i);

	if (!count)
		return 0;
	return (count > 1 ? RFLAGS_OF : 0) | (i->op < MMIO_SHL ? 0 : RFLAGS_AF) |
	       (i->op >= MMIO_SHL && count > 8U * i->size ? RFLAGS_CF : 0);
}

static u64 undefined(const struct mmio_instruction *i)
{
	switch (i->op) {
	case MMIO_AND:
	case MMIO_OR:
	case MMIO_XOR:
	case MMIO_TEST:
		return RFLAGS_AF;
	case MMIO_BT:
	case MMIO_BTS:
	case MMIO_BTR:
	case MMIO_BTC:
		return RFLAGS_OF | RFLAGS_SF | RFLAGS_AF | RFLAGS_PF;
	case MMIO_DIV:
	case MMIO_IDIV:
		return STATUS;
	case MMIO_IMUL:
	case MMIO_MUL:
	case MMIO_IMUL_PAIR:
		return RFLAGS_SF | RFLAGS_ZF | RFLAGS_AF | RFLAGS_PF;
	case MMIO_ANDN ... MMIO_BZHI:
		return RFLAGS_AF | RFLAGS_PF;
	case MMIO_BEXTR:
		return RFLAGS_AF | RFLAGS_PF | RFLAGS_SF;
	case MMIO_ROL ... MMIO_SHRD:
		return undefined_by_shift(i);
	case MMIO_BSF:
	case MMIO_BSR:
		return STATUS & ~(i->flags & MMIO_REP ? RFLAGS_ZF | RFLAGS_CF : RFLAGS_ZF);
	default:
		return 0;
	}
}

static void compare(const u8 *code, const struct mmio_instruction *i)
{
	const u32 divide_error = INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | VECTOR_DE;
	struct vcpu *v = &fake.vcpu;

	expect(v->events.next.info == (native_fault ? divide_error : 0) && !v->stop.cause, "event",
	       code, i);
	expect(sim_get(VMCS_GUEST_RIP) == CODE + (native_fault ? 0 : i->length), "RIP", code, i);
	for (unsigned r = 0; r < 16; r++)
		expect(vcpu_register(v, r) == NATIVE->after[r], "register", code, i);
	/* IF and bit 1 are always set in user code. */
	expect(!((sim_get(VMCS_GUEST_RFLAGS) ^ NATIVE->rflags_after) &
		 ~(undefined(i) | (native_fault ? RFLAGS_RF : 0))),
	       "flags", code, i);
	expect(!memcmp(device.bytes, (u8 *)DATA, PAGE_SIZE), "first page", code, i);
	expect(!memcmp(fake.ram + DATA_RAM, (u8 *)DATA + PAGE_SIZE, PAGE_SIZE), "second page", code,
	       i);
	expect(!memcmp(device.bytes + 2 * PAGE_SIZE, (u8 *)DATA + 2 * PAGE_SIZE, PAGE_SIZE),
	       "third page", code, i);
}

/* Somewhere in the device that is no operand's first byte: then all are walked. */
#define ELSEWHERE (DATA + 1)

/* What the processor would report for an operand: its first byte in a device. */
static gva_t reported(gva_t target, unsigned size)
{
	if ((target - DATA) / PAGE_SIZE != 1)
		return target;
	return (target + size - 1 - DATA) / PAGE_SIZE == 1 ? ELSEWHERE : DATA + 2 * PAGE_SIZE;
}

/* test_mmio_vector.c and test_mmio.c have these: they do not come back, or differ in the fakes. */
static bool is_for_others(enum mmio_op op)
{
	return mmio_is_vector(op) || mmio_is_masked(op) || op == MMIO_CALL || op == MMIO_JMP ||
	       op == MMIO_JMP_FAR || mmio_is_system(op);
}

static bool try(const u8 *code, const struct mmio_instruction *i, bool wide)
{
	gva_t target = random_target(i->size) & ~(i->size == 16 ? 15UL : 0);
	u64 *regs = NATIVE->before;

	if (is_for_others(i->op))
		return false;
	for (unsigned r = 0; r < 16; r++)
		regs[r] = random_value();
	if (i->op == MMIO_CMPXCHG && random_number() & 1)
		memset((u8 *)DATA, 0, 1), regs[0] = 0;
	if (mmio_is_string(i->op)) {
		regs[1] = i->flags & (MMIO_REP | MMIO_REPNE) ? 1 + random_number() % 70 : regs[1];
		regs[6] = random_target(8) + 512 + (random_number() & 3) * 256;
		regs[7] = random_target(8) + 512 + (random_number() & 3) * 256;
		target = i->op == MMIO_STOS || i->op == MMIO_SCAS ? regs[7] : regs[6];
		if (i->segment >= 4)
			return false;
	} else if (!aim(i, regs, target)) {
		return false;
	}
	if (is_undefined(i))
		return false;
	if (i->op == MMIO_PUSH || i->op == MMIO_POP) {
		if (i->base == 4 || i->index == 4 || i->segment >= 4)
			return false;
		regs[4] = DATA + 1024;
	}
	NATIVE->rflags_before = RFLAGS_FIXED | RFLAGS_IF | (random_number() & STATUS) |
				(random_number() & RFLAGS_DF);

	device_setup(NULL);
	device.ops.widest = wide ? 8 : 4;
	give_data();
	meet(i, regs, target);
	for (unsigned r = 0; r < 16; r++)
		vcpu_set_register(&fake.vcpu, r, regs[r]);
	sim_set(VMCS_GUEST_RFLAGS, NATIVE->rflags_before);
	run_native(code, i->length);
	if (native_none)
		return false;
	/* Again and again, as the processor would exit for the next element. */
	for (target = reported(target, i->size);; target = ELSEWHERE) {
		expect(device_emulate(code, INSTRUCTION_MAX, target,
				      i->flags & MMIO_WRITES && i->op != MMIO_MOVS) == AGAIN,
		       "verdict", code, i);
		if (sim_get(VMCS_GUEST_RIP) != CODE || fake.vcpu.events.next.info)
			break;
	}
	compare(code, i);
	return true;
}

static void like_the_processor(void **state)
{
	const char *given = getenv("MMIO_ROUNDS");
	unsigned long rounds = (given ? strtoul(given, NULL, 0) : ROUNDS) * 1000, tried = 0;
	unsigned tries[MMIO_SCAS + 1] = { 0 };
	bool none[MMIO_SCAS + 1] = { false };

	(void)state;
	catch_faults(); /* here, where cmocka has its own handlers already */
	for (unsigned long n = 0; n < rounds; n++) {
		struct mmio_instruction i;
		u8 code[INSTRUCTION_MAX];

		native_none = false;
		if (!generate(code, &i))
			continue;
		if (try(code, &i, n & 1)) {
			tried++;
			tries[i.op]++;
		}
		none[i.op] |= native_none;
	}
	print_message("%lu instructions\n", tried);
	for (unsigned op = 0; op < ARRAY_SIZE(tries); op++)
		assert_true(tries[op] > rounds / 5000 || none[op] || is_for_others(op));
}

static int setup(void **state)
{
	(void)state;
	assert_ptr_equal(mmap(NATIVE, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
			 NATIVE);
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
