/* SPDX-License-Identifier: MIT */
/*
 * An ELF file that belongs to no boot protocol is refused, with a remedy.
 *
 * STATUS 2
 * EXPECT ^run: outcome=bad-config reason="module 1: an ELF file without Multiboot header, or PVH note
 */
#include "guest/asm_kernel.h"

	.section .start, "awx"
	.globl	guest_start
guest_start:
	hlt

	.bss
	.skip	16
