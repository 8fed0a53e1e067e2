/* SPDX-License-Identifier: MIT */
/*
 * Relies on the structures of kernel/acpi_tables.h, which the host's parser
 * reads, and on the DSDT that iasl compiled: it has its checksum already.
 */
#include "machine/acpi_build.h"

#include "kernel/acpi_tables.h"
#include "kernel/panic.h"
#include "lib/checksum.h"
#include "lib/string.h"
#include "machine/memory_map.h"
#include "machine/rtc_time.h"

/* machine/dsdt.asl, see the Makefile. */
extern const u8 acpi_dsdt_start[], acpi_dsdt_end[];

#define OEM_ID	     "TRIVET"
#define OEM_TABLE_ID "TRIVETPC"
#define CREATOR	     0x54565254U /* "TRVT" */

#define RSDP_REVISION 2
#define FADT_REVISION 5
#define FADT_LENGTH   offsetof(struct acpi_fadt, hypervisor_vendor_identity)
#define MADT_REVISION 3
#define FACS_VERSION  2

#define CPUID1_EDX_HAS_APIC BIT(9)

/* FADT: latencies above the limits say that there is no such state. */
#define NO_C2 101
#define NO_C3 1001

/* IAPC_BOOT_ARCH */
#define ARCH_LEGACY_DEVICES BIT(0)
#define ARCH_8042	    BIT(1)
#define ARCH_NO_VGA	    BIT(2)
#define ARCH_NO_MSI	    BIT(3)
#define ARCH_NO_ASPM	    BIT(4)

/* Fixed feature flags */
#define FLAG_WBINVD	    BIT(0)
#define FLAG_PROC_C1	    BIT(2)
#define FLAG_NO_POWER_BUTTON BIT(4)
#define FLAG_NO_SLEEP_BUTTON BIT(5)
#define FLAG_NO_RTC_WAKE    BIT(6)
#define FLAG_HEADLESS	    BIT(12)

#define GAS_BYTE  1 /* access sizes */
#define GAS_WORD  2
#define GAS_DWORD 3

#define RESET_VALUE 6 /* to CF9H: a hard reset */

struct facs {
	char signature[4];
	u32 length, hardware_signature, firmware_waking_vector, global_lock, flags;
	u64 x_firmware_waking_vector;
	u8 version, reserved[31];
};
_Static_assert(sizeof(struct facs) == 64, "FACS");

/* MADT type 2, "Interrupt Source Override Structure" */
struct source_override {
	struct acpi_madt_entry entry;
	u8 bus, source;
	u32 gsi;
	u16 flags;
} __packed;

/* MADT type 4, "Local APIC NMI Structure" */
struct local_nmi {
	struct acpi_madt_entry entry;
	u8 processor_uid;
	u16 flags;
	u8 lint;
} __packed;

#define MADT_SOURCE_OVERRIDE 2
#define MADT_LOCAL_NMI	     4
#define ACTIVE_HIGH_LEVEL    0x000d
#define ALL_PROCESSORS	     0xff

struct madt {
	struct acpi_madt madt;
	struct acpi_madt_local_apic cpus[VM_CPUS];
	struct acpi_madt_io_apic io_apic;
	struct source_override timer, sci;
	struct local_nmi nmi;
} __packed;

#define TABLES_MAX 2 /* in the root tables: FADT, MADT */

struct builder {
	struct vm *vm;
	gpa_t at;
	gpa_t tables[TABLES_MAX];
	unsigned count;
};

static void write(struct builder *b, gpa_t at, const void *data, u64 length)
{
	panic_on(vm_ram_write(b->vm, at, data, length));
}

static gpa_t put(struct builder *b, const void *data, u64 length)
{
	gpa_t at = b->at;

	panic_on(length > MAP_ACPI_NVS - at);
	write(b, at, data, length);
	b->at = ALIGN_UP(at + length, 16UL);
	return at;
}

static gpa_t put_table(struct builder *b, struct acpi_header *h, const char *signature, u8 revision,
		       u64 length)
{
	memcpy(h->signature, signature, sizeof(h->signature));
	h->length = (u32)length;
	h->revision = revision;
	memcpy(h->oem_id, OEM_ID, sizeof(h->oem_id));
	memcpy(h->oem_table_id, OEM_TABLE_ID, sizeof(h->oem_table_id));
	h->oem_revision = 1;
	h->creator_id = CREATOR;
	h->creator_revision = 1;
	h->checksum = 0;
	h->checksum = checksum_of(h, length);
	return put(b, h, length);
}

static struct acpi_gas io(u16 port, u8 bytes, u8 access)
{
	return (struct acpi_gas){ ACPI_GAS_IO, 8 * bytes, 0, access, port };
}

