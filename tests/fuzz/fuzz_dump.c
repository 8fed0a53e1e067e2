/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the doctor: the input is a dump, as vmcs-doctor reads it; all
 * rules judge it, and the report is written. The first byte chooses what is
 * known besides the dump.
 */
#include <string.h>

#include "scripts/doctor/dump.h"
#include "scripts/doctor/models.h"
#include "vmx/entry_doctor.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static size_t total;

static void line(void *context, const char *text)
{
	(void)context;
	total += strlen(text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct entry_diagnosis diagnosis;
	struct dump d;
	struct entry_input in = { &d.image, &d.caps, 0, true, ENTRY_POINTER_UNKNOWN, NULL };
	const char *at = (const char *)data, *end = at + size;

	dump_init(&d);
	if (!size)
		return 0;
	if (*at & 1)
		(void)model_apply(&d, model_name(*at >> 4 & 7));
	in.long_mode = *at++ & 2;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);

		(void)dump_line(&d, at, n);
		at += n + (newline != NULL);
	}
	in.caps_known = d.caps_known;
	entry_diagnose(&diagnosis, &in);
	entry_report(&in, diagnosis.class, line, NULL);
	return 0;
}
