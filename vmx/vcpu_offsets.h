/* SPDX-License-Identifier: MIT */
/* Offsets into struct vcpu for vmx/entry.S; proved by _Static_assert in vmx/vcpu.c. */
#pragma once

#define VCPU_RAX	0x00
#define VCPU_RCX	0x08
#define VCPU_RDX	0x10
#define VCPU_RBX	0x18
#define VCPU_RBP	0x28
#define VCPU_RSI	0x30
#define VCPU_RDI	0x38
#define VCPU_R8		0x40
#define VCPU_R9		0x48
#define VCPU_R10	0x50
#define VCPU_R11	0x58
#define VCPU_R12	0x60
#define VCPU_R13	0x68
#define VCPU_R14	0x70
#define VCPU_R15	0x78
#define VCPU_HOST_STACK 0x80
#define VCPU_LAUNCHED	0x88
