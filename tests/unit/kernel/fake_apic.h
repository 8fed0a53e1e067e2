/* SPDX-License-Identifier: MIT */
/*
 * A local APIC for tests of kernel/apic.c: registers in memory, reached as
 * a page or through MSRs, and all else that the driver needs. The driver's
 * state is the process's, so each case runs in a process of its own.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/apic.h"
#include "kernel/apic_regs.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "tests/sim/cpu.h"

#define FAKE_APIC_BASE 0xfee00000UL

extern struct fake_apic {
	u32 page[PAGE_SIZE / 4];
	u64 base, deadline, x2apic_icr;
	unsigned msr_writes, pics_masked, mapped;
	hpa_t mapped_at;
	struct cpu cpus[2];
} fake_apic;

static inline u32 *reg(u32 offset)
{
	return &fake_apic.page[offset / 4];
}

/* A computer whose CPUs have these features, on CPU 0; a TSC tick is a nanosecond. */
void fake_apic_prepare(bool x2apic, bool tsc_deadline);

/* For apic_init(). */
void *fake_apic_map(hpa_t address, u64 length);
void *fake_apic_map_nothing(hpa_t address, u64 length);

/* Run `body` in a child; the test fails when a CHECK there does. */
void fake_apic_run(void (*body)(void));

/* In a child a failed check must not unwind into the parent's test runner. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			print_error("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);        \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* A test that runs `body` in a child. */
#define CASE(name, body)                                                                           \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		fake_apic_run(body);                                                               \
	}
