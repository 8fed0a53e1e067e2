/* SPDX-License-Identifier: MIT */
/*
 * One VM exit as 64 bytes: what the flight recorder keeps, the statistics
 * are made of, and the binary trace contains. docs/trace-format.md.
 */
#pragma once

#include "kernel/time.h"
#include "lib/bits.h"
#include "lib/types.h"

#define RECORD_MARK 0x43455254U /* "TREC" */

/* Verdicts as in enum verdict; and: the handler has not returned. */
#define RECORD_NONE 255

struct exit_record {
	union {
		u64 in; /* TSC at the exit */
		struct tsc in_halves;
	};
	union {
		u64 out; /* TSC at the entry that followed, or 0 */
		struct tsc out_halves;
	};
	u64 rip;
	u64 qualification;
	u16 reason; /* basic */
	u8 vcpu, vm;
	u32 key;	    /* what the exit was about: see record_key_text() */
	u32 length_verdict; /* 7:0 instruction length, 15:8 verdict */
	u32 intr;	    /* interruption information */
	u32 idt;	    /* IDT-vectoring information */
	u32 event;	    /* injected at `out`; in the ring only valid if n says so */
	u32 n;		    /* low half of the number; in the ring: of the exit that `event` belongs to */
	u32 mark;
};
_Static_assert(sizeof(struct exit_record) == 64, "docs/trace-format.md");

#define RECORD_VERDICT_SHIFT 8

/* Reason, vCPU, machine and key at once: what statistics are kept by. */
static __always_inline u64 record_subject(const struct exit_record *r)
{
	u64 subject;

	__builtin_memcpy(&subject, &r->reason, sizeof(subject));
	return subject;
}

#define SUBJECT_REASON(subject) ((unsigned)((subject) & 0xffff))
#define SUBJECT_KEY(subject)	((u32)((subject) >> 32))

/* Keys of EXIT_IO: the port, and whether it was read. */
#define RECORD_KEY_IN BIT(16)

/*
 * What is known of an exit before its handler runs, by its reason: the key
 * is the u32 at this offset of struct vcpu, or these details have to be read.
 */
#define RECORD_DETAILS	     0x8000U
#define RECORD_QUALIFICATION 0x0001U
#define RECORD_INTR	     0x0002U
#define RECORD_IDT	     0x0004U
#define RECORD_LENGTH	     0x0008U /* the processor says how long the instruction is */
#define RECORD_KEY	     0x0070U /* which key: */
#define RECORD_KEY_PORT	     0x0010U
#define RECORD_KEY_PAGE	     0x0020U
#define RECORD_KEY_VECTOR    0x0030U
#define RECORD_KEY_CR	     0x0040U
#define RECORD_KEY_DR	     0x0050U
#define RECORD_KEY_LOW	     0x0060U /* low half of the qualification */
extern const u16 record_plan[];

/*
 * Words for a key of an exit reason: "port=0x3f8 in", "msr=0x1b",
 * "leaf=0x1", "page=0xfee00000", or "" where the reason has none. Returns
 * the length. Pure.
 */
size_t record_key_text(unsigned reason, u32 key, char *text, size_t size);

/* "NEXT", ..., "NONE" */
const char *record_verdict_name(unsigned verdict);
