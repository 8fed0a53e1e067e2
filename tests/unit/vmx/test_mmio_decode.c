/* SPDX-License-Identifier: MIT */
/*
 * mmio_decode() on instructions written down by hand, and on bytes that
 * end too early. test_mmio_capstone.c has the millions.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/bits.h"
#include "vmx/mmio_decode.h"
#include "vmx/vmcs.h"

#define R  MMIO_READS
#define W  MMIO_WRITES
#define RW (MMIO_READS | MMIO_WRITES)
#define TO MMIO_TO_REGISTER
#define IM MMIO_IMMEDIATE
#define NO MMIO_NO_REGISTER

static struct mmio_instruction i;

static enum mmio_decoded decode(unsigned bits, const char *code, unsigned length)
{
	u8 *exact = malloc(length); /* so that the sanitizer sees a byte too many */
	enum mmio_decoded decoded;

	memcpy(exact, code, length);
	decoded = mmio_decode(exact, length, bits, &i);
	free(exact);
	return decoded;
}

#define DECODE(bits, code) decode(bits, code, sizeof(code) - 1)

static void forms(void **state)
{
	static const struct {
		unsigned bits;
		const char *code;
		unsigned length, op, flags, size, register_size, reg, reg_shift;
		u64 immediate;
	} rows[] = {
#define ROW(bits, code, ...) { bits, code, sizeof(code) - 1, __VA_ARGS__ }
		/* bytes: registers with and without REX */
		ROW(64, "\x8a\x20", MMIO_MOV, R | TO, 1, 1, 0, 8, 0),
		ROW(64, "\x88\x38", MMIO_MOV, W, 1, 1, 3, 8, 0),
		ROW(64, "\x40\x88\x38", MMIO_MOV, W, 1, 1, 7, 0, 0),
		ROW(64, "\x44\x8a\x20", MMIO_MOV, R | TO, 1, 1, 12, 0, 0),
		ROW(64, "\x0f\xb6\x20", MMIO_MOV, R | TO, 1, 4, 4, 0, 0),
		/* operand sizes, immediates with their sign */
		ROW(64, "\x8b\x00", MMIO_MOV, R | TO, 4, 4, 0, 0, 0),
		ROW(64, "\x66\x8b\x00", MMIO_MOV, R | TO, 2, 2, 0, 0, 0),
		ROW(64, "\x48\x8b\x00", MMIO_MOV, R | TO, 8, 8, 0, 0, 0),
		ROW(64, "\x66\x48\x8b\x00", MMIO_MOV, R | TO, 8, 8, 0, 0, 0),
		ROW(64, "\x48\x66\x8b\x00", MMIO_MOV, R | TO, 2, 2, 0, 0, 0),
		ROW(32, "\x66\x8b\x00", MMIO_MOV, R | TO, 2, 2, 0, 0, 0),
		ROW(16, "\x8b\x00", MMIO_MOV, R | TO, 2, 2, 0, 0, 0),
		ROW(16, "\x66\x8b\x00", MMIO_MOV, R | TO, 4, 4, 0, 0, 0),
		ROW(64, "\xc6\x00\x80", MMIO_MOV, W | IM, 1, 1, 0, 0, -0x80UL),
		ROW(64, "\x66\xc7\x00\x34\x12", MMIO_MOV, W | IM, 2, 2, 0, 0, 0x1234),
		ROW(64, "\xc7\x00\x78\x56\x34\x12", MMIO_MOV, W | IM, 4, 4, 0, 0, 0x12345678),
		ROW(64, "\x48\xc7\x00\xfe\xff\xff\xff", MMIO_MOV, W | IM, 8, 8, 0, 0, -2UL),
		/* arithmetic; CMP both ways */
		ROW(64, "\x01\x08", MMIO_ADD, RW, 4, 4, 1, 0, 0),
		ROW(64, "\xf0\x09\x08", MMIO_OR, RW | MMIO_LOCK, 4, 4, 1, 0, 0),
		ROW(64, "\x13\x08", MMIO_ADC, R | TO, 4, 4, 1, 0, 0),
		ROW(64, "\x39\x08", MMIO_CMP, R, 4, 4, 1, 0, 0),
		ROW(64, "\x3b\x08", MMIO_CMP, R | MMIO_REVERSED, 4, 4, 1, 0, 0),
		ROW(64, "\x80\x30\xff", MMIO_XOR, RW | IM, 1, 1, 2, 8, -1UL),
		ROW(64, "\x81\x20\x00\x00\x00\x80", MMIO_AND, RW | IM, 4, 4, 4, 0, -0x80000000UL),
		ROW(64, "\x83\x38\xf0", MMIO_CMP, R | IM, 4, 4, 7, 0, -0x10UL),
		ROW(32, "\x82\x18\x01", MMIO_SBB, RW | IM, 1, 1, 3, 0, 1),
		ROW(64, "\x85\x08", MMIO_TEST, R, 4, 4, 1, 0, 0),
		ROW(64, "\xf6\x00\x01", MMIO_TEST, R | IM, 1, 1, 0, 0, 1),
		ROW(64, "\xf7\x08\x01\x00\x00\x00", MMIO_TEST, R | IM, 4, 4, 1, 0, 1),
		ROW(64, "\xf7\x10", MMIO_NOT, RW, 4, 4, 2, 0, 0),
		ROW(64, "\xf7\x18", MMIO_NEG, RW, 4, 4, 3, 0, 0),
		ROW(64, "\xfe\x00", MMIO_INC, RW, 1, 1, 0, 0, 0),
		ROW(64, "\x48\xff\x08", MMIO_DEC, RW, 8, 8, 1, 0, 0),
		/* bits, exchange, conversions, conditions */
		ROW(64, "\x0f\xa3\x08", MMIO_BT, R, 4, 4, 1, 0, 0),
		ROW(64, "\x0f\xb3\x08", MMIO_BTR, RW, 4, 4, 1, 0, 0),
		ROW(64, "\xf0\x0f\xba\x28\x07", MMIO_BTS, RW | IM | MMIO_LOCK, 4, 4, 5, 0, 7),
		ROW(64, "\x87\x08", MMIO_XCHG, RW | TO, 4, 4, 1, 0, 0),
		ROW(64, "\x0f\xb1\x08", MMIO_CMPXCHG, RW, 4, 4, 1, 0, 0),
		ROW(64, "\x0f\xc0\x08", MMIO_XADD, RW | TO, 1, 1, 1, 0, 0),
		ROW(64, "\x48\x63\x08", MMIO_MOVSX, R | TO, 4, 8, 1, 0, 0),
		ROW(64, "\x0f\xbf\x08", MMIO_MOVSX, R | TO, 2, 4, 1, 0, 0),
		ROW(64, "\x0f\xc3\x08", MMIO_MOV, W, 4, 4, 1, 0, 0),
		ROW(16, "\x0f\xc3\x08", MMIO_MOV, W, 4, 4, 1, 0, 0),
		ROW(64, "\x0f\x38\xf0\x08", MMIO_MOVBE, R | TO, 4, 4, 1, 0, 0),
		ROW(64, "\x0f\x4c\x08", MMIO_CMOV, R | TO, 4, 4, 1, 0, 0),
		ROW(64, "\x0f\x9c\x08", MMIO_SET, W, 1, 1, 1, 0, 0),
		ROW(64, "\xff\x30", MMIO_PUSH, R, 8, 8, 6, 0, 0),
		ROW(32, "\x66\x8f\x00", MMIO_POP, W, 2, 2, 0, 0, 0),
		/* strings */
		ROW(64, "\xf3\x48\xa5", MMIO_MOVS, RW | MMIO_REP, 8, 8, 0, 0, 0),
		ROW(64, "\xf2\xa6", MMIO_CMPS, R | MMIO_REPNE, 1, 1, 0, 0, 0),
		ROW(64, "\xf3\xf2\xaf", MMIO_SCAS, R | MMIO_REPNE, 4, 4, 0, 0, 0),
		ROW(16, "\xab", MMIO_STOS, W, 2, 2, 0, 0, 0),
		ROW(32, "\xac", MMIO_LODS, R | TO, 1, 1, 0, 0, 0),
	};

	(void)state;
	for (unsigned n = 0; n < ARRAY_SIZE(rows); n++) {
		if (decode(rows[n].bits, rows[n].code, rows[n].length) != MMIO_KNOWN)
			fail_msg("row %u is not known", n);
		if (i.length != rows[n].length || i.op != rows[n].op || i.flags != rows[n].flags ||
		    i.size != rows[n].size || i.register_size != rows[n].register_size ||
		    i.reg != rows[n].reg || i.reg_shift != rows[n].reg_shift ||
		    i.immediate != rows[n].immediate)
			fail_msg("row %u: length %u op %u flags %#x size %u, %u reg %u >> %u %#lx",
				 n, i.length, i.op, i.flags, i.size, i.register_size, i.reg,
				 i.reg_shift, i.immediate);
	}
	DECODE(64, "\x0f\x9c\x08");
	assert_int_equal(i.condition, 12);
}

