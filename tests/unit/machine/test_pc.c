/* SPDX-License-Identifier: MIT */
/*
 * The PC's wiring, through vcpu_ops alone, as the exit handlers use it: the
 * right device at each port, its interrupt at the CPU, time and keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/abi.h"
#include "kernel/asm.h"
#include "lib/error.h"
#include "lib/x86.h"
#include "machine/memory_map.h"
#include "machine/vm.h"
#include "tests/sim/pool.h"
#include "tests/sim/vmx.h"
#include "tests/unit/machine/fake_host.h"
#include "tests/unit/machine/fake_monitor.h"
#include "tests/unit/machine/fake_time.h"

static struct vm *vm;
static struct vcpu *v;

static int setup(void **state)
{
	const struct vm_config config = { .name = "vm0", .memory = MIB(64) };
	char why[VM_WHY_MAX];

	(void)state;
	fake_host_reset();
	fake_time_reset();
	fake_cpl = 0;
	sim_vmx_reset();
	vmx_host.caps.ept_vpid = EPTCAP_WALK_4 | EPTCAP_WB | EPTCAP_2M | EPTCAP_INVEPT |
				 EPTCAP_INVEPT_SINGLE;
	pool_open(GIB(1), MIB(128));
	assert_int_equal(frame_add_range(GIB(1), MIB(128)), 0);
	assert_int_equal(vm_create(&vm, &config, why), 0);
	v = vm->cpus[0].vcpu;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vm_destroy(vm);
	pool_close();
	return 0;
}

static u32 in(u16 port, unsigned size)
{
	return v->ops->port_in(v, port, size) & (u32)bits_byte_mask(size);
}

static void out(u16 port, u8 value)
{
	assert_int_equal(v->ops->port_out(v, port, 1, value), NEXT);
}

static void init_pics(u8 master_mask, u8 slave_mask)
{
	static const u8 words[2][4] = { { 0x11, 0x20, 4, 1 }, { 0x11, 0x28, 2, 1 } };

	for (unsigned i = 0; i < 4; i++) {
		out(PORT_PIC_MASTER + (i != 0), words[0][i]);
		out(PORT_PIC_SLAVE + (i != 0), words[1][i]);
	}
	out(PORT_PIC_MASTER + 1, master_mask);
	out(PORT_PIC_SLAVE + 1, slave_mask);
}

static void test_devices_at_their_ports(void **state)
{
	(void)state;
	assert_int_equal(in(PORT_DEBUG, 1), 0xe9);
	assert_int_equal(in(PORT_FIRMWARE_DEBUG, 2), 0xe9e9);
	assert_int_equal(in(PORT_COM1 + 5, 1), 0x60);
	assert_int_equal(in(PORT_I8042_STATUS, 1), 0x14);
	assert_int_equal(in(PORT_FAST_A20, 1), 0x02);
	assert_int_equal(in(PORT_PM1A_CONTROL, 2), 0x0001);
	out(PORT_POST, 0x42);
	assert_int_equal(in(PORT_POST, 1), 0x42);
	out(PORT_RTC, RTC_D);
	assert_int_equal(in(PORT_RTC + 1, 1), 0x80);
	assert_int_equal(in(PORT_PIC_ELCR, 2), 0x0200);
	out(PORT_PIC_ELCR, 0x20);
	assert_int_equal(in(PORT_PIC_ELCR, 2), 0x0220);
	out(PORT_I8042_STATUS, 0xaa);
	assert_int_equal(in(PORT_I8042_DATA, 1), 0x55);
	out(PORT_PIC_SLAVE + 1, 0x5a);
	assert_int_equal(in(PORT_PIC_SLAVE + 1, 1), 0x5a);
	fake_now = 1000000000;
	assert_int_equal(in(PORT_PM_TIMER, 4), 3579545);
	assert_int_equal(in(PORT_SPEAKER, 1) & 0xef, 0);
	assert_int_equal(vm->bus.absent_reads, 0);
}

/* The ports by which Trivet ends a run, and the host's own devices, are nothing to a guest. */
static void test_host_is_out_of_reach(void **state)
{
	static const u16 ports[] = { 0x400, 0x501, 0x8900, 0x8a00, 0xb000, 0xb004, 0xd00, 0x2f8,
				     0x3c0, 0xf8,  0x1f0 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
		assert_int_equal(in(ports[i], 1), 0xff);
		assert_int_equal(v->ops->port_out(v, ports[i], 2, 0xffff), NEXT);
	}
	assert_int_equal(v->stop.cause, STOP_NONE);
	assert_int_equal(vm->bus.absent_reads, ARRAY_SIZE(ports));
	assert_int_equal(vm->bus.absent_writes, 2 * ARRAY_SIZE(ports));
}

