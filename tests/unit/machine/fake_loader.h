/* SPDX-License-Identifier: MIT */
/*
 * A machine to load into: RAM and ROM without EPT, and what a vCPU would be told.
 * Stands in for machine/ram.c, machine/chipset.c, vmx/entry_state.c's and vmx/registers.c's
 * functions, and for the DSDT.
 */
#pragma once

#include "machine/loader.h"

#define FAKE_MEMORY MIB(32)

extern struct vm fake_vm;
extern u8 *fake_memory; /* FAKE_MEMORY bytes; what the machine has of them: fake_vm.ram.size */
extern char fake_why[VM_WHY_MAX];
extern struct loader_request fake_request;

/* Where the guest would begin, once the loader's `enter` was called. */
enum fake_mode { FAKE_NOWHERE, FAKE_RESET, FAKE_REAL, FAKE_PROTECTED, FAKE_LONG };
extern struct fake_start {
	enum fake_mode mode;
	u16 cs, ip;
	u64 sp;
	struct entry_state state;
} fake_start;
extern struct vcpu fake_vcpu;

/* Is the chipset as after power-on, and not as firmware leaves it? */
extern bool fake_power_on;

/* What the machine's ROM was given; rom_create() fails with fake_rom.error if that is set. */
extern struct fake_rom {
	const void *data;
	u64 length;
	int error;
} fake_rom;

/* A fresh machine of `memory` bytes, and an empty request. For cmocka's setup. */
void fake_loader_reset(u64 memory);
void fake_loader_free(void);
int fake_loader_teardown(void **state); /* the same, for cmocka */

/* Load a copy of `length` bytes at `data`, and call `enter` if that went well. */
int fake_load(const void *data, u64 length, const char *cmdline);

/* One more module for the next load. The data is not copied. */
void fake_add_module(const void *data, u64 length, const char *cmdline);

/* The complaint has this part, and is one line that ends before the buffer does. */
void fake_expect_why(const char *part);

/* Numbers in guest memory. */
u16 fake_u16(gpa_t at);
u32 fake_u32(gpa_t at);
u64 fake_u64(gpa_t at);
