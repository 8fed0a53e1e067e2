/* SPDX-License-Identifier: MIT */
#include "tests/unit/kernel/fake_acpi.h"

#include <stdlib.h>
#include <string.h>

#define REGIONS 16

static struct region {
	hpa_t start;
	size_t length;
	u8 *data;
} regions[REGIONS];
static unsigned region_count;

static void **mappings;
static size_t mapping_count;

void fake_acpi_reset(void)
{
	while (region_count)
		free(regions[--region_count].data);
	while (mapping_count)
		free(mappings[--mapping_count]);
	free(mappings);
	mappings = NULL;
}

void fake_acpi_put(hpa_t address, const void *data, size_t length)
{
	struct region *r = &regions[region_count++];

	if (region_count > REGIONS)
		abort();
	*r = (struct region){address, length, malloc(length)};
	memcpy(r->data, data, length);
}

static struct region *find(hpa_t address, u64 length)
{
	for (unsigned i = 0; i < region_count; i++) {
		struct region *r = &regions[i];

		if (address >= r->start && address - r->start <= r->length &&
		    length <= r->length - (address - r->start))
			return r;
	}
	return NULL;
}

u8 *fake_acpi_at(hpa_t address)
{
	struct region *r = find(address, 1);

	if (!r)
		abort();
	return r->data + (address - r->start);
}

static u8 checksum(const void *data, size_t length)
{
	const u8 *bytes = data;
	u8 sum = 0;

	while (length--)
		sum += *bytes++;
	return -sum;
}

void fake_acpi_sum(hpa_t address)
{
	struct acpi_header *header = (void *)fake_acpi_at(address);

	header->checksum = 0;
	header->checksum = checksum(header, header->length);
}

void fake_acpi_put_table(hpa_t address, const char *signature, u8 revision, void *table, u32 length)
{
	struct acpi_header *header = table;

	memcpy(header->signature, signature, 4);
	header->length = length;
	header->revision = revision;
	fake_acpi_put(address, table, length);
	fake_acpi_sum(address);
}

void fake_acpi_put_rsdt(const u32 *tables, unsigned count)
{
	u32 length = sizeof(struct acpi_header) + count * sizeof(*tables);
	u8 *root = calloc(1, length);

	memcpy(root + sizeof(struct acpi_header), tables, count * sizeof(*tables));
	fake_acpi_put_table(FAKE_RSDT, "RSDT", 1, root, length);
	free(root);
}

void fake_acpi_put_xsdt(const u64 *tables, unsigned count)
{
	u32 length = sizeof(struct acpi_header) + count * sizeof(*tables);
	u8 *root = calloc(1, length);

	memcpy(root + sizeof(struct acpi_header), tables, count * sizeof(*tables));
	fake_acpi_put_table(FAKE_XSDT, "XSDT", 1, root, length);
	free(root);
}

static void put_s5(hpa_t address, const char *signature, u8 type)
{
	struct {
		struct acpi_header header;
		u8 aml[11];
	} __packed table = {.aml = {0x08, '_', 'S', '5', '_', 0x12, 0x05, 0x02, 0x0a, type, 0x00}};

	fake_acpi_put_table(address, signature, 2, &table, sizeof(table));
}

void fake_acpi_put_computer(void)
{
	struct {
		struct acpi_madt madt;
		struct acpi_madt_local_apic cpus[2];
		struct acpi_madt_io_apic io_apic;
	} __packed madt = {
		.madt = {.local_interrupt_controller_address = 0xfee00000, .flags = 1},
		.cpus = {{.entry = {0, 8}, .apic_id = 0, .flags = 1},
			 {.entry = {0, 8}, .apic_id = 1, .flags = 1}},
		.io_apic = {.entry = {1, 12}, .io_apic_address = 0xfec00000},
	};
	struct acpi_fadt fadt = {.dsdt = FAKE_DSDT, .pm1a_cnt_blk = 0xb004, .pm_tmr_blk = 0xb008};
	struct acpi_hpet hpet = {.base_address.address = 0xfed00000};

	fake_acpi_put_table(FAKE_MADT, "APIC", 1, &madt, sizeof(madt));
	fake_acpi_put_table(FAKE_FADT, "FACP", 1, &fadt, ACPI_FADT_V1_SIZE);
	fake_acpi_put_table(FAKE_HPET, "HPET", 1, &hpet, sizeof(hpet));
	put_s5(FAKE_DSDT, "DSDT", 5);
	put_s5(FAKE_SSDT, "SSDT", 6);
}

void fake_acpi_sum_rsdp(struct acpi_rsdp *rsdp)
{
	rsdp->checksum = 0;
	rsdp->checksum = checksum(rsdp, ACPI_RSDP_V1_SIZE);
	rsdp->extended_checksum = 0;
	rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
}

struct acpi_rsdp fake_acpi_rsdp(u8 revision)
{
	struct acpi_rsdp rsdp = {
		.signature = "RSD PTR ",
		.revision = revision,
		.rsdt_address = FAKE_RSDT,
		.length = sizeof(rsdp),
		.xsdt_address = FAKE_XSDT,
	};

	fake_acpi_sum_rsdp(&rsdp);
	return rsdp;
}

const void *fake_acpi_map(hpa_t address, u64 length)
{
	struct region *r = find(address, length);
	void *copy;

	if (!r)
		return NULL;
	copy = malloc(length);
	memcpy(copy, r->data + (address - r->start), length);
	mappings = realloc(mappings, (mapping_count + 1) * sizeof(*mappings));
	mappings[mapping_count++] = copy;
	return copy;
}
