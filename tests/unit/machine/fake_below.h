/* SPDX-License-Identifier: MIT */
/*
 * What the monitor uses of the rooms below, as notes: everything shown, in
 * order, in one text; keys from a string; 64 KiB of guest RAM.
 */
#pragma once

#include "machine/vm.h"

#define FAKE_RAM 65536

extern char fake_said[65536];  /* reports, a line each, and raw text */
extern const char *fake_keys;  /* what will be typed; at its end ATTENTION_STOP ends a pause */
extern u8 fake_ram[FAKE_RAM];
extern u64 fake_skipped;       /* ticks, of clock_resume() */
extern u64 fake_tsc;	       /* the guest's */
extern u64 fake_total;	       /* exits, of recorder_total() */
extern unsigned fake_catch_ups;
extern struct vm fake_vm;

/* A machine with one vCPU, which can be looked at. */
struct vcpu *fake_below_reset(void);

void fake_said_clear(void);
