/* SPDX-License-Identifier: MIT */
/*
 * mmio_decode() against capstone: on random bytes in all three modes, and
 * on real code. What both know must agree in length, operation, and memory
 * operand; what capstone calls one of our instructions must be known.
 * MMIO_ROUNDS= (in thousands, each mode) makes it longer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <capstone/capstone.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bits.h"
#include "vmx/mmio_decode.h"
#include "vmx/vmcs.h"

#define ROUNDS 400 /* thousands */

static csh handles[3];
static cs_insn *insn;
static const unsigned bits_of_mode[3] = { 16, 32, 64 };

static int setup(void **state)
{
	static const cs_mode modes[3] = { CS_MODE_16, CS_MODE_32, CS_MODE_64 };

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(cs_open(CS_ARCH_X86, modes[n], &handles[n]), CS_ERR_OK);
		cs_option(handles[n], CS_OPT_DETAIL, CS_OPT_ON);
	}
	insn = cs_malloc(handles[0]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cs_free(insn, 1);
	for (unsigned n = 0; n < 3; n++)
		cs_close(&handles[n]);
	return 0;
}

/* What capstone calls an operation of ours. CMOVcc and SETcc are ranges of names. */
static const struct {
	unsigned id;
	int op;
} ids[] = {
	{ X86_INS_MOV, MMIO_MOV },	 { X86_INS_MOVABS, MMIO_MOV },
	{ X86_INS_MOVZX, MMIO_MOV },	 { X86_INS_MOVNTI, MMIO_MOV },
	{ X86_INS_MOVSX, MMIO_MOVSX },	 { X86_INS_MOVSXD, MMIO_MOVSX },
	{ X86_INS_MOVBE, MMIO_MOVBE },	 { X86_INS_XCHG, MMIO_XCHG },
	{ X86_INS_NOT, MMIO_NOT },	 { X86_INS_PUSH, MMIO_PUSH },
	{ X86_INS_POP, MMIO_POP },	 { X86_INS_ADD, MMIO_ADD },
	{ X86_INS_OR, MMIO_OR },	 { X86_INS_ADC, MMIO_ADC },
	{ X86_INS_SBB, MMIO_SBB },	 { X86_INS_AND, MMIO_AND },
	{ X86_INS_SUB, MMIO_SUB },	 { X86_INS_XOR, MMIO_XOR },
	{ X86_INS_CMP, MMIO_CMP },	 { X86_INS_TEST, MMIO_TEST },
	{ X86_INS_INC, MMIO_INC },	 { X86_INS_DEC, MMIO_DEC },
	{ X86_INS_NEG, MMIO_NEG },	 { X86_INS_XADD, MMIO_XADD },
	{ X86_INS_IMUL, MMIO_IMUL },	 { X86_INS_ROL, MMIO_ROL },
	{ X86_INS_ROR, MMIO_ROR },	 { X86_INS_RCL, MMIO_RCL },
	{ X86_INS_RCR, MMIO_RCR },	 { X86_INS_SHL, MMIO_SHL },
	{ X86_INS_SHR, MMIO_SHR },	 { X86_INS_SAL, MMIO_SAL },
	{ X86_INS_SAR, MMIO_SAR },	 { X86_INS_BSF, MMIO_BSF },
	{ X86_INS_SHLD, MMIO_SHLD },	 { X86_INS_SHRD, MMIO_SHRD },
	{ X86_INS_MUL, MMIO_MUL },	 { X86_INS_DIV, MMIO_DIV },
	{ X86_INS_IDIV, MMIO_IDIV },	 { X86_INS_CMPXCHG8B, MMIO_CMPXCHG_PAIR },
	{ X86_INS_CMPXCHG16B, MMIO_CMPXCHG_PAIR }, { X86_INS_CRC32, MMIO_CRC32 },
	{ X86_INS_ADCX, MMIO_ADCX },	 { X86_INS_ADOX, MMIO_ADOX },
	{ X86_INS_ANDN, MMIO_ANDN },	 { X86_INS_BLSR, MMIO_BLSR },
	{ X86_INS_BLSMSK, MMIO_BLSMSK }, { X86_INS_BLSI, MMIO_BLSI },
	{ X86_INS_BZHI, MMIO_BZHI },	 { X86_INS_BEXTR, MMIO_BEXTR },
	{ X86_INS_PDEP, MMIO_PDEP },	 { X86_INS_PEXT, MMIO_PEXT },
	{ X86_INS_SHLX, MMIO_SHLX },	 { X86_INS_SARX, MMIO_SARX },
	{ X86_INS_SHRX, MMIO_SHRX },	 { X86_INS_RORX, MMIO_RORX },
	{ X86_INS_SGDT, MMIO_SGDT },	 { X86_INS_SIDT, MMIO_SIDT },
	{ X86_INS_LGDT, MMIO_LGDT },	 { X86_INS_LIDT, MMIO_LIDT },
	{ X86_INS_SLDT, MMIO_SLDT },	 { X86_INS_STR, MMIO_STR },
	{ X86_INS_LLDT, MMIO_LLDT },	 { X86_INS_LTR, MMIO_LTR },
	{ X86_INS_SMSW, MMIO_SMSW },
	{ X86_INS_MULX, MMIO_MULX },	 { X86_INS_CALL, MMIO_CALL },
	{ X86_INS_JMP, MMIO_JMP },	 { X86_INS_LJMP, MMIO_JMP_FAR },	 { X86_INS_XLATB, MMIO_XLAT },
	{ X86_INS_CLFLUSH, MMIO_FLUSH }, { X86_INS_CLFLUSHOPT, MMIO_FLUSH },
	{ X86_INS_CLWB, MMIO_FLUSH },
	{ X86_INS_TZCNT, MMIO_BSF },	 { X86_INS_BSR, MMIO_BSR },
	{ X86_INS_LZCNT, MMIO_BSR },	 { X86_INS_POPCNT, MMIO_POPCNT },
	{ X86_INS_CMPXCHG, MMIO_CMPXCHG }, { X86_INS_BT, MMIO_BT },
	{ X86_INS_BTS, MMIO_BTS },	 { X86_INS_BTR, MMIO_BTR },
	{ X86_INS_BTC, MMIO_BTC },	 { X86_INS_MOVSB, MMIO_MOVS },
	{ X86_INS_MOVSW, MMIO_MOVS },	 { X86_INS_MOVSD, MMIO_MOVS },
	{ X86_INS_MOVSQ, MMIO_MOVS },	 { X86_INS_CMPSB, MMIO_CMPS },
	{ X86_INS_CMPSW, MMIO_CMPS },	 { X86_INS_CMPSD, MMIO_CMPS },
	{ X86_INS_CMPSQ, MMIO_CMPS },	 { X86_INS_STOSB, MMIO_STOS },
	{ X86_INS_STOSW, MMIO_STOS },	 { X86_INS_STOSD, MMIO_STOS },
	{ X86_INS_STOSQ, MMIO_STOS },	 { X86_INS_LODSB, MMIO_LODS },
	{ X86_INS_LODSW, MMIO_LODS },	 { X86_INS_LODSD, MMIO_LODS },
	{ X86_INS_LODSQ, MMIO_LODS },	 { X86_INS_SCASB, MMIO_SCAS },
	{ X86_INS_SCASW, MMIO_SCAS },	 { X86_INS_SCASD, MMIO_SCAS },
	{ X86_INS_SCASQ, MMIO_SCAS },
};

