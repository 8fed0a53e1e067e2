/* SPDX-License-Identifier: MIT */
/*
 * What the processor says about an exit, in words. Pure. All texts are
 * shorter than DUMP_EXIT_TEXT; each function ends the text within `size`
 * bytes (at least 1) and returns its length.
 */
#pragma once

#include "lib/types.h"

#define DUMP_EXIT_TEXT 120

/*
 * The qualification of an exit of this reason (bit 31, a failed entry, may
 * be in it): "out 1 byte to port 0x3f8", "MOV rax to CR3", ... Empty where
 * it means nothing. SDM "Basic VM-Exit Information".
 */
size_t qualification_text(u32 reason, u64 qualification, char *to, size_t size);

/*
 * Interruption information of exits, entries and IDT vectoring: "#PF (14),
 * hardware exception, error 0x2 (write, supervisor, not present)". Empty
 * if it is not valid.
 */
size_t interruption_text(u32 info, u32 error, char *to, size_t size);

/* A page fault's error code: "write, supervisor, not present". SDM "Page-Fault Exceptions". */
size_t page_fault_text(u32 error, char *to, size_t size);

/* "#PF", or NULL for a vector that is no exception. */
const char *exception_name(unsigned vector);
