/* SPDX-License-Identifier: MIT */
/*
 * Making a machine, running it, taking it apart. vm_create() undoes what it
 * did, in the opposite order, when something is missing.
 */
#include "machine/vm.h"

#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/options.h"
#include "kernel/time.h"
#include "lib/error.h"
#include "lib/format.h"
#include "machine/memory_map.h"
#include "machine/pc.h"
#include "machine/rtc_host.h"
#include "machine/tsc.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/bitmaps.h"
#include "vmx/entry_selftest.h"
#include "vmx/trace.h"
#include "vmx/vmx.h"

#define NO_MEMORY      "no memory is left for a machine: give the computer more"
#define DEFAULT_MEMORY MIB(256)
#define LARGEST_EPT_LEAF 2 /* cleared at once: 2M is the most that a first access should cost */

/* No guest runs longer than this without an exit, whatever it does with its interrupts. */
#define SLICE_NS 10000000

struct vm *vm_list;

#define VM_ORDER	frame_order(sizeof(struct vm))
#define BUS_MAP_ORDER	frame_order(BUS_PORTS)
#define IO_BITMAP_ORDER frame_order(IO_BITMAPS_SIZE)

/* Cleared frames, as an address; FRAME_NONE when there are none. */
static hpa_t alloc(unsigned order, enum frame_owner owner)
{
	void *frames = frame_alloc_zeroed(order, owner);

	return frames ? virt_to_phys(frames) : FRAME_NONE;
}

static void free_unless_none(hpa_t block, unsigned order, enum frame_owner owner)
{
	if (block != FRAME_NONE)
		frame_free(block, order, owner);
}

static u64 free_memory(void)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	return stats.bytes[FRAME_FREE];
}

/* What a guest gets when nobody said: a usual amount, or most of what there is. */
static u64 default_memory(void)
{
	return MIN(DEFAULT_MEMORY, ALIGN_DOWN(free_memory() / 4 * 3, SIZE_2M));
}

static int create_memory(struct vm *vm, u64 size, char *why)
{
	int error = ept_create(&vm->ept, vmx_host.caps.ept_vpid);

	if (error) {
		format(why, VM_WHY_MAX, NO_MEMORY);
		return error;
	}
	vm->ept.table.max_leaf_level = MIN(vm->ept.table.max_leaf_level, LARGEST_EPT_LEAF);
	error = ram_create(&vm->ram, &vm->ept, ALIGN_DOWN(size, PAGE_SIZE));
	if (!error)
		return 0;
	ept_destroy(&vm->ept);
	if (error == -ERR_INVAL)
		format(why, VM_WHY_MAX, "mem=%luK is out of range: give %luM to %luM", size >> 10,
		       MAP_RAM_MIN >> 20, MAP_RAM_MAX >> 20);
	else
		format(why, VM_WHY_MAX,
		       "mem=%luM does not fit into the %luM that are free: give less", size >> 20,
		       free_memory() >> 20);
	return error;
}

/* The guest has its memory, and what is left is too little. */
static void say_no_room(u64 memory, char *why)
{
	format(why, VM_WHY_MAX, "mem=%luK leaves %luK, too little for the rest: give less%s",
	       memory >> 10, free_memory() >> 10, options.recorder ? ", or a smaller recorder=" : "");
}

/*
 * What APIC virtualization needs. The frame is never accessed: its address
 * in the EPT tells the processor what is. The tables are made now, and
 * vmx/apic_virtual.c opens and closes the page.
 */
static int create_apic(struct vm *vm)
{
	if (!options.apicv || !(vmx_host.controls.word[CONTROL_PROC] & PROC_TPR_SHADOW))
		return 0;
	vm->apic_page = alloc(FRAME_ORDER_4K, FRAME_VM);
	vm->x2apic_bitmap = alloc(FRAME_ORDER_4K, FRAME_VCPU);
	if (vm->apic_page == FRAME_NONE || vm->x2apic_bitmap == FRAME_NONE)
		return -ERR_NOMEM;
	return ept_map(&vm->ept, MAP_LOCAL_APIC, vm->apic_page, PAGE_SIZE,
		       ept_flags(0, MEMORY_WB) | EPT_RESERVED);
}

/*
 * When an interrupt of the host comes, Bochs 2.7 delivers a virtual one that
 * is pending, even if the guest's interrupts are off. Its firmware and CPUID
 * together are no other's.
 */
static bool delivery_is_broken(void)
{
	return options.apicv == APICV_AUTO && acpi.from_bochs && !cpu_features.hypervisor;
}

static void destroy_apic(struct vm *vm)
{
	if (!vm->apic_page)
		return;
	free_unless_none(vm->apic_page, FRAME_ORDER_4K, FRAME_VM);
	free_unless_none(vm->x2apic_bitmap, FRAME_ORDER_4K, FRAME_VCPU);
}

static int create_bitmaps(struct vm *vm)
{
	vm->bus_map = alloc(BUS_MAP_ORDER, FRAME_VM);
	vm->io_bitmaps = alloc(IO_BITMAP_ORDER, FRAME_VCPU);
	vm->msr_bitmap = alloc(FRAME_ORDER_4K, FRAME_VCPU);
	if (vm->bus_map == FRAME_NONE || vm->io_bitmaps == FRAME_NONE ||
	    vm->msr_bitmap == FRAME_NONE)
		return -ERR_NOMEM;
	io_bitmap_deny_all(phys_to_virt(vm->io_bitmaps));
	msr_bitmap_deny_all(phys_to_virt(vm->msr_bitmap));
	return 0;
}

