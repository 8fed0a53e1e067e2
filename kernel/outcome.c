/* SPDX-License-Identifier: MIT */
/*
 * The last function to run. Knows the two emulators' ways to take an exit
 * status: Bochs ends with success by its debugger's stop port, and with
 * failure by its BIOS's panic port; QEMU has the device isa-debug-exit.
 */
#include "kernel/outcome.h"

#include <stdarg.h>

#include "kernel/apic.h"
#include "kernel/asm.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/options.h"
#include "kernel/power.h"
#include "lib/format.h"

#define BOCHS_STOP_PORT	 0x8900
#define BOCHS_STOP	 'D'
#define BOCHS_PANIC_PORT 0x400
#define BOCHS_PANIC_BASE 0x5400 /* tells our status from a BIOS's own line number */

#define QEMU_EXIT_PORT 0x501
#define QEMU_EXIT_BASE 0x10 /* so that no status looks like QEMU's own 1 */

/* Index + 1 of the CPU that ends the run. */
static unsigned owner;
static unsigned attempts;

const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_CLEAN:
		return "clean";
	case OUTCOME_GUEST_FAULT:
		return "guest-fault";
	case OUTCOME_BAD_CONFIG:
		return "bad-config";
	case OUTCOME_PANIC:
		return "panic";
	case OUTCOME_REFUSED:
		return "refused";
	}
	return "?";
}

/* Returns when there was nobody to tell. */
static void tell_runner(enum outcome outcome)
{
	switch (options.runner) {
	case RUNNER_BOCHS:
		if (outcome == OUTCOME_CLEAN)
			outb(BOCHS_STOP_PORT, BOCHS_STOP);
		else
			outw(BOCHS_PANIC_PORT, BOCHS_PANIC_BASE + outcome);
		break;
	case RUNNER_QEMU:
		outb(QEMU_EXIT_PORT, QEMU_EXIT_BASE + outcome);
		break;
	case RUNNER_NONE:
		break;
	}
}

static _Noreturn void finish(void)
{
	switch (options.onexit) {
	case ONEXIT_REBOOT:
		power_reset();
	case ONEXIT_HALT:
		power_halt();
	case ONEXIT_POWEROFF:
		break;
	}
	power_off();
}

/* One line and one quoted word, whatever the text is. */
static void make_quotable(char *text)
{
	for (; *text; text++) {
		if (*text == '"')
			*text = '\'';
		else if (*text < ' ' || *text == 0x7f)
			*text = ' ';
	}
}

void outcome_end(enum outcome outcome, const char *fmt, ...)
{
	unsigned nobody = 0, self = (cpu_ready ? this_cpu()->index : 0) + 1;
	char reason[LOG_LINE_MAX - 40]; /* leaves room for the rest of the line */
	va_list args;

	if (!__atomic_compare_exchange_n(&owner, &nobody, self, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		/* A panic has stopped the CPU that was first: nobody else is left. */
		if (outcome != OUTCOME_PANIC || attempts > 2)
			cpu_stop();
	}
	attempts++;

	va_start(args, fmt);
	format_va(reason, sizeof(reason), fmt, args);
	va_end(args);
	make_quotable(reason);

	apic_stop_others();
	log_report("run: outcome=%s reason=\"%s\"", outcome_name(outcome), reason);
	log_drain_forced();
	tell_runner(outcome);
	finish();
}
