/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/fake_below.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/apic.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/time.h"
#include "lib/error.h"
#include "machine/hints.h"
#include "machine/stats_report.h"
#include "machine/tsc.h"
#include "tests/sim/vmx.h"
#include "vmx/dump.h"
#include "vmx/dump_exit.h"
#include "vmx/dump_vmcs.h"
#include "vmx/dump_walk.h"
#include "vmx/record_line.h"
#include "vmx/recorder.h"
#include "vmx/trace.h"

char fake_said[65536];
const char *fake_keys;
u8 fake_ram[FAKE_RAM];
u64 fake_skipped, fake_tsc, fake_total;
unsigned fake_catch_ups;
struct vm fake_vm;
static struct vcpu vcpu;

struct vcpu *fake_below_reset(void)
{
	sim_vmx_reset();
	memset(&fake_vm, 0, sizeof(fake_vm));
	memset(&vcpu, 0, sizeof(vcpu));
	memset(fake_ram, 0, sizeof(fake_ram));
	fake_said_clear();
	fake_keys = NULL;
	fake_skipped = fake_total = 0;
	fake_catch_ups = 0;
	strcpy(fake_vm.name, "vm0");
	vcpu.vm = &fake_vm;
	fake_vm.cpus[0].vcpu = &vcpu;
	return &vcpu;
}

void fake_said_clear(void)
{
	fake_said[0] = 0;
}

__printf(1, 2) static void say(const char *fmt, ...)
{
	size_t n = strlen(fake_said);
	va_list args;

	va_start(args, fmt);
	vsnprintf(fake_said + n, sizeof(fake_said) - n, fmt, args);
	va_end(args);
}

