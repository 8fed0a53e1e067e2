/* SPDX-License-Identifier: MIT */
/*
 * From the RSDP to the tables: which root table to believe, and the checks
 * that every table must pass before acpi_tables.c reads it. Pure.
 */
#include "kernel/acpi.h"

#include "kernel/acpi_aml.h"
#include "kernel/acpi_tables.h"
#include "kernel/log.h"
#include "lib/checksum.h"
#include "lib/error.h"
#include "lib/string.h"

/* Four characters that may be anything, for messages. */
static const char *printable(const char signature[4], char text[5])
{
	for (int i = 0; i < 4; i++)
		text[i] = signature[i] >= ' ' && signature[i] <= '~' ? signature[i] : '?';
	text[4] = 0;
	return text;
}

static const struct acpi_header *map_header(hpa_t address, acpi_map_fn map)
{
	return address ? map(address, sizeof(struct acpi_header)) : NULL;
}

/* Map a whole table of the given signature and check it. NULL, with a warning, when it is bad. */
static const struct acpi_header *map_table(hpa_t address, const char *signature, acpi_map_fn map)
{
	const struct acpi_header *table = map_header(address, map);
	char found[5];

	if (!table) {
		log_warn("acpi", "%s: no memory at %#lx: table ignored", signature, address);
		return NULL;
	}
	if (memcmp(table->signature, signature, 4) != 0) {
		log_warn("acpi", "%s: \"%s\" found at %#lx: table ignored", signature,
			 printable(table->signature, found), address);
		return NULL;
	}
	if (table->length < sizeof(*table) || table->length > ACPI_MAX_TABLE) {
		log_warn("acpi", "%s: impossible length %u: table ignored", signature,
			 table->length);
		return NULL;
	}
	table = map(address, table->length);
	if (!table) {
		log_warn("acpi", "%s: no memory at %#lx: table ignored", signature, address);
		return NULL;
	}
	if (checksum_sum(table, table->length) != 0) {
		log_warn("acpi", "%s: bad checksum: table ignored", signature);
		return NULL;
	}
	return table;
}

static bool find_s5(struct acpi_info *info, const struct acpi_header *table)
{
	return acpi_aml_find_s5((const u8 *)(table + 1), table->length - sizeof(*table),
				&info->s5_type_a, &info->s5_type_b) == 0;
}

static int read_fadt(struct acpi_info *info, const struct acpi_header *table, acpi_map_fn map)
{
	const struct acpi_header *dsdt = NULL;
	hpa_t places[2];

	if (acpi_tables_read_fadt(info, table, places) < 0)
		return -ERR_CORRUPT;
	for (int i = 0; i < 2 && !dsdt; i++) {
		if (places[i])
			dsdt = map_table(places[i], "DSDT", map);
	}
	/* Where both have it, the DSDT's word stands against an SSDT's. */
	if (dsdt && find_s5(info, dsdt))
		info->s5_known = true;
	return 0;
}

static int read_ssdt(struct acpi_info *info, const struct acpi_header *table, acpi_map_fn map)
{
	(void)map;
	if (!info->s5_known)
		info->s5_known = find_s5(info, table);
	return 0;
}

static int read_madt(struct acpi_info *info, const struct acpi_header *table, acpi_map_fn map)
{
	(void)map;
	return acpi_tables_read_madt(info, table);
}

static int read_hpet(struct acpi_info *info, const struct acpi_header *table, acpi_map_fn map)
{
	(void)map;
	return acpi_tables_read_hpet(info, table);
}

static const struct reader {
	const char *signature;
	bool many; /* else only the first table counts */
	int (*read)(struct acpi_info *info, const struct acpi_header *table, acpi_map_fn map);
} readers[] = {
	{"APIC", false, read_madt},
	{"FACP", false, read_fadt},
	{"HPET", false, read_hpet},
	{"SSDT", true, read_ssdt},
};

