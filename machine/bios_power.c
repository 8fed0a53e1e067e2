/* SPDX-License-Identifier: MIT */
/*
 * INT 15H AH=53H: as much of "Advanced Power Management BIOS Interface" 1.2 as
 * programs in real mode need to switch off. For protected mode there is ACPI.
 */
#include "machine/bios_call.h"

#define APM_VERSION   0x0102
#define APM_SIGNATURE 0x504d /* "PM" */
#define NO_16_BIT     0x06
#define NO_32_BIT     0x08
#define NO_SUCH_STATE 0x60
#define NO_EVENT      0x80

#define ALL_DEVICES 0x0001
#define STATE_READY 0x0000
#define STATE_OFF   0x0003

static enum bios_result set_state(struct vcpu *v)
{
	u16 device = (u16)v->regs.rbx, state = (u16)v->regs.rcx;

	if (device == ALL_DEVICES && state == STATE_OFF) {
		vcpu_stop(v, STOP_POWER_OFF, "APM", 0);
		return BIOS_STOP;
	}
	if (state != STATE_READY)
		return bios_fail(v, NO_SUCH_STATE);
	bios_set_high(&v->regs.rax, 0);
	return BIOS_DONE;
}

enum bios_result bios_power(struct vm *vm, struct vcpu *v)
{
	(void)vm;
	switch (bios_low(v->regs.rax)) {
	case 0x00:
		bios_set_word(&v->regs.rax, APM_VERSION);
		bios_set_word(&v->regs.rbx, APM_SIGNATURE);
		bios_set_word(&v->regs.rcx, 0); /* nothing for protected mode */
		return BIOS_DONE;
	case 0x01: /* connect */
	case 0x04: /* disconnect */
	case 0x05: /* idle: who wants to wait halts */
	case 0x06: /* busy */
	case 0x08: /* management on or off */
	case 0x0d:
	case 0x0f:
		bios_set_high(&v->regs.rax, 0);
		return BIOS_DONE;
	case 0x02:
		return bios_fail(v, NO_16_BIT);
	case 0x03:
		return bios_fail(v, NO_32_BIT);
	case 0x07:
		return set_state(v);
	case 0x0b:
		return bios_fail(v, NO_EVENT);
	case 0x0e: /* the driver's version: we keep to ours */
		bios_set_word(&v->regs.rax, APM_VERSION);
		return BIOS_DONE;
	}
	return bios_absent(v);
}
