/* SPDX-License-Identifier: MIT */
/*
 * One function per ACPI table: MADT, FADT, HPET. Pure; relies on the caller
 * for the header's length and checksum, and believes nothing inside.
 */
#include "kernel/acpi_tables.h"

#include "kernel/log.h"
#include "lib/error.h"
#include "lib/string.h"

static void add_cpu(struct acpi_info *info, u32 apic_id)
{
	/* Firmware may list one CPU as both a local APIC and a local x2APIC. */
	for (unsigned i = 0; i < info->cpu_count; i++) {
		if (info->cpu_apic_ids[i] == apic_id)
			return;
	}
	if (info->cpu_count == ACPI_MAX_CPUS)
		info->cpus_dropped++;
	else
		info->cpu_apic_ids[info->cpu_count++] = apic_id;
}

/* The smallest length of an entry of this type that we read; 2 for all others. */
static unsigned madt_entry_size(u8 type)
{
	switch (type) {
	case ACPI_MADT_LOCAL_APIC:
		return sizeof(struct acpi_madt_local_apic);
	case ACPI_MADT_IO_APIC:
		return sizeof(struct acpi_madt_io_apic);
	case ACPI_MADT_LOCAL_APIC_ADDRESS_OVERRIDE:
		return sizeof(struct acpi_madt_address_override);
	case ACPI_MADT_LOCAL_X2APIC:
		return sizeof(struct acpi_madt_local_x2apic);
	default:
		return sizeof(struct acpi_madt_entry);
	}
}

static void read_madt_entry(struct acpi_info *info, const struct acpi_madt_entry *entry)
{
	const struct acpi_madt_local_apic *apic = (const void *)entry;
	const struct acpi_madt_local_x2apic *x2apic = (const void *)entry;
	const struct acpi_madt_io_apic *io_apic = (const void *)entry;
	const struct acpi_madt_address_override *override = (const void *)entry;

	switch (entry->type) {
	case ACPI_MADT_LOCAL_APIC:
		/* FFH is the broadcast ID: firmware fills empty sockets with it. */
		if (apic->flags & ACPI_MADT_ENABLED && apic->apic_id != 0xff)
			add_cpu(info, apic->apic_id);
		break;
	case ACPI_MADT_LOCAL_X2APIC:
		if (x2apic->flags & ACPI_MADT_ENABLED && x2apic->x2apic_id != 0xffffffff)
			add_cpu(info, x2apic->x2apic_id);
		break;
	case ACPI_MADT_IO_APIC:
		if (!info->io_apic)
			info->io_apic = io_apic->io_apic_address;
		break;
	case ACPI_MADT_LOCAL_APIC_ADDRESS_OVERRIDE:
		info->local_apic = override->local_apic_address;
		break;
	}
}

int acpi_tables_read_madt(struct acpi_info *info, const struct acpi_header *table)
{
	const struct acpi_madt *madt = (const void *)table;
	const u8 *at = (const u8 *)(madt + 1);

	if (table->length < sizeof(*madt))
		return -ERR_CORRUPT;

	info->local_apic = madt->local_interrupt_controller_address;
	info->has_8259 = madt->flags & ACPI_MADT_PCAT_COMPAT;

	for (size_t left = table->length - sizeof(*madt); left > 0;) {
		const struct acpi_madt_entry *entry = (const void *)at;

		if (left < sizeof(*entry) || entry->length < sizeof(*entry) ||
		    entry->length > left) {
			log_warn("acpi",
				 "MADT: malformed entry %zu bytes before its end: no more read",
				 left);
			break;
		}
		if (entry->length >= madt_entry_size(entry->type))
			read_madt_entry(info, entry);
		else
			log_warn("acpi", "MADT: entry type %u has only %u bytes: ignored",
				 entry->type, entry->length);
		at += entry->length;
		left -= entry->length;
	}
	return 0;
}

int acpi_tables_read_hpet(struct acpi_info *info, const struct acpi_header *table)
{
	const struct acpi_hpet *hpet = (const void *)table;

	if (table->length < sizeof(*hpet))
		return -ERR_CORRUPT;
	if (hpet->base_address.address_space_id == ACPI_GAS_MEMORY)
		info->hpet = hpet->base_address.address;
	return 0;
}

/*
 * A register of known width: the X_ field where it says something, else the
 * older port number. Widths of the GAS are not used: firmware often gets
 * them wrong, and the specification fixes them.
 */
static struct acpi_register read_register(const struct acpi_gas *gas, u32 port, u8 width)
{
	u64 address = gas->address;

	if (address && gas->address_space_id == ACPI_GAS_IO && address <= 0xffff)
		return (struct acpi_register){ACPI_REG_IO, address, width, NULL};
	if (address && gas->address_space_id == ACPI_GAS_MEMORY)
		return (struct acpi_register){ACPI_REG_MEMORY, address, width, NULL};
	if (port && port <= 0xffff)
		return (struct acpi_register){ACPI_REG_IO, port, width, NULL};
	return (struct acpi_register){ACPI_REG_NONE, 0, 0, NULL};
}

int acpi_tables_read_fadt(struct acpi_info *info, const struct acpi_header *table, hpa_t dsdt[2])
{
	struct acpi_fadt fadt = {0};

	if (table->length < ACPI_FADT_V1_SIZE)
		return -ERR_CORRUPT;

	/*
	 * Fields beyond the table's end, or newer than its revision (there
	 * revision 1 has padding), read as zero, which means "not there" for all of them.
	 */
	memcpy(&fadt, table, MIN(table->length, sizeof(fadt)));
	if (table->revision < 2)
		memset((u8 *)&fadt + ACPI_FADT_V1_SIZE, 0, sizeof(fadt) - ACPI_FADT_V1_SIZE);
	else if (table->revision < 3)
		memset(&fadt.x_firmware_ctrl, 0,
		       sizeof(fadt) - offsetof(struct acpi_fadt, x_firmware_ctrl));

	dsdt[0] = fadt.x_dsdt ? fadt.x_dsdt : fadt.dsdt;
	dsdt[1] = fadt.x_dsdt && fadt.x_dsdt != fadt.dsdt ? fadt.dsdt : 0;

	if (fadt.flags & ACPI_FADT_RESET_REG_SUP) {
		info->reset = read_register(&fadt.reset_reg, 0, 8);
		info->reset_value = fadt.reset_value;
		info->reset_supported = info->reset.space != ACPI_REG_NONE;
	}

	if (fadt.flags & ACPI_FADT_HW_REDUCED) {
		/* No PM1, no PM timer, no SMI: their fields are to be ignored. */
		info->sleep_control = read_register(&fadt.sleep_control_reg, 0, 8);
		return 0;
	}
	info->pm1a_control = read_register(&fadt.x_pm1a_cnt_blk, fadt.pm1a_cnt_blk, 16);
	info->pm1b_control = read_register(&fadt.x_pm1b_cnt_blk, fadt.pm1b_cnt_blk, 16);
	info->pm_timer = read_register(&fadt.x_pm_tmr_blk, fadt.pm_tmr_blk, 32);
	info->pm_timer_32bit = fadt.flags & ACPI_FADT_TMR_VAL_EXT;
	if (fadt.smi_cmd <= 0xffff) {
		info->smi_command = fadt.smi_cmd;
		info->acpi_enable = fadt.acpi_enable;
	}
	return 0;
}
