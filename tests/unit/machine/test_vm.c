/* SPDX-License-Identifier: MIT */
/* Machines as a whole: made, run, told of, taken apart without a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/options.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "machine/memory_map.h"
#include "machine/vm.h"
#include "mm/layout.h"
#include "tests/sim/pool.h"
#include "tests/sim/vmx.h"
#include "tests/unit/machine/fake_host.h"
#include "tests/unit/machine/fake_monitor.h"
#include "tests/unit/machine/fake_time.h"
#include "vmx/bitmaps.h"

static struct vm *vm;
static char why[VM_WHY_MAX];

static void open_host(u64 memory)
{
	fake_host_reset();
	fake_time_reset();
	sim_vmx_reset();
	vmx_host.caps.ept_vpid = EPTCAP_WALK_4 | EPTCAP_WB | EPTCAP_2M | EPTCAP_1G | EPTCAP_INVEPT |
				 EPTCAP_INVEPT_SINGLE;
	pool_open(GIB(1), memory);
	assert_int_equal(frame_add_range(GIB(1), memory), 0);
	memset(why, 0, sizeof(why));
}

static u64 used(enum frame_owner owner)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	return stats.bytes[owner];
}

static void expect_nothing_left(void)
{
	assert_int_equal(used(FRAME_VM), 0);
	assert_int_equal(used(FRAME_GUEST), 0);
	assert_int_equal(used(FRAME_EPT), 0);
	assert_int_equal(used(FRAME_VCPU), 0);
}

static void enter_nothing(struct vm *m, struct vcpu *v)
{
	assert_ptr_equal(m, vm);
	assert_non_null(v->cpu);
}

static void create(u64 memory)
{
	const struct vm_config config = { .name = "vm0", .memory = memory };

	assert_int_equal(vm_create(&vm, &config, why), 0);
	vm->enter = enter_nothing;
}

static int setup(void **state)
{
	(void)state;
	open_host(GIB(4));
	create(MIB(256));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vm_destroy(vm);
	expect_nothing_left();
	pool_close();
	return 0;
}

static void test_own_memory(void **state)
{
	u64 own = used(FRAME_VM) + used(FRAME_EPT) + used(FRAME_VCPU);

	(void)state;
	assert_int_equal(used(FRAME_GUEST), MIB(256));
	assert_true(own < KIB(256));
	assert_true(pool_touched() < MIB(1)); /* the guest's RAM is not cleared yet */
}

static void test_everything_exits(void **state)
{
	(void)state;
	for (u32 port = 0; port < 65536; port++)
		assert_true(io_bitmap_exits(phys_to_virt(vm->io_bitmaps), (u16)port, 1));
	assert_true(msr_bitmap_exits(phys_to_virt(vm->msr_bitmap), MSR_TSC_DEADLINE, false));
	assert_true(msr_bitmap_exits(phys_to_virt(vm->msr_bitmap), MSR_EFER, true));
}

static void stop_at_once(struct vcpu *v)
{
	assert_int_not_equal(fake_arms, 0); /* the first poll comes before the first entry */
	assert_in_range(fake_armed_ns, 1, 10000000);
	(void)vcpu_stop(v, STOP_POWER_OFF, "ACPI S5", 0);
}

static void test_clean_end(void **state)
{
	char text[80];

	(void)state;
	fake_guest = stop_at_once;
	fake_tsc = ~0UL;
	vm_run(vm);
	assert_int_not_equal(fake_tsc, ~0UL); /* it was set */
	assert_null(vm->cpus[0].vcpu->cpu);
	assert_int_equal(vm_outcome(vm), OUTCOME_CLEAN);
	vm_reason(vm, text, sizeof(text));
	assert_string_equal(text, "vm0: power-off: ACPI S5");
	vm_report(vm);
	assert_int_equal(fake_dumps, 0);
	assert_non_null(strstr(fake_log_text, text));
}

static void count_and_fail(struct vcpu *v)
{
	fake_now = 1500000000;
	v->counters.count[EXIT_CPUID] = 3;
	v->counters.cycles[EXIT_CPUID] = 600;
	v->counters.count[EXIT_HLT] = 1;
	v->counters.cycles[EXIT_HLT] = 200;
	(void)vcpu_stop(v, STOP_BAD_MEMORY, "guest-physical address", 0xdeadbeef000);
}

