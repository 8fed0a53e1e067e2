/* SPDX-License-Identifier: MIT */
/*
 * The rooms below, for tests of whole machines: a log that keeps its text,
 * a console with keys, and vCPUs whose guest is a function of the test.
 */
#pragma once

#include "tests/unit/machine/fake_vcpu.h"
#include "vmx/vmx.h"

#define FAKE_TEXT_MAX 16384

extern char fake_log_text[FAKE_TEXT_MAX];     /* all lines and reports */
extern char fake_console_text[FAKE_TEXT_MAX]; /* what guests have written */
extern const char *fake_keys;		      /* what will be typed */
extern unsigned fake_dumps;
extern u32 fake_mmio; /* what mmio_emulate() writes, or has read */

/* Plays the guest in vcpu_run(). */
extern void (*fake_guest)(struct vcpu *v);

void fake_host_reset(void);
