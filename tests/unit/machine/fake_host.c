/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/fake_host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/acpi.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/options.h"
#include "kernel/time.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "machine/hints.h"
#include "machine/rtc_host.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/autopsy.h"
#include "vmx/dump.h"
#include "vmx/entry_selftest.h"
#include "vmx/record_line.h"
#include "vmx/trace.h"
#include "vmx/mmio.h"

char fake_log_text[FAKE_TEXT_MAX], fake_console_text[FAKE_TEXT_MAX];
const char *fake_keys;
unsigned fake_dumps;
u32 fake_mmio;
void (*fake_guest)(struct vcpu *v);

struct vmx_host vmx_host;
struct options options;
struct cpu_features cpu_features;
u64 boot_entry_tsc;
struct acpi_info acpi;

int rdmsr_safe(u32 msr, u64 *value)
{
	(void)msr;
	*value = 0;
	return -ERR_FAULT;
}

void fake_host_reset(void)
{
	fake_log_text[0] = fake_console_text[0] = 0;
	fake_keys = NULL;
	fake_dumps = 0;
	fake_guest = NULL;
	fake_interrupt = false;
	cpu_features = (struct cpu_features){ .physical_bits = 40 };
}

static void keep(const char *fmt, va_list args)
{
	size_t length = strlen(fake_log_text);

	vsnprintf(fake_log_text + length, sizeof(fake_log_text) - length, fmt, args);
	strncat(fake_log_text, "\n", sizeof(fake_log_text) - strlen(fake_log_text) - 1);
}

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	va_list args;

	(void)level;
	(void)subsystem;
	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
}

void log_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
}

void log_guest_text(const char *text, size_t length)
{
	strncat(fake_console_text, text, length);
}

int console_read(void)
{
	return fake_keys && *fake_keys ? (u8)*fake_keys++ : -1;
}

u64 time_tsc_hz(void)
{
	return 2000000000;
}

u64 time_tsc_to_ns(u64 ticks)
{
	return ticks / 2;
}

u64 time_ns_to_tsc(u64 ns)
{
	return ns * 2;
}

u64 rtc_host_seconds(void)
{
	return 1700000000;
}

void dump_vcpu(struct vcpu *v)
{
	assert_non_null(v->cpu); /* only a loaded one can be looked at */
	fake_dumps++;
}

void hints_report(struct vm *vm)
{
	(void)vm;
}

void autopsy_report(struct vcpu *v)
{
	assert_non_null(v->cpu);
}

void entry_selftest_run(struct vcpu *v, unsigned count, u64 seed, struct entry_selftest *result)
{
	(void)seed;
	assert_non_null(v->cpu);
	memset(result, 0, sizeof(*result));
	result->tried = count;
}

const char *stop_cause_name(enum stop_cause cause)
{
	return cause == STOP_POWER_OFF ? "power-off" : "another cause";
}

const char *exit_reason_name(unsigned reason)
{
	return reason == EXIT_CPUID ? "CPUID" : "another reason";
}

/* The instruction is a MOV of 4 bytes. */
enum verdict mmio_emulate(struct vcpu *v, const struct memory_access *a,
			  const struct mmio_device_ops *ops, void *state)
{
	if (a->write)
		assert_int_equal(ops->write(state, v, a->gpa, 4, fake_mmio), NEXT);
	else
		fake_mmio = (u32)ops->read(state, a->gpa, 4);
	return AGAIN;
}

/* As the real one: a frame for the vCPU, one for its VMCS. */
int vcpu_create(struct vcpu **out, const struct vcpu_config *config)
{
	struct vcpu *v = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_VCPU);

	if (!v)
		return -ERR_NOMEM;
	v->vmcs = frame_alloc(FRAME_ORDER_4K, FRAME_VCPU);
	if (v->vmcs == FRAME_NONE) {
		frame_free(virt_to_phys(v), FRAME_ORDER_4K, FRAME_VCPU);
		return -ERR_NOMEM;
	}
	v->virtual_apic = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_VCPU);
	if (!v->virtual_apic) {
		frame_free(v->vmcs, FRAME_ORDER_4K, FRAME_VCPU);
		frame_free(virt_to_phys(v), FRAME_ORDER_4K, FRAME_VCPU);
		return -ERR_NOMEM;
	}
	assert_int_not_equal(config->vpid, 0);
	assert_int_equal(config->msr_bitmap % PAGE_SIZE, 0);
	assert_int_equal(config->io_bitmaps % (2 * PAGE_SIZE), 0);
	v->index = config->index;
	v->vm = config->vm;
	v->ops = config->ops;
	v->cpuid_table = config->cpuid_table;
	v->ept = config->ept;
	v->xcr0 = 1;
	v->ops->state_changed(v);
	*out = v;
	return 0;
}

void vcpu_destroy(struct vcpu *v)
{
	assert_null(v->cpu);
	frame_free(v->vmcs, FRAME_ORDER_4K, FRAME_VCPU);
	frame_free(virt_to_phys(v->virtual_apic), FRAME_ORDER_4K, FRAME_VCPU);
	frame_free(virt_to_phys(v), FRAME_ORDER_4K, FRAME_VCPU);
}

void vcpu_load(struct vcpu *v)
{
	static struct cpu cpu;

	assert_null(v->cpu);
	v->cpu = &cpu;
}

void vcpu_unload(struct vcpu *v)
{
	assert_non_null(v->cpu);
	v->cpu = NULL;
}

void vcpu_run(struct vcpu *v)
{
	assert_non_null(v->cpu);
	assert_non_null(fake_guest);
	fake_guest(v);
}

/* No tracer. */
int trace_configure(struct vcpu *v, const char *words, char *complaint, size_t size)
{
	(void)v;
	(void)words;
	(void)complaint;
	(void)size;
	return 0;
}

void trace_finish(struct vcpu *v)
{
	(void)v;
}

void recorder_print(const struct vcpu *v, unsigned count, enum record_form form)
{
	(void)v;
	(void)count;
	(void)form;
}

void vcpu_attend(struct vcpu *v, u32 attention)
{
	v->attention |= attention;
}

void vcpu_poll_if_overdue(struct vcpu *v)
{
	(void)v;
}
