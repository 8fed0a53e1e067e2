/* SPDX-License-Identifier: MIT */
#include "machine/interrupts.h"

#include "kernel/cpu.h"
#include "kernel/time.h"
#include "machine/memory_map.h"
#include "machine/vm.h"

static struct lapic *first(struct vm *vm)
{
	return &vm->cpus[0].lapic;
}

/* Interrupt 0 is at pin 2, where the cascade would be; the others at the pin of their number. */
static unsigned pin_of(unsigned line)
{
	return line == IRQ_PIT ? IOAPIC_PIN_TIMER : line;
}

static void isa_line(void *machine, unsigned line, bool high)
{
	struct vm *vm = machine;

	pic_set_line(&vm->pic, line, high);
	ioapic_set_line(&vm->ioapic, pin_of(line), high);
}

static void pic_output(void *machine, unsigned line, bool high)
{
	struct vm *vm = machine;

	(void)line;
	lapic_set_pin(first(vm), LAPIC_LINT0, high);
	ioapic_set_line(&vm->ioapic, IOAPIC_PIN_8259, high);
}

static void processor_interrupt(void *vcpu, unsigned line, bool high)
{
	(void)line;
	event_interrupt_line(vcpu, high);
}

/* There is no other CPU to start, no SMM, and no firmware that an INIT would start again. */
static void processor_event(struct vcpu *v, enum apic_delivery event, u8 vector)
{
	(void)vector;
	if (event == APIC_NMI)
		event_nmi(v);
	if (event != APIC_INIT)
		return;
	vcpu_stop(v, STOP_RESET, "by INIT", 0);
	vcpu_attend(v, ATTENTION_STOP);
}

static void create_lapic(struct vm *vm, struct vm_cpu *cpu)
{
	struct lapic *l = &cpu->lapic;

	l->page = cpu->vcpu->virtual_apic;
	l->vcpu = cpu->vcpu;
	l->output = (struct irq){ processor_interrupt, cpu->vcpu, 0, false };
	l->id = cpu->vcpu->index;
	l->physical_bits = cpu_features.physical_bits;
	l->timer.clock = &vm->clock;
	l->timer.halved = lapic_timer_halved(time_tsc_hz());
	timer_add(&vm->timers, &l->timer.timer, lapic_timer_due, l);
	lapic_bus_attach(&vm->apics, l);
	lapic_reset(l, cpu->vcpu->index == 0);
}

void interrupts_create(struct vm *vm)
{
	vm->apics = (struct lapic_bus){
		.pic = &vm->pic, .eoi = ioapic_eoi, .io = &vm->ioapic, .event = processor_event
	};
	for (unsigned i = 0; i < VM_CPUS; i++)
		create_lapic(vm, &vm->cpus[i]);
	vm->ioapic.bus = &vm->apics;
	ioapic_reset(&vm->ioapic);
	vm->pic.output = (struct irq){ pic_output, vm, 0, false };
	pic_reset(&vm->pic);
	lapic_virtual_wire(first(vm));
}

struct irq interrupts_wire(struct vm *vm, unsigned line)
{
	return (struct irq){ isa_line, vm, line, false };
}

bool interrupts_wait(const void *machine, unsigned line)
{
	const struct vm *vm = machine;

	return pic_waits(&vm->pic, line) || ioapic_waits(&vm->ioapic, pin_of(line));
}

bool interrupts_would_come(const struct vm *vm, unsigned line)
{
	if (ioapic_would_interrupt(&vm->ioapic, pin_of(line)))
		return true;
	return pic_would_interrupt(&vm->pic, line) &&
	       (lapic_would_take_pin(&vm->cpus[0].lapic, LAPIC_LINT0) ||
		ioapic_would_interrupt(&vm->ioapic, IOAPIC_PIN_8259));
}

static bool nmi_at(const struct vm *vm, unsigned pin)
{
	return ioapic_sends_nmi(&vm->ioapic, pin) && ioapic_would_interrupt(&vm->ioapic, pin);
}

bool interrupts_nmi_would_come(const struct vm *vm, unsigned line)
{
	if (nmi_at(vm, pin_of(line)))
		return true;
	/* The 8259s' output is an edge once: nobody acknowledges what comes as an NMI. */
	return pic_would_interrupt(&vm->pic, line) && !vm->pic.output.high &&
	       (lapic_would_take_nmi(&vm->cpus[0].lapic, LAPIC_LINT0) ||
		nmi_at(vm, IOAPIC_PIN_8259));
}
