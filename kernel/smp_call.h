/* SPDX-License-Identifier: MIT */
/*
 * The mailbox of each AP: one function at a time. smp_run_on() is the
 * caller's half (kernel/smp.h), this is the rest of the AP's life.
 */
#pragma once

#include "lib/types.h"

/* Boot CPU, once, before any AP is started. */
void smp_call_init(void);

/* True once CPU `index` serves its mailbox. */
bool smp_call_ready(unsigned index);

/* Run what is put into the mailbox of this CPU, sleeping in between. */
_Noreturn void smp_call_serve(unsigned index);
