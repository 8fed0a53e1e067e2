/* SPDX-License-Identifier: MIT */
/*
 * A log that counts: stands in for kernel/log.c at link time.
 */
#pragma once

#include "kernel/log.h"

extern unsigned fake_log_warnings; /* and errors */
extern char fake_log_last[LOG_LINE_MAX + 1];  /* text of the last warning or error */

void fake_log_reset(void);