static void read_entry(struct acpi_info *info, hpa_t address, acpi_map_fn map, unsigned *seen)
{
	const struct acpi_header *table = map_header(address, map);

	if (!table) {
		log_warn("acpi", "a table at %#lx: no memory there: ignored", address);
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(readers); i++) {
		const struct reader *reader = &readers[i];

		if (memcmp(table->signature, reader->signature, 4) != 0)
			continue;
		if (*seen & BIT(i) && !reader->many)
			return;
		table = map_table(address, reader->signature, map);
		if (!table)
			return;
		if (reader->read(info, table, map) < 0) {
			log_warn("acpi", "%s: only %u bytes: table ignored", reader->signature,
				 table->length);
			return;
		}
		*seen |= BIT(i);
		return;
	}
}

/* Read what an XSDT or RSDT refers to. False when it cannot be used or refers to nothing. */
static bool read_root(struct acpi_info *info, const char *signature, hpa_t address,
		      unsigned entry_size, acpi_map_fn map)
{
	const struct acpi_header *root = map_table(address, signature, map);
	unsigned count, seen = 0;
	const u8 *entries;

	if (!root)
		return false;
	entries = (const u8 *)(root + 1);
	count = (root->length - sizeof(*root)) / entry_size;
	if (count > ACPI_MAX_TABLES) {
		log_warn("acpi", "%s: %u tables: only %u are looked at", signature, count,
			 ACPI_MAX_TABLES);
		count = ACPI_MAX_TABLES;
	}
	for (unsigned i = 0; i < count; i++) {
		u64 entry = 0;

		memcpy(&entry, entries + i * entry_size, entry_size);
		if (entry) /* a null entry is a slot that firmware left empty */
			read_entry(info, entry, map, &seen);
	}
	return count > 0;
}

/* The root tables that this RSDP is good for; false when it is not an RSDP. */
static bool read_rsdp(struct acpi_rsdp *copy, const void *rsdp, unsigned length)
{
	if (!rsdp || length < ACPI_RSDP_V1_SIZE)
		return false;
	memset(copy, 0, sizeof(*copy));
	memcpy(copy, rsdp, MIN(length, sizeof(*copy)));
	if (memcmp(copy->signature, "RSD PTR ", 8) != 0 ||
	    checksum_sum(copy, ACPI_RSDP_V1_SIZE) != 0)
		return false;
	/*
	 * A longer structure than ours is summed over more than we have: then,
	 * and when the second sum is wrong, only the older half is believed.
	 */
	if (copy->revision < 2 || copy->length != sizeof(*copy) || length < sizeof(*copy) ||
	    checksum_sum(copy, sizeof(*copy)) != 0)
		copy->xsdt_address = 0;
	return true;
}

void acpi_parse(struct acpi_info *info, const void *rsdp, unsigned rsdp_length, acpi_map_fn map)
{
	struct acpi_rsdp copy;
	bool found = false;

	memset(info, 0, sizeof(*info));
	info->local_apic = ACPI_LOCAL_APIC;
	info->has_8259 = true;

	if (read_rsdp(&copy, rsdp, rsdp_length)) {
		info->revision = copy.revision;
		info->from_bochs = !memcmp(copy.oem_id, "BOCHS ", sizeof(copy.oem_id));
		if (copy.xsdt_address)
			found = read_root(info, "XSDT", copy.xsdt_address, 8, map);
		if (!found && copy.rsdt_address)
			found = read_root(info, "RSDT", copy.rsdt_address, 4, map);
		if (!found)
			log_warn("acpi", "RSDP: leads to no table: continuing without ACPI");
	}
	info->present = found;
	if (info->cpu_count == 0)
		info->cpu_count = 1;
	if (info->cpus_dropped)
		log_warn("acpi", "MADT: %u CPUs more than the %u there is room for: not used",
			 info->cpus_dropped, ACPI_MAX_CPUS);
}
