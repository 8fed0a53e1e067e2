/* SPDX-License-Identifier: MIT */
/*
 * The clocks of test_timer.c agree, too, while exits are traced: a line takes
 * longer to send than the periods are that are measured, but meanwhile the
 * machine's time stands still.
 *
 * OPTIONS log=quiet trace=hlt
 * EXPECT trace: .* reason=HLT
 * EXPECT checks: \d+, failed: 0
 * EXPECT outcome=clean
 */
#include "guest/test_timer.c"
