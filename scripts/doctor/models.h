/* SPDX-License-Identifier: MIT */
/*
 * Capabilities of processors by name: Bochs' models and KVM's nested VMX.
 */
#pragma once

#include "scripts/doctor/dump.h"

/* Fill in what the dump has not said itself. False: no such model. */
bool model_apply(struct dump *d, const char *name);

/* Names, from 0; NULL behind the last. */
const char *model_name(unsigned i);
