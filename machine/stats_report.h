/* SPDX-License-Identifier: MIT */
/*
 * Statistics of exits in words: a table for people, lines of key=value for
 * programs (docs/trace-format.md). At the end of a run and on demand.
 */
#pragma once

#include "machine/vm.h"

/*
 * Print what is known of v's exits so far. `details`: all of it, with histograms
 * and keys for programs. On the CPU that runs v, or when it is stopped.
 */
void stats_report(struct vm *vm, struct vcpu *v, bool details);

/* The same of one exit reason; EXIT_REASONS: of all. */
void stats_report_some(struct vm *vm, struct vcpu *v, bool details, unsigned reason);

/* Begin anew: counters, histograms, samples. */
void stats_restart(struct vm *vm, struct vcpu *v);