static void test_console(void **state)
{
	(void)state;
	for (const char *s = "hello\n"; *s; s++)
		out(PORT_COM1, (u8)*s);
	out(PORT_DEBUG, '!');
	out(PORT_FIRMWARE_DEBUG, '?');
	v->ops->poll(v);
	assert_string_equal(fake_console_text, "hello\n!?");
}

static void test_timer_tick(void **state)
{
	(void)state;
	v->ops->poll(v);
	init_pics(0xfe, 0xff);
	out(PORT_PIT + 3, 0x34);
	out(PORT_PIT, 0xa9); /* 1193: one millisecond */
	out(PORT_PIT, 0x04);
	while (fake_interrupt) /* setting the mode may have been an edge */
		assert_int_equal(v->ops->interrupt_acknowledge(v), 0x20);
	out(PORT_PIC_MASTER, 0x20);
	assert_in_range(fake_armed_ns, 990000, 1010000); /* not only at the next poll */
	fake_now += 1001000;
	v->ops->poll(v);
	assert_true(fake_interrupt);
	assert_int_equal(v->ops->interrupt_acknowledge(v), 0x20);
	assert_false(fake_interrupt);
}

static void test_keys_arrive(void **state)
{
	(void)state;
	init_pics(0xef, 0xff);
	out(PORT_COM1 + 2, 0x07);
	out(PORT_COM1 + 4, 0x0b);
	out(PORT_COM1 + 1, 0x01);
	fake_keys = "root of all, and more than a FIFO holds";
	v->ops->poll(v);
	assert_in_range(fake_armed_ns, 1, 1000000); /* where a key was, another will be */
	assert_true(fake_interrupt);
	assert_int_equal(v->ops->interrupt_acknowledge(v), 0x24);
	for (const char *s = "root of all, and more than a FIFO holds"; *s; s++) {
		if (!(in(PORT_COM1 + 5, 1) & 1))
			v->ops->poll(v);
		assert_int_equal(in(PORT_COM1, 1), *s);
	}
	assert_false(in(PORT_COM1 + 5, 1) & 2); /* nothing was overrun */
	fake_now += 1000000000;
	v->ops->poll(v);
	assert_in_range(fake_armed_ns, 1000001, 10000000);
}

static void test_can_wake(void **state)
{
	(void)state;
	assert_false(v->ops->can_wake(v)); /* nothing is set up */
	init_pics(0xff, 0xff);
	out(PORT_PIT + 3, 0x34);
	out(PORT_PIT, 0);
	out(PORT_PIT, 0);
	assert_false(v->ops->can_wake(v)); /* masked */
	out(PORT_PIC_MASTER + 1, 0xfe);
	assert_true(v->ops->can_wake(v));
	out(PORT_PIT + 3, 0x30); /* no count: nothing will come */
	assert_false(v->ops->can_wake(v));
	init_pics(0xef, 0xff);
	out(PORT_COM1 + 4, 0x08);
	assert_false(v->ops->can_wake(v));
	out(PORT_COM1 + 1, 0x01); /* somebody may type */
	assert_true(v->ops->can_wake(v));
	init_pics(0xfb, 0xfe);
	assert_false(v->ops->can_wake(v));
	out(PORT_RTC, RTC_B);
	out(PORT_RTC + 1, 0x12); /* the RTC's update interrupt */
	assert_true(v->ops->can_wake(v));
	init_pics(0xff, 0xfe);
	assert_false(v->ops->can_wake(v));
}

/* The hotkey takes the keys away from the guest; while the monitor is open anything may come. */
static void test_monitor(void **state)
{
	unsigned before = fake_monitor_polls;

	(void)state;
	v->ops->poll(v);
	assert_int_equal(fake_monitor_polls, before);
	vm->console.hotkey = 'm';
	fake_keys = "am";
	v->ops->poll(v);
	assert_int_equal(fake_monitor_polls, before + 1);
	assert_int_equal(in(PORT_COM1, 1), 'a');
	assert_false(v->ops->can_wake(v));
	vm->monitor.open = true;
	assert_true(v->ops->can_wake(v));
	fake_now += 1000000000;
	v->ops->poll(v);
	assert_in_range(fake_armed_ns, 1, 1000000); /* who types wants to be heard */
}

