/* SPDX-License-Identifier: MIT */
/*
 * A guest that gets nowhere: it polls the same port from the same few
 * places, or goes round in circles without any exit, or halts when nothing
 * can wake it. Found by looking now and then, in the poll that runs anyway:
 * at the flight recorder's last records, and at a sample of the registers. A
 * circle is when the same states of the registers come again and again.
 *
 * Nothing is done about it. It is said once, and in the report.
 */
#pragma once

#include "lib/types.h"

struct vcpu;
struct vm;

#define STUCK_SITES  8
#define STUCK_STATES 32

#define STUCK_LOOK_NS  10000000UL    /* how often it looks */
#define STUCK_AFTER_NS 2000000000UL  /* of the guest's time */
#define STUCK_TOLD_NS  10000000000UL /* at least, from one sentence to the next */

enum stuck_kind { STUCK_NOT, STUCK_POLLS, STUCK_SPINS, STUCK_HALTED };

struct stuck {
	u64 looked_ns;	/* last look, by the machine's clock */
	u64 since_ns;	/* nothing new since then */
	u64 seen;	/* number of the first exit not looked at */
	struct stuck_site {
		u64 rip, subject;
	} sites[STUCK_SITES]; /* where the exits come from */
	unsigned site_count;
	struct stuck_state {
		u64 rip, registers; /* a hash */
	} states[STUCK_STATES];
	unsigned state_count;
	u64 rip, rflags; /* of the last look */
	enum stuck_kind kind;
	bool told; /* of this time */
	u64 told_ns, told_place; /* of the last sentence */
};

/* Look, if it is time to. The vCPU is loaded and at an exit; `now` by the machine's clock. */
void stuck_poll(struct vcpu *v, u64 now);

/* The device whose page this is, or NULL: RAM or nothing. */
const char *stuck_page_device(const struct vm *vm, gpa_t page);

/* A line "stuck: ..." if the vCPU, which has stopped, got nowhere in the end. */
void stuck_report(struct vm *vm);

/* What it waits for, in one sentence; false: it is not stuck. `size` > 0. */
bool stuck_sentence(struct vm *vm, char *text, size_t size);
