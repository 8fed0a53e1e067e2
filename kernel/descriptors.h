/* SPDX-License-Identifier: MIT */
/*
 * Selectors of the host's GDT, and which IST stack serves which exception.
 * Included by assembly as well.
 */
#pragma once

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS  0x28

#define IST_DF	1
#define IST_NMI 2
#define IST_MC	3
#define IST_MAX 3