static void test_idle(void **state)
{
	unsigned before = sim.waits;

	(void)state;
	v->ops->idle(v);
	assert_int_equal(sim.waits, before + 1);
	assert_in_range(fake_armed_ns, 1, 10000000); /* it will not sleep for ever */
	fake_interrupt = v->events.interrupt_line = true;
	v->ops->idle(v);
	assert_int_equal(sim.waits, before + 1); /* something is there already */
}

/* Without an APIC no interrupt would end a wait. */
static void test_idle_without_a_timer_spins(void **state)
{
	unsigned waits = sim.waits, pauses = sim.pauses;

	(void)state;
	fake_no_apic = true;
	v->ops->idle(v);
	assert_int_equal(sim.waits, waits);
	assert_int_equal(sim.pauses, pauses + 1);
}

/* What comes due while nobody looked must wake, not be slept over. */
static void test_idle_looks_first(void **state)
{
	unsigned before = sim.waits;

	(void)state;
	init_pics(0xfe, 0xff);
	out(PORT_PIT + 3, 0x30);
	out(PORT_PIT, 100);
	out(PORT_PIT, 0);
	fake_now += 1000000;
	v->ops->idle(v);
	assert_true(v->events.interrupt_line);
	assert_int_equal(sim.waits, before);
}

static void test_memory(void **state)
{
	struct memory_access a = { .gpa = MIB(8), .write = true };

	(void)state;
	assert_int_equal(v->ops->memory(v, &a), AGAIN);
	assert_int_equal(vm->ram.cleared, SIZE_2M);
	assert_non_null(v->ops->ram(v, 0x1000, 8));
	assert_null(v->ops->ram(v, MIB(64), 1));
	a.gpa = 0xb8000;
	a.fetch = true;
	assert_int_equal(v->ops->memory(v, &a), STOP);
	assert_int_equal(v->stop.cause, STOP_BAD_MEMORY);
	assert_int_equal(v->stop.value, 0xb8000);
}

static void test_rom(void **state)
{
	static const u8 firmware[2 * PAGE_SIZE] = { 1, 2, 3, 4 };
	const gpa_t start = GIB(4) - sizeof(firmware);

	(void)state;
	assert_null(v->ops->ram(v, start, 1));
	assert_int_equal(rom_create(&vm->rom, &vm->ept, firmware, sizeof(firmware)), 0);
	assert_memory_equal(v->ops->ram(v, start, 4), firmware, 4);
	assert_null(v->ops->ram(v, start + PAGE_SIZE - 1, 2)); /* leaves the page */
}

/* What the processor marks in a ROM cannot be emulated, and is let through. */
static void test_rom_is_marked(void **state)
{
	static const u8 firmware[2 * PAGE_SIZE];
	struct memory_access a = { .gpa = GIB(4) - 0x1000, .gva = 0x5018, .gva_valid = true, .write = true };
	struct table_walk walk;

	(void)state;
	assert_int_equal(rom_create(&vm->rom, &vm->ept, firmware, sizeof(firmware)), 0);
	vmcs_write(VMCS_GUEST_GDTR_BASE, 0x5000);
	vmcs_write(VMCS_GUEST_GDTR_LIMIT, 0x1f);
	assert_true(v->ops->devices->read_only(v, a.gpa));
	assert_int_equal(v->ops->memory(v, &a), AGAIN);
	ept_walk(&vm->ept, a.gpa, &walk);
	assert_true(walk.flags & EPT_WRITE);
	/* From now on as for the guest itself, when INS or MOVS write there for it. */
	assert_false(v->ops->devices->read_only(v, a.gpa));

	a.gpa = GIB(4) - 0x2000;
	assert_true(v->ops->devices->read_only(v, a.gpa));
	a.table_walk = true;
	a.gva = 0x9000;
	assert_int_equal(v->ops->memory(v, &a), AGAIN);
	ept_walk(&vm->ept, a.gpa, &walk);
	assert_true(walk.flags & EPT_WRITE);
}

/* RE and WE of all from D0000H to EFFFFH. */
static void allow(u32 access)
{
	assert_int_equal(v->ops->port_out(v, PORT_PCI_ADDRESS, 4, 0x8000005c), NEXT);
	assert_int_equal(v->ops->port_out(v, PORT_PCI_DATA, 4, access * 0x11111111), NEXT);
}

