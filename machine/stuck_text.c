/* SPDX-License-Identifier: MIT */
/*
 * What a guest that gets nowhere waits for, as far as its devices know.
 */
#include "machine/stuck.h"

#include "kernel/log.h"
#include "lib/format.h"
#include "lib/x86.h"
#include "machine/memory_map.h"
#include "machine/vm.h"
#include "vmx/instructions.h"
#include "vmx/record.h"

/* What reads of these ports are usually about. */
static const struct {
	u16 first, last;
	char waits[28];
} expected[] = {
	{ PORT_COM1, PORT_COM1 + 7, "input on COM1" },
	{ PORT_I8042_DATA, PORT_I8042_DATA, "a key; nobody presses one" },
	{ PORT_I8042_STATUS, PORT_I8042_STATUS, "a key; nobody presses one" },
	{ PORT_RTC, PORT_RTC + 1, "the clock" },
	{ PORT_PIT, PORT_PIT + 3, "time to pass" },
	{ PORT_SPEAKER, PORT_SPEAKER, "time to pass" },
};

static const char *waits(const struct vm *vm, u16 port)
{
	if (bus_device(&vm->bus, port) == &pm_timer_ports) /* wherever it is */
		return "time to pass";
	for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
		if (port >= expected[i].first && port <= expected[i].last)
			return expected[i].waits;
	return bus_device(&vm->bus, port) ? "a value that does not come" :
					    "a device that is not there";
}

/* Why no interrupt comes. */
static size_t interrupts(struct vm *vm, u64 rflags, char *text, size_t size)
{
	const struct pic_chip *master = &vm->pic.chips[0], *slave = &vm->pic.chips[1];
	struct vcpu *v = vm->cpus[0].vcpu;

	if (!(rflags & RFLAGS_IF))
		return format(text, size, "interrupts are off (RFLAGS.IF=0)%s",
			      v->ops->nmi_can_come(v) ? ", but an NMI can come" : "");
	if (v->ops->can_wake(v))
		return format(text, size, "interrupts are on");
	return format(text, size, "no interrupt can come: 8259 masks %#x/%#x, in service %#x/%#x, "
		      "8254 %s", master->imr, slave->imr, master->isr, slave->isr,
		      timer_pending(&vm->pit.timer) ? "runs" : "is off");
}

static const struct stuck_site *first_read(const struct stuck *s)
{
	for (unsigned i = 0; i < s->site_count; i++)
		if (SUBJECT_REASON(s->sites[i].subject) != EXIT_IO ||
		    SUBJECT_KEY(s->sites[i].subject) & RECORD_KEY_IN)
			return &s->sites[i];
	return &s->sites[0];
}

const char *stuck_page_device(const struct vm *vm, gpa_t page)
{
	if (page == IOAPIC_BASE)
		return "I/O APIC";
	return page == ALIGN_DOWN(vm->cpus[0].lapic.base, PAGE_SIZE) ? "local APIC" : NULL;
}

/* Who is asked, in parentheses; nothing for what is no device's. */
static const char *asked(const struct vm *vm, unsigned reason, u32 key)
{
	const struct port_device *device = bus_device(&vm->bus, (u16)key);
	const char *name = NULL;

	if (reason == EXIT_IO)
		name = device ? device->name : NULL;
	else if (reason == EXIT_EPT_VIOLATION)
		name = stuck_page_device(vm, (gpa_t)key << PAGE_SHIFT);
	else
		return NULL;
	return name ? name : "no device";
}

static void polling(struct vm *vm, char *text, size_t size)
{
	const struct stuck_site *site = first_read(&vm->stuck);
	unsigned reason = SUBJECT_REASON(site->subject);
	u32 key = SUBJECT_KEY(site->subject);
	const char *device = asked(vm, reason, key);
	char what[40];

	record_key_text(reason, key, what, sizeof(what));
	format(text, size, "polls %s%s%s%s%s%s at rip=%#lx: waits for %s",
	       exit_reason_name(reason), *what ? " " : "", what, device ? " (" : "",
	       device ? device : "", device ? ")" : "", site->rip,
	       reason == EXIT_IO ? waits(vm, (u16)key) : "a value that does not come");
}

bool stuck_sentence(struct vm *vm, char *text, size_t size)
{
	const struct stuck *s = &vm->stuck;
	size_t n = format(text, size, "vm=%s vcpu=0 ", vm->name);
	u64 ms = (s->looked_ns - s->since_ns) / 1000000;

	switch (s->kind) {
	case STUCK_POLLS:
		n += format(text + n, size - n, "for %lu ms ", ms);
		polling(vm, text + n, size - n);
		return true;
	case STUCK_SPINS:
		n += format(text + n, size - n,
			    "for %lu ms loops around rip=%#lx, the same %u states again and again: "
			    "waits for memory to change; ",
			    ms, s->rip, s->state_count);
		interrupts(vm, s->rflags, text + n, size - n);
		return true;
	case STUCK_HALTED:
		n += format(text + n, size - n, "HLT before rip=%#lx: waits for an interrupt; ",
			    s->rip);
		interrupts(vm, s->rflags, text + n, size - n);
		return true;
	default:
		return false;
	}
}

void stuck_report(struct vm *vm)
{
	struct vcpu *v = vm->cpus[0].vcpu;
	char text[LOG_LINE_MAX];

	if (v->stop.cause == STOP_STUCK) {
		vm->stuck.kind = STUCK_HALTED;
		vm->stuck.rip = v->stop.value;
		vcpu_load(v);
		vm->stuck.rflags = vmcs_read(VMCS_GUEST_RFLAGS);
		vcpu_unload(v);
	}
	if (stuck_sentence(vm, text, sizeof(text)))
		log_report("stuck: %s", text);
}
