/* SPDX-License-Identifier: MIT */
/*
 * Text for dumps: lines to wherever a dump goes, and words put together in a
 * buffer of the caller's, which is never overrun. Allocates nothing and
 * waits for nobody, so that it works in a panic.
 */
#pragma once

#include "kernel/log.h"
#include "lib/types.h"
#include "vmx/vmcs.h"

struct vcpu;

/*
 * Where lines go from now on: NULL is log_report(). Only for a panic, whose
 * other CPUs are stopped, and for who keeps all others from dumping meanwhile.
 */
void dump_set_sink(void (*sink)(const char *line));

/* One line, cut at LOG_LINE_MAX. */
void dump_line(const char *fmt, ...) __printf(1, 2);

struct dump_text {
	char *to;
	size_t size, used;
};

/* An empty text; `size` is not 0. */
static inline struct dump_text dump_text(char *to, size_t size)
{
	to[0] = 0;
	return (struct dump_text){ to, size, 0 };
}

/* Append; what has no room is left out. */
void dump_add(struct dump_text *t, const char *fmt, ...) __printf(2, 3);

/*
 * Lists are strings with | between the words, from 0 up. Append the n-th
 * word, "?" if there is none or it is empty.
 */
void dump_add_word(struct dump_text *t, const char *list, unsigned n);

/* Append the words of the bits that are set, and "bits 12-15" for those without one. */
void dump_add_bits(struct dump_text *t, const char *list, u64 value);

/* The same with the names of the bits of a VMCS field (enum vmcs_index); see vmx/entry_bits.h. */
void dump_add_field_bits(struct dump_text *t, unsigned index, u64 value);

/* "vm0", as records of the trace call it. */
void dump_vm_name(const struct vcpu *v, char name[8]);

/* A field's value; 0 where the processor does not have it. */
u64 dump_field(enum vmcs_field field);

/* Can this CPU read a VMCS now? A line says so if not. */
bool dump_possible(const struct vcpu *v);
