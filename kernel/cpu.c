/* SPDX-License-Identifier: MIT */
/*
 * Brings one CPU into the state that the rest relies on. Knows the
 * descriptor formats; the IDT itself is kernel/traps.c's.
 * SDM "Segment Descriptors", "System Descriptor Types".
 */
#include "kernel/cpu.h"

#include "kernel/image.h"
#include "kernel/traps.h"
#include "lib/x86.h"

#define GDT_CODE64	 0x00af9b000000ffffUL
#define GDT_DATA	 0x00cf93000000ffffUL
#define GDT_TSS_BUSY_NOT 0x0000890000000000UL

#define EARLY_IST_SIZE 8192

struct cpu boot_cpu;
bool cpu_ready;

/* Only until stacks with guard pages exist. */
static u8 early_ist[IST_MAX][EARLY_IST_SIZE] __aligned(16);

static void give_early_stacks(struct cpu *cpu)
{
	cpu->stacks[CPU_STACK_MAIN].base = (u64)image_stack_start;
	cpu->stacks[CPU_STACK_MAIN].top = (u64)image_data_end;
	for (unsigned ist = 1; ist <= IST_MAX; ist++) {
		cpu->stacks[ist].base = (u64)early_ist[ist - 1];
		cpu->stacks[ist].top = (u64)early_ist[ist - 1] + EARLY_IST_SIZE;
	}
}

static void load_gdt(struct cpu *cpu)
{
	struct {
		u16 limit;
		u64 base;
	} __packed gdtr = {sizeof(cpu->gdt) - 1, (u64)cpu->gdt};
	u64 tss = (u64)&cpu->tss;

	cpu->gdt[SELECTOR_CODE / 8] = GDT_CODE64;
	cpu->gdt[SELECTOR_DATA / 8] = GDT_DATA;
	cpu->gdt[SELECTOR_TSS / 8] = GDT_TSS_BUSY_NOT | (sizeof(cpu->tss) - 1) |
				     bits_get(tss, 23, 0) << 16 | bits_get(tss, 31, 24) << 56;
	cpu->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;

	asm volatile("lgdt %0\n\t"
		     "mov %1, %%ss\n\t"
		     "mov %1, %%ds\n\t"
		     "mov %1, %%es\n\t"
		     "mov %2, %%fs\n\t"
		     "mov %2, %%gs\n\t"
		     "pushq %3\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n"
		     "1:"
		     :
		     : "m"(gdtr), "r"(SELECTOR_DATA), "r"(0), "i"(SELECTOR_CODE)
		     : "rax", "memory");
	asm volatile("ltr %w0" : : "r"(SELECTOR_TSS));
}

static void set_control_registers(void)
{
	u64 cr0 = cr0_read(), cr4 = cr4_read();

	/* Firmware and loaders leave caches off on some machines, Bochs among them. */
	cr0 &= ~(CR0_CD | CR0_NW | CR0_EM | CR0_TS);
	cr0_write(cr0 | CR0_MP | CR0_NE | CR0_WP);

	cr4 |= CR4_MCE | CR4_DE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (cpu_features.smep)
		cr4 |= CR4_SMEP;
	if (cpu_features.smap)
		cr4 |= CR4_SMAP;
	if (cpu_features.umip)
		cr4 |= CR4_UMIP;
	if (cpu_features.xsave)
		cr4 |= CR4_OSXSAVE;
	cr4_write(cr4);

	if (cpu_features.nx)
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
}

void cpu_init_this(struct cpu *cpu)
{
	cpu->self = cpu;
	if (cpu == &boot_cpu)
		give_early_stacks(cpu);
	for (unsigned ist = 1; ist <= IST_MAX; ist++)
		cpu->tss.ist[ist - 1] = cpu->stacks[ist].top;
	cpu->tss.iomap_base = sizeof(cpu->tss);

	load_gdt(cpu);
	wrmsr(MSR_GS_BASE, (u64)cpu); /* after the selector: loading that clears the base */
	traps_load();
	set_control_registers();

	/* CPUID's initial APIC ID; apic_init() asks the APIC itself. */
	cpu->apic_id = cpuid(1, 0).ebx >> 24;
	cpu_ready = true;
}

void cpu_set_ist_stack(struct cpu *cpu, unsigned ist, struct cpu_stack stack)
{
	cpu->stacks[ist] = stack;
	cpu->tss.ist[ist - 1] = stack.top;
}
