/* SPDX-License-Identifier: MIT */
/*
 * A virtual machine: RAM, devices, vCPUs, and how it ended.
 *
 * Life: vm_create, loader_load, vm_run, vm_report, vm_destroy. Everything
 * it needs is allocated by vm_create(); a running machine allocates nothing.
 */
#pragma once

#include "kernel/outcome.h"
#include "lib/types.h"
#include "machine/bios.h"
#include "machine/board.h"
#include "machine/bus.h"
#include "machine/chipset.h"
#include "machine/cpuid.h"
#include "machine/device_memory.h"
#include "machine/guest_console.h"
#include "machine/i8042.h"
#include "machine/monitor.h"
#include "machine/ioapic.h"
#include "machine/lapic_access.h"
#include "machine/lapic_bus.h"
#include "machine/msr.h"
#include "machine/pci.h"
#include "machine/pic.h"
#include "machine/pit.h"
#include "machine/pm.h"
#include "machine/ram.h"
#include "machine/rom.h"
#include "machine/rtc.h"
#include "machine/shadow.h"
#include "machine/stuck.h"
#include "machine/timer.h"
#include "machine/uart.h"
#include "vmx/entry_state.h"
#include "vmx/ept.h"
#include "vmx/vcpu.h"

#define VM_CPUS	    1
#define VM_NAME_MAX 16
#define VM_WHY_MAX  160 /* a complaint: one line naming thing, value, remedy */

struct vm_cpu {
	struct vcpu *vcpu;
	struct cpuid_table cpuid;
	struct msr_state msr;
	struct lapic lapic;
};

struct vm {
	struct vm *next; /* see vm_list */
	char name[VM_NAME_MAX];
	struct vm_cpu cpus[VM_CPUS];

	/* Hot: ports, interrupts, time. */
	struct bus bus;
	struct lapic_bus apics;
	struct ioapic ioapic;
	struct pic pic;
	struct clock clock;
	struct timers timers;
	struct guest_console console;
	u64 keys_until; /* keys came lately: look for more often until then, ns */

	struct uart uart;
	struct pit pit;
	struct rtc rtc;
	struct pm pm;
	struct i8042 i8042;
	struct board board;
	struct bios bios;
	struct stuck stuck;
	struct pci pci;
	struct chipset chipset;
	struct absent_memory absent;

	struct monitor monitor;

	struct ept ept;
	struct ram ram;
	struct rom rom;
	struct shadow shadow;
	hpa_t bus_map, io_bitmaps, msr_bitmap;
	hpa_t apic_page, x2apic_bitmap; /* for APIC virtualization; 0: off */

	/*
	 * Put the first vCPU, fresh from reset and loaded, to the guest's first
	 * instruction. Set by the loader, with the values it needs.
	 */
	void (*enter)(struct vm *vm, struct vcpu *v);
	struct {
		u16 cs, ip, sp;
		u8 dl;
	} real_mode;
	struct entry_state entry; /* or, in the other modes */
	bool started;
	u64 run_ns; /* how long it ran, by its clock; as of the last stop or report */
	u64 stats_from_ns; /* since when exits are counted, by its clock */
	u64 first_entry_tsc; /* TSC ticks from the image's entry to the first VM entry */
};

/* All machines there are, the newest first: for those who look at them from outside. */
extern struct vm *vm_list;

struct vm_config {
	const char *name;
	u16 number; /* of the machine, from 0 */
	u64 memory; /* bytes; 0 = chosen by the memory there is */
};

/*
 * Make a machine, stopped and empty. 0, or -ERR_INVAL, -ERR_NOMEM with a
 * complaint in `why` (VM_WHY_MAX bytes). On a CPU with VMX on.
 */
int vm_create(struct vm **out, const struct vm_config *config, char *why) __must_check;

/* Run the guest on this CPU until it stops. It must be loaded by a loader. */
void vm_run(struct vm *vm);

/* Instead of vm_run(): option doctor=, see vmx/entry_selftest.h. Prints what came of it. */
void vm_doctor(struct vm *vm, u32 count, u64 seed);

/* Tell why it stopped, its state if that was no clean end, its exits. */
void vm_report(struct vm *vm);

/* OUTCOME_CLEAN or OUTCOME_GUEST_FAULT. A reset that the guest asked for is a clean end. */
enum outcome vm_outcome(const struct vm *vm);

/* The reason in words, for outcome_end(). */
void vm_reason(const struct vm *vm, char *text, size_t size);

/* Give everything back. */
void vm_destroy(struct vm *vm);

/* Guest RAM: as ram_pointer(), ram_write(), ram_read(). */
static inline void *vm_ram(struct vm *vm, gpa_t gpa, u64 length)
{
	return ram_pointer(&vm->ram, gpa, length);
}

static inline int __must_check vm_ram_write(struct vm *vm, gpa_t gpa, const void *from, u64 length)
{
	return ram_write(&vm->ram, gpa, from, length);
}

static inline int __must_check vm_ram_read(struct vm *vm, gpa_t gpa, void *to, u64 length)
{
	return ram_read(&vm->ram, gpa, to, length);
}

/* The local APIC of a vCPU. */
static inline struct lapic *vm_lapic(const struct vcpu *v)
{
	return &v->vm->cpus[v->index].lapic;
}
