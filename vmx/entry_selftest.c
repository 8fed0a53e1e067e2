/* SPDX-License-Identifier: MIT */
#include "vmx/entry_selftest.h"

#include "kernel/log.h"
#include "kernel/panic.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/entry_check.h"
#include "vmx/entry_mutate.h"
#include "vmx/entry_try.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"
#include "vmx/vmx.h"

#define RULES_MAX 512

/* Without these an exit leaves us with the guest's EFER and PAT. */
#define HOST_NEEDS (EXITCTL_LOAD_EFER | EXITCTL_LOAD_PAT)

struct selftest {
	struct vcpu *v;
	struct entry_random random;
	struct vmcs_image start, base, image;
	u64 stack; /* where entry_try() keeps RSP */
	bool alone[RULES_MAX];
	struct entry_selftest *result;
};

/* Too large for a stack; a boot runs one selftest. */
static struct selftest selftest;

/* Fields of the host that may have any legal value for the moment of an exit. */
static bool host_field_is_harmless(unsigned index)
{
	switch (index) {
	case VMCS_AT_HOST_ES_SELECTOR:
	case VMCS_AT_HOST_DS_SELECTOR:
	case VMCS_AT_HOST_FS_SELECTOR:
	case VMCS_AT_HOST_GS_SELECTOR:
	case VMCS_AT_HOST_FS_BASE:
	case VMCS_AT_HOST_SYSENTER_CS:
	case VMCS_AT_HOST_SYSENTER_ESP:
	case VMCS_AT_HOST_SYSENTER_EIP:
		return true;
	default:
		return false;
	}
}

/* Would an exit, or an entry that goes all the way, do harm? */
static bool harmful(const struct entry_mutation *m)
{
	for (unsigned i = 0; i < m->count; i++) {
		unsigned index = m->changes[i].index;

		if (m->changes[i].before == m->changes[i].after)
			continue;
		if (vmcs_field_kind(vmcs_index_field(index)) == VMCS_KIND_HOST &&
		    !host_field_is_harmless(index))
			return true;
		if (index == VMCS_AT_EXIT_MSR_LOAD_COUNT || index == VMCS_AT_ENTRY_MSR_LOAD_COUNT ||
		    index == VMCS_AT_ENTRY_MSR_LOAD_ADDRESS)
			return true;
		if (index == VMCS_AT_EXIT_CONTROLS && ~m->changes[i].after & HOST_NEEDS)
			return true;
	}
	return false;
}

/* Bochs 2.7 does not refuse IA-32e mode without protection; it gives up. */
static bool stops_bochs(const struct vmcs_image *image)
{
	return image->value[VMCS_AT_ENTRY_CONTROLS] & ENTRYCTL_IA32E_GUEST &&
	       !(image->value[VMCS_AT_GUEST_CR0] & CR0_PE);
}

static void write_image(const struct vmcs_image *image)
{
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++) {
		u32 field = vmcs_index_field(i);

		if (vmcs_set_has(&image->known, i) && vmcs_field_kind(field) != VMCS_KIND_READ_ONLY)
			vmcs_write((enum vmcs_field)field, image->value[i]);
	}
}

/* Enter, and say how it failed; ENTRY_CLASSES with *number for a way the rules do not know. */
static enum entry_class attempt(struct selftest *s, u64 *number)
{
	u32 how;

	/* Whatever the processor makes of the launch state after a failure. */
	panic_on(vmclear(s->v->vmcs) != VMX_OK || vmptrld(s->v->vmcs) != VMX_OK);
	how = entry_try(&s->stack);
	if (how == ENTRY_TRY_EXIT) {
		*number = vmcs_read(VMCS_EXIT_REASON);
		/* Without the mark of a failed entry: the guest has run, or the number is wrong. */
		if (!(*number & EXIT_REASON_FAILED_ENTRY))
			return ENTRY_CLASSES;
		return entry_check_class_of_exit((u32)*number, vmcs_read(VMCS_EXIT_QUALIFICATION));
	}
	*number = how == ENTRY_TRY_VALID ? vmcs_read(VMCS_INSTRUCTION_ERROR) : 0;
	return entry_check_class_of_error((u32)*number);
}

/* Checks come in three stages; within one, their order is the processor's own. */
static unsigned stage(enum entry_class class)
{
	if (class <= ENTRY_HOST_STATE)
		return 0;
	return class < ENTRY_MSR_LOADING ? 1 : class == ENTRY_MSR_LOADING ? 2 : 3;
}

static bool agrees(const struct entry_diagnosis *d, enum entry_class actual)
{
	if (actual == ENTRY_CLASSES)
		return false;
	/* Blocking by STI and an NMI: the processor's choice, and often without its number. */
	if (d->class_violated[ENTRY_GUEST_NMI] && stage(d->class) > 1 && stage(actual) == 1)
		return actual == ENTRY_GUEST_NMI || actual == ENTRY_GUEST_STATE;
	return stage(actual) == stage(d->class) && d->class_violated[actual];
}

