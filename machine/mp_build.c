/* SPDX-License-Identifier: MIT */
#include "machine/mp_build.h"

#include "kernel/panic.h"
#include "lib/bits.h"
#include "lib/checksum.h"
#include "lib/string.h"
#include "machine/lapic_regs.h"
#include "machine/memory_map.h"

#define SPECIFICATION 4 /* 1.4 */

#define CPUID1_EDX_HAS_APIC BIT(9)

struct pointer {
	char signature[4];
	u32 table;
	u8 length, revision, checksum; /* length in units of 16 bytes */
	u8 features[5];		       /* all zero: there is a table, and no IMCR */
};
_Static_assert(sizeof(struct pointer) == 16, "MP floating pointer structure");

struct header {
	char signature[4];
	u16 length;
	u8 revision, checksum;
	char oem_id[8], product_id[12];
	u32 oem_table;
	u16 oem_table_size, entries;
	u32 local_apic;
	u16 extended_length;
	u8 extended_checksum, reserved;
};
_Static_assert(sizeof(struct header) == 44, "MP configuration table header");

/* The entries' types; in the table they must be in this order. */
enum { PROCESSOR, BUS, IO_APIC, IO_INTERRUPT, LOCAL_INTERRUPT };

#define ENABLED	       BIT(0)
#define BOOT_PROCESSOR BIT(1)

struct processor {
	u8 type, apic_id, apic_version, flags;
	u32 signature, features, reserved[2];
};
_Static_assert(sizeof(struct processor) == 20, "processor entry");

enum { PCI_BUS, ISA_BUS, BUSES };

struct bus_entry {
	u8 type, id;
	char name[6];
};

struct io_apic {
	u8 type, id, version, flags;
	u32 address;
};

enum { INT, NMI, SMI, EXT_INT };

#define AS_THE_BUS	  0
#define ACTIVE_HIGH_LEVEL 0x000d
#define ALL_APICS	  0xff

struct interrupt {
	u8 type, kind;
	u16 flags;
	u8 bus, line, apic, pin;
};

#define ISA_LINES 15 /* all but the cascade */

struct mp_table {
	struct header header;
	struct processor processors[VM_CPUS];
	struct bus_entry buses[BUSES];
	struct io_apic io_apic;
	struct interrupt isa[ISA_LINES];
	struct interrupt local[2];
};

static void fill_processors(struct mp_table *t, const struct vm *vm)
{
	const struct cpuid_regs *identity = &vm->cpus[0].cpuid.basic[1];

	for (unsigned i = 0; i < VM_CPUS; i++)
		t->processors[i] = (struct processor){
			.type = PROCESSOR,
			.apic_id = (u8)i,
			.apic_version = (u8)APIC_VERSION_VALUE,
			.flags = i ? ENABLED : ENABLED | BOOT_PROCESSOR,
			.signature = identity->eax,
			.features = identity->edx,
		};
}

static void fill_interrupts(struct mp_table *t)
{
	/* The 8259s' way is that to the local APIC: at the I/O APIC nobody has set up their pin. */
	for (u8 i = 0; i < ISA_LINES; i++) {
		u8 line = i < IRQ_CASCADE ? i : i + 1;

		t->isa[i] = (struct interrupt){
			IO_INTERRUPT, INT, line == IRQ_SCI ? ACTIVE_HIGH_LEVEL : AS_THE_BUS, ISA_BUS,
			line, 0, line == IRQ_PIT ? IOAPIC_PIN_TIMER : line
		};
	}
	t->local[0] = (struct interrupt){
		LOCAL_INTERRUPT, EXT_INT, AS_THE_BUS, ISA_BUS, 0, ALL_APICS, 0
	};
	t->local[1] = (struct interrupt){
		LOCAL_INTERRUPT, NMI, AS_THE_BUS, ISA_BUS, 0, ALL_APICS, 1
	};
}

void mp_build(struct vm *vm)
{
	struct mp_table t = {
		.header = { .signature = { 'P', 'C', 'M', 'P' },
			    .length = sizeof(t),
			    .revision = SPECIFICATION,
			    .entries = VM_CPUS + BUSES + 1 + ISA_LINES + 2,
			    .local_apic = MAP_LOCAL_APIC },
		.buses = { { BUS, PCI_BUS, { 'P', 'C', 'I', ' ', ' ', ' ' } },
			   { BUS, ISA_BUS, { 'I', 'S', 'A', ' ', ' ', ' ' } } },
		.io_apic = { IO_APIC, 0, IOAPIC_VERSION, ENABLED, MAP_IO_APIC },
	};
	struct pointer p = { .signature = { '_', 'M', 'P', '_' },
			     .table = MAP_MP + sizeof(p),
			     .length = sizeof(p) / 16,
			     .revision = SPECIFICATION };

	if (!(vm->cpus[0].cpuid.basic[1].edx & CPUID1_EDX_HAS_APIC))
		return;
	memcpy(t.header.oem_id, "TRIVET  ", sizeof(t.header.oem_id));
	memcpy(t.header.product_id, "PC          ", sizeof(t.header.product_id));
	fill_processors(&t, vm);
	fill_interrupts(&t);
	t.header.checksum = checksum_of(&t, sizeof(t));
	p.checksum = checksum_of(&p, sizeof(p));
	panic_on(vm_ram_write(vm, MAP_MP, &p, sizeof(p)));
	panic_on(vm_ram_write(vm, MAP_MP + sizeof(p), &t, sizeof(t)));
}
