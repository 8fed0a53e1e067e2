/* SPDX-License-Identifier: MIT */
/*
 * vmcs-doctor: the rules of vmx/entry_rules_*.c over a VMCS dump in a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripts/doctor/dump.h"
#include "scripts/doctor/json.h"
#include "scripts/doctor/models.h"
#include "vmx/entry_doctor.h"

enum { STATUS_GOOD, STATUS_VIOLATED, STATUS_USAGE, STATUS_NOTHING };

static const char usage[] =
	"usage: vmcs-doctor [--model NAME] [--msr N=VALUE]... [--json] [--quiet] FILE|-\n"
	"\n"
	"Judge a VMCS dump by all checks of a VM entry. FILE holds what some hypervisor\n"
	"printed: KVM's dump_vmcs, Xen's, or lines FIELD = 0x... in any spelling; lines\n"
	"IA32_VMX_... = 0x... are capability MSRs.\n"
	"\n"
	"  --model NAME          capabilities of this processor (--models lists them)\n"
	"  --msr 0x480=0x...     one capability MSR\n"
	"  --physical-bits N     physical-address width (--linear-bits N likewise)\n"
	"  --legacy-host         the entry comes from 32-bit mode\n"
	"  --json                for programs\n"
	"  --quiet               do not name lines that say nothing known\n"
	"  --markdown            the rules themselves, as docs/vm-entry-checks.md\n"
	"\n"
	"Status: 0 no rule violated, 1 some violated, 2 usage, 3 no field found in FILE.\n"
	"A rule that needs what FILE does not tell is \"not checked\", never passed.\n";

static struct dump dump;
static bool quiet, json, legacy;
static const char *model, *file;

static int complain(const char *text, const char *what)
{
	fprintf(stderr, "vmcs-doctor: %s: %s\n", what, text);
	return STATUS_USAGE;
}

static bool set_bits(const char *text, u8 *bits, enum entry_cap cap, unsigned least, unsigned most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n < least || n > most)
		return false;
	*bits = (u8)n;
	dump.caps_known |= 1U << cap;
	return true;
}

static bool set_msr(const char *text)
{
	char *end;
	unsigned long msr = strtoul(text, &end, 0);
	u64 value;

	if (*end != '=')
		return false;
	value = strtoull(end + 1, &end, 0);
	return !*end && dump_set_msr(&dump, (u32)msr, value);
}

/* One option with a value. False: not understood. */
static bool option(const char *name, const char *value)
{
	if (!strcmp(name, "--model")) {
		model = value;
		return true;
	}
	if (!strcmp(name, "--msr"))
		return set_msr(value);
	if (!strcmp(name, "--physical-bits"))
		return set_bits(value, &dump.caps.physical_bits, ENTRY_CAP_physical_bits, 32, 52);
	if (!strcmp(name, "--linear-bits"))
		return set_bits(value, &dump.caps.linear_bits, ENTRY_CAP_linear_bits, 48, 57);
	return false;
}

static int list_models(void)
{
	for (unsigned i = 0; model_name(i); i++)
		puts(model_name(i));
	return STATUS_GOOD;
}

/* -1: go on. */
static int parse(int count, char **words)
{
	for (int i = 1; i < count; i++) {
		const char *word = words[i];

		if (!strcmp(word, "--help")) {
			fputs(usage, stdout);
			return STATUS_GOOD;
		}
		if (!strcmp(word, "--models"))
			return list_models();
		if (!strcmp(word, "--markdown")) {
			markdown_rules();
			return STATUS_GOOD;
		}
		if (!strcmp(word, "--json"))
			json = true;
		else if (!strcmp(word, "--quiet"))
			quiet = true;
		else if (!strcmp(word, "--legacy-host"))
			legacy = true;
		else if (word[0] != '-' || !word[1])
			file = word;
		else if (i + 1 >= count || !option(word, words[++i]))
			return complain("not understood; --help tells more", word);
	}
	if (!file) {
		fputs(usage, stderr);
		return STATUS_USAGE;
	}
	return -1;
}

static int read_file(void)
{
	FILE *in = strcmp(file, "-") ? fopen(file, "r") : stdin;
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	ssize_t n;

	if (!in)
		return complain("cannot be opened", file);
	while ((n = getline(&line, &size, in)) >= 0) {
		number++;
		if (!dump_line(&dump, line, (size_t)n) && !quiet)
			fprintf(stderr, "vmcs-doctor: %s:%u: skipped: %.60s%s", file, number, line,
				n > 60 ? "...\n" : "");
	}
	free(line);
	if (in != stdin)
		fclose(in);
	return -1;
}

static void say(void *context, const char *line)
{
	(void)context;
	puts(line);
}

int main(int count, char **words)
{
	struct entry_input in = { &dump.image, &dump.caps, 0, true, ENTRY_POINTER_UNKNOWN, NULL };
	struct entry_diagnosis d;
	int status;

	dump_init(&dump);
	status = parse(count, words);
	if (status < 0)
		status = read_file();
	if (status >= 0)
		return status;
	if (model && !model_apply(&dump, model))
		return complain("no such model; --models lists them", model);
	if (!dump.fields)
		return complain("no VMCS field found", file), STATUS_NOTHING;
	in.caps_known = dump.caps_known;
	in.long_mode = !legacy;
	entry_diagnose(&d, &in);
	if (json)
		json_report(&in, &dump);
	else
		entry_report(&in, d.class, say, NULL);
	return d.violated ? STATUS_VIOLATED : STATUS_GOOD;
}