/* Moves of vector registers: all of them are one operation here. */
#define VECTOR MMIO_XMM

static bool is_vector(const char *name)
{
	static const char *const names[] = {
		"movups", "movupd", "movss", "movsd", "movlps", "movlpd", "movhps", "movhpd",
		"movaps", "movapd", "movntps", "movntpd", "movd", "movq", "movdqa", "movdqu",
		"lddqu", "movntq", "movntdq", "movntdqa", "movdqa32", "movdqa64", "movdqu8",
		"movdqu16", "movdqu32", "movdqu64", "maskmovps", "maskmovpd", "pmaskmovd",
		"pmaskmovq",
	};

	for (unsigned n = 0; n < ARRAY_SIZE(names); n++)
		if (!strcmp(name + (*name == 'v'), names[n]))
			return true;
	return false;
}

static int op_of(const char *name)
{
	const u8 *opcode = insn->detail->x86.opcode;

	if (is_vector(name) && opcode[0] != 0xa5)
		return VECTOR;
	/* CMPSD of SSE; MOV of a segment register. */
	if (opcode[0] == 0x0f && insn->id == X86_INS_CMPSD)
		return -1;
	if (opcode[0] == 0x8e && (insn->detail->x86.operands[0].reg == X86_REG_SS ||
				  insn->detail->x86.operands[0].reg == X86_REG_CS))
		return -1;
	if (opcode[0] == 0x8e)
		return MMIO_MOV_TO_SEGMENT;
	if (opcode[0] == 0x8c)
		return MMIO_MOV_SEGMENT;
	if (insn->id == X86_INS_IMUL && insn->detail->x86.op_count == 1)
		return MMIO_IMUL_PAIR;
	for (unsigned n = 0; n < ARRAY_SIZE(ids); n++)
		if (ids[n].id == insn->id)
			return ids[n].op;
	if (!strncmp(name, "cmov", 4))
		return MMIO_CMOV;
	return strncmp(name, "set", 3) || !strcmp(name, "setssbsy") ? -1 : MMIO_SET;
}

