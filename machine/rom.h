/* SPDX-License-Identifier: MIT */
/*
 * A PC's ROM: its firmware, read-only, below 4 GiB, where the processor
 * begins after a reset. A machine has one only when it was given a firmware.
 * Writes are swallowed, as by a flash chip that nobody has unlocked. See
 * rom_open() for those that are not.
 */
#pragma once

#include "lib/types.h"
#include "vmx/ept.h"

#define ROM_MAX MIB(16) /* the APICs are below */

struct rom {
	hpa_t block;
	unsigned order;
	gpa_t start;
	u64 length; /* 0: there is none */
};

/*
 * Copy `length` bytes, up to ROM_MAX, whole pages, and show them to the guest so
 * that they end at 4 GiB. 0, or -ERR_NOMEM with nothing kept.
 */
int rom_create(struct rom *rom, struct ept *ept, const void *data, u64 length) __must_check;

/* Give the frames back, if there are any. The EPT must not be used any more. */
void rom_destroy(struct rom *rom);

/*
 * Let the guest write to the page at gpa, which is ROM, from now on: for what
 * the processor marks by itself. Allocates nothing.
 */
void rom_open(const struct rom *rom, struct ept *ept, gpa_t gpa);

/* A pointer to what is at gpa, good for the rest of its page; NULL when that is not ROM. */
void *rom_pointer(const struct rom *rom, gpa_t gpa);
