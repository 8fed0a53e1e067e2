/* SPDX-License-Identifier: MIT */
/*
 * The bytes at CS:RIP, decoded. For vmx/mmio.c only.
 */
#pragma once

#include "vmx/mmio_decode.h"
#include "vmx/mmio_operand.h"

/* Sets m->long_code and *i: NEXT. AGAIN: a fault waits. STOP: not known; v->stop has the bytes. */
enum verdict mmio_fetch(struct mmio *m, u64 rip, struct mmio_instruction *i) __must_check;
