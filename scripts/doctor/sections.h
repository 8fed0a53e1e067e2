/* SPDX-License-Identifier: MIT */
/*
 * The dumps of KVM (dump_vmcs, in dmesg) and Xen: three sections whose
 * labels mean different fields in each.
 */
#pragma once

#include "scripts/doctor/dump.h"

/* Read a line of such a dump. False: it is none, or nothing in it is known. */
bool sections_line(struct dump *d, const char *line);

/* For these readers, from dump.c. */
const char *dump_number(const char *text, u64 *value);
void dump_set(struct dump *d, unsigned index, u64 value);