void log_report(const char *fmt, ...)
{
	char line[1000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* As the log does: what the user typed must not steer the terminal. */
	for (char *c = line; *c; c++)
		if ((u8)*c < ' ' || (u8)*c >= 0x7f)
			*c = '.';
	say("%s\n", line);
}

void log_guest_text(const char *text, size_t length)
{
	say("%.*s", (int)length, text);
}

void log_set_level(enum log_level level)
{
	say("level %d\n", level);
}

int console_read(void)
{
	static unsigned empty;

	if (fake_keys && *fake_keys)
		empty = 0;
	if (fake_keys && *fake_keys)
		return (u8)*fake_keys++;
	if (++empty > 3)
		vcpu.attention |= ATTENTION_STOP;
	return -1;
}

void apic_timer_arm(u64 ns)
{
	(void)ns;
}

bool apic_timer_works(void)
{
	return true;
}

u64 time_tsc_to_ns(u64 ticks)
{
	return ticks;
}

void clock_pause(struct clock *clock)
{
	clock->paused_tsc = time_tsc();
}

u64 clock_resume(struct clock *clock)
{
	u64 ticks = time_tsc() - clock->paused_tsc;

	fake_skipped += ticks;
	return ticks;
}

u64 clock_now(const struct clock *clock)
{
	(void)clock;
	return 1234567890;
}

void tsc_skip(struct vcpu *v, u64 ticks)
{
	(void)v;
	fake_tsc -= ticks;
}

enum verdict vcpu_stop(struct vcpu *v, enum stop_cause cause, const char *detail, u64 value)
{
	if (v->stop.cause == STOP_NONE)
		v->stop = (struct vcpu_stop){ cause, detail, value };
	return STOP;
}

unsigned vcpu_cpl(const struct vcpu *v)
{
	(void)v;
	return 0;
}

bool event_wakes(const struct vcpu *v)
{
	return v->events.interrupt_line;
}

void vcpu_attend(struct vcpu *v, u32 attention)
{
	v->attention |= attention;
}

u64 vcpu_register(const struct vcpu *v, unsigned index)
{
	return index == 4 ? sim_get(VMCS_GUEST_RSP) : v->regs.by_index[index];
}

const char *stop_cause_name(enum stop_cause cause)
{
	return cause == STOP_TRIPLE_FAULT ? "triple fault" : "another cause";
}

const char *exit_reason_name(unsigned reason)
{
	return reason == EXIT_CPUID ? "CPUID" : "?";
}

void event_exception(struct vcpu *v, u8 vector)
{
	v->events.next.info = INTR_VALID;
	say("exception %u\n", vector);
}

void event_exception_error(struct vcpu *v, u8 vector, u32 error)
{
	v->events.next.info = INTR_VALID;
	say("exception %u error %#x\n", vector, error);
}

void event_page_fault(struct vcpu *v, u64 address, u32 error)
{
	v->events.next.info = INTR_VALID;
	say("page fault %#lx error %#x\n", address, error);
}

void event_debug(struct vcpu *v, u64 causes)
{
	v->events.next.info = INTR_VALID;
	say("debug %#lx\n", causes);
}

void event_nmi(struct vcpu *v)
{
	v->events.nmi_pending = true;
	say("nmi\n");
}

/* ---- What looks -------------------------------------------------------------------- */

void dump_vcpu(struct vcpu *v)
{
	(void)v;
	say("registers\n");
}

const char *dump_vmcs_group(unsigned index)
{
	static const char *const groups[] = { "guest", "host", NULL };

	return groups[index];
}

int dump_vmcs(const struct vcpu *v, const char *group)
{
	(void)v;
	if (group && strcmp(group, "guest"))
		return -ERR_NOENT;
	say("fields of %s\n", group ? group : "all");
	return 0;
}

size_t interruption_text(u32 info, u32 error, char *to, size_t size)
{
	if (!info)
		return 0;
	return (size_t)snprintf(to, size, "event %#x error %#x", info, error);
}

void dump_guest_walk(struct vcpu *v, gva_t gva)
{
	(void)v;
	say("walk gva %#lx\n", gva);
}

void dump_ept_walk(struct vcpu *v, gpa_t gpa)
{
	(void)v;
	say("walk gpa %#lx\n", gpa);
}

/* Linear 100000H is RAM's 0. */
unsigned dump_peek(struct vcpu *v, gva_t gva, void *to, unsigned length)
{
	unsigned n = 0;

	(void)v;
	for (; n < length && gva + n >= MIB(1) && gva + n < MIB(1) + FAKE_RAM; n++)
		((u8 *)to)[n] = fake_ram[gva + n - MIB(1)];
	return n;
}

void *ram_pointer(struct ram *ram, gpa_t gpa, u64 length)
{
	(void)ram;
	return length <= FAKE_RAM && gpa <= FAKE_RAM - length ? fake_ram + gpa : NULL;
}

void stats_report_some(struct vm *vm, struct vcpu *v, bool details, unsigned reason)
{
	(void)vm;
	(void)v;
	say("stats of %u%s\n", reason, details ? ", details" : "");
}

void hints_report(struct vm *vm)
{
	(void)vm;
	say("hints\n");
}

void stats_restart(struct vm *vm, struct vcpu *v)
{
	(void)vm;
	(void)v;
	say("stats reset\n");
}

u64 recorder_total(const struct vcpu *v)
{
	(void)v;
	return fake_total;
}

void vcpu_remember(struct vcpu *v)
{
	v->remembered_tsc = 1;
}

void recorder_catch_up(struct vcpu *v)
{
	if (v->recorder.ring)
		fake_catch_ups++;
}

void recorder_print(const struct vcpu *v, unsigned count, enum record_form form)
{
	(void)v;
	assert_int_equal(form, RECORD_WORDS);
	say("%u exits\n", count);
}

int trace_configure(struct vcpu *v, const char *words, char *complaint, size_t size)
{
	(void)v;
	if (strcmp(words, "reasons=CPUID regs")) {
		snprintf(complaint, size, "\"%s\": no filter", words);
		return -ERR_INVAL;
	}
	say("tracing\n");
	return 0;
}

/* ---- How it ends ------------------------------------------------------------------- */

void trace_describe(const struct vcpu *v, char *text, size_t size)
{
	(void)v;
	snprintf(text, size, "trace: as it is");
}

enum outcome vm_outcome(const struct vm *vm)
{
	enum stop_cause cause = vm->cpus[0].vcpu->stop.cause;

	return cause == STOP_REQUESTED || cause == STOP_RESET ? OUTCOME_CLEAN : OUTCOME_GUEST_FAULT;
}

void vm_reason(const struct vm *vm, char *text, size_t size)
{
	snprintf(text, size, "%s: %s", vm->name, stop_cause_name(vm->cpus[0].vcpu->stop.cause));
}

void guest_console_type(struct guest_console *c, u8 byte)
{
	(void)c;
	say("<to the guest: %x>", byte);
}
