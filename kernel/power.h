/* SPDX-License-Identifier: MIT */
/*
 * Ending the computer's day: ACPI S5, reset, halt. Each tries every way it
 * knows, in order, and falls through to a halt that says so. Works without
 * interrupts and with other CPUs stopped.
 */
#pragma once

_Noreturn void power_off(void);	 /* ACPI PM1 SLP_EN; QEMU/Bochs included */
_Noreturn void power_reset(void);/* FADT reset register, CF9, 8042, triple fault */
_Noreturn void power_halt(void); /* cli; hlt, for ever */
