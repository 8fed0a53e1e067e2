/* SPDX-License-Identifier: MIT */
#include "scripts/doctor/json.h"

#include <stdio.h>
#include <string.h>

#define TEXT 1000

static void string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void member(const char *name, const char *text)
{
	printf("\"%s\": ", name);
	string(text);
	printf(", ");
}

static void fields(const struct entry_case *c)
{
	bool first = true;

	printf("\"fields\": {");
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++) {
		if (!vmcs_set_has(&c->used, i))
			continue;
		printf("%s\"%s\": \"0x%lx\"", first ? "" : ", ", vmcs_index_name(i),
		       (unsigned long)c->in->image->value[i]);
		first = false;
	}
	printf("}");
}

static void violated(const struct entry_group *group, const struct entry_rule *rule,
		     const struct entry_case *c)
{
	const struct entry_offense *o = &c->offense;
	char text[TEXT];

	printf("{");
	member("rule", rule->name);
	member("fails", entry_class_text(group->class));
	entry_rule_text(text, sizeof(text), rule->when);
	member("when", text);
	entry_rule_text(text, sizeof(text), rule->must);
	member("must", text);
	member("advice", rule->advice);
	member("sdm", group->title);
	if (o->index >= 0)
		printf("\"field\": \"%s\", \"must_be_one\": \"0x%lx\", \"must_be_zero\": \"0x%lx\", ",
		       vmcs_index_name((unsigned)o->index), (unsigned long)o->must_be_one,
		       (unsigned long)o->must_be_zero);
	fields(c);
	printf("}");
}

static void each(const struct entry_input *in, enum entry_result wanted)
{
	bool first = true;

	for (unsigned g = 0; g < entry_group_count; g++)
		for (unsigned i = 0; i < entry_groups[g]->count; i++) {
			struct entry_case c;

			if (entry_rule_check(entry_groups[g], i, in, &c) != wanted)
				continue;
			printf(first ? "\n  " : ",\n  ");
			first = false;
			if (wanted == ENTRY_VIOLATED)
				violated(entry_groups[g], &entry_groups[g]->rules[i], &c);
			else
				string(entry_groups[g]->rules[i].name);
		}
}

void json_report(const struct entry_input *in, const struct dump *d)
{
	struct entry_diagnosis diagnosis;

	entry_diagnose(&diagnosis, in);
	printf("{\"rules\": %u, \"fields_read\": %u, \"unknown_lines\": %u, ", diagnosis.rules,
	       d->fields, d->unknown);
	member("verdict", entry_class_text(diagnosis.class));
	printf("\"violated\": [");
	each(in, ENTRY_VIOLATED);
	printf("], \"not_checked\": [");
	each(in, ENTRY_NOT_CHECKED);
	printf("]}\n");
}