/* What the chipset hides or protects is no RAM to the exit handlers. */
static void test_shadow(void **state)
{
	static const u8 firmware[0x20000] = { 0x5a };
	struct memory_access a = { .gpa = 0xe0000, .write = true };
	struct table_walk walk;

	(void)state;
	assert_int_equal(rom_create(&vm->rom, &vm->ept, firmware, sizeof(firmware)), 0);
	assert_int_equal(v->ops->devices->write(v, v, 0xe0000, 1, 0x77), NEXT);
	assert_int_equal(*(u8 *)v->ops->ram(v, 0xe0000, 1), 0);
	assert_false(v->ops->devices->read_only(v, 0xe0000));

	allow(SHADOW_WRITE);
	assert_int_equal(*(u8 *)v->ops->ram(v, 0xe0000, 1), 0x5a);
	assert_null(v->ops->ram(v, 0xd0000, 1));
	assert_true(v->ops->devices->read_only(v, 0xe0000));
	assert_int_equal(v->ops->devices->write(v, v, 0xe0000, 2, 0x3377), NEXT);
	assert_int_equal(v->ops->devices->read(v, 0xe0000, 1) & 0xff, 0x5a);
	assert_int_equal(v->ops->devices->read(v, 0xd0000, 4), ~0UL);

	allow(SHADOW_READ);
	assert_int_equal(v->ops->devices->write(v, v, 0xe0000, 1, 0x88), NEXT);
	assert_int_equal(v->ops->devices->read(v, 0xe0000, 2) & 0xffff, 0x3377);
	assert_int_equal(*(u8 *)v->ops->ram(v, 0xe0000, 1), 0x77);
	a.table_walk = true; /* a page table there is marked */
	assert_int_equal(v->ops->memory(v, &a), AGAIN);
	ept_walk(&vm->ept, 0xe0000, &walk);
	assert_true(walk.flags & EPT_WRITE);
	assert_false(v->ops->devices->read_only(v, 0xe0000)); /* as for the guest itself */

	allow(SHADOW_RAM);
	assert_false(v->ops->devices->read_only(v, 0xe0000));
	assert_int_equal(vm->absent.writes, 1);
	allow(0);
	a = (struct memory_access){ .gpa = 0xd0000, .fetch = true };
	assert_int_equal(v->ops->memory(v, &a), STOP);
	assert_int_equal(v->stop.cause, STOP_BAD_MEMORY);
}

static enum memory_type type_of(gpa_t gpa)
{
	struct table_walk walk;

	ept_walk(&vm->ept, gpa, &walk);
	assert_int_not_equal(walk.leaf_size, 0);
	return (enum memory_type)(walk.flags >> EPT_TYPE_SHIFT & 7);
}

static void test_memory_types(void **state)
{
	struct memory_access a = { .gpa = MIB(8), .write = true };

	(void)state;
	assert_int_equal(v->ops->memory(v, &a), AGAIN);
	assert_int_equal(type_of(MIB(8)), MEMORY_WB);
	assert_int_equal(v->ops->msr_write(v, MSR_MTRR_PHYSBASE0, MIB(8) | MEMORY_WT), 0);
	assert_int_equal(v->ops->msr_write(v, MSR_MTRR_PHYSBASE0 + 1, 0xffffe00800), 0);
	v->ops->poll(v);
	assert_int_equal(type_of(MIB(8)), MEMORY_WT);
	assert_int_equal(type_of(MIB(10)), MEMORY_WB); /* not touched yet: it will be when it is */
	assert_int_equal(type_of(0x9f000), MEMORY_WB);
	assert_int_equal(v->ops->msr_write(v, MSR_MTRR_DEF_TYPE, 0), 0);
	v->ops->poll(v);
	assert_int_equal(type_of(0x9f000), MEMORY_UC);
	assert_int_equal(type_of(MIB(10)), MEMORY_UC);
}

static u32 mmio(gpa_t gpa, bool write, u32 value)
{
	struct memory_access a = { .gpa = gpa, .read = !write, .write = write };

	fake_mmio = value;
	assert_int_equal(v->ops->memory(v, &a), AGAIN);
	return fake_mmio;
}

static void test_apics_in_memory(void **state)
{
	(void)state;
	assert_int_equal(mmio(0xfee00030, false, 0), 0x01050014);
	assert_int_equal(mmio(0xfee00350, false, 0), 0x700); /* virtual wire */
	assert_int_equal(mmio(0xfee00360, false, 0), 0x400);
	mmio(0xfee00080, true, 0x50);
	assert_int_equal(lapic_cr8(&vm->cpus[0].lapic), 5);
	mmio(0xfec00000, true, 1);
	assert_int_equal(mmio(0xfec00010, false, 0), 0x00170020);
	assert_int_equal(v->ops->msr_write(v, MSR_APIC_BASE, 0xfed40900), 0);
	assert_int_equal(mmio(0xfed40030, false, 0), 0x01050014);
	assert_int_equal(mmio(0xfee00030, false, 0), 0xffffffff); /* nothing is there any more */
}

