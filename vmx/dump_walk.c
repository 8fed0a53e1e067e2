/* SPDX-License-Identifier: MIT */
#include "vmx/dump_walk.h"

#include "kernel/asm.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "vmx/dump_code.h"
#include "vmx/dump_exit.h"
#include "vmx/dump_flags.h"
#include "vmx/ept.h"
#include "vmx/guest_memory.h"

#define ENTRY_ADDRESS BITS(51, 12)
#define ENTRY_XD      BIT(63)

#define TEXT 100

unsigned dump_peek(struct vcpu *v, gva_t gva, void *to, unsigned length)
{
	struct guest_paging p;
	struct guest_walk w;
	unsigned done, n;
	const void *from;

	guest_paging_read(v, &p);
	p.cr4 &= ~(CR4_SMAP | CR4_SMEP);
	for (done = 0; done < length; done += n) {
		gva_t at = gva + done; /* the walk cuts it to 32 bits where it must */

		n = MIN(length - done, (unsigned)(PAGE_SIZE - at % PAGE_SIZE));
		guest_walk(&p, at, GUEST_READ, guest_read_entry, v, &w);
		from = w.ok ? v->ops->ram(v, w.gpa, n) : NULL;
		if (!from)
			break;
		memcpy((u8 *)to + done, from, n);
	}
	return done;
}

static const char *mode_name(const struct guest_paging *p)
{
	if (!(p->cr0 & CR0_PG))
		return "none";
	if (p->efer & EFER_LMA)
		return p->cr4 & CR4_LA57 ? "5-level" : "4-level";
	return p->cr4 & CR4_PAE ? "PAE" : "32-bit";
}

/* `last`: where the page is tells the result. */
static void show_entry(const struct guest_walk_step *s, unsigned size, bool last)
{
	char text[TEXT];
	struct dump_text t = dump_text(text, sizeof(text));

	dump_add_word(&t, "|PTE|PDE|PDPTE|PML4E", s->level);
	dump_add(&t, " gpa=%#lx entry=0x%0*lx ", s->entry_address, (int)size * 2, s->entry);
	if (s->entry & 1)
		dump_add_bits(&t,
			      s->level == 1 ? "P|RW|US|PWT|PCD|A|D|PAT|G"
					    : "P|RW|US|PWT|PCD|A|D|PS|G",
			      s->entry & BITS(8, 0));
	else
		dump_add(&t, "not present");
	if (size == 8 && s->entry & ENTRY_XD && s->entry & 1)
		dump_add(&t, " NX");
	if (!last)
		dump_add(&t, " -> %#lx", s->entry & (size == 8 ? ENTRY_ADDRESS : BITS(31, 12)));
	dump_line("  %s", text);
}

/* Is there memory at all? Does not use up RAM that is not used yet, as reading it would. */
static bool is_memory(const struct vcpu *v, gpa_t gpa)
{
	struct table_walk ept;

	if (!v->ept)
		return true;
	ept_walk(v->ept, gpa, &ept);
	return ept.leaf_size != 0;
}

static void show_result(const struct vcpu *v, const struct guest_walk *w)
{
	char text[DUMP_EXIT_TEXT];

	if (w->noncanonical) {
		dump_line("  result: not canonical");
	} else if (w->bad_table) {
		dump_line("  result: the table at gpa=%#lx is not in RAM", w->bad_table_address);
	} else if (!w->ok) {
		page_fault_text(w->pf_error, text, sizeof(text));
		dump_line("  result: #PF error=%#x (%s)", w->pf_error, text);
	} else {
		dump_line("  result: gpa=%#lx page=%luK%s", w->gpa, w->page_size >> 10,
			  is_memory(v, w->gpa) ? "" : ", where there is no memory");
	}
}