static void put_fadt(struct builder *b, gpa_t dsdt)
{
	struct acpi_fadt f = {
		.firmware_ctrl = MAP_ACPI_NVS,
		.dsdt = (u32)dsdt,
		.sci_int = IRQ_SCI, /* no smi_cmd: the machine is always in ACPI mode */
		.pm1a_evt_blk = PORT_PM1A_EVENT,
		.pm1a_cnt_blk = PORT_PM1A_CONTROL,
		.pm_tmr_blk = PORT_PM_TIMER,
		.pm1_evt_len = 4,
		.pm1_cnt_len = 2,
		.pm_tmr_len = 4,
		.p_lvl2_lat = NO_C2,
		.p_lvl3_lat = NO_C3,
		.century = RTC_CENTURY,
		.iapc_boot_arch = ARCH_LEGACY_DEVICES | ARCH_8042 | ARCH_NO_VGA | ARCH_NO_MSI |
				  ARCH_NO_ASPM,
		.flags = FLAG_WBINVD | FLAG_PROC_C1 | FLAG_NO_POWER_BUTTON | FLAG_NO_SLEEP_BUTTON |
			 FLAG_NO_RTC_WAKE | ACPI_FADT_TMR_VAL_EXT | ACPI_FADT_RESET_REG_SUP |
			 FLAG_HEADLESS,
		.reset_reg = io(PORT_RESET, 1, GAS_BYTE),
		.reset_value = RESET_VALUE,
		/* Not both addresses of the FACS may be given; the DSDT's may. */
		.x_dsdt = dsdt,
		.x_pm1a_evt_blk = io(PORT_PM1A_EVENT, 4, GAS_WORD),
		.x_pm1a_cnt_blk = io(PORT_PM1A_CONTROL, 2, GAS_WORD),
		.x_pm_tmr_blk = io(PORT_PM_TIMER, 4, GAS_DWORD),
	};

	b->tables[b->count++] = put_table(b, &f.header, "FACP", FADT_REVISION, FADT_LENGTH);
}

static void put_madt(struct builder *b)
{
	struct madt m = {
		.madt = { .local_interrupt_controller_address = MAP_LOCAL_APIC,
			  .flags = ACPI_MADT_PCAT_COMPAT },
		.io_apic = { { ACPI_MADT_IO_APIC, sizeof(m.io_apic) }, 0, 0, MAP_IO_APIC, 0 },
		.timer = { { MADT_SOURCE_OVERRIDE, sizeof(m.timer) }, 0, IRQ_PIT, IRQ_CASCADE, 0 },
		.sci = { { MADT_SOURCE_OVERRIDE, sizeof(m.sci) }, 0, IRQ_SCI, IRQ_SCI,
			 ACTIVE_HIGH_LEVEL },
		.nmi = { { MADT_LOCAL_NMI, sizeof(m.nmi) }, ALL_PROCESSORS, 0, 1 },
	};

	for (unsigned i = 0; i < VM_CPUS; i++)
		m.cpus[i] = (struct acpi_madt_local_apic){
			{ ACPI_MADT_LOCAL_APIC, sizeof(m.cpus[i]) }, (u8)i, (u8)i, ACPI_MADT_ENABLED
		};
	b->tables[b->count++] = put_table(b, &m.madt.header, "APIC", MADT_REVISION, sizeof(m));
}

static void put_facs(struct builder *b)
{
	const struct facs f = { .signature = { 'F', 'A', 'C', 'S' },
				.length = sizeof(f),
				.version = FACS_VERSION };

	write(b, MAP_ACPI_NVS, &f, sizeof(f));
}

/* Both root tables: old programs know only the RSDT. */
static void put_roots(struct builder *b, struct acpi_rsdp *rsdp)
{
	struct {
		struct acpi_header header;
		u32 tables[TABLES_MAX];
	} rsdt = { 0 };
	struct {
		struct acpi_header header;
		u64 tables[TABLES_MAX];
	} __packed xsdt = { 0 };

	for (unsigned i = 0; i < b->count; i++) {
		rsdt.tables[i] = (u32)b->tables[i];
		xsdt.tables[i] = b->tables[i];
	}
	rsdp->rsdt_address = (u32)put_table(b, &rsdt.header, "RSDT", 1,
					    sizeof(rsdt.header) + 4UL * b->count);
	rsdp->xsdt_address = put_table(b, &xsdt.header, "XSDT", 1,
				       sizeof(xsdt.header) + 8UL * b->count);
}

void acpi_build(struct vm *vm)
{
	struct acpi_rsdp rsdp = { .revision = RSDP_REVISION, .length = sizeof(rsdp) };
	struct builder b = { .vm = vm, .at = MAP_ACPI };

	put_facs(&b);
	put_fadt(&b, put(&b, acpi_dsdt_start, (u64)(acpi_dsdt_end - acpi_dsdt_start)));
	if (vm->cpus[0].cpuid.basic[1].edx & CPUID1_EDX_HAS_APIC)
		put_madt(&b);
	put_roots(&b, &rsdp);
	memcpy(rsdp.signature, "RSD PTR ", sizeof(rsdp.signature));
	memcpy(rsdp.oem_id, OEM_ID, sizeof(rsdp.oem_id));
	rsdp.checksum = checksum_of(&rsdp, ACPI_RSDP_V1_SIZE);
	rsdp.extended_checksum = checksum_of(&rsdp, sizeof(rsdp));
	write(&b, MAP_BIOS, &rsdp, sizeof(rsdp));
}
