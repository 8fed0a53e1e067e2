/* SPDX-License-Identifier: MIT */
/*
 * Statistics of a vCPU's exits, made from the flight recorder's records a
 * page at a time: for each subject (an exit reason, and inside it the port,
 * the MSR, the CPUID leaf...) how many, and how long in the handler and
 * before that in the guest, as histograms by powers of two. And where in the guest
 * the exits of a reason come from, sampled.
 */
#pragma once

#include "vmx/exit_reason.h"
#include "vmx/record.h"

#define STATS_BUCKETS 64

/* Ticks of the TSC. Bucket i counts 2^i to 2^(i+1) - 1. */
struct stats_times {
	u64 sum, min, max;
	u64 bucket[STATS_BUCKETS];
};

struct stats_cell {
	u64 subject; /* record_subject(): reason, vCPU, VM, key */
	struct stats_times handler, guest;
};

#define STATS_CELLS 216
#define STATS_INDEX 512 /* a power of two, well above STATS_CELLS */

/* So many keys of one reason have cells of their own; the rest share one. */
#define STATS_KEYS	24
#define STATS_KEY_OTHER 0xffffffffU

#define STATS_RIPS 8

/* So many exits from one sample to the next. A prime: programs like to loop by powers of two. */
#define STATS_RIP_STRIDE 13

struct stats_rip {
	u64 rip;
	u64 samples;
};

struct stats {
	struct stats_cell *last; /* exits come in runs */
	unsigned count;
	u32 phase; /* records until the next sample */
	u8 keys[EXIT_REASONS];
	u16 index[STATS_INDEX]; /* hashed by subject: number of a cell + 1 */
	struct stats_cell cells[STATS_CELLS];
	struct stats_rip rips[EXIT_REASONS][STATS_RIPS];
};

/* 0, -ERR_NOMEM. */
int stats_create(struct stats **out) __must_check;
void stats_destroy(struct stats *s); /* NULL is nothing */
void stats_reset(struct stats *s);

/* Take complete records from r up to end; the guest had gone on at `resumed` before the first. */
void stats_take(struct stats *s, const struct exit_record *r, const struct exit_record *end,
		u64 resumed);

/* ---- Readers: after recorder_catch_up() ----------------------------------------- */

u64 stats_count(const struct stats_times *t);

/*
 * The value that `permille` of 1000 do not exceed: the upper end of its
 * bucket, but never beyond the greatest there was. 0 without any.
 */
u64 stats_percentile(const struct stats_times *t, unsigned permille);

/* Words for a cell's key, "" for reasons without; returns the length. */
size_t stats_key_text(const struct stats_cell *cell, char *text, size_t size);

/* All of one reason together; `guest` may be NULL. */
void stats_of_reason(const struct stats *s, unsigned reason, struct stats_times *handler,
		     struct stats_times *guest);