static void addresses(void **state)
{
	static const struct {
		unsigned bits;
		const char *code;
		unsigned length, base, index, scale, segment, address_size;
		u64 displacement;
	} rows[] = {
		ROW(64, "\x8b\x03", 3, NO, 0, SEG_DS, 8, 0),
		ROW(64, "\x8b\x04\x24", 4, NO, 0, SEG_SS, 8, 0),
		ROW(64, "\x8b\x45\xf8", 5, NO, 0, SEG_SS, 8, -8UL),
		ROW(64, "\x41\x8b\x45\xf8", 13, NO, 0, SEG_DS, 8, -8UL),
		ROW(64, "\x41\x8b\x04\x24", 12, NO, 0, SEG_DS, 8, 0),
		ROW(64, "\x8b\x05\x10\x00\x00\x00", MMIO_RIP, NO, 0, SEG_DS, 8, 0x10),
		ROW(64, "\x8b\x04\x25\x00\x00\xe0\xfe", NO, NO, 0, SEG_DS, 8, -0x1200000UL),
		ROW(64, "\x4b\x8b\x44\xe5\x01", 13, 12, 3, SEG_DS, 8, 1),
		ROW(64, "\x8b\x84\xb3\x78\x56\x34\x12", 3, 6, 2, SEG_DS, 8, 0x12345678),
		ROW(64, "\x64\x8b\x03", 3, NO, 0, SEG_FS, 8, 0),
		ROW(64, "\x65\x2e\x8b\x03", 3, NO, 0, SEG_GS, 8, 0),
		ROW(64, "\x3e\x8b\x45\x00", 5, NO, 0, SEG_SS, 8, 0),
		ROW(64, "\x67\x8b\x03", 3, NO, 0, SEG_DS, 4, 0),
		ROW(64, "\xa1\x01\x02\x03\x04\x05\x06\x07\x08", NO, NO, 0, SEG_DS, 8,
		    0x0807060504030201),
		ROW(64, "\x67\xa1\x01\x02\x03\x04", NO, NO, 0, SEG_DS, 4, 0x04030201),
		ROW(32, "\x8b\x05\x00\x00\xe0\xfe", NO, NO, 0, SEG_DS, 4, -0x1200000UL),
		ROW(32, "\x3e\x8b\x45\x00", 5, NO, 0, SEG_DS, 4, 0),
		ROW(32, "\x26\x36\x8b\x03", 3, NO, 0, SEG_SS, 4, 0),
		ROW(32, "\x67\x8b\x07", 3, NO, 0, SEG_DS, 2, 0),
		ROW(16, "\x8b\x00", 3, 6, 0, SEG_DS, 2, 0),
		ROW(16, "\x8b\x43\x10", 5, 7, 0, SEG_SS, 2, 0x10),
		ROW(16, "\x8b\x46\x00", 5, NO, 0, SEG_SS, 2, 0),
		ROW(16, "\x8b\x06\xff\xff", NO, NO, 0, SEG_DS, 2, -1UL),
		ROW(16, "\x8b\x87\x00\x80", 3, NO, 0, SEG_DS, 2, -0x8000UL),
		ROW(16, "\x67\x8b\x04\x8b", 3, 1, 2, SEG_DS, 4, 0),
		ROW(16, "\x26\xa0\x34\x12", NO, NO, 0, SEG_ES, 2, 0x1234),
		ROW(64, "\x65\x67\xa4", NO, NO, 0, SEG_GS, 4, 0),
	};

	(void)state;
	for (unsigned n = 0; n < ARRAY_SIZE(rows); n++) {
		if (decode(rows[n].bits, rows[n].code, rows[n].length) != MMIO_KNOWN)
			fail_msg("row %u is not known", n);
		if (i.length != rows[n].length || i.base != rows[n].base ||
		    i.index != rows[n].index || i.scale != rows[n].scale ||
		    i.segment != rows[n].segment || i.address_size != rows[n].address_size ||
		    i.displacement != rows[n].displacement)
			fail_msg("row %u: length %u base %u index %u << %u segment %u size %u %#lx",
				 n,
				 i.length, i.base, i.index, i.scale, i.segment, i.address_size,
				 i.displacement);
	}
}

