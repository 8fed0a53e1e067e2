/* SPDX-License-Identifier: MIT */
/*
 * The table of commands; a line is cut, looked up and run.
 */
#include "machine/monitor_command.h"

#include "kernel/log.h"
#include "lib/format.h"
#include "lib/number.h"
#include "lib/string.h"
#include "machine/monitor_line.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"

/* clang-format off */
const struct command command_table[] = {
	{ "help", "[COMMAND]", "This list.", command_help, 0, 1 },
	{ "vm", "", "The machine: state, time, memory, what waits.", command_vm, 0, 0 },
	{ "regs", "", "Registers, segments, the last exit.", command_regs, 0, 0 },
	{ "vmcs", "[GROUP]", "Fields of the VMCS.", command_vmcs, 0, 1 },
	{ "x", "/NFU ADDRESS", "Memory: N units of b h w g as x d u c s.", command_examine, 1, 2 },
	{ "gva", "ADDRESS", "The guest's page walk of a linear address.", command_gva, 1, 1 },
	{ "ept", "ADDRESS", "The EPT walk of a guest-physical address.", command_ept, 1, 1 },
	{ "stats", "[all|reset|REASON]", "Statistics of exits.", command_stats, 0, 1 },
	{ "trace", "[WORDS]", "Trace exits, as trace=; off ends it.", command_trace, 0,
	  COMMAND_REST },
	{ "exits", "[N]", "The last N exits.", command_exits, 0, 1 },
	{ "pause", "", "Stop the guest and its time.", command_pause, 0, 0 },
	{ "cont", "", "Let it run; the prompt stays.", command_cont, 0, 0 },
	{ "step", "[N]", "Run N exits, then pause.", command_step, 0, 1 },
	{ "inject", "vector N | nmi | exception N [ERROR [CR2]]", "Give it an event.",
	  command_inject, 1, 4 },
	{ "log", "LEVEL", "How much is logged.", command_log, 1, 1 },
	{ "close", "", "Back to the guest, as the hotkey does.", command_close, 0, 0 },
	{ "reboot", "", "Reset the machine.", command_reboot, 0, 0 },
	{ "quit", "", "End the run.", command_quit, 0, 0 },
	{ 0 },
};
/* clang-format on */

void command_complain(const char *word, const char *wrong, const char *remedy)
{
	log_report("\"%.48s%s\": %s; %s", word, strlen(word) > 48 ? "..." : "", wrong, remedy);
}

bool command_number(const char *word, u64 *value)
{
	if (!number_parse(word, strlen(word), value))
		return true;
	command_complain(word, "not a number", "write for example 16 or 0x10");
	return false;
}

bool command_address(struct vcpu *v, const char *word, u64 *value)
{
	static const char names[][4] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					 "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };

	if (!number_parse(word, strlen(word), value))
		return true;
	for (unsigned i = 0; *word == '$' && i < ARRAY_SIZE(names); i++) {
		if (!strcmp(word + 1, names[i])) {
			*value = vcpu_register(v, i);
			return true;
		}
	}
	if (!strcmp(word, "$rip")) {
		*value = vmcs_read(VMCS_GUEST_RIP);
		return true;
	}
	command_complain(word, "not an address", "write for example 0x7c00 or $rip");
	return false;
}

unsigned command_match(const char *text, size_t n, const struct command **first, size_t *common)
{
	unsigned count = 0;

	for (const struct command *c = command_table; c->name; c++) {
		size_t same = 0;

		if (strncmp(c->name, text, n) != 0)
			continue;
		if (!count++) {
			*first = c;
			*common = strlen(c->name);
		}
		while (same < *common && c->name[same] == (*first)->name[same])
			same++;
		*common = same;
	}
	return count;
}

/* By its name, or by enough of it. Complains. */
static const struct command *find(const char *name)
{
	const struct command *c;
	size_t n = strlen(name);

	for (c = command_table; c->name; c++)
		if (!strcmp(c->name, name) || (!strncmp(name, "x/", 2) && *c->name == 'x'))
			return c;
	switch (command_match(name, n, &c, &n)) {
	case 1:
		return c;
	case 0:
		command_complain(name, "unknown command", "help lists all");
		return NULL;
	}
	command_complain(name, "several commands begin so", "press Tab to see them");
	return NULL;
}

/* "x/8xb" is one word. */
static const char *separator(const struct command *c)
{
	return *c->arguments == '/' || !*c->arguments ? "" : " ";
}

static void help_line(const struct command *c)
{
	log_report("  %s%s%s: %s", c->name, separator(c), c->arguments, c->sentence);
}

void command_help(struct vcpu *v, const struct command_words *w)
{
	const struct command *c;

	(void)v;
	if (w->count > 1) {
		c = find(w->word[1]);
		if (c)
			help_line(c);
		return;
	}
	for (c = command_table; c->name; c++)
		help_line(c);
	log_report("ADDRESS: a number or $REGISTER. Memory is guest-physical, or gva:ADDRESS.");
}

static char *next_word(char **line)
{
	char *s = *line, *word;

	while (*s == ' ')
		s++;
	word = s;
	while (*s && *s != ' ')
		s++;
	if (*s)
		*s++ = '\0';
	*line = s;
	return *word ? word : NULL;
}

void command_run(struct vcpu *v, char *line)
{
	struct command_words w = { .count = 1 };
	const struct command *c;
	char usage[80], *word;

	w.word[0] = next_word(&line);
	if (!w.word[0])
		return;
	c = find(w.word[0]);
	if (!c)
		return;
	if (c->most == COMMAND_REST && *line)
		w.word[w.count++] = line;
	else
		while (w.count < COMMAND_WORDS && (word = next_word(&line)))
			w.word[w.count++] = word;
	format(usage, sizeof(usage), "write %s%s%s", c->name, separator(c), c->arguments);
	if (w.count - 1 < c->least)
		command_complain(w.word[0], "needs an argument", usage);
	else if (w.count - 1 > c->most)
		command_complain(w.word[c->most + 1], "too much", usage);
	else
		c->run(v, &w);
}
