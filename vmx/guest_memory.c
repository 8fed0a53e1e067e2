/* SPDX-License-Identifier: MIT */
/*
 * The walk is vmx/guest_walk.c's; here are the pages in a row, the fault
 * that goes to the guest, and the marks in its tables, which are made only
 * when all pages of the access were found good.
 */
#include "vmx/guest_memory.h"

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/control_registers.h"
#include "vmx/instructions.h"
#include "vmx/vmx.h"

void guest_paging_read(const struct vcpu *v, struct guest_paging *p)
{
	*p = (struct guest_paging){
		.cr0 = guest_cr0(v),
		.cr3 = vmcs_read(VMCS_GUEST_CR3),
		.cr4 = guest_cr4(v),
		.efer = vmcs_read(VMCS_GUEST_EFER),
		.rflags = vmcs_read(VMCS_GUEST_RFLAGS),
		.cpl = vcpu_cpl(v),
		.physical_bits = (u8)vmx_host.physical_bits,
		.page_1g = cpu_features.page_1g, /* the processor's, whatever CPUID tells the guest */
	};
	if (p->cr0 & CR0_PG && p->cr4 & CR4_PAE && !(p->efer & EFER_LMA)) {
		p->pdpte[0] = vmcs_read(VMCS_GUEST_PDPTE0);
		p->pdpte[1] = vmcs_read(VMCS_GUEST_PDPTE1);
		p->pdpte[2] = vmcs_read(VMCS_GUEST_PDPTE2);
		p->pdpte[3] = vmcs_read(VMCS_GUEST_PDPTE3);
	}
}

unsigned guest_operand_access(const struct vcpu *v)
{
	return vcpu_cpl(v) == 3 ? GUEST_USER : 0;
}

bool guest_read_entry(void *vcpu, gpa_t gpa, u64 *value, unsigned size)
{
	struct vcpu *v = vcpu;
	const void *entry = v->ops->ram(v, gpa, size);

	if (!entry)
		return false;
	*value = size == 4 ? *(const volatile u32 *)entry : *(const volatile u64 *)entry;
	return true;
}

static bool exchange_entry(void *context, gpa_t gpa, u64 before, u64 now, unsigned size)
{
	struct vcpu *v = context;
	void *entry = v->ops->ram(v, gpa, size);
	u32 before32 = (u32)before;

	if (size == 4)
		return __atomic_compare_exchange_n((u32 *)entry, &before32, (u32)now, false,
						   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n((u64 *)entry, &before, now, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

static enum verdict refuse(struct vcpu *v, gva_t gva, const struct guest_walk *w)
{
	if (w->bad_table)
		return vcpu_stop(v, STOP_BAD_MEMORY, "page table outside of RAM, at guest-physical",
				 w->bad_table_address);
	if (w->noncanonical)
		event_exception_error(v, VECTOR_GP, 0);
	else
		event_page_fault(v, gva, w->pf_error);
	return AGAIN;
}

/* Outside of IA-32e mode linear addresses have 32 bits, and wrap around. */
static gva_t add(const struct guest_paging *p, gva_t gva, unsigned offset)
{
	return p->efer & EFER_LMA ? gva + offset : (u32)(gva + offset);
}

static enum verdict translate(struct vcpu *v, const struct guest_paging *p, gva_t gva,
			      unsigned length, unsigned access, struct guest_span *span,
			      struct guest_walk *walks)
{
	unsigned done = 0;

	for (span->count = 0; done < length; span->count++) {
		struct guest_walk *w = &walks[span->count];
		gva_t at = add(p, gva, done);
		unsigned n = MIN(length - done, (unsigned)(PAGE_SIZE - at % PAGE_SIZE));
		void *ram;

		guest_walk(p, at, access, guest_read_entry, v, w);
		if (!w->ok)
			return refuse(v, at, w);
		ram = v->ops->ram(v, w->gpa, n);
		if (!ram && !(access & GUEST_DEVICE))
			return vcpu_stop(v, STOP_EMULATION, "operand outside of RAM, at guest-physical",
					 w->gpa);
		span->parts[span->count].gpa = w->gpa;
		span->parts[span->count].at = ram;
		span->parts[span->count].length = n;
		done += n;
	}
	return NEXT;
}

enum verdict guest_span(struct vcpu *v, gva_t gva, unsigned length, unsigned access,
			struct guest_span *span)
{
	struct guest_walk walks[ARRAY_SIZE(span->parts)];
	struct guest_paging paging;
	enum verdict verdict;
	bool marked;

	panic_on(!length || length > PAGE_SIZE);
	guest_paging_read(v, &paging);
	do {
		verdict = translate(v, &paging, gva, length, access, span, walks);
		if (verdict != NEXT)
			return verdict;
		marked = true;
		for (unsigned i = 0; i < span->count && marked; i++)
			marked = guest_walk_mark(&walks[i], access, exchange_entry, v);
	} while (!marked); /* another of the guest's CPUs changed its tables under us */
	return NEXT;
}

static void copy(const struct guest_span *span, unsigned offset, void *to, const void *from,
		 unsigned length)
{
	for (unsigned i = 0, done = 0; done < length; i++) {
		unsigned n;

		panic_on(i == span->count);
		if (offset >= span->parts[i].length) {
			offset -= span->parts[i].length;
			continue;
		}
		n = MIN(length - done, span->parts[i].length - offset);
		if (to)
			memcpy((u8 *)to + done, span->parts[i].at + offset, n);
		else
			memcpy(span->parts[i].at + offset, (const u8 *)from + done, n);
		done += n;
		offset = 0;
	}
}

void guest_span_read(const struct guest_span *span, unsigned offset, void *to, unsigned length)
{
	copy(span, offset, to, NULL, length);
}

void guest_span_write(const struct guest_span *span, unsigned offset, const void *from,
		      unsigned length)
{
	copy(span, offset, NULL, from, length);
}

enum verdict guest_read(struct vcpu *v, gva_t gva, void *to, unsigned length, unsigned access)
{
	struct guest_span span;
	enum verdict verdict = guest_span(v, gva, length, access, &span);

	if (verdict == NEXT)
		guest_span_read(&span, 0, to, length);
	return verdict;
}

enum verdict guest_write(struct vcpu *v, gva_t gva, const void *from, unsigned length,
			 unsigned access)
{
	struct guest_span span;
	enum verdict verdict = guest_span(v, gva, length, access | GUEST_WRITE, &span);

	if (verdict == NEXT)
		guest_span_write(&span, 0, from, length);
	return verdict;
}