static void what_is_not_known(void **state)
{
	(void)state;
	assert_int_equal(DECODE(64, "\x8b\xc0"), MMIO_UNKNOWN);	       /* no memory */
	assert_int_equal(DECODE(64, "\x82\x00\x01"), MMIO_UNKNOWN);    /* not in 64-bit code */
	assert_int_equal(DECODE(32, "\x63\x00"), MMIO_UNKNOWN);	       /* ARPL */
	assert_int_equal(DECODE(64, "\xc7\x08\0\0\0\0"), MMIO_UNKNOWN); /* group's other rows */
	assert_int_equal(DECODE(64, "\xff\x18"), MMIO_UNKNOWN);	       /* far CALL */
	assert_int_equal(DECODE(64, "\x8c\x30"), MMIO_UNKNOWN);	       /* no segment */
	assert_int_equal(DECODE(64, "\x0f\xae\x30"), MMIO_UNKNOWN);	       /* XSAVEOPT */
	assert_int_equal(DECODE(64, "\xf3\x0f\xae\x38"), MMIO_UNKNOWN);
	assert_int_equal(DECODE(64, "\x0f\xc7\x10"), MMIO_UNKNOWN);
	assert_int_equal(DECODE(64, "\xd8\x00"), MMIO_UNKNOWN);	       /* FADD */
	assert_int_equal(DECODE(64, "\x8f\xe8\x78"), MMIO_UNKNOWN);    /* XOP */
	assert_int_equal(DECODE(64, "\x0f\xba\x00\x01"), MMIO_UNKNOWN);
	assert_int_equal(DECODE(64, "\x0f\x60\x00"), MMIO_UNKNOWN);	/* PUNPCKLBW */
	assert_int_equal(DECODE(64, "\xf3\x0f\xc3\x00"), MMIO_UNKNOWN);
	assert_int_equal(DECODE(64, "\x66\x0f\xc3\x00"), MMIO_UNKNOWN);
	assert_int_equal(DECODE(64, "\xf3\x0f\x38\xf0\x00"), MMIO_UNKNOWN);
	assert_int_equal(DECODE(64, "\xc4\xe2\x7c\xf2\x00"), MMIO_UNKNOWN);   /* ANDN with VEX.L */
	assert_int_equal(DECODE(64, "\xc4\xe3\x73\xf0\x00\x01"), MMIO_UNKNOWN); /* RORX with vvvv */
	assert_int_equal(DECODE(64, "\xc4\xe2\x78\xf3\x00"), MMIO_UNKNOWN);   /* begins with 1 */
	assert_int_equal(DECODE(64, "\xc5\xf9\x60\x00"), MMIO_UNKNOWN);	    /* VPUNPCKLBW */
	assert_int_equal(DECODE(64, "\x66\xc5\xf8\x10\x03"), MMIO_UNKNOWN);   /* #UD */
	assert_int_equal(DECODE(32, "\xc5\x10\x03\x04\x05"), MMIO_UNKNOWN);   /* LDS */
	assert_int_equal(DECODE(32, "\xc5\xf8\x10\x03"), MMIO_KNOWN);
	assert_int_equal(DECODE(64, "\xc5"), MMIO_TRUNCATED);
	assert_int_equal(DECODE(64, "\xc4\xe1\x78"), MMIO_TRUNCATED);
	assert_int_equal(DECODE(64, "\x0f\x10"), MMIO_TRUNCATED);
}

