/* SPDX-License-Identifier: MIT */
/*
 * The prompt: when it opens and closes, and where keys go. What the guest
 * does meanwhile is in monitor_run.c.
 */
#include "machine/monitor.h"

#include "kernel/apic.h"
#include "kernel/asm.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/monitor_command.h"
#include "machine/vm.h"
#include "vmx/instructions.h"

#define POLL_NS	  1000000UL /* between two looks for a key */
#define KEYS_ONCE 64	    /* a flood of keys must not keep a running guest from running */

static struct monitor *monitor_of(const struct vcpu *v)
{
	return &v->vm->monitor;
}

static void show(struct vcpu *v)
{
	v->vm->console.prompt = true;
	line_show(&monitor_of(v)->line);
}

void monitor_init(struct monitor *m)
{
	memset(m, 0, sizeof(*m));
	line_init(&m->line, log_guest_text);
}

/* ---- Open and close ------------------------------------------------------------ */

static void open(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);

	m->open = m->fresh = true;
	monitor_pause(v);
	log_report("%s: paused at rip=%#lx; help lists the commands, close goes back to the guest",
		   v->vm->name, vmcs_read(VMCS_GUEST_RIP));
	show(v);
}

static void close(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);

	m->open = false;
	v->vm->console.diverted = v->vm->console.prompt = false;
	line_next(&m->line);
}

void command_close(struct vcpu *v, const struct command_words *w)
{
	(void)w;
	close(v);
}

/* ---- Keys ---------------------------------------------------------------------- */

static void enter(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);
	char line[MONITOR_LINE_MAX + 1];

	memcpy(line, m->line.text, sizeof(line));
	line_next(&m->line);
	monitor_hold_time(v);
	v->vm->run_ns = clock_now(&v->vm->clock);
	command_run(v, line);
	v->vm->console.prompt = v->vm->console.mid_line = false;
	if (m->open && !m->steps)
		show(v);
}

static void list(const char *text, size_t n, const struct command *c)
{
	char out[LOG_LINE_MAX];
	size_t used = 0;

	for (; c->name; c++)
		if (!strncmp(c->name, text, n))
			used += format(out + used, sizeof(out) - used, "%s  ", c->name);
	log_report("%s", out);
}

static void complete(struct monitor_line *l)
{
	const struct command *first;
	size_t common;

	if (memchr(l->text, ' ', l->cursor))
		return;
	switch (command_match(l->text, l->cursor, &first, &common)) {
	case 0:
		return;
	case 1:
		line_insert(l, first->name + l->cursor, common - l->cursor);
		line_insert(l, " ", 1);
		return;
	}
	if (common > l->cursor) {
		line_insert(l, first->name + l->cursor, common - l->cursor);
		return;
	}
	list(l->text, l->cursor, first);
	line_show(l);
}

static void key(struct vcpu *v, u8 byte)
{
	struct monitor *m = monitor_of(v);
	struct guest_console *console = &v->vm->console;
	bool fresh = m->fresh;

	m->fresh = false;
	if (byte == console->hotkey && byte) {
		log_guest_text("\n", 1);
		close(v);
		if (fresh && !m->ended)
			guest_console_type(console, byte);
		return;
	}
	/* Something else was shown since. */
	if (!console->prompt) {
		if (console->mid_line)
			log_guest_text("\n", 1);
		show(v);
	}
	switch (line_key(&m->line, byte)) {
	case LINE_NOTHING:
		break;
	case LINE_ENTER:
		enter(v);
		break;
	case LINE_LONG:
		line_next(&m->line);
		log_report("too long: no command needs more than %u characters", MONITOR_LINE_MAX);
		line_show(&m->line);
		break;
	case LINE_TAB:
		complete(&m->line);
		break;
	case LINE_END:
		log_guest_text("\n", 1);
		close(v);
		break;
	}
}

static void rest(void)
{
	if (!apic_timer_works()) {
		cpu_pause();
		return;
	}
	apic_timer_arm(POLL_NS);
	cpu_wait_interrupt();
}

static bool must_stop(const struct vcpu *v)
{
	return __atomic_load_n(&v->attention, __ATOMIC_RELAXED) & ATTENTION_STOP;
}

static void read_keys(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);

	for (unsigned i = 0; i < KEYS_ONCE && m->open && !must_stop(v); i++) {
		int byte = console_read();

		if (byte < 0)
			return;
		key(v, (u8)byte);
	}
}

void monitor_poll(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);

	if (!m->open)
		open(v);
	if (m->steps && monitor_stepped(v))
		show(v);
	read_keys(v);
	while (m->open && m->paused && !must_stop(v)) {
		rest();
		read_keys(v);
	}
	if (m->steps)
		vcpu_attend(v, ATTENTION_POLL);
	monitor_resume(v);
}

bool monitor_keeps(struct vcpu *v)
{
	struct monitor *m = monitor_of(v);
	char reason[VM_WHY_MAX];

	if (!m->open || vm_outcome(v->vm) == OUTCOME_CLEAN || must_stop(v))
		return false;
	monitor_pause(v);
	m->ended = true;
	vm_reason(v->vm, reason, sizeof(reason));
	log_report("%s; quit ends the run", reason);
	show(v);
	while (m->open && m->paused && !must_stop(v)) {
		rest();
		read_keys(v);
	}
	monitor_resume(v);
	return !m->ended;
}
