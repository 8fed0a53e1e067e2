/* SPDX-License-Identifier: MIT */
/*
 * The pre-flight report: every capability needed or wanted, what the CPU
 * says, and what follows. When something needed is missing, all of it in one list.
 */
#pragma once

#include "vmx/vmx.h"

/* Log what is there (level info) and, one by one, what is missing. */
void preflight_report(const struct vmx_host *host);

/*
 * List everything needed that is missing, each with its remedy, through
 * log_report. Returns how many.
 */
unsigned preflight_refuse(const struct vmx_caps *caps);
