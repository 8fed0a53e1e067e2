/* SPDX-License-Identifier: MIT */
/* Breakpoints on ports: who is looked at, when, and what it costs when there are none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "unit/vmx/fake_machine.h"
#include "vmx/exits.h"
#include "vmx/io_breakpoint.h"

#define PORT		 0x3f8
#define ENABLED(n)	 (1UL << 2 * (n))
#define ON_PORTS(n, len) (2UL << (16 + 4 * (n)) | (u64)(len) << (18 + 4 * (n)))

static int setup(void **state)
{
	fake_setup(state);
	sim.dr6 = DR6_RESET;
	sim_set(VMCS_CR4_READ_SHADOW, sim_get(VMCS_CR4_READ_SHADOW) | CR4_DE);
	return 0;
}

static void dr7(u64 value)
{
	sim_set(VMCS_GUEST_DR7, DR7_RESET | value);
	io_breakpoint_changed(&fake.vcpu);
}

/* The causes in DR6, or 0 without #DB. */
static u64 access(u64 qualification)
{
	fake.vcpu.events.next = (struct vcpu_event){ 0, 0, 0 };
	sim.dr6 = DR6_RESET;
	sim_set(VMCS_EXIT_QUALIFICATION, qualification);
	assert_int_equal(exit_io(&fake.vcpu), NEXT);
	return fake.vcpu.events.next.info ? sim.dr6 ^ DR6_RESET : 0;
}

static u64 in(u16 port, unsigned size)
{
	return access((u64)port << 16 | BIT(3) | (size - 1));
}

static u64 out(u16 port, unsigned size)
{
	return access((u64)port << 16 | (size - 1));
}

static void nothing_is_wrapped_without(void **state)
{
	const struct vcpu_ops *ops = fake.vcpu.ops;

	(void)state;
	sim.dr0 = PORT;
	dr7(ENABLED(0));
	assert_ptr_equal(fake.vcpu.ops, ops);
	dr7(ON_PORTS(0, 0)); /* not enabled */
	assert_ptr_equal(fake.vcpu.ops, ops);
	assert_int_equal(in(PORT, 1), 0);
	dr7(ENABLED(0) | ON_PORTS(0, 0));
	dr7(ENABLED(0) << 1 | ON_PORTS(0, 0)); /* once more, by G0 */
	assert_int_equal(in(PORT, 1), BIT(0));
	dr7(0);
	assert_ptr_equal(fake.vcpu.ops, ops);
	assert_int_equal(in(PORT, 1), 0);
}

static void all_that_overlaps_hits(void **state)
{
	(void)state;
	sim.dr2 = PORT + 3;
	dr7(ENABLED(2) | ON_PORTS(2, 3)); /* 3F8 to 3FB */
	for (u16 port = PORT - 5; port < PORT + 8; port++)
		for (unsigned size = 1; size <= 4; size *= 2) {
			bool hit = port + size > PORT && port < PORT + 4;

			assert_int_equal(in(port, size), hit ? BIT(2) : 0);
			assert_int_equal(out(port, size), hit ? BIT(2) : 0);
		}
	sim.dr2 = ~0UL; /* its last byte would be the last of all */
	assert_int_equal(in(0xfffc, 4), 0);
	sim.dr2 = 0xffff;
	assert_int_equal(in(0xffff, 1), BIT(2));
	sim.dr2 = 0x10000 + PORT; /* no port */
	assert_int_equal(in(PORT, 4), 0);
}

static void several_tell_together(void **state)
{
	(void)state;
	sim.dr0 = PORT;
	sim.dr1 = sim.dr3 = PORT + 1;
	dr7(ENABLED(0) | ON_PORTS(0, 0) | ENABLED(1) | ENABLED(3) | ON_PORTS(3, 0));
	assert_int_equal(in(PORT, 1), BIT(0));
	assert_int_equal(in(PORT, 2), BIT(0) | BIT(3)); /* 1 is one for instructions */
}

static void only_with_debug_extensions(void **state)
{
	(void)state;
	sim.dr0 = PORT;
	dr7(ENABLED(0) | ON_PORTS(0, 0));
	sim_set(VMCS_CR4_READ_SHADOW, sim_get(VMCS_CR4_READ_SHADOW) & ~CR4_DE);
	assert_int_equal(in(PORT, 1), 0);
}

/* The step that follows raises both as one. */
static void single_step_takes_it_with_it(void **state)
{
	(void)state;
	sim.dr0 = PORT;
	dr7(ENABLED(0) | ON_PORTS(0, 0));
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	assert_int_equal(out(PORT, 1), 0);
	event_single_step(&fake.vcpu);
	assert_int_equal(sim.dr6, DR6_RESET | DR6_BS | BIT(0));

	sim_set(VMCS_GUEST_DEBUGCTL, DEBUGCTL_BTF); /* no step follows: it is no branch */
	assert_int_equal(out(PORT, 1), BIT(0));
}

static void a_machine_that_stops_has_none(void **state)
{
	(void)state;
	sim.dr0 = PORT;
	dr7(ENABLED(0) | ON_PORTS(0, 0));
	fake.port_verdict = STOP;
	sim_set(VMCS_EXIT_QUALIFICATION, (u64)PORT << 16);
	assert_int_equal(exit_io(&fake.vcpu), STOP);
	assert_int_equal(fake.vcpu.events.next.info, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_wrapped_without), TEST(all_that_overlaps_hits),
		TEST(several_tell_together),	  TEST(only_with_debug_extensions),
		TEST(single_step_takes_it_with_it), TEST(a_machine_that_stops_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
