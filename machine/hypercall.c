/* SPDX-License-Identifier: MIT */
#include "machine/hypercall.h"

#include "guest/abi.h"
#include "kernel/time.h"
#include "machine/vm.h"

static enum verdict done(struct vcpu *v, u64 result)
{
	v->regs.rax = result;
	return NEXT;
}

static enum verdict failed(struct vcpu *v, u64 error)
{
	return done(v, -error);
}

/* Calls that do something are the kernel's; reading a constant is anyone's. */
static bool privileged(const struct vcpu *v)
{
	return vcpu_cpl(v) == 0;
}

static enum verdict version(struct vcpu *v)
{
	return done(v, ABI_VERSION);
}

static enum verdict tsc_hz(struct vcpu *v)
{
	return done(v, time_tsc_hz());
}

static enum verdict power_off(struct vcpu *v)
{
	u32 status = (u32)v->regs.rbx;

	if (!privileged(v))
		return failed(v, ABI_ERROR_PRIVILEGE);
	return vcpu_stop(v, STOP_POWER_OFF, status ? "hypercall with status" : "hypercall", status);
}

static enum verdict exits(struct vcpu *v)
{
	u32 reason = (u32)v->regs.rbx;
	u64 sum = 0, count, ticks;

	if (!privileged(v))
		return failed(v, ABI_ERROR_PRIVILEGE);
	if (reason < EXIT_REASONS) {
		vcpu_exits(v, reason, &count, &ticks);
		return done(v, count);
	}
	if (reason != ABI_EXITS_ALL)
		return failed(v, ABI_ERROR_ARGUMENT);
	for (unsigned i = 0; i < EXIT_REASONS; i++) {
		vcpu_exits(v, i, &count, &ticks);
		sum += count;
	}
	return done(v, sum);
}

static enum verdict put_character(struct vcpu *v)
{
	if (!privileged(v))
		return failed(v, ABI_ERROR_PRIVILEGE);
	guest_console_put(&v->vm->console, (u8)v->regs.rbx);
	return done(v, 0);
}

static enum verdict put_text(struct vcpu *v)
{
	gpa_t gpa = v->regs.rbx;
	u64 length = v->regs.rcx;

	if (!privileged(v))
		return failed(v, ABI_ERROR_PRIVILEGE);
	if (length > ABI_TEXT_MAX || !ram_contains(&v->vm->ram, gpa, length))
		return failed(v, ABI_ERROR_ARGUMENT);
	while (length) {
		u64 part = MIN(length, PAGE_SIZE - (gpa & (PAGE_SIZE - 1)));
		const u8 *text = ram_pointer(&v->vm->ram, gpa, part);

		for (u64 i = 0; i < part; i++)
			guest_console_put(&v->vm->console, text[i]);
		gpa += part;
		length -= part;
	}
	/* That took long, where a console is slow: time for what else waits. */
	vcpu_attend(v, ATTENTION_POLL);
	return done(v, 0);
}

static enum verdict (*const calls[])(struct vcpu *v) = {
	[ABI_CALL_VERSION] = version,
	[ABI_CALL_TSC_HZ] = tsc_hz,
	[ABI_CALL_POWER_OFF] = power_off,
	[ABI_CALL_EXITS] = exits,
	[ABI_CALL_PUT_CHARACTER] = put_character,
	[ABI_CALL_PUT_TEXT] = put_text,
};
_Static_assert(ARRAY_SIZE(calls) == ABI_CALLS, "guest/abi.h says how many");

enum verdict hypercall(struct vcpu *v)
{
	u32 number = (u32)v->regs.rax;

	if (unlikely(number >= ARRAY_SIZE(calls)))
		return failed(v, ABI_ERROR_UNKNOWN);
	return calls[number](v);
}