static _Noreturn void complain(const char *what, const u8 *code, unsigned bits)
{
	char text[64] = "";

	for (unsigned n = 0; n < INSTRUCTION_MAX; n++)
		sprintf(text + 3 * n, "%02x ", code[n]);
	fail_msg("%s: %u bits: %s: capstone: %u bytes: %s %s", what, bits, text, insn->size,
		 insn->mnemonic, insn->op_str);
	abort();
}

static void expect(bool good, const char *what, const u8 *code, unsigned bits)
{
	if (!good)
		complain(what, code, bits);
}

/* Number and width in bytes of a general register by capstone's name. */
static unsigned register_number(unsigned reg, unsigned *size)
{
	static const char *const names[][16] = {
		{ "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b",
		  "r12b", "r13b", "r14b", "r15b" },
		{ "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w",
		  "r12w", "r13w", "r14w", "r15w" },
		{ "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d",
		  "r11d", "r12d", "r13d", "r14d", "r15d" },
		{ "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11",
		  "r12", "r13", "r14", "r15" },
		{ "ah", "ch", "dh", "bh" },
		{ "ip", "eip", "rip", "riz", "eiz" },
	};
	const char *name = cs_reg_name(handles[0], reg);

	for (unsigned row = 0; name && row < ARRAY_SIZE(names); row++)
		for (unsigned n = 0; n < 16 && names[row][n]; n++) {
			if (strcmp(names[row][n], name))
				continue;
			*size = row < 4 ? 1U << row : row == 4 ? 1 : 0;
			if (row == 5)
				return n < 3 ? MMIO_RIP : MMIO_NO_REGISTER;
			return row == 4 ? n | 0x100 : n;
		}
	*size = 0;
	return MMIO_NO_REGISTER;
}

static unsigned segment_of(unsigned reg)
{
	static const unsigned regs[] = { X86_REG_ES, X86_REG_CS, X86_REG_SS,
					 X86_REG_DS, X86_REG_FS, X86_REG_GS };

	for (unsigned n = 0; n < ARRAY_SIZE(regs); n++)
		if (regs[n] == reg)
			return n;
	return ~0U;
}

/*
 * Capstone overlooks 66 before MOVSXD, and where there is F2 or F3 as well;
 * for PUSH and POP it prefers 66 to REX.W; and VMOVQ with EVEX has 8 bytes.
 */
static void check_size(const cs_x86_op *o, const struct mmio_instruction *i, const u8 *code,
		       unsigned bits)
{
	if (i->size == 8 && o->size == 2 && (i->op == MMIO_PUSH || i->op == MMIO_POP))
		return;
	if (i->op == MMIO_JMP_FAR) /* it counts the offset, or all */
		return;
	if (i->op == MMIO_EVEX && i->size == 8 && insn->id == X86_INS_VMOVQ)
		return;
	if (!(i->size == 2 && (i->flags & (MMIO_REP | MMIO_REPNE) || insn->id == X86_INS_MOVSXD)))
		expect(o->size == i->size, "size", code, bits);
}

