/* SPDX-License-Identifier: MIT */
#include "vmx/record_line.h"

#include "lib/format.h"
#include "lib/string.h"
#include "vmx/dump_exit.h"
#include "vmx/dump_text.h"
#include "vmx/recorder.h"

#define WORDS_MAX 320 /* of one record, all numbers at their widest */

static const char *reason_name(unsigned reason, char *number, size_t size)
{
	const char *name = exit_reason_name(reason);

	/* Names with a small letter are none of a reason. */
	if (*name <= 'Z')
		return name;
	format(number, size, "%u", reason);
	return number;
}

void record_line_begin(struct record_line *line, const char *subject, const struct exit_record *r,
		       u64 n)
{
	char words[WORDS_MAX], number[8];

	line->head = format(line->text, sizeof(line->text), "%s: vm=vm%u vcpu=%u n=%lu", subject,
			    r->vm, r->vcpu, n);
	line->length = line->head;
	format(words, sizeof(words),
	       "in=%lu out=%lu reason=%s key=0x%x qual=0x%lx rip=0x%lx len=%u intr=0x%x idt=0x%x "
	       "event=0x%x verdict=%s",
	       r->in, r->out, reason_name(r->reason, number, sizeof(number)), r->key,
	       r->qualification, r->rip, r->length_verdict & 0xff, r->intr, r->idt, r->event,
	       record_verdict_name(r->length_verdict >> RECORD_VERDICT_SHIFT));
	record_line_add(line, words);
}

void record_line_add(struct record_line *line, const char *words)
{
	while (*words) {
		const char *blank = strchr(words, ' ');
		size_t n = blank ? (size_t)(blank - words) : strlen(words);

		if (line->length + 1 + n > LOG_LINE_MAX && line->length > line->head)
			record_line_end(line);
		line->text[line->length++] = ' ';
		memcpy(line->text + line->length, words, n);
		line->length += n;
		words += n + (blank != NULL);
	}
}

void record_line_end(struct record_line *line)
{
	line->text[line->length] = '\0';
	dump_line("%s", line->text);
	line->length = line->head;
}

/* What it was about: the qualification says more of these than the key does. */
static void add_subject(struct dump_text *t, const struct exit_record *r)
{
	char text[DUMP_EXIT_TEXT];

	if (r->reason != EXIT_IO && r->reason != EXIT_CR_ACCESS && r->reason != EXIT_MOV_DR &&
	    record_key_text(r->reason, r->key, text, sizeof(text)))
		dump_add(t, " %s", text);
	if (qualification_text(r->reason, r->qualification, text, sizeof(text)))
		dump_add(t, " (%s)", text);
}

/* The error code is not in the record. */
static void add_event(struct dump_text *t, const char *what, u32 info)
{
	char text[DUMP_EXIT_TEXT];

	if (interruption_text(info & ~(u32)INTR_HAS_ERROR, 0, text, sizeof(text)))
		dump_add(t, " %s=\"%s\"", what, text);
}

size_t record_words(const struct exit_record *r, u64 n, u64 guest_ticks, char *text, size_t size)
{
	struct dump_text t = dump_text(text, size);
	char number[8];

	dump_add(&t, "  %lu %s", n, reason_name(r->reason, number, sizeof(number)));
	add_subject(&t, r);
	dump_add(&t, " rip=%#lx", r->rip);
	add_event(&t, "exit", r->intr);
	add_event(&t, "interrupted", r->idt);
	dump_add(&t, " %s", record_verdict_name(r->length_verdict >> RECORD_VERDICT_SHIFT));
	add_event(&t, "injected", r->event);
	if (guest_ticks)
		dump_add(&t, " guest=%lu", guest_ticks);
	if (r->out)
		dump_add(&t, " handler=%lu", r->out - r->in);
	return t.used;
}

void recorder_print(const struct vcpu *v, unsigned count, enum record_form form)
{
	u64 total = recorder_total(v), first = recorder_first(v), resumed = 0;
	struct record_line line;
	struct exit_record r;

	if (total > count && first < total - count)
		first = total - count;
	if (form == RECORD_WORDS)
		dump_line("last exits of vcpu %u, of %lu (times in ticks):", v->index, total);
	/* That of `total` itself: the exit that is being handled. */
	for (u64 n = first; n <= total; n++) {
		if (!recorder_get(v, n, &r))
			continue;
		if (form == RECORD_WORDS) {
			record_words(&r, n, resumed && r.in > resumed ? r.in - resumed : 0, line.text,
				     sizeof(line.text));
			dump_line("%s", line.text);
		} else {
			record_line_begin(&line, "record", &r, n);
			record_line_end(&line);
		}
		resumed = r.out;
	}
}
