/* SPDX-License-Identifier: MIT */
/*
 * Start of the APs, one at a time: an AP takes its struct cpu out of
 * smp_starting, so one that comes late, or twice, cannot take another's.
 */
#include "kernel/smp.h"

#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/smp_call.h"
#include "kernel/time.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "lib/string.h"

#define INIT_WAIT_NS	10000000UL /* SDM "MP Initialization Protocol Algorithm": 10 ms */
#define STARTUP_WAIT_NS 200000UL   /* and 200 µs between the two start-up IPIs */
#define ARRIVAL_WAIT_NS 200000000UL
#define POLL_NS		10000UL

#define XAPIC_ID_MAX 0xfe

/* boot/trampoline.S */
extern const u8 trampoline_start[], trampoline_end[];
struct cpu *smp_starting;
u64 smp_load_tables(struct cpu *cpu);
_Noreturn void smp_enter(struct cpu *cpu);

static hpa_t trampoline; /* 0 = there is none */
static const struct smp_memory *memory;
static unsigned count = 1;  /* of struct cpu given out; the boot CPU has one */
static unsigned online = 1; /* CPUs that wait for work, and the boot CPU */

void smp_prepare(const struct boot_info *boot)
{
	trampoline = smp_find_page(boot);
	if (trampoline)
		memcpy((void *)trampoline, trampoline_start,
		       (u64)trampoline_end - (u64)trampoline_start);
}

/* On an AP and the boot code's tables, on a stack it must leave: returns the top of its own. */
u64 smp_load_tables(struct cpu *cpu)
{
	memory->load_tables();
	return cpu->stacks[CPU_STACK_MAIN].top;
}

void smp_enter(struct cpu *cpu)
{
	cpu_init_this(cpu);
	if (apic_init(NULL))
		cpu_stop();
	smp_call_serve(cpu->index); /* from here on it counts as arrived */
}

static bool give_stack(struct cpu_stack *stack)
{
	stack->top = (u64)memory->map_stack();
	stack->base = stack->top - memory->stack_size;
	return stack->top;
}

static struct cpu *make_cpu(void)
{
	struct cpu *cpu = memory->alloc_page();

	_Static_assert(sizeof(struct cpu) <= PAGE_SIZE, "struct cpu has a page of its own");
	for (unsigned i = 0; cpu && i < CPU_STACKS; i++)
		if (!give_stack(&cpu->stacks[i]))
			cpu = NULL; /* boot ends here without memory: nobody needs it back */
	if (cpu)
		cpu->index = count++;
	return cpu;
}

static bool arrives(unsigned index, u64 wait_ns)
{
	for (u64 waited = 0; waited < wait_ns; waited += POLL_NS) {
		if (smp_call_ready(index))
			return true;
		time_delay_ns(POLL_NS);
	}
	return smp_call_ready(index);
}

/* The second start-up IPI is for old CPUs that miss the first; a running one ignores it. */
static bool start(u32 apic_id, const struct cpu *cpu)
{
	if (!apic_send_init(apic_id))
		return false;
	time_delay_ns(INIT_WAIT_NS);
	if (!apic_send_startup(apic_id, trampoline))
		return false;
	if (arrives(cpu->index, STARTUP_WAIT_NS))
		return true;
	return apic_send_startup(apic_id, trampoline) && arrives(cpu->index, ARRIVAL_WAIT_NS);
}

/* False when no other CPU should be tried. */
static bool start_one(u32 apic_id)
{
	static struct cpu *spare; /* of a CPU that never took it */
	struct cpu *cpu = spare ? spare : make_cpu();

	spare = NULL;
	if (!cpu) {
		log_warn("smp", "no memory for another CPU apic_id=%u", apic_id);
		return false;
	}
	__atomic_store_n(&smp_starting, cpu, __ATOMIC_SEQ_CST);
	if (start(apic_id, cpu)) {
		online++;
		return true;
	}

	spare = __atomic_exchange_n(&smp_starting, NULL, __ATOMIC_SEQ_CST);
	if (spare) {
		log_warn("smp", "a CPU did not start: left out apic_id=%u", apic_id);
		return true;
	}
	/* It may still be on the stack that the next one would start on. */
	log_warn("smp", "a CPU stopped while starting: the rest is left out apic_id=%u", apic_id);
	return false;
}

static void guard_boot_cpu(void)
{
	struct cpu_stack stack;

	for (unsigned ist = 1; ist <= IST_MAX; ist++)
		if (give_stack(&stack))
			cpu_set_ist_stack(&boot_cpu, ist, stack);
}

static void start_all(void)
{
	for (unsigned i = 0; i < acpi.cpu_count; i++) {
		u32 id = acpi.cpu_apic_ids[i];

		if (id == this_cpu()->apic_id)
			continue;
		if (count == CPU_MAX) {
			log_warn("smp", "more than %u CPUs: the rest is left out", CPU_MAX);
			return;
		}
		if (id > XAPIC_ID_MAX && !cpu_features.x2apic)
			log_warn("smp", "out of the xAPIC's reach: left out apic_id=%u", id);
		else if (!start_one(id))
			return;
	}
}

unsigned smp_start(const struct smp_memory *mem)
{
	memory = mem;
	guard_boot_cpu();
	smp_call_init();
	if (trampoline)
		start_all();
	else if (acpi.cpu_count > 1)
		log_warn("smp", "no free page below 1 MiB: only the boot CPU is used");
	log_info("smp", "cpus online=%u found=%u", online, acpi.cpu_count);
	return online;
}
