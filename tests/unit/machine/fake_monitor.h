/* SPDX-License-Identifier: MIT */
/* A monitor that only notes that it was called. Stands in for machine/monitor.c at link time. */
#pragma once

extern unsigned fake_monitor_polls;
extern unsigned fake_monitor_keeps; /* so many stops are answered by "run on" */