void dump_guest_access(struct vcpu *v, const char *what, gva_t gva, unsigned access)
{
	struct guest_paging p;
	struct guest_walk w;
	char name[8];

	if (!dump_possible(v))
		return;
	guest_paging_read(v, &p);
	guest_walk(&p, gva, access, guest_read_entry, v, &w);
	dump_vm_name(v, name);
	dump_line("walk: vm=%s vcpu=%u of=%s gva=%#lx access=%s by=%s paging=%s cr3=%#lx", name,
		  v->index, what, gva,
		  access & GUEST_FETCH   ? "fetch"
		  : access & GUEST_WRITE ? "write"
					 : "read",
		  access & GUEST_USER ? "user" : "supervisor", mode_name(&p), p.cr3);
	/* Without paging, and in PAE paging before the tables: nothing is in memory. */
	if (p.cr0 & CR0_PG && p.cr4 & CR4_PAE && !(p.efer & EFER_LMA)) {
		unsigned i = (u32)gva >> 30;

		dump_line("  PDPTE%u register entry=0x%016lx %s", i, p.pdpte[i],
			  p.pdpte[i] & 1 ? "P" : "not present");
	}
	for (unsigned i = 0; i < w.step_count; i++)
		show_entry(&w.steps[i], w.entry_size, i == w.step_count - 1);
	show_result(v, &w);
}

void dump_guest_walk(struct vcpu *v, gva_t gva)
{
	if (dump_possible(v))
		dump_guest_access(v, "gva", gva, guest_operand_access(v));
}

void dump_guest_walks(struct vcpu *v)
{
	unsigned user;

	if (!dump_possible(v) || !(dump_field(VMCS_GUEST_CR0) & CR0_PG))
		return;
	user = guest_operand_access(v);
	dump_guest_access(v, "rip", dump_code_address(v), user | GUEST_FETCH);
	dump_guest_access(v, "rsp", dump_stack_address(v), user | GUEST_WRITE);
	dump_guest_access(v, "cr2", cr2_read(), user);
}

static void show_ept_entry(const struct table_step *s)
{
	bool leaf = s->level == 1 || s->entry & EPT_LEAF;
	char text[TEXT];
	struct dump_text t = dump_text(text, sizeof(text));

	/* Reserved and open there is only the frame that stands for the APIC's page. */
	dump_add_bits(&t,
		      s->entry & EPT_RWX ? "R|W|X||||ignore-PAT|large|A|D||APIC-page" :
					   "||||||ignore-PAT|large|A|D||unused-RAM",
		      s->entry & (EPT_RWX | EPT_IGNORE_PAT | EPT_LEAF | EPT_ACCESSED | EPT_DIRTY |
				  EPT_RESERVED));
	if (!s->entry) {
		dump_add(&t, "not present");
	} else {
		if (leaf) {
			dump_add(&t, " ");
			dump_add_memory_type(&t, s->entry >> EPT_TYPE_SHIFT & 7);
		}
		dump_add(&t, "%s -> %#lx", s->entry & EPT_HIDDEN ? " hidden" : "",
			 s->entry & ENTRY_ADDRESS);
	}
	dump_line("  level %u hpa=%#lx entry=0x%016lx %s", s->level, s->entry_address, s->entry,
		  text);
}

static const char *result_of(const struct table_walk *w)
{
	if (w->mapped)
		return "mapped";
	return w->flags & EPT_HIDDEN ? "RAM, hidden by the chipset" :
				       "RAM, cleared and mapped at its first use";
}

void dump_ept_walk(struct vcpu *v, gpa_t gpa)
{
	struct table_walk w;
	char name[8];

	dump_vm_name(v, name);
	if (!v->ept) {
		dump_line("ept: vm=%s vcpu=%u has no EPT", name, v->index);
		return;
	}
	ept_walk(v->ept, gpa, &w);
	dump_line("ept: vm=%s vcpu=%u gpa=%#lx eptp=%#lx", name, v->index, gpa, v->ept->eptp);
	for (unsigned i = 0; i < w.step_count; i++)
		show_ept_entry(&w.steps[i]);
	if (!w.mapped && !w.leaf_size)
		dump_line("  result: no memory");
	else
		dump_line("  result: %s hpa=%#lx size=%luK",
			  result_of(&w), w.address, w.leaf_size >> 10);
}
