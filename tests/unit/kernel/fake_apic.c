/* SPDX-License-Identifier: MIT */
#include "tests/unit/kernel/fake_apic.h"

#include <sys/wait.h>

#include "kernel/pic.h"
#include "kernel/time.h"

#define TSC_HZ 1000000000UL

struct fake_apic fake_apic __aligned(4096) = {.cpus[1].index = 1};
struct cpu_features cpu_features;

u64 time_tsc_hz(void)
{
	return TSC_HZ;
}

u64 time_ns_to_tsc(u64 ns)
{
	return ns;
}

/* The APIC's timer runs at half the rate of the TSC. */
void time_delay_ns(u64 ns)
{
	u64 start = time_tsc();

	while (time_tsc() - start < ns)
		;
	*reg(APIC_TIMER_CURRENT) = *reg(APIC_TIMER_INITIAL) - (u32)(ns / 2);
}

void pic_mask_all(void)
{
	fake_apic.pics_masked++;
}

void trap_set_handler(u8 vector, void (*handler)(void))
{
	CHECK(vector == VECTOR_TIMER);
	CHECK(handler);
}

void *fake_apic_map(hpa_t address, u64 length)
{
	fake_apic.mapped_at = address;
	fake_apic.mapped++;
	CHECK(length == PAGE_SIZE);
	return fake_apic.page;
}

void *fake_apic_map_nothing(hpa_t address, u64 length)
{
	(void)address;
	(void)length;
	return NULL;
}

static u64 msr_read(u32 msr)
{
	if (msr == MSR_APIC_BASE)
		return fake_apic.base;
	CHECK(msr >= MSR_X2APIC_BASE && msr <= MSR_X2APIC_BASE + 0x3f);
	return *reg((msr - MSR_X2APIC_BASE) * 16);
}

static void msr_write(u32 msr, u64 value)
{
	fake_apic.msr_writes++;
	if (msr == MSR_APIC_BASE) {
		fake_apic.base = value;
	} else if (msr == MSR_TSC_DEADLINE) {
		fake_apic.deadline = value;
	} else if (msr == MSR_X2APIC_BASE + APIC_ICR / 16) {
		fake_apic.x2apic_icr = value;
	} else {
		CHECK(msr >= MSR_X2APIC_BASE && msr <= MSR_X2APIC_BASE + 0x3f);
		*reg((msr - MSR_X2APIC_BASE) * 16) = (u32)value;
	}
}

void fake_apic_prepare(bool x2apic, bool tsc_deadline)
{
	cpu_features = (struct cpu_features){
		.apic = true, .x2apic = x2apic, .tsc_deadline = tsc_deadline, .physical_bits = 36};
	sim.msr_read = msr_read;
	sim.msr_write = msr_write;
	fake_apic.base = FAKE_APIC_BASE | APIC_BASE_ENABLE;
	*reg(APIC_VERSION) = 6 << 16 | 0x14; /* seven local interrupts */
	*reg(APIC_ID) = x2apic ? 0x1234 : 0x34000000;
	sim_cpu_become(&fake_apic.cpus[0]);
}

void fake_apic_run(void (*body)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		body();
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}
