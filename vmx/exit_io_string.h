/* SPDX-License-Identifier: MIT */
/*
 * INS and OUTS, with and without REP: port on one side, guest memory
 * through the guest's own page tables on the other.
 */
#pragma once

#include "vmx/decode.h"
#include "vmx/vcpu.h"

enum verdict exit_io_string(struct vcpu *v, const struct io_exit *io);
