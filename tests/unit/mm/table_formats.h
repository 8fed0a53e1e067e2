/* SPDX-License-Identifier: MIT */
/* The two formats that the walker's tests use; like those of their users. */
#pragma once

#include "lib/bits.h"
#include "mm/walker.h"

#define HOST_READ  (BIT(0) | BIT(63))
#define HOST_WRITE (BIT(0) | BIT(1) | BIT(63))

static const struct table_format host_format = {
	.name = "host",
	.present = BIT(0),
	.leaf = BIT(7),
	.address = BITS(51, 12),
	.table_flags = BIT(0) | BIT(1),
	.levels = 4,
};

#define EPT_READ  BIT(0)
#define EPT_WRITE BIT(1)
#define EPT_EXEC  BIT(2)
#define EPT_RWX	  (EPT_READ | EPT_WRITE | EPT_EXEC)
#define EPT_KEPT  BIT(55) /* one of the bits that the processor ignores */

static const struct table_format ept_format = {
	.name = "EPT",
	.present = EPT_RWX,
	.kept = EPT_KEPT,
	.leaf = BIT(7),
	.address = BITS(51, 12),
	.table_flags = EPT_RWX,
	.levels = 4,
	.physical = true,
};
