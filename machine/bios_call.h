/* SPDX-License-Identifier: MIT */
/* What the services of the BIOS share; for machine/bios*.c only. */
#pragma once

#include "lib/bits.h"
#include "machine/vm.h"

enum bios_result {
	BIOS_DONE,   /* carry clear, where the interrupt tells by it */
	BIOS_FAILED, /* carry set */
	BIOS_AGAIN,  /* not yet: look again at once */
	BIOS_SLEEP,  /* not yet: look again after an interrupt */
	BIOS_STOP,   /* vcpu_stop() has been called */
};

/* One service: by AH, from and to v->regs. */
typedef enum bios_result bios_service_fn(struct vm *vm, struct vcpu *v);

bios_service_fn bios_video, bios_disk, bios_serial, bios_system, bios_power, bios_keyboard,
	bios_time;

/* The caller's zero flag, as it is after the IRET. */
void bios_set_zero(struct vm *vm, bool zero);

static inline u8 bios_low(u64 reg)
{
	return (u8)reg;
}

static inline u8 bios_high(u64 reg)
{
	return (u8)(reg >> 8);
}

static inline void bios_set_low(u64 *reg, u8 value)
{
	*reg = (*reg & ~0xffUL) | value;
}

static inline void bios_set_high(u64 *reg, u8 value)
{
	*reg = (*reg & ~0xff00UL) | (u64)value << 8;
}

static inline void bios_set_word(u64 *reg, u16 value)
{
	*reg = (*reg & ~0xffffUL) | value;
}

static inline void bios_set_dword(u64 *reg, u32 value)
{
	*reg = (*reg & ~0xffffffffUL) | value;
}

/* AH = `code`. */
static inline enum bios_result bios_fail(struct vcpu *v, u8 code)
{
	bios_set_high(&v->regs.rax, code);
	return BIOS_FAILED;
}

static inline enum bios_result bios_absent(struct vcpu *v)
{
	return bios_fail(v, 0x86);
}
