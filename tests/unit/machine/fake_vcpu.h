/* SPDX-License-Identifier: MIT */
/*
 * What devices and policies use of a vCPU, without a VMCS. Stands in for
 * vmx/vcpu.c, vmx/registers.c, vmx/event.c and machine/tsc.c at link time.
 */
#pragma once

#include "vmx/vcpu.h"

extern unsigned fake_cpl;
extern u64 fake_tsc;	     /* the guest's */
extern u64 fake_tsc_step;    /* which it moves by when it is read */
extern u64 fake_tsc_reads;   /* how often that was */
extern bool fake_interrupt;  /* what event_interrupt_line() was told last */
extern u64 fake_cr4;	     /* the guest's */