static void check_memory(const cs_x86_op *o, const struct mmio_instruction *i, const u8 *code,
			 unsigned bits)
{
	unsigned size, base = register_number(o->mem.base, &size), index, segment;

	if (base < 16)
		expect(size == i->address_size, "address size", code, bits);
	index = register_number(o->mem.index, &size);
	expect(base == i->base, "base", code, bits);
	expect(index == i->index, "index", code, bits);
	if (index != MMIO_NO_REGISTER)
		expect(o->mem.scale == 1 << i->scale, "scale", code, bits);
	expect((((u64)o->mem.disp ^ i->displacement) & bits_byte_mask(i->address_size)) == 0,
	       "displacement", code, bits);
	segment = segment_of(o->mem.segment);
	/* It names a segment only when a prefix does, even one that is ignored. */
	if (segment != ~0U && (bits != 64 || segment >= SEG_FS))
		expect(segment == i->segment, "segment", code, bits);
	else if (bits != 64)
		expect(i->segment == (i->base == 4 || i->base == 5 ? SEG_SS : SEG_DS), "segment",
		       code, bits);
	check_size(o, i, code, bits);
}

static void check_register(const cs_x86_op *o, const struct mmio_instruction *i, const u8 *code,
			   unsigned bits)
{
	unsigned size, reg = register_number(o->reg, &size);

	if (i->op == MMIO_MOV_SEGMENT || i->op == MMIO_MOV_TO_SEGMENT) {
		expect(segment_of(o->reg) == (i->reg & 7U), "segment register", code, bits);
		return;
	}
	if (i->second != MMIO_NO_REGISTER && size > 1) { /* SHLD, SHRD; the other one is CL */
		expect(reg == i->second, "second register", code, bits);
		expect(size == i->register_size, "second register's size", code, bits);
		return;
	}
	expect(!(i->flags & MMIO_IMMEDIATE) || i->op == MMIO_IMUL, "register, not immediate", code,
	       bits);
	expect((reg & 0xff) == i->reg, "register", code, bits);
	if (i->op >= MMIO_ROL && i->op <= MMIO_SHRD) /* CL */
		return;
	expect((reg & 0x100 ? 8 : 0) == i->reg_shift, "high byte", code, bits);
	/* MOVSXD without REX.W has a 32-bit register, or one of 16: capstone says 64. */
	if (insn->id != X86_INS_MOVSXD || i->register_size == 8)
		expect(size == i->register_size, "register's size", code, bits);
}

static bool is_vector_op(enum mmio_op op)
{
	return mmio_is_vector(op) || mmio_is_masked(op);
}

static bool is_bmi(int op)
{
	return (op >= MMIO_CRC32 && op <= MMIO_RORX) || op == MMIO_MULX || op == MMIO_FLUSH;
}

/* Two registers, if there are two, in the order of the names; memory and immediate anywhere. */
static void check_bmi(const struct mmio_instruction *i, const u8 *code, unsigned bits)
{
	const cs_x86 *x = &insn->detail->x86;
	unsigned wanted = i->reg, size;

	for (unsigned n = 0; n < x->op_count; n++) {
		const cs_x86_op *o = &x->operands[n];

		if (o->type == X86_OP_MEM) {
			check_memory(o, i, code, bits);
		} else if (o->type == X86_OP_REG) {
			expect(register_number(o->reg, &size) == wanted, "register", code, bits);
			expect(size == i->register_size, "register's size", code, bits);
			wanted = i->second;
		} else {
			expect((u8)o->imm == (u8)i->immediate, "immediate", code, bits);
		}
	}
}

static void check_operands(const struct mmio_instruction *i, const u8 *code, unsigned bits)
{
	const cs_x86 *x = &insn->detail->x86;

	for (unsigned n = 0; n < x->op_count; n++) {
		const cs_x86_op *o = &x->operands[n];

		if (o->type == X86_OP_MEM)
			check_memory(o, i, code, bits);
		else if (o->type == X86_OP_REG)
			check_register(o, i, code, bits);
		else
			expect(i->flags & MMIO_IMMEDIATE &&
				       (((u64)o->imm ^ i->immediate) &
					bits_byte_mask(i->op >= MMIO_BT ? 1 : i->size)) == 0,
			       "immediate", code, bits);
	}
	/* The register operand comes first when it is the destination. */
	if (x->op_count == 2 && i->op != MMIO_XCHG && i->op != MMIO_XADD)
		expect((x->operands[0].type == X86_OP_REG) ==
				       !!(i->flags & (MMIO_TO_REGISTER | MMIO_REVERSED)) ||
			       i->op == MMIO_TEST || i->op == MMIO_MOV_TO_SEGMENT,
		       "direction", code, bits);
}

