/* SPDX-License-Identifier: MIT */
/*
 * Two ways to reach the same registers: MSRs (x2APIC) or a page (xAPIC).
 * All CPUs use the same way. The ID in the page is 8 bits, in the MSR 32.
 */
#include "kernel/apic.h"

#include "kernel/apic_regs.h"
#include "kernel/asm.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/pic.h"
#include "kernel/time.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "lib/x86.h"

#define TIMER_MAX_NS	1000000000UL
#define CALIBRATE_NS	2000000UL
#define ICR_WAIT_ROUNDS 1000000 /* an IPI takes microseconds; a dead APIC must not hang us */
#define EOI_MAX		256	/* in-service bits that firmware can have left */

static volatile u32 *page; /* NULL: x2APIC, or not yet known */
static bool x2apic, ready;
static bool deadline_mode;
static u64 timer_hz;	      /* of the APIC timer, when not deadline_mode */
static bool present[CPU_MAX]; /* by CPU index: has been through apic_init() ... */
static u32 ids[CPU_MAX];      /* ... and has this ID */
static unsigned stopper;      /* index + 1 of the CPU that stops the others */

static u32 reg_read(u32 reg)
{
	return x2apic ? (u32)rdmsr(MSR_X2APIC_BASE + reg / 16) : page[reg / 4];
}

static void reg_write(u32 reg, u32 value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC_BASE + reg / 16, value);
	else
		page[reg / 4] = value;
}

u32 apic_id(void)
{
	if (!ready)
		return cpuid(1, 0).ebx >> 24;
	return x2apic ? reg_read(APIC_ID) : reg_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	if (ready)
		reg_write(APIC_EOI, 0);
}

/*
 * Firmware may use the x2APIC or the xAPIC, and leave the APIC off; once on,
 * x2APIC mode has no way back to xAPIC but through off.
 */
static int enable(apic_map_fn map)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	if (!(base & APIC_BASE_ENABLE)) {
		base |= APIC_BASE_ENABLE;
		wrmsr(MSR_APIC_BASE, base);
	}
	if (cpu_features.x2apic && !(base & APIC_BASE_X2APIC)) {
		base |= APIC_BASE_X2APIC;
		wrmsr(MSR_APIC_BASE, base);
	}
	x2apic = base & APIC_BASE_X2APIC;
	if (!x2apic && !page) {
		page = map(base & BITS(cpu_features.physical_bits - 1, PAGE_SHIFT), PAGE_SIZE);
		if (!page)
			return -ERR_NOMEM;
	}
	return 0;
}

static void mask_local(void)
{
	static const u16 regs[] = {APIC_LVT_TIMER, APIC_LVT_LINT0,   APIC_LVT_LINT1, APIC_LVT_ERROR,
				   APIC_LVT_PERF,  APIC_LVT_THERMAL, APIC_LVT_CMCI};
	unsigned entries = bits_get(reg_read(APIC_VERSION), 23, 16) + 1;

	/* The table is in order of appearance: older APICs end earlier. */
	for (unsigned i = 0; i < ARRAY_SIZE(regs) && i < entries; i++) {
		u32 lvt = reg_read(regs[i]), delivery = lvt & APIC_LVT_DELIVERY;

		/* These two are wired or handled by the firmware; they are not ours to lose. */
		if (regs[i] == APIC_LVT_LINT1 && delivery == APIC_LVT_NMI)
			continue;
		if (regs[i] == APIC_LVT_THERMAL && delivery == APIC_LVT_SMI)
			continue;
		reg_write(regs[i], lvt | APIC_LVT_MASKED);
	}
}

static bool in_service(void)
{
	for (u32 i = 0; i < 8; i++)
		if (reg_read(APIC_ISR + 16 * i))
			return true;
	return false;
}

static void timer_ended(void)
{
	/* Nothing to do: the interrupt itself ended the wait. */
}

/* The timer's input is not documented anywhere a program could read: count it. */
static void timer_calibrate(void)
{
	u64 start, ticks, counted;

	reg_write(APIC_TIMER_INITIAL, ~0U);
	start = time_tsc();
	time_delay_ns(CALIBRATE_NS);
	counted = ~0U - reg_read(APIC_TIMER_CURRENT);
	ticks = time_tsc() - start;
	reg_write(APIC_TIMER_INITIAL, 0);
	if (ticks)
		timer_hz = counted * (time_tsc_hz() / 1000) / ticks * 1000;
}

