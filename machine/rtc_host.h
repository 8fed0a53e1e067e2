/* SPDX-License-Identifier: MIT */
/* The time of day, from this computer's own RTC. */
#pragma once

#include "lib/types.h"

/* Seconds since 1970; 2000-01-01 without an RTC that makes sense. Boot CPU; some ms at most. */
u64 rtc_host_seconds(void);