static void check_string(const struct mmio_instruction *i, const u8 *code, unsigned bits)
{
	const cs_x86 *x = &insn->detail->x86;

	for (unsigned n = 0; n < x->op_count; n++) {
		const cs_x86_op *o = &x->operands[n];
		unsigned size, reg;

		if (o->type == X86_OP_MEM) {
			reg = register_number(o->mem.base, &size);
			expect(reg == 6 || reg == 7, "string register", code, bits);
			expect(size == i->address_size, "address size", code, bits);
			check_size(o, i, code, bits);
			if (reg == 6 && segment_of(o->mem.segment) != ~0U &&
			    (bits != 64 || o->mem.segment == X86_REG_FS ||
			     o->mem.segment == X86_REG_GS))
				expect(segment_of(o->mem.segment) == i->segment, "segment", code,
				       bits);
		}
	}
}

static bool is_evex(const struct mmio_instruction *i)
{
	return i->op == MMIO_EVEX || i->op == MMIO_EVEX_MASKED;
}

static void check_mask(const cs_x86_op *o, const struct mmio_instruction *i, const u8 *code,
		       unsigned bits)
{
	static const struct {
		const char *in_name;
		unsigned shift;
	} elements[] = {{"dqu8", 0}, {"16", 1}, {"32", 2}, {"64", 3},
			{"ps", 2},   {"pd", 3}, {"ss", 2}, {"sd", 3}};
	const char *name = cs_reg_name(handles[0], o->reg);
	unsigned element = 0;

	while (!strstr(insn->mnemonic, elements[element].in_name))
		element++;
	expect((unsigned)name[1] - '0' == (i->mask & MMIO_MASK_REGISTER), "opmask", code, bits);
	expect(elements[element].shift == i->mask >> MMIO_MASK_ELEMENT_SHIFT, "element", code,
	       bits);
	expect(!!strstr(insn->op_str, "{z}") == !!(i->mask & MMIO_MASK_ZEROES), "zeroing", code,
	       bits);
}

static void check_vector(const struct mmio_instruction *i, const u8 *code, unsigned bits)
{
	const cs_x86 *x = &insn->detail->x86;
	bool load = i->flags & MMIO_TO_REGISTER;
	unsigned wanted = load || i->second == MMIO_NO_REGISTER ? i->reg : i->second, masks = 0;

	for (unsigned n = 0; n < x->op_count; n++) {
		const cs_x86_op *o = &x->operands[n];
		const char *name = cs_reg_name(handles[0], o->reg);

		if (o->type == X86_OP_MEM) {
			check_memory(o, i, code, bits);
			continue;
		}
		if (*name == 'k') {
			check_mask(o, i, code, bits);
			masks++;
			continue;
		}
		/* mm0, xmm0, ymm0, zmm0; behind the first one comes the second, or it before */
		expect(strtoul(strchr(name, 'm') + 2, NULL, 10) == wanted,
		       "register", code, bits);
		wanted = wanted == i->reg ? i->second : i->reg;
		expect((*name == 'm') == (i->op == MMIO_MMX), "MMX", code, bits);
		expect((*name == 'y') == (i->size == 32), "YMM", code, bits);
		expect((*name == 'z') == (i->size == 64), "ZMM", code, bits);
		expect((x->operands[0].type == X86_OP_REG) == load, "direction", code, bits);
	}
	expect(masks == (i->op == MMIO_EVEX_MASKED), "mask", code, bits);
	expect((*insn->mnemonic == 'v') == (i->op != MMIO_XMM && i->op != MMIO_MMX) ||
		       i->op == MMIO_XMM_LOW || i->op == MMIO_XMM_HIGH, "AVX", code, bits);
	expect((*code == 0x62) == is_evex(i), "EVEX", code, bits);
}

/*
 * Capstone wants a mandatory prefix directly before the opcode, and no other
 * ones; of 16-bit code it knows none, nor that F3 0F 7E has no use for REX.W,
 * nor EVEX.W outside of 64-bit code.
 */
