/* SPDX-License-Identifier: MIT */
/*
 * The other CPUs: started one by one at boot, then waiting until they are
 * given a function to run. SDM "Multiple-Processor (MP) Initialization".
 */
#pragma once

#include "boot/info.h"
#include "lib/types.h"

/* What an AP needs from mm/, filled in by main. */
struct smp_memory {
	void *(*alloc_page)(void); /* 4 KiB, cleared; or NULL */
	void *(*map_stack)(void);  /* its top; or NULL. See host_map_stack() */
	u64 stack_size;
	void (*load_tables)(void); /* on the calling CPU. See host_map_load() */
};

/*
 * Put the trampoline into a page below 1 MiB that the loader's map calls
 * usable and nothing occupies. Boot CPU, once, while the boot code's tables
 * are in use: before host_map_init(). Without such a page, which is told
 * later, there will be one CPU.
 */
void smp_prepare(const struct boot_info *boot);

/* The page that smp_prepare() takes, or 0. Pure. */
hpa_t smp_find_page(const struct boot_info *boot);

/*
 * Start all CPUs that acpi_init() found, and give the boot CPU IST stacks
 * with guard pages. Boot CPU, once, after apic_init(). A CPU that does not
 * come is told and left out. Returns the number of CPUs that run: their
 * indexes are 0 (this one) up to it.
 */
unsigned smp_start(const struct smp_memory *memory);

/*
 * Run `fn` on CPU `index` and wait until it has returned. On another CPU it
 * runs with interrupts off, and that CPU must be one that smp_start() has
 * started and that is waiting; so never the boot CPU, but by itself. 0,
 * -ERR_NOENT (no such CPU), or -ERR_TIMEOUT (it is busy or does not answer;
 * `fn` was not and will not be called).
 */
int smp_run_on(unsigned index, void (*fn)(void *arg), void *arg) __must_check;
