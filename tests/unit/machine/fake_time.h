/* SPDX-License-Identifier: MIT */
/*
 * Time for device tests: the machine's clock is a variable, the host's
 * timer remembers what it was armed for. Stands in for machine/clock.c and
 * kernel/apic.c at link time.
 */
#pragma once

#include "lib/types.h"

extern u64 fake_now;	     /* ns */
extern u64 fake_armed_ns;    /* of the last apic_timer_arm() */
extern unsigned fake_arms;   /* how often it was called */
extern bool fake_no_apic;    /* the host has no timer */

void fake_time_reset(void);
