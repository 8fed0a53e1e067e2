/* SPDX-License-Identifier: MIT */
/*
 * Commands that change something.
 */
#include "kernel/log.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "machine/monitor_command.h"
#include "machine/vm.h"
#include "vmx/controls.h"
#include "vmx/instructions.h"
#include "vmx/trace.h"

/* Vectors whose delivery pushes an error code. SDM "Exception and Interrupt Vectors". */
#define WITH_ERROR                                                                                 \
	(1U << VECTOR_DF | 1U << VECTOR_TS | 1U << VECTOR_NP | 1U << VECTOR_SS | 1U << VECTOR_GP | \
	 1U << VECTOR_PF | 1U << VECTOR_AC)

#define ERROR_MAX 0x7fff /* older processors refuse bit 15 at an entry */

void command_trace(struct vcpu *v, const struct command_words *w)
{
	char text[LOG_LINE_MAX];

	if (w->count == 1)
		trace_describe(v, text, sizeof(text));
	else if (!trace_configure(v, w->word[1], text, sizeof(text)))
		return;
	log_report("%s", text);
}

/* The processor would refuse an entry with an interrupt that the guest does not take. */
static void inject_vector(struct vcpu *v, const struct command_words *w)
{
	u64 vector;

	if (!command_number(w->word[2], &vector))
		return;
	if (vector > 255)
		command_complain(w->word[2], "not a vector", "write 0 to 255");
	else if (!(vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_IF) ||
		 vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_SHADOW)
		command_complain(w->word[2], "the guest takes no interrupts now",
				 "step on, or inject nmi");
	else
		v->events.next = (struct vcpu_event){
			.info = INTR_VALID | INTR_EXTERNAL << INTR_TYPE_SHIFT | (u32)vector
		};
}

static void inject_exception(struct vcpu *v, const struct command_words *w)
{
	u64 vector, error = 0, cr2 = 0;

	if (!command_number(w->word[2], &vector) ||
	    (w->count > 3 && !command_number(w->word[3], &error)) ||
	    (w->count > 4 && !command_number(w->word[4], &cr2)))
		return;
	if (vector > 31 || vector == VECTOR_NMI)
		command_complain(w->word[2], "no exception has this vector",
				 "write 0 to 31, but 2");
	else if (vector == VECTOR_CP) /* with or without an error code: processors differ */
		command_complain(w->word[2], "guests have no CET, so no #CP", "inject another");
	else if (w->count > 3 && !(WITH_ERROR >> vector & 1))
		command_complain(w->word[3], "this exception has no error code", "leave it out");
	else if (w->count > 4 && vector != VECTOR_PF)
		command_complain(w->word[4], "only a page fault has an address", "leave it out");
	else if (error > ERROR_MAX)
		command_complain(w->word[3], "not an error code", "write 0 to 0x7fff");
	else if (vector == VECTOR_PF)
		event_page_fault(v, cr2, (u32)error);
	else if (vector == VECTOR_DB)
		event_debug(v, 0);
	else if (WITH_ERROR >> vector & 1)
		event_exception_error(v, (u8)vector, (u32)error);
	else
		event_exception(v, (u8)vector);
}

void command_inject(struct vcpu *v, const struct command_words *w)
{
	const char *kind = w->word[1];
	bool vector = !strcmp(kind, "vector"), nmi = !strcmp(kind, "nmi");

	if (monitor_has_fallen(v, w->word[0]))
		return;
	if (!vector && !nmi && strcmp(kind, "exception") != 0)
		command_complain(kind, "not an event", "write vector N, nmi or exception N");
	else if (!nmi && w->count < 3)
		command_complain(kind, "needs a number", "write for example inject exception 13 0");
	else if (w->count > (nmi ? 2 : vector ? 3 : 5))
		command_complain(w->word[w->count - 1], "too much", "leave it out");
	else if (nmi)
		event_nmi(v);
	else if (v->events.next.info & INTR_VALID)
		command_complain(kind, "another event is on its way", "write step first");
	else if (vector)
		inject_vector(v, w);
	else
		inject_exception(v, w);
	vcpu_attend(v, ATTENTION_EVENT);
}

void command_log(struct vcpu *v, const struct command_words *w)
{
	static const char levels[][6] = { "quiet", "error", "warn", "info", "debug" };

	(void)v;
	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
		if (!strcmp(levels[i], w->word[1])) {
			log_set_level((enum log_level)i);
			return;
		}
	}
	command_complain(w->word[1], "no level", "write quiet, error, warn, info or debug");
}

/* Of a guest that has stopped by itself the own reason stays. */
static void stop(struct vcpu *v, enum stop_cause cause, const char *detail)
{
	(void)vcpu_stop(v, cause, detail, 0);
	vcpu_attend(v, ATTENTION_STOP);
	command_close(v, NULL);
}

void command_reboot(struct vcpu *v, const struct command_words *w)
{
	(void)w;
	v->stop.cause = STOP_NONE;
	stop(v, STOP_RESET, "asked for in the monitor");
}

void command_quit(struct vcpu *v, const struct command_words *w)
{
	(void)w;
	stop(v, STOP_REQUESTED, "quit in the monitor");
}
