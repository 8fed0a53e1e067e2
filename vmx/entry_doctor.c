/* SPDX-License-Identifier: MIT */
#include "vmx/entry_doctor.h"

#include "lib/format.h"
#include "vmx/entry_bits.h"

#define LINE 200 /* as long as a log line can be */
#define TEXT 400 /* a condition: told in several lines when it must be */

struct report {
	entry_line_fn line;
	void *context;
	unsigned number;
};

const char *entry_class_text(enum entry_class class)
{
	static const char *const texts[] = {
		[ENTRY_CONTROLS] = "VMfailValid, error 7 (invalid control fields)",
		[ENTRY_HOST_STATE] = "VMfailValid, error 8 (invalid host-state fields)",
		[ENTRY_GUEST_STATE] = "exit reason 80000021H (33), invalid guest state",
		[ENTRY_GUEST_LINK] = "exit reason 80000021H (33), qualification 4 (VMCS link pointer)",
		[ENTRY_GUEST_PDPTE] = "exit reason 80000021H (33), qualification 2 (PDPTEs)",
		[ENTRY_GUEST_NMI] = "exit reason 80000021H (33), qualification 3, on some processors",
		[ENTRY_MSR_LOADING] = "exit reason 80000022H (34), MSR loading",
		[ENTRY_CLASSES] = "no violated rule",
	};

	return texts[class];
}

static void say(struct report *r, const char *fmt, ...) __printf(2, 3);

static void say(struct report *r, const char *fmt, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, fmt);
	format_va(line, sizeof(line), fmt, args);
	va_end(args);
	r->line(r->context, line);
}

void entry_diagnose(struct entry_diagnosis *d, const struct entry_input *in)
{
	*d = (struct entry_diagnosis){ .class = ENTRY_CLASSES };
	for (unsigned g = 0; g < entry_group_count; g++) {
		const struct entry_group *group = entry_groups[g];

		for (unsigned i = 0; i < group->count; i++) {
			struct entry_case c;
			enum entry_result result = entry_rule_check(group, i, in, &c);

			d->rules++;
			d->not_checked += result == ENTRY_NOT_CHECKED;
			if (result != ENTRY_VIOLATED)
				continue;
			d->violated++;
			d->class_violated[group->class]++;
			if (!d->first)
				d->first = &group->rules[i];
			if (group->class < d->class && group->class != ENTRY_GUEST_NMI)
				d->class = group->class;
		}
	}
}

static void say_fields(struct report *r, const struct entry_case *c)
{
	char line[LINE];
	size_t used = 0;

	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++) {
		if (!vmcs_set_has(&c->used, i))
			continue;
		if (used > 90) {
			say(r, "    %s", line);
			used = 0;
		}
		used += format(line + used, sizeof(line) - used, "%s%s = %#lx", used ? ", " : "",
			       vmcs_index_name(i), c->in->image->value[i]);
	}
	if (used)
		say(r, "    %s", line);
}

static void say_offense(struct report *r, const struct entry_case *c)
{
	const struct entry_offense *o = &c->offense;
	char bits[LINE];
	u64 value;

	if (o->index < 0)
		return;
	value = c->in->image->value[o->index];
	if (o->must_be_one) {
		entry_bits_text(bits, sizeof(bits) - 60, (unsigned)o->index, o->must_be_one);
		say(r, "    %s: must be 1: %s", vmcs_index_name((unsigned)o->index), bits);
	}
	if (o->must_be_zero) {
		entry_bits_text(bits, sizeof(bits) - 60, (unsigned)o->index, o->must_be_zero);
		say(r, "    %s: must be 0: %s", vmcs_index_name((unsigned)o->index), bits);
	}
	say(r, "    legal by this rule, here: %s = %#lx", vmcs_index_name((unsigned)o->index),
	    (value | o->must_be_one) & ~o->must_be_zero);
}

static void say_rule(struct report *r, const struct entry_group *group,
		     const struct entry_rule *rule, const struct entry_case *c)
{
	char text[TEXT];
	bool always = rule->when[0] == '1' && !rule->when[1];

	say(r, "%2u. %s: %s", ++r->number, rule->name, entry_class_text(group->class));
	entry_rule_text(text, sizeof(text), rule->must);
	say(r, "    must hold: %s", text);
	if (!always) {
		entry_rule_text(text, sizeof(text), rule->when);
		say(r, "    because: %s", text);
	}
	say_fields(r, c);
	say_offense(r, c);
	say(r, "    %s (SDM \"%s\")", rule->advice, group->title);
}

/* All rules of a class with this result: violated ones in full. */
static void say_class(struct report *r, const struct entry_input *in, enum entry_class class)
{
	for (unsigned g = 0; g < entry_group_count; g++) {
		const struct entry_group *group = entry_groups[g];

		for (unsigned i = 0; group->class == class && i < group->count; i++) {
			struct entry_case c;

			if (entry_rule_check(group, i, in, &c) == ENTRY_VIOLATED)
				say_rule(r, group, &group->rules[i], &c);
		}
	}
}

/* Which rules were not checked, several to a line. */
static void say_not_checked(struct report *r, const struct entry_input *in)
{
	char line[LINE];
	size_t used = 0;

	for (unsigned g = 0; g < entry_group_count; g++) {
		const struct entry_group *group = entry_groups[g];

		for (unsigned i = 0; i < group->count; i++) {
			struct entry_case c;

			if (entry_rule_check(group, i, in, &c) != ENTRY_NOT_CHECKED)
				continue;
			if (used > 110) {
				say(r, "  not checked: %s", line);
				used = 0;
			}
			used += format(line + used, sizeof(line) - used, "%s%s", used ? " " : "",
				       group->rules[i].name);
		}
	}
	if (used)
		say(r, "  not checked: %s", line);
}

void entry_report(const struct entry_input *in, enum entry_class first, entry_line_fn line,
		  void *context)
{
	struct report r = { line, context, 0 };
	struct entry_diagnosis d;

	entry_diagnose(&d, in);
	say(&r, "VM-entry checks: %u rules, %u violated, %u not checked", d.rules, d.violated,
	    d.not_checked);
	if (first < ENTRY_CLASSES)
		say_class(&r, in, first);
	for (enum entry_class class = 0; class < ENTRY_CLASSES; class++)
		if (class != first)
			say_class(&r, in, class);
	if (d.not_checked)
		say_not_checked(&r, in);
	if (d.class < ENTRY_CLASSES) {
		say(&r, "this entry fails with %s", entry_class_text(d.class));
		return;
	}
	say(&r, "no rule is violated that every processor checks; what the rules cannot see:");
	say(&r, "  values of MSRs in the load lists; reserved bits that CPUID decides (performance");
	say(&r, "  counters, PT, LBR); SMM and dual-monitor treatment; a VMCS that is not clear or was");
	say(&r, "  not launched (errors 4, 5); blocking by MOV SS in the host (error 26); machine checks");
}
