/* SPDX-License-Identifier: MIT */
/*
 * The memory types that a guest gave its RAM by its MTRRs, put into EPT.
 * There the guest's PAT is combined with them as the processor does with
 * MTRRs. SDM "EPT and Memory Typing".
 */
#pragma once

#include "machine/vm.h"

/* After the first vCPU's MTRRs changed (all of a machine's have to be alike). Its vCPU is loaded.
 */
void memory_type_apply(struct vm *vm);