static void destroy_bitmaps(struct vm *vm)
{
	free_unless_none(vm->bus_map, BUS_MAP_ORDER, FRAME_VM);
	free_unless_none(vm->io_bitmaps, IO_BITMAP_ORDER, FRAME_VCPU);
	free_unless_none(vm->msr_bitmap, FRAME_ORDER_4K, FRAME_VCPU);
}

static int create_cpu(struct vm *vm, unsigned index, u16 vpid)
{
	struct vm_cpu *cpu = &vm->cpus[index];
	const struct cpuid_source source = {
		.read = cpuid_host,
		.rdtscp = vmx_host.controls.word[CONTROL_PROC2] & PROC2_RDTSCP,
		.invpcid = vmx_host.controls.word[CONTROL_PROC2] & PROC2_INVPCID,
		.tsc_khz = (u32)(time_tsc_hz() / 1000),
		.apic_id = index,
		.interpreted = options.runner == RUNNER_BOCHS,
	};

	cpuid_build(&cpu->cpuid, &source);
	msr_reset(&cpu->msr, cpu_features.physical_bits);
	return vcpu_create(&cpu->vcpu, &(struct vcpu_config){
					       .index = index,
					       .vpid = vpid,
					       .vm = vm,
					       .ops = &pc_ops,
					       .cpuid_table = &cpu->cpuid,
					       .ept = &vm->ept,
					       .msr_bitmap = vm->msr_bitmap,
					       .io_bitmaps = vm->io_bitmaps,
					       .apic_page = vm->apic_page,
					       .x2apic_bitmap = vm->x2apic_bitmap,
					       .apic_gpa = MAP_LOCAL_APIC,
					       .no_virtual_delivery = delivery_is_broken(),
					       .cr4_allowed = cpu->cpuid.cr4_allowed,
					       .xcr0_allowed = cpu->cpuid.xcr0_allowed,
					       .efer_allowed = cpu->cpuid.efer_allowed,
					       .slice_tsc = time_ns_to_tsc(SLICE_NS),
					       .vm_number = (u8)(vpid - 1),
					       .records = options.recorder,
					       .stats = options.stats != STATS_OFF,
				       });
}

int vm_create(struct vm **out, const struct vm_config *config, char *why)
{
	u64 memory = config->memory ? config->memory : default_memory();
	struct vm *vm = frame_alloc_zeroed(VM_ORDER, FRAME_VM);
	int error;

	format(why, VM_WHY_MAX, NO_MEMORY);
	if (!vm)
		return -ERR_NOMEM;
	format(vm->name, sizeof(vm->name), "%s", config->name);
	error = create_bitmaps(vm);
	if (error)
		goto undo_bitmaps;
	error = create_memory(vm, memory, why);
	if (error)
		goto undo_bitmaps;
	error = create_apic(vm);
	if (!error)
		error = create_cpu(vm, 0, config->number + 1);
	if (error) {
		say_no_room(memory, why);
		goto undo_memory;
	}
	error = trace_configure(vm->cpus[0].vcpu, options.trace, why, VM_WHY_MAX);
	if (error)
		goto undo_cpu;
	bus_init(&vm->bus, phys_to_virt(vm->bus_map));
	clock_start(&vm->clock);
	monitor_init(&vm->monitor);
	vm->console.hotkey = options.monitor;
	vm->console.diverted = options.paused;
	pc_create(vm, rtc_host_seconds());
	vm->next = vm_list;
	vm_list = vm;
	*out = vm;
	return 0;

undo_cpu:
	vcpu_destroy(vm->cpus[0].vcpu);
undo_memory:
	destroy_apic(vm);
	ept_destroy(&vm->ept);
	ram_destroy(&vm->ram);
undo_bitmaps:
	destroy_bitmaps(vm);
	frame_free(virt_to_phys(vm), VM_ORDER, FRAME_VM);
	return error;
}

void vm_destroy(struct vm *vm)
{
	struct vm **link = &vm_list;

	while (*link != vm)
		link = &(*link)->next;
	*link = vm->next;
	vcpu_destroy(vm->cpus[0].vcpu);
	destroy_apic(vm);
	ept_destroy(&vm->ept);
	rom_destroy(&vm->rom);
	ram_destroy(&vm->ram);
	destroy_bitmaps(vm);
	frame_free(virt_to_phys(vm), VM_ORDER, FRAME_VM);
}

void vm_doctor(struct vm *vm, u32 count, u64 seed)
{
	struct vcpu *v = vm->cpus[0].vcpu;
	struct entry_selftest result;

	vcpu_load(v);
	vm->enter(vm, v);
	entry_selftest_run(v, count, seed, &result);
	vcpu_unload(v);
	log_report("doctor: tried=%u agreed=%u disagreed=%u harmful=%u uncertain=%u alone=%u seed=%lu",
		   result.tried, result.agreed, result.disagreed, result.harmful, result.uncertain,
		   result.rules_seen_alone, seed);
}

void vm_run(struct vm *vm)
{
	struct vcpu *v = vm->cpus[0].vcpu;

	vcpu_load(v);
	if (!vm->started) {
		vm->started = true;
		/* The TSC counts from when the machine was switched on, as its clock does. */
		tsc_set_guest(v, time_tsc() - vm->clock.start_tsc);
		vm->enter(vm, v);
	}
	pc_poll(v);
	if (!vm->first_entry_tsc)
		vm->first_entry_tsc = time_tsc() - boot_entry_tsc;
	if (options.check)
		vcpu_attend(v, ATTENTION_CHECK);
	do
		vcpu_run(v);
	while (monitor_keeps(v));
	apic_timer_stop();
	guest_console_flush(&vm->console);
	vm->run_ns = clock_now(&vm->clock);
	vcpu_unload(v);
}