static void timer_init(void)
{
	deadline_mode = cpu_features.tsc_deadline;
	reg_write(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
	reg_write(APIC_LVT_TIMER,
		  APIC_LVT_MASKED | VECTOR_TIMER | (deadline_mode ? APIC_LVT_DEADLINE : 0));
	if (!deadline_mode && !timer_hz) {
		timer_calibrate();
		log_debug("apic", "timer hz=%lu", timer_hz);
	}
}

int apic_init(apic_map_fn map)
{
	int error;

	if (!cpu_features.apic)
		return -ERR_UNSUPPORTED;
	error = enable(map);
	if (error)
		return error;

	if (!ready) {
		pic_mask_all();
		trap_set_handler(VECTOR_TIMER, timer_ended);
	}
	reg_write(APIC_TPR, 0);
	reg_write(APIC_SPURIOUS, APIC_SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	mask_local();
	for (unsigned i = 0; i < EOI_MAX && in_service(); i++)
		reg_write(APIC_EOI, 0);
	timer_init();
	ready = true;
	this_cpu()->apic_id = apic_id();
	ids[this_cpu()->index] = this_cpu()->apic_id;
	__atomic_store_n(&present[this_cpu()->index], true, __ATOMIC_RELEASE);
	log_debug("apic", "cpu%u id=%u mode=%s timer=%s", this_cpu()->index, this_cpu()->apic_id,
		  x2apic ? "x2apic" : "xapic", deadline_mode ? "tsc-deadline" : "one-shot");
	return 0;
}

void apic_timer_arm(u64 ns)
{
	u64 ticks;

	if (!ready)
		return;
	ns = MIN(ns, TIMER_MAX_NS);
	if (deadline_mode) {
		reg_write(APIC_LVT_TIMER, APIC_LVT_DEADLINE | VECTOR_TIMER);
		/* The mode must have arrived before the deadline does. SDM "TSC-Deadline Mode". */
		asm volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_TSC_DEADLINE, time_tsc() + time_ns_to_tsc(ns));
	} else {
		ticks = ns * (timer_hz / 1000) / 1000000;
		reg_write(APIC_LVT_TIMER, VECTOR_TIMER);
		/* A count of 0 would stop it. */
		reg_write(APIC_TIMER_INITIAL, MAX(MIN(ticks, (u64)~0U), 1UL));
	}
}

bool apic_timer_works(void)
{
	return ready;
}

void apic_timer_stop(void)
{
	if (!ready)
		return;
	if (deadline_mode)
		wrmsr(MSR_TSC_DEADLINE, 0);
	else
		reg_write(APIC_TIMER_INITIAL, 0);
	reg_write(APIC_LVT_TIMER,
		  APIC_LVT_MASKED | VECTOR_TIMER | (deadline_mode ? APIC_LVT_DEADLINE : 0));
}

static bool icr_write(u32 to, u32 command)
{
	if (!ready)
		return false;
	if (x2apic) {
		/* A WRMSR to the x2APIC is not ordered behind our stores to memory. */
		asm volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2APIC_BASE + APIC_ICR / 16, (u64)to << 32 | command);
		return true;
	}
	page[APIC_ICR_HIGH / 4] = to << 24;
	page[APIC_ICR / 4] = command;
	for (unsigned i = 0; i < ICR_WAIT_ROUNDS; i++) {
		if (!(page[APIC_ICR / 4] & APIC_ICR_PENDING))
			return true;
		cpu_pause();
	}
	return false;
}

bool apic_send_init(u32 to)
{
	return icr_write(to, APIC_ICR_INIT | APIC_ICR_ASSERT);
}

bool apic_send_startup(u32 to, hpa_t start)
{
	return icr_write(to, APIC_ICR_STARTUP | APIC_ICR_ASSERT | (u32)(start >> PAGE_SHIFT));
}

bool apic_send_interrupt(u32 to, u8 vector)
{
	return icr_write(to, APIC_ICR_ASSERT | vector);
}

/* One by one: QEMU lets the shorthand's NMI wake a CPU that nobody has started, in the BIOS. */
static void send_nmis(unsigned self)
{
	for (unsigned i = 0; i < CPU_MAX; i++)
		if (i != self && __atomic_load_n(&present[i], __ATOMIC_ACQUIRE))
			(void)icr_write(ids[i], APIC_ICR_NMI | APIC_ICR_ASSERT);
}

void apic_stop_others(void)
{
	unsigned nobody = 0, self;

	if (!ready)
		return;
	self = this_cpu()->index;
	if (__atomic_compare_exchange_n(&stopper, &nobody, self + 1, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		send_nmis(self);
	else if (stopper != self + 1)
		cpu_stop(); /* somebody stops us at this moment */
}

bool apic_stop_wanted(void)
{
	unsigned who = __atomic_load_n(&stopper, __ATOMIC_ACQUIRE);

	return who && who != this_cpu()->index + 1;
}
