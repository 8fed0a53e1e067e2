/* SPDX-License-Identifier: MIT */
/*
 * INS and OUTS, with and without REP: port on one side, guest memory
 * through the guest's own page tables on the other, be it RAM or a device's.
 * The processor has
 * checked IOPL and the I/O permission bitmap before it exited.
 */
#pragma once

#include "vmx/vcpu.h"

/* A REP stays at its instruction after so many elements, so that events get in between. */
#define IO_STRING_BATCH 64

enum verdict exit_io_string(struct vcpu *v, u64 qualification);