static void test_report_of_a_fault(void **state)
{
	char text[80];

	(void)state;
	fake_guest = count_and_fail;
	vm_run(vm);
	assert_int_equal(vm_outcome(vm), OUTCOME_GUEST_FAULT);
	vm_reason(vm, text, sizeof(text));
	assert_string_equal(text, "vm0: another cause: guest-physical address 0xdeadbeef000");
	vm_report(vm);
	assert_int_equal(fake_dumps, 1);
	assert_non_null(strstr(fake_log_text, "4 exits in 1.500 s"));
	assert_non_null(strstr(fake_log_text, "reason=CPUID count=3 share=75.0% time=75.0% "
					      "mean_ticks=200 mean_ns=100\n"));
	assert_null(strstr(fake_log_text, "count=0"));
	vm->cpus[0].vcpu->stop.detail = NULL;
	vm_reason(vm, text, sizeof(text));
	assert_string_equal(text, "vm0: another cause");
	vm_reason(vm, text, 10); /* cut, but whole */
	assert_int_equal(strlen(text), 9);
}

static void test_outcomes(void **state)
{
	static const struct {
		enum stop_cause cause;
		u64 value;
		enum outcome outcome;
	} ends[] = {
		{ STOP_REQUESTED, 0, OUTCOME_CLEAN },
		{ STOP_POWER_OFF, 0, OUTCOME_CLEAN },
		{ STOP_POWER_OFF, 3, OUTCOME_GUEST_FAULT },
		{ STOP_RESET, 0, OUTCOME_CLEAN },
		{ STOP_TRIPLE_FAULT, 0, OUTCOME_GUEST_FAULT },
		{ STOP_BAD_MEMORY, 0, OUTCOME_GUEST_FAULT },
		{ STOP_UNHANDLED, 0, OUTCOME_GUEST_FAULT },
		{ STOP_ENTRY_FAILED, 0, OUTCOME_GUEST_FAULT },
		{ STOP_STUCK, 0, OUTCOME_GUEST_FAULT },
		{ STOP_EMULATION, 0, OUTCOME_GUEST_FAULT },
		{ STOP_UNKNOWN_CODE, 0, OUTCOME_GUEST_FAULT },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++) {
		vm->cpus[0].vcpu->stop = (struct vcpu_stop){ ends[i].cause, NULL, ends[i].value };
		assert_int_equal(vm_outcome(vm), ends[i].outcome);
	}
}

static void test_reason(void **state)
{
	char text[160];

	(void)state;
	vm->cpus[0].vcpu->stop = (struct vcpu_stop){ STOP_POWER_OFF, "port", 3 };
	vm_reason(vm, text, sizeof(text));
	assert_non_null(strstr(text, ": port 0x3"));
	/* CMPXCHG8B: a byte of zero in front is a byte. */
	vm->cpus[0].vcpu->stop = (struct vcpu_stop){ STOP_UNKNOWN_CODE, "bytes", 0x0fc74b20f48d7600 };
	vm_reason(vm, text, sizeof(text));
	assert_non_null(strstr(text, ": bytes 0fc74b20f48d7600"));
}

static unsigned runs;

static void fail_again(struct vcpu *v)
{
	runs++;
	(void)vcpu_stop(v, STOP_STUCK, NULL, 0);
}

static void test_the_monitor_may_keep_it(void **state)
{
	(void)state;
	fake_guest = fail_again;
	fake_monitor_keeps = 2;
	vm_run(vm);
	assert_int_equal(runs, 3);
}

static unsigned entries;

static void count_entry(struct vm *m, struct vcpu *v)
{
	(void)m;
	(void)v;
	entries++;
}

static void say_something(struct vcpu *v)
{
	v->ops->port_out(v, PORT_COM1, 1, 'x');
	assert_string_equal(fake_console_text, "");
}

