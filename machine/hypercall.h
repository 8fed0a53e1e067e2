/* SPDX-License-Identifier: MIT */
/* VMCALL: what a guest can ask Trivet for. The ABI is guest/abi.h. */
#pragma once

#include "vmx/vcpu.h"

/* vcpu_ops.hypercall */
enum verdict hypercall(struct vcpu *v);
