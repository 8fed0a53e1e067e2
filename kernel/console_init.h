/* SPDX-License-Identifier: MIT */
/*
 * Finding this computer's consoles, as the options allow, and telling the
 * log what was found.
 */
#pragma once

#include "boot/info.h"
#include "kernel/options.h"

/*
 * The serial console: needs no mapping, so this can be the first thing done
 * once the options are known. `bda_ports` are the first four words of the
 * BIOS data area (physical 400H), or NULL where there is no BIOS.
 */
void consoles_init_early(const struct boot_info *boot, const struct options *options,
			 const u16 *bda_ports);

/* Makes device memory reachable; NULL when it cannot. */
typedef void *(*console_map_fn)(hpa_t address, u64 length, bool write_combining);

/*
 * VGA text or the framebuffer, with what the log has kept so far. May be
 * called early with the boot code's identity map and again with the
 * host's own tables: the second time only maps anew. Boot CPU only.
 */
void consoles_init_late(const struct boot_info *boot, const struct options *options,
			console_map_fn map);
