/* SPDX-License-Identifier: MIT */
#include "unit/vmx/fake_machine.h"

#include <string.h>

#include "lib/x86.h"
#include "vmx/controls.h"
#include "vmx/vmx.h"

struct fake_machine fake;

static enum verdict fake_cpuid(struct vcpu *v)
{
	fake.cpuids++;
	v->regs.rax = 0x11111111;
	return NEXT;
}

static u32 fake_port_in(struct vcpu *v, u16 port, unsigned size)
{
	(void)v;
	fake.port_ins++;
	fake.last_port = port;
	fake.last_port_size = size;
	return fake.port_value;
}

static enum verdict fake_port_out(struct vcpu *v, u16 port, unsigned size, u32 value)
{
	(void)v;
	fake.port_outs++;
	fake.last_port = port;
	fake.last_port_size = size;
	fake.last_port_value = value;
	return fake.port_verdict;
}

static int fake_msr_read(struct vcpu *v, u32 msr, u64 *value)
{
	(void)v;
	fake.last_msr = msr;
	*value = fake.msr_value;
	return fake.msr_error;
}

static int fake_msr_write(struct vcpu *v, u32 msr, u64 value)
{
	(void)v;
	fake.last_msr = msr;
	fake.msr_value = value;
	return fake.msr_error;
}

static enum verdict fake_memory(struct vcpu *v, const struct memory_access *a)
{
	(void)v;
	fake.last_memory = *a;
	return fake.memory_verdict;
}

static enum verdict fake_hypercall(struct vcpu *v)
{
	(void)v;
	fake.hypercalls++;
	return NEXT;
}

static void *fake_ram(struct vcpu *v, gpa_t gpa, u64 length)
{
	(void)v;
	return gpa < FAKE_RAM_SIZE && length <= FAKE_RAM_SIZE - gpa ? fake.ram + gpa : NULL;
}

static int fake_acknowledge(struct vcpu *v)
{
	int vector = fake.interrupt_vector;

	event_interrupt_line(v, false);
	return vector;
}

static void fake_poll(struct vcpu *v)
{
	(void)v;
	fake.polls++;
}

static void fake_idle(struct vcpu *v)
{
	fake.idles++;
	if (fake.nmi_can_come)
		event_nmi(v);
	else
		event_interrupt_line(v, true);
}

static bool fake_can_wake(struct vcpu *v)
{
	(void)v;
	return fake.can_wake;
}

static bool fake_nmi_can_come(struct vcpu *v)
{
	(void)v;
	return fake.nmi_can_come;
}

static void fake_priority_changed(struct vcpu *v)
{
	(void)v;
	fake.priority_changes++;
}

static void fake_apic_written(struct vcpu *v, unsigned offset)
{
	(void)v;
	fake.apic_writes++;
	fake.last_apic = offset;
}

static void fake_apic_ended(struct vcpu *v, u8 vector)
{
	(void)v;
	fake.apic_ends++;
	fake.last_apic = vector;
}

static void fake_state_changed(struct vcpu *v)
{
	(void)v;
	fake.state_changes++;
}

static void fake_x87_error(struct vcpu *v)
{
	(void)v;
	fake.x87_errors++;
}

static const struct vcpu_ops fake_ops = {
	.cpuid = fake_cpuid,
	.port_in = fake_port_in,
	.port_out = fake_port_out,
	.msr_read = fake_msr_read,
	.msr_write = fake_msr_write,
	.memory = fake_memory,
	.hypercall = fake_hypercall,
	.ram = fake_ram,
	.interrupt_acknowledge = fake_acknowledge,
	.poll = fake_poll,
	.idle = fake_idle,
	.can_wake = fake_can_wake,
	.nmi_can_come = fake_nmi_can_come,
	.priority_changed = fake_priority_changed,
	.apic_written = fake_apic_written,
	.apic_ended = fake_apic_ended,
	.state_changed = fake_state_changed,
	.x87_error = fake_x87_error,
};

int fake_setup(void **state)
{
	struct vcpu *v = &fake.vcpu;

	(void)state;
	memset(&fake, 0, sizeof(fake));
	sim_vmx_reset();
	vmx_host.physical_bits = 40;
	vmx_host.caps.cr4_fixed0 = CR4_VMXE;
	vmx_host.caps.cr4_fixed1 = ~0UL;
	fake.interrupt_vector = -1;
	fake.can_wake = true;

	v->ops = &fake_ops;
	v->virtual_apic = fake.virtual_apic;
	v->vpid = 1;
	v->cr0_guest_owned = CR0_TS | CR0_MP | CR0_EM | CR0_WP | CR0_AM;
	v->cr4_guest_owned = CR4_PAE | CR4_PGE | CR4_PSE;
	v->cr4_allowed = CR4_PAE | CR4_PGE | CR4_PSE | CR4_OSXSAVE | CR4_PCIDE | CR4_DE;
	v->xcr0_allowed = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	v->efer_allowed = EFER_SCE | EFER_LME | EFER_NXE;
	v->xcr0 = XCR0_X87;

	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_NE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE | CR0_PG | CR0_NE | CR0_ET);
	sim_set(VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE);
	sim_set(VMCS_CR4_READ_SHADOW, CR4_PAE);
	sim_set(VMCS_GUEST_EFER, EFER_LME | EFER_LMA);
	sim_set(VMCS_GUEST_CS_ACCESS_RIGHTS, AR_P | AR_S | AR_L | 0xb);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, AR_P | AR_S | 0x3);
	sim_set(VMCS_GUEST_RIP, 0x1000);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF);
	v->entry_controls = ENTRYCTL_IA32E_GUEST;
	return 0;
}