static void entry(unsigned pin, u32 low)
{
	mmio(0xfec00000, true, 0x10 + 2 * pin);
	mmio(0xfec00010, true, low);
}

/* The same tick through the I/O APIC, at pin 2; LINT0 is closed. */
static void test_timer_tick_by_apic(void **state)
{
	(void)state;
	mmio(0xfee00350, true, 0x10700);
	init_pics(0xfe, 0xff);
	assert_false(v->ops->can_wake(v));
	out(PORT_PIT + 3, 0x34);
	out(PORT_PIT, 0xa9);
	out(PORT_PIT, 0x04);
	assert_false(fake_interrupt);
	assert_false(v->ops->can_wake(v));
	entry(2, 0x51);
	assert_true(v->ops->can_wake(v));
	fake_now += 1001000;
	v->ops->poll(v);
	assert_true(fake_interrupt);
	assert_int_equal(v->ops->interrupt_acknowledge(v), 0x51);
	assert_false(fake_interrupt);
	mmio(0xfee000b0, true, 0);
	entry(2, 0x10051);
	entry(0, 0x700); /* the 8259s at pin 0 */
	assert_true(fake_interrupt);
	assert_true(v->ops->can_wake(v));
	assert_int_equal(v->ops->interrupt_acknowledge(v), 0x20);
}

/* As an NMI, which comes to who has interrupts off: through LINT0 once, through pin 2 each time. */
static void test_nmi_can_come(void **state)
{
	(void)state;
	init_pics(0xfe, 0xff);
	mmio(0xfee00350, true, 0x400);
	assert_false(v->ops->nmi_can_come(v)); /* no count */
	out(PORT_PIT + 3, 0x30); /* low until it has counted */
	out(PORT_PIT, 0xa9);
	out(PORT_PIT, 0x04);
	assert_true(v->ops->nmi_can_come(v));
	mmio(0xfee00350, true, 0x700);
	assert_true(v->ops->can_wake(v));
	assert_false(v->ops->nmi_can_come(v)); /* the 8259's vector */
	mmio(0xfee00350, true, 0x10400);
	assert_false(v->ops->nmi_can_come(v)); /* masked */
	mmio(0xfee00350, true, 0x400);
	fake_now += 1001000;
	v->ops->poll(v);
	out(PORT_PIT + 3, 0x34);
	out(PORT_PIT, 0xa9);
	out(PORT_PIT, 0x04);
	assert_false(v->ops->nmi_can_come(v)); /* the 8259's output stays high */
	entry(2, 0x51);
	assert_false(v->ops->nmi_can_come(v));
	entry(2, 0x10451);
	assert_false(v->ops->nmi_can_come(v));
	entry(2, 0x451);
	assert_true(v->ops->nmi_can_come(v));
}

/* As exit_cr.c does it. */
static void set_cr8(u32 value)
{
	v->virtual_apic[0x80 / 4] = value << 4;
	v->ops->priority_changed(v);
}

static void test_apic_timer(void **state)
{
	(void)state;
	mmio(0xfee00320, true, 0xec);
	mmio(0xfee003e0, true, 0xb);
	assert_false(v->ops->can_wake(v));
	mmio(0xfee00380, true, 50000);
	assert_true(v->ops->can_wake(v));
	fake_now += 50000;
	v->ops->poll(v);
	assert_true(fake_interrupt);
	set_cr8(15);
	assert_false(fake_interrupt);
	set_cr8(0);
	assert_int_equal(v->ops->interrupt_acknowledge(v), 0xec);
}

static void test_apic_events(void **state)
{
	(void)state;
	mmio(0xfee00300, true, 0x400);
	assert_true(v->events.nmi_pending);
	mmio(0xfee00300, true, 0x600); /* start-up: nobody waits for it */
	assert_int_equal(v->stop.cause, STOP_NONE);
	mmio(0xfee00300, true, 0x500);
	assert_int_equal(v->stop.cause, STOP_RESET);
	assert_true(v->attention & ATTENTION_STOP);
}

static enum verdict hypercall(u64 number, u64 rbx)
{
	v->regs.rax = number;
	v->regs.rbx = rbx;
	return v->ops->hypercall(v);
}

