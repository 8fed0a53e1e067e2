/* SPDX-License-Identifier: MIT */
#include "vmx/mmio_bmi_opcodes.h"

#define R  MMIO_READS
#define W  MMIO_WRITES
#define TO MMIO_TO_REGISTER

#define MODRM (FORM_MODRM | FORM_DWORD)
#define ANY   0xff

static const struct prefixed {
	u8 prefix; /* 66, F3, F2, or 0 */
	bool vex;
	struct mmio_opcode o;
} opcodes[] = {
	{0xf2, false, {0x38f0, 2, ANY, MMIO_CRC32, R | TO, FORM_MODRM | FORM_BYTE | FORM_WIDE}},
	{0x66, false, {0x38f6, 1, ANY, MMIO_ADCX, R | TO, MODRM}},
	{0xf3, false, {0x38f6, 1, ANY, MMIO_ADOX, R | TO, MODRM}},
	{0x00, false, {0x38f9, 1, ANY, MMIO_MOV, W, MODRM}}, /* MOVDIRI */
	{0x00, false, {0x0fae, 1, 0x80, MMIO_FLUSH, R, FORM_MODRM | FORM_ONE_BYTE}},
	{0x66, false, {0x0fae, 1, 0xc0, MMIO_FLUSH, R, FORM_MODRM | FORM_ONE_BYTE}},
	{0x00, true, {0x38f2, 1, ANY, MMIO_ANDN, R | TO, MODRM | FORM_VVVV}},
	{0x00, true, {0x38f3, 1, 0x0e, MMIO_BLSR - 1, R | TO, MODRM | FORM_NUMBER | FORM_TO_VVVV}},
	{0x00, true, {0x38f5, 1, ANY, MMIO_BZHI, R | TO, MODRM | FORM_VVVV}},
	{0xf3, true, {0x38f5, 1, ANY, MMIO_PEXT, R | TO, MODRM | FORM_VVVV}},
	{0xf2, true, {0x38f5, 1, ANY, MMIO_PDEP, R | TO, MODRM | FORM_VVVV}},
	{0xf2, true, {0x38f6, 1, ANY, MMIO_MULX, R | TO, MODRM | FORM_VVVV}},
	{0x00, true, {0x38f7, 1, ANY, MMIO_BEXTR, R | TO, MODRM | FORM_VVVV}},
	{0x66, true, {0x38f7, 1, ANY, MMIO_SHLX, R | TO, MODRM | FORM_VVVV}},
	{0xf3, true, {0x38f7, 1, ANY, MMIO_SARX, R | TO, MODRM | FORM_VVVV}},
	{0xf2, true, {0x38f7, 1, ANY, MMIO_SHRX, R | TO, MODRM | FORM_VVVV}},
	{0xf2, true, {0x3af0, 1, ANY, MMIO_RORX, R | TO, MODRM | FORM_IMM8}},
};

const struct mmio_opcode *mmio_bmi_find(const struct mmio_cursor *c, unsigned opcode, unsigned reg,
					enum mmio_op *op)
{
	u8 prefix = mmio_mandatory_prefix(c);

	for (unsigned n = 0; n < ARRAY_SIZE(opcodes); n++) {
		const struct mmio_opcode *o = &opcodes[n].o;

		if ((opcode & ~MMIO_VEX) - o->first >= o->count || prefix != opcodes[n].prefix ||
		    c->vex != opcodes[n].vex || c->evex || c->vector || !(o->regs >> reg & 1))
			continue;
		if (c->vvvv && !(o->form & (FORM_VVVV | FORM_TO_VVVV)))
			continue;
		*op = o->op + (o->form & FORM_NUMBER ? reg : 0);
		return o;
	}
	return NULL;
}
