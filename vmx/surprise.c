/* SPDX-License-Identifier: MIT */
#include "vmx/surprise.h"

#include "lib/bits.h"
#include "vmx/dump_code.h"
#include "vmx/dump_walk.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

#define BYTES 8

enum { EAX, EBX, ECX, EDX };

/* clang-format off */
static const struct surprise surprises[] = {
	/* name     prefix map opcode  ModRM       leaf   subleaf reg bit */
	{ "INVPCID",  0x66, 2, 0x82, 0x00, 0x00, 0x07, 0, 0, EBX, 10 },
	{ "RDTSCP",   0,    1, 0x01, 0xff, 0xf9, 0x01, 1, 0, EDX, 27 },
	{ "XGETBV",   0,    1, 0x01, 0xff, 0xd0, 0x01, 0, 0, ECX, 26 },
	{ "CLAC",     0,    1, 0x01, 0xff, 0xca, 0x07, 0, 0, EBX, 20 },
	{ "STAC",     0,    1, 0x01, 0xff, 0xcb, 0x07, 0, 0, EBX, 20 },
	{ "RDPKRU",   0,    1, 0x01, 0xff, 0xee, 0x07, 0, 0, ECX, 3 },
	{ "RDRAND",   0,    1, 0xc7, 0xf8, 0xf0, 0x01, 0, 0, ECX, 30 },
	{ "RDSEED",   0,    1, 0xc7, 0xf8, 0xf8, 0x07, 0, 0, EBX, 18 },
	{ "RDPID",    0xf3, 1, 0xc7, 0xf8, 0xf8, 0x07, 0, 0, ECX, 22 },
	{ "XRSTORS",  0,    1, 0xc7, 0x38, 0x18, 0x0d, 0, 1, EAX, 3 },
	{ "XSAVEC",   0,    1, 0xc7, 0x38, 0x20, 0x0d, 0, 1, EAX, 1 },
	{ "XSAVES",   0,    1, 0xc7, 0x38, 0x28, 0x0d, 0, 1, EAX, 3 },
	{ "TPAUSE",   0x66, 1, 0xae, 0xf8, 0xf0, 0x07, 0, 0, ECX, 5 },
	{ "UMONITOR", 0xf3, 1, 0xae, 0xf8, 0xf0, 0x07, 0, 0, ECX, 5 },
	{ "UMWAIT",   0xf2, 1, 0xae, 0xf8, 0xf0, 0x07, 0, 0, ECX, 5 },
	{ "XBEGIN",   0,    0, 0xc7, 0xff, 0xf8, 0x07, 0, 0, EBX, 11 },
};
/* clang-format on */

const struct surprise *surprise_find(const u8 *b, unsigned count)
{
	const u8 *end = b + count;
	u8 prefix = 0, map = 0;

	for (; b < end && (*b == 0x66 || *b == 0xf2 || *b == 0xf3); b++)
		prefix = *b;
	/* In 32-bit code these are INC and DEC, which never are #UD. */
	if (b < end && (*b & 0xf0) == 0x40)
		b++;
	if (b < end && *b == 0x0f) {
		b++;
		map = 1;
	}
	if (map && b < end && *b == 0x38) {
		b++;
		map = 2;
	}
	if (end - b < 2)
		return NULL;
	for (const struct surprise *s = surprises; s < surprises + ARRAY_SIZE(surprises); s++)
		if (s->prefix == prefix && s->map == map && s->opcode == b[0] &&
		    (b[1] & s->mask) == s->value)
			return s;
	return NULL;
}

void surprise_note(struct vcpu *v)
{
	const struct surprise *s;
	u8 bytes[BYTES] = { 0 };
	unsigned count = dump_peek(v, dump_code_address(v), bytes, sizeof(bytes));

	s = surprise_find(bytes, count);
	if (!s)
		return;
	v->notes.surprises++;
	v->notes.surprise = s;
	v->notes.surprise_rip = vmcs_read(VMCS_GUEST_RIP);
}