static void lock_only_where_it_may_be(void **state)
{
	(void)state;
	assert_int_equal(DECODE(64, "\xf0\x89\x08"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\x03\x08"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\x39\x08"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\x83\x38\x01"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\x85\x08"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\x0f\xa3\x08"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\xa4"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\xff\x30"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\xf7\x20"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\x0f\xa5\x08"), MMIO_UNDEFINED);
	assert_int_equal(DECODE(64, "\xf0\x0f\xc7\x08"), MMIO_KNOWN);
	assert_int_equal(DECODE(64, "\xf0\x0f\xb1\x08"), MMIO_KNOWN);
	assert_int_equal(DECODE(64, "\xf0\xf7\x10"), MMIO_KNOWN);
	assert_int_equal(DECODE(64, "\xf0\xff\x00"), MMIO_KNOWN);
	assert_int_equal(DECODE(64, "\xf0\x87\x00"), MMIO_KNOWN);
}

static u64 random_state = 88172645463325252UL;

static u64 random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Cut anywhere it is called truncated, never something else; whole it is itself again. */
static void truncated(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned n = 0; n < 300000; n++) {
		static const unsigned modes[] = { 16, 32, 64 };
		struct mmio_instruction whole;
		char code[INSTRUCTION_MAX];

		for (unsigned k = 0; k < sizeof(code); k++)
			code[k] = (char)(random_number() >> 24);
		if (n & 1)
			code[0] = 0x0f;
		else if (n % 16 == 2) /* VMOVDQU32 */
			memcpy(code, "\x62\xf1\x7e\x48\x6f", 5);
		else if (n % 16 == 4) /* BZHI */
			memcpy(code, "\xc4\xe2\x70\xf5", 4);
		else if (n % 16 == 6) /* RORX */
			memcpy(code, "\xc4\xe3\x7b\xf0", 4);
		if (decode(modes[n % 3], code, sizeof(code)) != MMIO_KNOWN)
			continue;
		known++;
		whole = i;
		assert_int_equal(decode(modes[n % 3], code, whole.length), MMIO_KNOWN);
		assert_memory_equal(&i, &whole, sizeof(i));
		for (unsigned k = 0; k < whole.length; k++)
			if (decode(modes[n % 3], code, k) != MMIO_TRUNCATED)
				fail_msg("%u bytes of %u: %02x %02x %02x", k, whole.length,
					 (u8)code[0], (u8)code[1], (u8)code[2]);
	}
	assert_true(known > 10000);
	/* Fifteen bytes are the limit, whatever there is. */
	assert_int_equal(decode(64, "ffffffffffffff\xa4", 15), MMIO_KNOWN);
	assert_int_equal(decode(64, "fffffffffffffff\xa4", 16), MMIO_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(addresses),
		cmocka_unit_test(what_is_not_known),
		cmocka_unit_test(lock_only_where_it_may_be),
		cmocka_unit_test(truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
