/* SPDX-License-Identifier: MIT */
/*
 * Power-off, reset and halt. Relies on what acpi_init() found and mapped
 * and on nothing else: no locks, no memory, no interrupts.
 * ACPI "Sleeping and Other Global System States", "Reset Register".
 */
#include "kernel/power.h"

#include "kernel/acpi.h"
#include "kernel/asm.h"
#include "kernel/log.h"
#include "kernel/time.h"
#include "lib/bits.h"

#define PM1_SCI_EN	  BIT(0)
#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_TYP	  BITS(12, 10)
#define PM1_SLP_EN	  BIT(13)

#define SLEEP_TYPE_SHIFT 2 /* in the sleep control register of hardware-reduced ACPI */
#define SLEEP_ENABLE	 BIT(5)

#define RESET_CONTROL	  0xcf9
#define RESET_CONTROL_SYS BIT(1) /* hard reset, when ... */
#define RESET_CONTROL_CPU BIT(2) /* ... this goes from 0 to 1 */

#define KBC_COMMAND	0x64 /* 8042; reads as its status */
#define KBC_INPUT_FULL	BIT(1)
#define KBC_PULSE_RESET 0xfe

#define MS	       1000000UL
#define ENABLE_WAIT_MS 300 /* SMM firmware switching to ACPI mode */
#define OFF_WAIT_MS    1000
#define RESET_WAIT_MS  100

static void interrupts_off(void)
{
	asm volatile("cli" : : : "memory");
}

/* Before ACPI mode the chipset ignores SLP_EN. A dead SMI_CMD ends after the wait. */
static void enable_acpi(void)
{
	if (acpi_register_read(&acpi.pm1a_control) & PM1_SCI_EN)
		return;
	if (!acpi.smi_command || !acpi.acpi_enable)
		return;
	outb(acpi.smi_command, acpi.acpi_enable);
	for (int i = 0; i < ENABLE_WAIT_MS; i++) {
		if (acpi_register_read(&acpi.pm1a_control) & PM1_SCI_EN)
			return;
		time_delay_ns(MS);
	}
	log_warn("power", "the firmware did not switch to ACPI mode: trying without");
}

static u32 pm1_value(const struct acpi_register *reg, u8 type)
{
	return (acpi_register_read(reg) & ~(PM1_SLP_TYP | PM1_SLP_EN)) |
	       (u32)type << PM1_SLP_TYP_SHIFT;
}

/* The types go first, so that both halves of PM1 know them when SLP_EN comes. */
static void sleep_s5(void)
{
	u32 a, b;

	enable_acpi();
	a = pm1_value(&acpi.pm1a_control, acpi.s5_type_a);
	b = pm1_value(&acpi.pm1b_control, acpi.s5_type_b);
	acpi_register_write(&acpi.pm1a_control, a);
	acpi_register_write(&acpi.pm1b_control, b);
	acpi_register_write(&acpi.pm1a_control, a | PM1_SLP_EN);
	acpi_register_write(&acpi.pm1b_control, b | PM1_SLP_EN);
	time_delay_ns(OFF_WAIT_MS * MS);
}

void power_off(void)
{
	interrupts_off();
	if (!acpi.s5_known) {
		log_warn("power", "cannot switch off: ACPI tells no way; switch it off by hand");
		power_halt();
	}
	if (acpi_register_usable(&acpi.pm1a_control))
		sleep_s5();
	if (acpi_register_usable(&acpi.sleep_control)) {
		acpi_register_write(&acpi.sleep_control,
				    SLEEP_ENABLE | acpi.s5_type_a << SLEEP_TYPE_SHIFT);
		time_delay_ns(OFF_WAIT_MS * MS);
	}
	log_warn("power", "cannot switch off: ACPI S5 had no effect; switch it off by hand");
	power_halt();
}

static void reset_by_acpi(void)
{
	if (!acpi.reset_supported)
		return;
	acpi_register_write(&acpi.reset, acpi.reset_value);
	time_delay_ns(RESET_WAIT_MS * MS);
}

static void reset_by_chipset(void)
{
	outb(RESET_CONTROL, RESET_CONTROL_SYS);
	time_delay_ns(MS);
	outb(RESET_CONTROL, RESET_CONTROL_SYS | RESET_CONTROL_CPU);
	time_delay_ns(RESET_WAIT_MS * MS);
}

static void reset_by_keyboard_controller(void)
{
	/* All ones where there is no 8042: then the wait just ends. */
	for (int i = 0; i < 100 && inb(KBC_COMMAND) & KBC_INPUT_FULL; i++)
		time_delay_ns(MS / 10);
	outb(KBC_COMMAND, KBC_PULSE_RESET);
	time_delay_ns(RESET_WAIT_MS * MS);
}

/* Without an IDT, the first exception ends in a shutdown, which the chipset answers by a reset. */
static void reset_by_triple_fault(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed none = {0, 0};

	asm volatile("lidt %0; ud2" : : "m"(none) : "memory");
}

void power_reset(void)
{
	interrupts_off();
	reset_by_acpi();
	reset_by_chipset();
	reset_by_keyboard_controller();
	reset_by_triple_fault();
	power_halt();
}

void power_halt(void)
{
	interrupts_off();
	log_info("power", "halted");
	for (;;)
		asm volatile("hlt" : : : "memory");
}