static size_t describe(char *to, size_t size, const struct entry_mutation *m)
{
	size_t used = format(to, size, m->count ? "" : "as it is");

	for (unsigned i = 0; i < m->count; i++)
		used += format(to + used, size - used, "%s%s %#lx->%#lx", i ? ", " : "",
			       vmcs_index_name(m->changes[i].index), m->changes[i].before,
			       m->changes[i].after);
	return used;
}

/* The rule that alone is violated, besides the one of the MSR list; its number, or -1. */
static int only_rule(const struct entry_input *in, const char **name)
{
	int found = -1, number = 0;

	for (unsigned g = 0; g < entry_group_count; g++)
		for (unsigned i = 0; i < entry_groups[g]->count; i++, number++) {
			struct entry_case c;

			if (entry_groups[g]->class == ENTRY_MSR_LOADING ||
			    entry_rule_check(entry_groups[g], i, in, &c) != ENTRY_VIOLATED)
				continue;
			if (found >= 0)
				return -1;
			found = number;
			*name = entry_groups[g]->rules[i].name;
		}
	return found;
}

static void judge(struct selftest *s, unsigned base, unsigned number)
{
	struct entry_diagnosis d;
	struct entry_mutation m;
	struct entry_input in;
	enum entry_class actual;
	const char *name = NULL;
	char text[120];
	bool bad;
	u64 code;
	int rule;

	s->image = s->base;
	m.count = 0;
	/* The first of each kind is tried as it is: a bad one would prove nothing. */
	if (number >= entry_base_count())
		entry_mutate(&s->image, &s->random, &m);
	write_image(&s->image);
	/* Read back: some fields keep fewer bits than were written. */
	vmcs_image_refresh(&s->image);
	entry_check_input(&in, &s->image, s->v->vmcs);
	entry_diagnose(&d, &in);
	bad = stage(d.class) > 0 && (harmful(&m) || stops_bochs(&s->image));
	s->result->harmful += bad;
	s->result->uncertain += !bad && d.not_checked;
	if (bad || d.not_checked)
		return;

	describe(text, sizeof(text), &m);
	log_debug("doctor", "try=%u base=%s violated=%u rule=%s %s", number, entry_base_name(base),
		  d.violated - d.class_violated[ENTRY_MSR_LOADING], d.first ? d.first->name : "none", text);
	actual = attempt(s, &code);
	s->result->tried++;
	if (agrees(&d, actual) && (m.count || d.class == ENTRY_MSR_LOADING)) {
		s->result->agreed++;
		rule = only_rule(&in, &name);
		if (rule >= 0 && rule < RULES_MAX)
			s->alone[rule] = true;
		return;
	}
	s->result->disagreed++;
	log_report("doctor: disagree try=%u base=%s %s", number, entry_base_name(base), text);
	log_report("doctor: disagree try=%u rules=%u first=%s expected=\"%s\" processor=\"%s\" code=%#lx",
		   number, d.violated - d.class_violated[ENTRY_MSR_LOADING],
		   d.class_violated[ENTRY_MSR_LOADING] == d.violated ? "none" : d.first->name,
		   entry_class_text(d.class), entry_class_text(actual), code);
}

/* A list of one MSR that cannot be loaded: the entry's last obstacle. */
static hpa_t make_msr_list(void)
{
	u64 *list = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_TEST);

	panic_on(!list);
	list[0] = MSR_FS_BASE;
	return virt_to_phys(list);
}

void entry_selftest_run(struct vcpu *v, unsigned count, u64 seed, struct entry_selftest *result)
{
	struct selftest *s = &selftest;
	hpa_t list = make_msr_list();
	struct vmcs_image good;

	memset(s, 0, sizeof(*s));
	*result = (struct entry_selftest){ 0 };
	s->v = v;
	s->result = result;
	s->random.state = seed | BIT(63);
	vmcs_image_read(&good);
	s->start = good;
	vmcs_image_set(&s->start, VMCS_AT_HOST_RSP, (u64)&s->stack);
	vmcs_image_set(&s->start, VMCS_AT_HOST_RIP, (u64)entry_try_exit);
	vmcs_image_set(&s->start, VMCS_AT_ENTRY_MSR_LOAD_COUNT, 1);
	vmcs_image_set(&s->start, VMCS_AT_ENTRY_MSR_LOAD_ADDRESS, list);

	for (unsigned i = 0; i < count; i++) {
		unsigned base = i % entry_base_count();

		s->base = s->start;
		if (entry_base_apply(&s->base, base, vmx_host.caps.proc2.may_be_one))
			judge(s, base, i);
	}
	write_image(&good);
	v->launched = 0;
	for (unsigned i = 0; i < RULES_MAX; i++)
		result->rules_seen_alone += s->alone[i];
	frame_free(list, FRAME_ORDER_4K, FRAME_TEST);
}
