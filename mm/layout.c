/* SPDX-License-Identifier: MIT */
#include "mm/layout.h"

u64 direct_base = DIRECT_BASE;
