/* SPDX-License-Identifier: MIT */
/*
 * Waits for ticks that cannot come, because the timer's interrupt is
 * masked. No exit tells of it. Before that, loops that only take long: with
 * a counter, and by a clock; of these nothing is said.
 *
 * EXPECT ^spin: counted$
 * EXPECT ^spin: the PM timer ran$
 * EXPECT ^spin: now$
 * EXPECT stuck: vm=vm0 vcpu=0 for 2\d\d\d ms loops around rip=0x[0-9a-f]+, the same \d states .*; no interrupt can come: 8259 masks 0xfb/0xff, in service 0/0, 8254 runs$
 * REJECT (?s)stuck: .*spin: now|outcome=
 * OPTIONS log=warn
 * STATUS 124
 * TIMEOUT 40
 */
#include "guest/guest.h"

static volatile unsigned ticks;

int guest_main(void)
{
	u32 start;

	interrupts_init();
	for (volatile unsigned i = 0; i < 9000000; i++)
		;
	print("spin: counted\n");
	start = inl(0x608);
	while (((inl(0x608) - start) & 0xffffff) < 3579545)
		;
	print("spin: the PM timer ran\n");
	print("spin: now\n");
	pit_start(11932);
	asm volatile("sti");
	while (!ticks)
		;
	return 0;
}
