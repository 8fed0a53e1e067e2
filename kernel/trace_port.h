/* SPDX-License-Identifier: MIT */
/*
 * COM2, for binary traces: 115200 8N1, polled. Opened when it is asked for;
 * nobody else uses it.
 */
#pragma once

#include "lib/types.h"

/*
 * Open it, if that has not been done, and send what a trace starts with. 0,
 * or -ERR_NOENT, -ERR_EXIST with *why set to what is wrong in words.
 */
int trace_port_open(const void *header, size_t size, const char **why) __must_check;

/*
 * Send all of it. Waits for the line, but not for another CPU that is
 * sending, and not long for a line that is dead: false, and what has not
 * been sent is lost.
 */
bool trace_port_write(const void *bytes, size_t size) __must_check;

/* Wait, for a bounded time, until all is on the line. */
void trace_port_flush(void);
