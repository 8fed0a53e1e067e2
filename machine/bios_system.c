/* SPDX-License-Identifier: MIT */
/* INT 15H: how much memory there is, A20, moving memory, waiting. */
#include <asm/bootparam.h>

#include "lib/string.h"
#include "machine/bios_call.h"
#include "machine/bios_code.h"
#include "machine/memory_map.h"
#include "vmx/instructions.h"

#define SMAP	   0x534d4150 /* "SMAP" */
#define E820_BYTES 20U
#define KIB_16M	   0x3c00U /* from 1 MiB to 16 MiB */
#define KIB_63M	   0xfc00UL /* and 63 MiB of them */

#define A20_IS_OPEN  1
#define A20_BY_8042  BIT(0)
#define A20_BY_92    BIT(1)

#define BLOCK_SOURCE 0x10 /* descriptors of AH=87H */
#define BLOCK_TARGET 0x18
#define BLOCK_WORDS  0x8000U
#define BLOCK_FAILED 0x01

static u64 kib_above_1m(const struct vm *vm)
{
	return (memory_map_low_end(&vm->ram) - MAP_BIOS_END) >> 10;
}

/* E820H: the entry of number EBX. */
static enum bios_result tell_map(struct vm *vm, struct vcpu *v)
{
	struct boot_e820_entry map[MEMORY_MAP_MAX];
	u32 count = memory_map_build(&vm->ram, map), n = (u32)v->regs.rbx;
	gpa_t to = vmcs_read(VMCS_GUEST_ES_BASE) + (u16)v->regs.rdi;

	if ((u32)v->regs.rdx != SMAP || (u32)v->regs.rcx < E820_BYTES || n >= count ||
	    vm_ram_write(vm, to, &map[n], E820_BYTES))
		return bios_absent(v);
	bios_set_dword(&v->regs.rax, SMAP);
	bios_set_dword(&v->regs.rcx, E820_BYTES);
	bios_set_dword(&v->regs.rbx, n + 1 < count ? n + 1 : 0);
	return BIOS_DONE;
}

/* E801H: KiB up to 16 MiB, and units of 64 KiB from there on, twice. */
static enum bios_result tell_sizes(struct vm *vm, struct vcpu *v)
{
	u64 kib = kib_above_1m(vm);
	u16 low = (u16)MIN(kib, (u64)KIB_16M), high = (u16)((kib - low) >> 6);

	bios_set_word(&v->regs.rax, low);
	bios_set_word(&v->regs.rcx, low);
	bios_set_word(&v->regs.rbx, high);
	bios_set_word(&v->regs.rdx, high);
	return BIOS_DONE;
}

/* The gate is open for ever: opening it succeeds, closing it does not. */
static enum bios_result a20(struct vcpu *v, u8 function)
{
	switch (function) {
	case 0x01:
		bios_set_high(&v->regs.rax, 0);
		return BIOS_DONE;
	case 0x02:
		bios_set_word(&v->regs.rax, A20_IS_OPEN);
		return BIOS_DONE;
	case 0x03:
		bios_set_high(&v->regs.rax, 0);
		bios_set_word(&v->regs.rbx, A20_BY_8042 | A20_BY_92);
		return BIOS_DONE;
	}
	return bios_absent(v);
}

/* Base address in a descriptor of the caller's table. */
static gpa_t base_of(struct vm *vm, gpa_t descriptor)
{
	u64 d = 0;

	if (vm_ram_read(vm, descriptor, &d, sizeof(d)))
		return ~0UL;
	return bits_get(d, 39, 16) | bits_get(d, 63, 56) << 24;
}

/* AH=87H: CX words between any two places below 4 GiB, by descriptors at ES:SI. */
static enum bios_result move_block(struct vm *vm, struct vcpu *v)
{
	gpa_t table = vmcs_read(VMCS_GUEST_ES_BASE) + (u16)v->regs.rsi;
	gpa_t from = base_of(vm, table + BLOCK_SOURCE), to = base_of(vm, table + BLOCK_TARGET);
	u64 length = 2UL * (u16)v->regs.rcx, part;
	u8 bytes[64];

	if (length > 2UL * BLOCK_WORDS)
		return bios_fail(v, BLOCK_FAILED);
	for (; length; length -= part, from += part, to += part) {
		part = MIN(length, (u64)sizeof(bytes));
		if (vm_ram_read(vm, from, bytes, part) || vm_ram_write(vm, to, bytes, part))
			return bios_fail(v, BLOCK_FAILED);
	}
	bios_set_high(&v->regs.rax, 0);
	return BIOS_DONE;
}

/* AH=86H: CX:DX microseconds. */
static enum bios_result wait(struct vm *vm, struct vcpu *v)
{
	u64 now = clock_now(&vm->clock);
	u64 us = (u64)(u16)v->regs.rcx << 16 | (u16)v->regs.rdx;

	if (!vm->bios.wait_until)
		vm->bios.wait_until = now + us * 1000;
	if (now < vm->bios.wait_until)
		return BIOS_AGAIN;
	vm->bios.wait_until = 0;
	bios_set_high(&v->regs.rax, 0);
	return BIOS_DONE;
}

static void set_es(u16 segment)
{
	vmcs_write(VMCS_GUEST_ES_SELECTOR, segment);
	vmcs_write(VMCS_GUEST_ES_BASE, (u64)segment << 4);
}

enum bios_result bios_system(struct vm *vm, struct vcpu *v)
{
	switch (bios_high(v->regs.rax)) {
	case 0x24:
		return a20(v, bios_low(v->regs.rax));
	case 0x53:
		return bios_power(vm, v);
	case 0x86:
		return wait(vm, v);
	case 0x87:
		return move_block(vm, v);
	case 0x88:
		/* The 1024 that callers add must not overflow. */
		bios_set_word(&v->regs.rax, (u16)MIN(kib_above_1m(vm), KIB_63M));
		return BIOS_DONE;
	case 0x4f: /* a keyboard's handler asks what others make of a key: nothing */
		return BIOS_FAILED;
	case 0x90: /* a device is waited for, or done: nobody cares */
	case 0x91:
		bios_set_high(&v->regs.rax, 0);
		return BIOS_DONE;
	case 0xc0:
		set_es(MAP_BIOS >> 4);
		bios_set_word(&v->regs.rbx, bios_code_at(bios_code_system));
		bios_set_high(&v->regs.rax, 0);
		return BIOS_DONE;
	case 0xc1:
		set_es(MAP_EBDA >> 4);
		return BIOS_DONE;
	case 0xe8:
		if (bios_low(v->regs.rax) == 0x20)
			return tell_map(vm, v);
		if (bios_low(v->regs.rax) == 0x01)
			return tell_sizes(vm, v);
	}
	return bios_absent(v);
}