static void test_runs_on_where_it_stopped(void **state)
{
	(void)state;
	vm->enter = count_entry;
	fake_guest = say_something;
	entries = 0;
	vm_run(vm);
	assert_int_equal(entries, 1);
	assert_string_equal(fake_console_text, "x"); /* half a line is shown at the end */
	fake_console_text[0] = 0;
	vm_run(vm);
	assert_int_equal(entries, 1);
}

static void test_bad_sizes(void **state)
{
	const struct vm_config small = { .name = "vm1", .memory = KIB(512) };
	const struct vm_config large = { .name = "vm1", .memory = GIB(8) };
	struct vm *other;
	u64 before = used(FRAME_FREE);

	(void)state;
	assert_int_equal(vm_create(&other, &small, why), -ERR_INVAL);
	assert_string_equal(why, "mem=512K is out of range: give 1M to 1048576M");
	assert_int_equal(vm_create(&other, &large, why), -ERR_NOMEM);
	assert_non_null(strstr(why, "mem=8192M does not fit"));
	assert_int_equal(used(FRAME_FREE), before);
}

static void test_second_machine(void **state)
{
	const struct vm_config config = {
		.name = "a name that is too long",
		.number = 1,
		.memory = MIB(16),
	};
	struct vm *other;

	(void)state;
	assert_int_equal(vm_create(&other, &config, why), 0);
	assert_int_equal(strlen(other->name), VM_NAME_MAX - 1);
	vm_destroy(other);
}

static void test_default_memory(void **state)
{
	(void)state;
	vm_destroy(vm);
	create(0);
	assert_int_equal(vm->ram.size, MIB(256));
	vm_destroy(vm);
	pool_close();
	open_host(MIB(48)); /* most of what a small computer has */
	create(0);
	assert_in_range(vm->ram.size, MIB(30), MIB(36));
}

/* Its memory fits, what it needs besides does not: what is big is named. */
static void test_no_room_beside_the_guest(void **state)
{
	const struct vm_config config = { .name = "vm0", .memory = MIB(16) };

	(void)state;
	vm_destroy(vm);
	pool_close();
	open_host(MIB(17));
	assert_int_equal(vm_create(&vm, &config, why), 0);
	vm_destroy(vm);
	do
		assert_true(frame_alloc(FRAME_ORDER_4K, FRAME_STACK) != FRAME_NONE);
	while (!vm_create(&vm, &config, why) && (vm_destroy(vm), true));
	assert_non_null(strstr(why, "mem=16384K leaves "));
	assert_non_null(strstr(why, "K, too little for the rest: give less"));
	assert_null(strstr(why, "recorder"));
	options.recorder = 65536;
	assert_int_equal(vm_create(&vm, &config, why), -ERR_NOMEM);
	assert_non_null(strstr(why, "the rest: give less, or a smaller recorder="));
	options.recorder = 0;
	pool_close();
	setup(NULL);
}

/* Whatever is missing at whatever moment: an error, a complaint, nothing lost. */
static void test_exhaustion(void **state)
{
	const struct vm_config config = { .name = "vm0", .memory = MIB(1) };
	unsigned failures = 0;

	(void)state;
	vm_destroy(vm);
	for (u64 frames = 16;; frames++) {
		u64 before;
		int error;

		pool_close();
		open_host(frames * PAGE_SIZE);
		before = used(FRAME_FREE);
		error = vm_create(&vm, &config, why);
		if (!error)
			break;
		failures++;
		assert_int_equal(error, -ERR_NOMEM);
		assert_string_not_equal(why, "");
		expect_nothing_left();
		assert_int_equal(used(FRAME_FREE), before);
		assert_true(frames < 400);
	}
	assert_true(failures > 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_own_memory),
		TEST(test_everything_exits),
		TEST(test_clean_end),
		TEST(test_report_of_a_fault),
		TEST(test_outcomes),
		TEST(test_reason),
		TEST(test_the_monitor_may_keep_it),
		TEST(test_runs_on_where_it_stopped),
		TEST(test_bad_sizes),
		TEST(test_second_machine),
		TEST(test_default_memory),
		TEST(test_no_room_beside_the_guest),
		TEST(test_exhaustion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