static bool has_plain_prefixes(const u8 *code, unsigned bits)
{
	unsigned at = *code == 0x66 || *code == 0xf2 || *code == 0xf3;

	if (at && bits == 16)
		return false;
	at += bits == 64 && (code[at] & (*code == 0xf3 ? 0xf8 : 0xf0)) == 0x40;
	return code[at] == 0x0f || code[0] == 0xc4 || code[0] == 0xc5 ||
	       (code[0] == 0x62 && bits == 64);
}

/*
 * Halves with EVEX are not ours. Capstone takes what a processor does not: too many
 * bits, zeroing without a mask or of memory, and W as it likes.
 */
static bool is_other_evex(const u8 *code)
{
	static const char *const w0[] = {"ps", "ss", "ntdq", "ntdqa"};
	static const char *const w1[] = {"pd", "sd", "vmovq"};
	const char *name = insn->mnemonic;
	size_t length = strlen(name);
	bool w = code[2] & 0x80;

	for (unsigned n = 0; w && n < ARRAY_SIZE(w0); n++)
		if (!strcmp(name + length - strlen(w0[n]), w0[n]))
			return true;
	for (unsigned n = 0; !w && n < ARRAY_SIZE(w1); n++)
		if (!strcmp(name + length - strlen(w1[n]), w1[n]))
			return true;
	if (code[3] & 0x60 && (insn->id == X86_INS_VMOVD || insn->id == X86_INS_VMOVQ))
		return true;
	return (code[3] & 0x60) == 0x60 ||
	       (code[3] & 0x80 &&
		(!(code[3] & 7) || insn->detail->x86.operands[0].type == X86_OP_MEM)) ||
	       !strncmp(name, "vmovl", 5) || !strncmp(name, "vmovh", 5);
}

/* And F2 and F3 before MMX, and W where it must be 0. */
static bool is_other_vector(const u8 *code)
{
	if (*code == 0x62)
		return is_other_evex(code);
	return *code == 0xf2 || *code == 0xf3 ||
	       (!strncmp(insn->mnemonic, "vmaskmov", 8) && code[2] & 0x80);
}

static bool has_memory(void)
{
	const cs_x86 *x = &insn->detail->x86;

	for (unsigned n = 0; n < x->op_count; n++)
		if (x->operands[n].type == X86_OP_MEM)
			return true;
	return false;
}

static struct {
	unsigned long tried, known, undefined;
} counts;

/* Returns the length by capstone, or 0. */
static unsigned compare(const u8 *code, unsigned length, unsigned mode)
{
	const u8 *at = code;
	unsigned bits = bits_of_mode[mode];
	struct mmio_instruction i;
	enum mmio_decoded decoded = mmio_decode(code, length, bits, &i);
	uint64_t address = 0;
	size_t left = length;
	int op;

	counts.tried++;
	if (!cs_disasm_iter(handles[mode], &at, &left, &address, insn)) {
		counts.undefined += decoded == MMIO_KNOWN;
		return 0;
	}
	op = op_of(insn->mnemonic);
	if (decoded == MMIO_KNOWN) {
		counts.known++;
		expect(insn->size == i.length, "length", code, bits);
		if ((is_vector_op(i.op) || is_bmi(i.op)) && !has_plain_prefixes(code, bits))
			return insn->size;
		if (i.op == MMIO_FLUSH && !strncmp(insn->mnemonic, "xsaveopt", 8))
			return insn->size; /* CLWB with REX.W */
		expect(op == (int)i.op || (op == VECTOR && is_vector_op(i.op)), "operation", code,
		       bits);
		if (mmio_is_string(i.op))
			check_string(&i, code, bits);
		else if (is_bmi(i.op))
			check_bmi(&i, code, bits);
		else if (op == VECTOR)
			check_vector(&i, code, bits);
		else
			check_operands(&i, code, bits);
	} else if (op >= 0 && has_memory() && decoded == MMIO_UNKNOWN &&
		   /* With F2 or F3 these are others, or none. */
		   insn->id != X86_INS_MOVNTI && insn->id != X86_INS_MOVBE && op != MMIO_FLUSH &&
		   !(is_bmi(op) && !has_plain_prefixes(code, bits)) &&
		   !(op == VECTOR && (is_other_vector(code) || !has_plain_prefixes(code, bits)))) {
		complain("not known", code, bits);
	}
	return insn->size;
}

