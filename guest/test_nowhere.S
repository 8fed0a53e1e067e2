/* SPDX-License-Identifier: MIT */
/*
 * A jump into the VGA hole, where there is no memory: the guest is stopped.
 *
 * EXPECT ^nowhere: now$
 * EXPECT access to memory that is not there: guest-physical address 0xa0010
 * EXPECT cs +selector=a000 base=00000000000a0000
 * EXPECT last exit: reason=0x30 \(EPT_VIOLATION\) qualification=0x[0-9a-f]*4
 * EXPECT ^run: outcome=guest-fault reason="vm0: access to memory that is not there
 * STATUS 1
 */
#include "guest/asm.h"

	START
	SAY	"nowhere: now", rm
	ljmp	$0xa000, $0x10

	ROUTINES rm
