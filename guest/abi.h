/* SPDX-License-Identifier: MIT */
/*
 * The numbers that guests and Trivet share. For C and assembly alike, so:
 * numbers only.
 *
 * Is this Trivet? CPUID.1:ECX[31] is 1, and leaf ABI_CPUID_SIGNATURE has
 * ABI_SIGNATURE in EBX, ECX, EDX (and its highest hypervisor leaf in EAX).
 * Leaf ABI_CPUID_VERSION has ABI_VERSION in EAX, leaf ABI_CPUID_TIMING the
 * frequency of the TSC in kHz.
 *
 * A hypercall: VMCALL in any mode; calls 0 and 1 at any CPL, the others at
 * CPL 0. With
 *	EAX	number of the call
 *	RBX, RCX, RDX, RSI	arguments
 * After it
 *	RAX	result; negative (-ABI_ERROR_...) for an error
 * and all other registers as they were. A guest in a 32-bit or 16-bit mode
 * passes and gets the low halves.
 */
#pragma once

#define ABI_CPUID_SIGNATURE 0x40000000
#define ABI_CPUID_VERSION   0x40000001
#define ABI_CPUID_TIMING    0x40000010

#define ABI_SIGNATURE "TrivetTrivet"
#define ABI_VERSION   1

/* -> ABI_VERSION; at any CPL */
#define ABI_CALL_VERSION 0

/* -> the frequency of the TSC in Hz, as Trivet measured it; at any CPL */
#define ABI_CALL_TSC_HZ 1

/*
 * Switch the machine off: does not return. RBX is a status; 0 ends the run
 * as clean, any other as "stopped by a fault of its own" with that number.
 */
#define ABI_CALL_POWER_OFF 2

/* RBX: a basic exit reason, or ABI_EXITS_ALL -> how many such exits there have been so far */
#define ABI_CALL_EXITS 3
#define ABI_EXITS_ALL  0xffffffff

/* RBX: a character for the console, as if written to COM1 -> 0 */
#define ABI_CALL_PUT_CHARACTER 4

/* RBX: guest-physical address of text, RCX: its length, at most ABI_TEXT_MAX -> 0 */
#define ABI_CALL_PUT_TEXT 5
#define ABI_TEXT_MAX	  4096

#define ABI_CALLS 6

#define ABI_ERROR_UNKNOWN   1 /* no such call */
#define ABI_ERROR_PRIVILEGE 2 /* not at CPL 0 */
#define ABI_ERROR_ARGUMENT  3 /* an argument outside of what the call takes */

/* ACPI soft-off of the machine: a word written to this port. */
#define ABI_PM1A_CONTROL 0x604
#define ABI_SOFT_OFF	 0x2000
