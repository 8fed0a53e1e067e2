/* SPDX-License-Identifier: MIT */
#include "vmx/autopsy.h"

#include "lib/bits.h"
#include "lib/format.h"
#include "lib/x86.h"
#include "vmx/autopsy_delivery.h"
#include "vmx/descriptor.h"
#include "vmx/dump_exit.h"
#include "vmx/dump_flags.h"
#include "vmx/dump_text.h"
#include "vmx/dump_walk.h"
#include "vmx/exit_reason.h"
#include "vmx/instructions.h"

#define NAME 24

static const char *name(u32 info, char *text)
{
	const char *exception = exception_name(info & INTR_VECTOR);

	if (autopsy_is(info, INTR_SOFT_INTERRUPT))
		format(text, NAME, "INT %#x", (u8)info);
	else if (autopsy_is(info, INTR_EXTERNAL))
		format(text, NAME, "interrupt %#x", (u8)info);
	else
		format(text, NAME, "%s", exception ? exception : "a fault of the task switch");
	return text;
}

/* As it lies in memory, for who has built it; and what it says. */
static void say_gate(unsigned vector, const struct delivery_descriptor *d)
{
	u64 raw = d->raw[0], offset = bits_get(raw, 15, 0) | bits_get(raw, 63, 48) << 16 | d->raw[1] << 32;
	char text[120];
	struct dump_text t = dump_text(text, sizeof(text));

	if (d->size == 4)
		dump_line("autopsy:   gate %u at %#lx: %08lx (%#lx:%#lx)", vector, d->at, raw,
			  bits_get(raw, 31, 16), bits_get(raw, 15, 0));
	if (d->size < 8)
		return;
	dump_add(&t, "%016lx", raw);
	if (d->size == 16)
		dump_add(&t, " %016lx", d->raw[1]);
	dump_add(&t, " (%#lx:%#lx type %lu DPL %lu", bits_get(raw, 31, 16), offset,
		 bits_get(raw, 44, 40), bits_get(raw, 46, 45));
	if (d->size == 16)
		dump_add(&t, " IST %lu", bits_get(raw, 34, 32));
	dump_line("autopsy:   gate %u at %#lx: %s%s)", vector, d->at, text,
		  raw >> 47 & 1 ? "" : ", not present");
}

static void say_segment(u16 selector, const struct delivery_descriptor *d)
{
	char rights[80];
	struct dump_text t = dump_text(rights, sizeof(rights));
	struct segment_register r;

	if (!d->size)
		return;
	descriptor_unpack(selector, d->raw[0], &r);
	dump_add_rights(&t, r.rights);
	dump_line("autopsy:   segment %#x at %#lx: %016lx (%s)", selector, d->at, d->raw[0], rights);
}

/* Why the fault of this step came while something was delivered. */
static void say_delivery(struct vcpu *v, const struct autopsy_step *step)
{
	u64 rip = vmcs_read(VMCS_GUEST_RIP);
	struct delivery d;
	char event[NAME];

	name(step->during, event);
	delivery_follow(v, step->during, &d);
	/* The tables must explain the very fault that the processor has raised. */
	if (!d.fails || d.fault != (step->info & INTR_VECTOR))
		dump_line("autopsy:   %s cannot be delivered; its gate leads to %#x:%#lx", event,
			  d.selector, d.handler);
	else
		dump_line("autopsy:   %s cannot be delivered: %s", event, d.text);
	say_gate(step->during & INTR_VECTOR, &d.gate);
	say_segment(d.selector, &d.code);
	if (d.handler && d.handler == rip)
		dump_line("autopsy:   RIP is at the handler of %s itself", event);
}

static void say_fault(const struct autopsy_step *step, unsigned number)
{
	char text[LOG_LINE_MAX], fault[NAME], why[DUMP_EXIT_TEXT];
	struct dump_text t = dump_text(text, sizeof(text));

	dump_add(&t, "%u. %s", number, name(step->info, fault));
	/* Some processors report error codes for real mode, which has none. */
	if (step->info & INTR_HAS_ERROR && vmcs_read(VMCS_GUEST_CR0) & CR0_PE)
		dump_add(&t, " error=%#x", step->error);
	if (step->address || (step->info & INTR_VECTOR) == VECTOR_PF) {
		page_fault_text(step->error, why, sizeof(why));
		dump_add(&t, " address=%#lx (%s)", step->address, why);
	}
	if (!(step->during & INTR_VALID))
		dump_add(&t, " at rip=%#lx", vmcs_read(VMCS_GUEST_RIP));
	if (step->reason != EXIT_EXCEPTION_NMI)
		dump_add(&t, ", raised by Trivet for %s", exit_reason_name(step->reason));
	if (autopsy_is(step->becomes, INTR_OTHER))
		dump_add(&t, ": triple fault");
	else if ((step->becomes & INTR_VECTOR) != (step->info & INTR_VECTOR))
		dump_add(&t, ": %s", name(step->becomes, fault));
	dump_line("autopsy: %s", text);
}

static void say_end(struct vcpu *v, const struct autopsy *a)
{
	static const char *const ends[] = {
		[AUTOPSY_NO_FAULT] = "the instruction at RIP did not fault again: what began it has gone",
		[AUTOPSY_DELIVERED] = "this time it could be delivered: memory has changed since",
		[AUTOPSY_LOST] = "it could not be followed further",
	};

	if (a->end != AUTOPSY_SHUTDOWN)
		dump_line("autopsy: %s", ends[a->end]);
	if (!v->stop.detail)
		dump_line("autopsy: Trivet's own emulation raised the last fault, not the processor");
	if (!v->notes.double_faults)
		dump_line("autopsy: no double fault was seen before the triple fault");
	else if (v->notes.double_fault_rip != vmcs_read(VMCS_GUEST_RIP))
		dump_line("autopsy: %lu double faults before, the last at rip=%#lx rsp=%#lx cr2=%#lx",
			  v->notes.double_faults, v->notes.double_fault_rip,
			  v->notes.double_fault_rsp, v->notes.double_fault_cr2);
}

/* The walks of what could not be reached. */
static void show_walks(struct vcpu *v, const struct autopsy *a)
{
	for (unsigned i = 0; i < a->count; i++) {
		const struct autopsy_step *step = &a->steps[i];
		unsigned access = step->error & PF_USER ? GUEST_USER : 0;

		if (!autopsy_is(step->info, INTR_HARD_EXCEPTION) ||
		    (step->info & INTR_VECTOR) != VECTOR_PF ||
		    (i && step->address == a->steps[i - 1].address))
			continue;
		if (step->error & PF_WRITE)
			access |= GUEST_WRITE;
		if (step->error & PF_FETCH || step->address == vmcs_read(VMCS_GUEST_RIP))
			access |= GUEST_FETCH;
		dump_guest_access(v, "fault", step->address, access);
	}
}

void autopsy_report(struct vcpu *v)
{
	struct autopsy a;
	char vm[8];

	if (v->stop.cause != STOP_TRIPLE_FAULT)
		return;
	autopsy_reenact(v, &a);
	dump_vm_name(v, vm);
	dump_line("autopsy: vm=%s vcpu=%u triple fault at cs:rip=%lx:%lx, run once more:", vm, v->index,
		  vmcs_read(VMCS_GUEST_CS_SELECTOR), vmcs_read(VMCS_GUEST_RIP));
	for (unsigned i = 0; i < a.count; i++) {
		if (a.steps[i].during & INTR_VALID)
			say_delivery(v, &a.steps[i]);
		say_fault(&a.steps[i], i + 1);
	}
	say_end(v, &a);
	show_walks(v, &a);
}
