/* SPDX-License-Identifier: MIT */
/*
 * The clocks of a PC that have a known frequency. Only one is open at a
 * time; close() puts it back as it was found.
 */
#pragma once

#include "kernel/time_calibrate.h"
#include "lib/types.h"

/* Fill `source`; true if this computer seems to have the clock. After acpi_init(). */
bool time_sources_open_pm_timer(struct time_source *source);
bool time_sources_open_hpet(struct time_source *source);
bool time_sources_open_pit(struct time_source *source);
