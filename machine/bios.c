/* SPDX-License-Identifier: MIT */
#include "machine/bios.h"

#include "machine/bios_call.h"
#include "machine/bios_code.h"
#include "machine/bios_data.h"
#include "machine/memory_map.h"
#include "vmx/decode.h"
#include "vmx/instructions.h"

/* From SP on. */
#define IP_AT	 0
#define CS_AT	 2
#define FLAGS_AT 4

#define NO_PRINTER 0x01 /* a time-out */

static u16 read16(struct vm *vm, gpa_t at)
{
	u16 value = 0;

	return vm_ram_read(vm, at, &value, sizeof(value)) ? 0 : value;
}

/* In the caller's frame. "Unreal" mode may have a stack of 32 bits. */
static gpa_t frame_at(unsigned offset)
{
	u64 sp = vmcs_read(VMCS_GUEST_RSP) + offset;

	sp = vmcs_read(VMCS_GUEST_SS_ACCESS_RIGHTS) & AR_DB ? (u32)sp : (u16)sp;
	return vmcs_read(VMCS_GUEST_SS_BASE) + sp;
}

/* A bit of the flags that the IRET takes. Where the stack is no RAM nobody will miss it. */
static void set_flag(struct vm *vm, u64 flag, bool on)
{
	u16 flags = read16(vm, frame_at(FLAGS_AT));

	flags = (u16)(on ? flags | flag : flags & ~flag);
	if (vm_ram_write(vm, frame_at(FLAGS_AT), &flags, sizeof(flags)))
		return;
}

void bios_set_zero(struct vm *vm, bool zero)
{
	set_flag(vm, RFLAGS_ZF, zero);
}

static enum bios_result equipment(struct vm *vm, struct vcpu *v)
{
	bios_set_word(&v->regs.rax, read16(vm, BIOS_DATA_EQUIPMENT));
	return BIOS_DONE;
}

static enum bios_result low_memory(struct vm *vm, struct vcpu *v)
{
	bios_set_word(&v->regs.rax, read16(vm, BIOS_DATA_LOW_MEMORY));
	return BIOS_DONE;
}

static enum bios_result printer(struct vm *vm, struct vcpu *v)
{
	(void)vm;
	bios_set_high(&v->regs.rax, NO_PRINTER);
	return BIOS_DONE;
}

static enum bios_result nothing_to_boot(struct vm *vm, struct vcpu *v)
{
	(void)vm;
	vcpu_stop(v, STOP_POWER_OFF, "INT 18H: it found nothing to boot, at CS:IP",
		  (u64)read16(vm, frame_at(CS_AT)) << 16 | read16(vm, frame_at(IP_AT)));
	return BIOS_STOP;
}

static enum bios_result reboot(struct vm *vm, struct vcpu *v)
{
	(void)vm;
	vcpu_stop(v, STOP_RESET, "INT 19H", 0);
	return BIOS_STOP;
}

static bios_service_fn *const services[BIOS_SLOTS] = {
	[0x0] = bios_video,    [0x1] = equipment,  [0x2] = low_memory,	 [0x3] = bios_disk,
	[0x4] = bios_serial,   [0x5] = bios_system, [0x6] = bios_keyboard, [0x7] = printer,
	[0x8] = nothing_to_boot, [0x9] = reboot,   [0xa] = bios_time,
};

/* These tell by carry how it went. The others leave it to their caller, as on a PC. */
#define TELLS_BY_CARRY (BIT(0x3) | BIT(0x5) | BIT(0xa))

/* The slot that the vCPU is in, or BIOS_SLOTS. */
static u64 slot(const struct vm *vm)
{
	u64 at = vmcs_read(VMCS_GUEST_RIP) - BIOS_CODE;

	if (!vm->bios.present || vmcs_read(VMCS_GUEST_CS_BASE) != MAP_BIOS ||
	    at >= (u64)BIOS_SLOTS * BIOS_SLOT || at % BIOS_SLOT)
		return BIOS_SLOTS;
	return at / BIOS_SLOT;
}

static u32 port_in(void *state, u16 offset, unsigned size)
{
	(void)state;
	(void)offset;
	(void)size;
	return ~0U;
}

static enum verdict port_out(void *state, struct vcpu *v, u16 offset, unsigned size, u32 value)
{
	struct vm *vm = state;
	u64 number = slot(vm), flags = vmcs_read(VMCS_GUEST_RFLAGS) & ~(RFLAGS_CF | RFLAGS_ZF);
	enum bios_result result;

	(void)offset;
	(void)size;
	(void)value;
	if (number == BIOS_SLOTS || !services[number])
		return NEXT;
	result = services[number](vm, v);
	switch (result) {
	case BIOS_STOP:
		return STOP;
	case BIOS_AGAIN:
		flags |= RFLAGS_ZF;
		__attribute__((fallthrough));
	case BIOS_SLEEP:
		flags |= RFLAGS_CF;
		break;
	case BIOS_DONE:
	case BIOS_FAILED:
		if (TELLS_BY_CARRY >> number & 1)
			set_flag(vm, RFLAGS_CF, result == BIOS_FAILED);
		break;
	}
	vmcs_write(VMCS_GUEST_RFLAGS, flags);
	return NEXT;
}

const struct port_device bios_ports = { "BIOS", 1, port_in, port_out };