static void test_policies_are_connected(void **state)
{
	u64 value;

	(void)state;
	v->regs.rax = ABI_CPUID_VERSION;
	assert_int_equal(v->ops->cpuid(v), NEXT);
	assert_int_equal(v->regs.rax, ABI_VERSION);
	v->regs.rax = ABI_CPUID_TIMING;
	v->ops->cpuid(v);
	assert_int_equal(v->regs.rax, 2000000); /* kHz */
	assert_int_equal(v->ops->msr_read(v, MSR_MTRRCAP, &value), 0);
	assert_int_not_equal(v->ops->msr_write(v, MSR_MTRRCAP, 0), 0);
	assert_int_equal(v->ops->msr_read(v, MSR_APIC_BASE, &value), 0);
	assert_int_equal(value, 0xfee00900);
	assert_int_equal(v->ops->msr_write(v, 0x200, 1UL << 40), -ERR_INVAL); /* 40 address bits */
	assert_int_equal(hypercall(ABI_CALL_VERSION, 0), NEXT);
	assert_int_equal(v->regs.rax, ABI_VERSION);
	fake_cr4 = CR4_OSXSAVE;
	v->ops->state_changed(v);
	assert_int_equal(vm->cpus[0].cpuid.basic[1].ecx >> 27 & 1, 1);
	fake_cr4 = 0;
}

static void test_ends(void **state)
{
	(void)state;
	assert_int_equal(v->ops->port_out(v, ABI_PM1A_CONTROL, 2, ABI_SOFT_OFF), STOP);
	assert_int_equal(v->stop.cause, STOP_POWER_OFF);
	v->stop.cause = STOP_NONE;
	assert_int_equal(v->ops->port_out(v, PORT_RESET, 1, 0x06), STOP);
	assert_int_equal(v->stop.cause, STOP_RESET);
	v->stop.cause = STOP_NONE;
	assert_int_equal(v->ops->port_out(v, PORT_I8042_STATUS, 1, 0xfe), STOP);
	assert_int_equal(v->stop.cause, STOP_RESET);
	v->stop.cause = STOP_NONE;
	assert_int_equal(v->ops->port_out(v, PORT_FAST_A20, 1, 0x03), STOP);
	assert_int_equal(v->stop.cause, STOP_RESET);
	v->stop.cause = STOP_NONE;
	assert_int_equal(v->ops->port_out(v, PORT_EXIT, 4, 0), STOP);
	assert_int_equal(vm_outcome(vm), OUTCOME_CLEAN);
	v->stop.cause = STOP_NONE;
	assert_int_equal(v->ops->port_out(v, PORT_EXIT, 1, 0x110), STOP);
	assert_int_equal(v->stop.cause, STOP_POWER_OFF);
	assert_int_equal(v->stop.value, 0x10);
	assert_int_equal(vm_outcome(vm), OUTCOME_GUEST_FAULT);
}

static void test_rtc_and_pm_interrupts(void **state)
{
	(void)state;
	init_pics(0xfb, 0xfe);
	out(PORT_RTC, RTC_B);
	out(PORT_RTC + 1, 0x42);
	fake_now += 1000000;
	v->ops->poll(v);
	assert_true(fake_interrupt);
	assert_int_equal(v->ops->interrupt_acknowledge(v), 0x28);
	init_pics(0xfb, 0xfd);
	assert_int_equal(v->ops->port_out(v, PORT_PM1A_EVENT + 2, 2, 1), NEXT);
	fake_now += 600000000000;
	v->ops->poll(v);
	assert_int_equal(v->ops->interrupt_acknowledge(v), 0x29);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_devices_at_their_ports),
		TEST(test_host_is_out_of_reach),
		TEST(test_console),
		TEST(test_timer_tick),
		TEST(test_keys_arrive),
		TEST(test_can_wake),
		TEST(test_monitor),
		TEST(test_idle),
		TEST(test_idle_without_a_timer_spins),
		TEST(test_idle_looks_first),
		TEST(test_memory),
		TEST(test_rom),
		TEST(test_rom_is_marked),
		TEST(test_shadow),
		TEST(test_memory_types),
		TEST(test_apics_in_memory),
		TEST(test_timer_tick_by_apic),
		TEST(test_nmi_can_come),
		TEST(test_apic_timer),
		TEST(test_apic_events),
		TEST(test_policies_are_connected),
		TEST(test_ends),
		TEST(test_rtc_and_pm_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