static u64 random_state = 88172645463325252UL;

static u64 random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* VEX or EVEX, mostly valid, and an opcode that one of ours has. */
static void make_vex(u8 *code, u64 dice)
{
	static const u8 opcodes[] = {0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x28, 0x29, 0x2a, 0x2b,
				     0x2c, 0x2d, 0x2e, 0x2f, 0x6e, 0x6f, 0x7e, 0x7f, 0x8c, 0x8e,
				     0xd6, 0xe7, 0xf0, 0xf2, 0xf3, 0xf5, 0xf6, 0xf7};
	static const u8 maps[] = {1, 1, 2, 3};
	unsigned at = 0;

	if (dice >> 10 & 1) {
		code[at++] = 0x62;
		code[at] = (code[at] & 0xf0) | maps[dice >> 11 & 3], at++;
		code[at] = code[at] | (dice >> 13 & 3 ? 0x7c : 4), at++;
		code[at] = (code[at] & 0xe7) | 8, at++;
	} else {
		code[at++] = 0xc4;
		code[at] = (code[at] & 0xe0) | maps[dice >> 11 & 3], at++;
		code[at] = code[at] | (dice >> 13 & 1 ? 0x78 : 0), at++;
	}
	code[at++] = opcodes[(dice >> 16) % sizeof(opcodes)];
	code[at] &= 0x7f | (u8)(dice >> 14);
}

static void random_bytes(void **state)
{
	static const u8 prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x36, 0x3e,
				       0x26, 0x64, 0x65, 0x48, 0x44, 0x41, 0x4f };
	const char *given = getenv("MMIO_ROUNDS");
	unsigned long rounds = (given ? strtoul(given, NULL, 0) : ROUNDS) * 1000;
	u8 code[INSTRUCTION_MAX];

	(void)state;
	memset(&counts, 0, sizeof(counts));
	for (unsigned long n = 0; n < rounds * 3; n++) {
		u64 dice = random_number();
		unsigned at = 0;

		for (unsigned k = 0; k < sizeof(code); k++)
			code[k] = (u8)(random_number() >> 24);
		for (unsigned k = (unsigned)(dice & 3); k && k < 3; k--)
			code[at++] = prefixes[random_number() % sizeof(prefixes)];
		if (dice >> 8 & 1)
			code[at++] = 0x0f;
		else if (dice >> 9 & 1)
			make_vex(code, dice);
		compare(code, sizeof(code), (unsigned)(n % 3));
	}
	print_message("%lu tried, %lu known to both, %lu known to us alone\n", counts.tried,
		      counts.known, counts.undefined);
	assert_true(counts.known > rounds / 10);
	assert_true(counts.undefined < counts.known / 20);
}

/* The code of a program: its section .text. */
static bool sweep(const char *path)
{
	int file = open(path, O_RDONLY);
	Elf64_Shdr *sections, *names;
	Elf64_Ehdr *header;
	struct stat status;
	u8 *image;

	if (file < 0)
		return false;
	fstat(file, &status);
	image = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	assert_ptr_not_equal(image, MAP_FAILED);
	close(file);
	header = (Elf64_Ehdr *)image;
	sections = (Elf64_Shdr *)(image + header->e_shoff);
	names = &sections[header->e_shstrndx];
	for (unsigned n = 0; n < header->e_shnum; n++) {
		const u8 *code = image + sections[n].sh_offset;
		const char *name = (const char *)image + names->sh_offset + sections[n].sh_name;

		if (strcmp(name, ".text") || header->e_machine != EM_X86_64)
			continue;
		for (u64 at = 0; at < sections[n].sh_size;) {
			u64 left = sections[n].sh_size - at;
			unsigned length = compare(code + at, (unsigned)MIN(left, 15), 2);

			at += length ? length : 1;
		}
	}
	munmap(image, (size_t)status.st_size);
	return true;
}

static void real_code(void **state)
{
	unsigned programs;

	(void)state;
	memset(&counts, 0, sizeof(counts));
	programs = sweep("/proc/self/exe") + sweep("/bin/bash") + sweep("build/trivet.elf");
	print_message("%lu instructions of %u programs, %lu known\n", counts.tried, programs,
		      counts.known);
	assert_true(counts.known > counts.tried / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(real_code),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
