/* SPDX-License-Identifier: MIT */
/* What a PC's firmware leaves in CMOS memory, as far as anybody looks for it. */
#pragma once

#include "lib/types.h"

/* Where it has always left the size of memory; cmos: RTC_CMOS bytes. */
void rtc_cmos_memory(u8 *cmos, u64 ram_size);
