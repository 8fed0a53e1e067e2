/* SPDX-License-Identifier: MIT */
/* INT 1AH: the ticks that IRQ 0 counts, and the RTC. */
#include "machine/bios_call.h"
#include "machine/bios_data.h"

static u8 rtc_bcd(struct vm *vm, unsigned index)
{
	u64 now = clock_now(&vm->clock);
	u8 b = rtc_read(&vm->rtc, RTC_B, now), value = rtc_read(&vm->rtc, index, now);

	return rtc_time_encode(index == RTC_HOURS ? rtc_time_decode_hours(value, b)
						  : rtc_time_decode(value, b),
			       RTC_B_24H);
}

static u16 rtc_pair(struct vm *vm, unsigned high, unsigned low)
{
	return (u16)(rtc_bcd(vm, high) << 8 | rtc_bcd(vm, low));
}

/* AH=00H: CX:DX ticks since midnight, AL: midnights since somebody last asked. */
static void tell_ticks(struct vm *vm, struct vcpu *v)
{
	static const u8 none;
	u32 ticks = 0;
	u8 midnights = 0;

	if (vm_ram_read(vm, BIOS_DATA_TICKS, &ticks, sizeof(ticks)) ||
	    vm_ram_read(vm, BIOS_DATA_MIDNIGHT, &midnights, sizeof(midnights)) ||
	    vm_ram_write(vm, BIOS_DATA_MIDNIGHT, &none, sizeof(none)))
		return;
	bios_set_word(&v->regs.rax, midnights);
	bios_set_word(&v->regs.rcx, (u16)(ticks >> 16));
	bios_set_word(&v->regs.rdx, (u16)ticks);
}

static enum bios_result set_ticks(struct vm *vm, const struct vcpu *v)
{
	u32 ticks = (u32)(u16)v->regs.rcx << 16 | (u16)v->regs.rdx;

	return vm_ram_write(vm, BIOS_DATA_TICKS, &ticks, sizeof(ticks)) ? BIOS_FAILED : BIOS_DONE;
}

enum bios_result bios_time(struct vm *vm, struct vcpu *v)
{
	switch (bios_high(v->regs.rax)) {
	case 0x00:
		tell_ticks(vm, v);
		return BIOS_DONE;
	case 0x01:
		return set_ticks(vm, v);
	case 0x02:
		bios_set_word(&v->regs.rcx, rtc_pair(vm, RTC_HOURS, RTC_MINUTES));
		bios_set_word(&v->regs.rdx, (u16)(rtc_bcd(vm, RTC_SECONDS) << 8));
		return BIOS_DONE;
	case 0x04:
		bios_set_word(&v->regs.rcx, rtc_pair(vm, RTC_CENTURY, RTC_YEAR));
		bios_set_word(&v->regs.rdx, rtc_pair(vm, RTC_MONTH, RTC_DAY));
		return BIOS_DONE;
	}
	return bios_absent(v);
}
