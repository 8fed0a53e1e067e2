/* SPDX-License-Identifier: MIT */
/*
 * The host's two 8259 interrupt controllers, which it does not use.
 */
#pragma once

/*
 * Give them vectors that are not exceptions' (VECTOR_PIC), because even a
 * masked one can signal a spurious interrupt, then mask everything. Harmless
 * where there is none.
 */
void pic_mask_all(void);
