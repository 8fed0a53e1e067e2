/* SPDX-License-Identifier: MIT */
/*
 * Memory-mapped device for tests of vmx/mmio*.c: bytes that remember, and
 * a list of the accesses. It fails the test when one is too wide or not
 * aligned. Also the guest's page tables that lead to it.
 */
#pragma once

#include "unit/vmx/fake_machine.h"
#include "vmx/mmio.h"

#define DEVICE_GPA   0xd0000000UL /* four pages */
#define DEVICE_PAGES 4
#define DATA_RAM     0x9000UL /* a page of RAM */
#define CODE	     0x1000UL /* linear and guest-physical */

/*
 * Linear pages from here: device, RAM at DATA_RAM, device, device (its page
 * 3), nothing. Below, 64K of RAM, one to one, at 0; tables at 2000H to 6000H.
 */
#define DATA 0x60000000UL

struct fake_access {
	gpa_t gpa;
	unsigned size;
	bool write;
	u64 value;
};

struct fake_device {
	u8 bytes[DEVICE_PAGES * PAGE_SIZE];
	struct fake_access log[256];
	unsigned count;
	unsigned attention_at; /* so many accesses after which something wants attention */
	enum verdict write_verdict;
	struct mmio_device_ops ops;
};

extern struct fake_device device;

/* 64-bit code at CODE, CPL 0. cmocka set-up function. */
int device_setup(void **state);

/* The entry of a linear page at DATA, or of one below 64K, to change. */
u64 *device_pte(gva_t gva);

/* 16-bit or 32-bit code without paging, flat segments: the device is at linear DEVICE_GPA. */
void device_set_mode(unsigned code_bits);

/* Emulate these bytes at CODE, for an access to linear `gva` (in DATA's device pages). */
enum verdict device_emulate(const void *code, unsigned length, gva_t gva, bool write);
