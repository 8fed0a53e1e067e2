/* SPDX-License-Identifier: MIT */
/*
 * A guest for the monitor: it shows the keys and events that reach it, and
 * how long it was away at most by its own clocks, which no pause may show.
 * No test by itself: tests/boot/test_monitor.py types.
 */
#include "guest/guest.h"

#define COM1	  0x3f8
#define COM1_LSR  (COM1 + 5)
#define LSR_DATA  1
#define VECTOR_MY 0x40
#define NOTHING_THERE 0x20000000UL /* no RAM, but mapped */

static const struct {
	u16 limit;
	u64 base;
} __attribute__((packed)) no_idt;
static const char text[] = "a text at a known place";

static void came(struct interrupt_frame *frame)
{
	print("event: vector=%u error=%x cr2=%x\n", frame->vector, frame->error, cr2_read());
}

static u64 tsc_mhz(void)
{
	return cpuid(0x40000010, 0).eax / 1000;
}

static u64 longest_gap(void)
{
	static u64 last, longest;
	u64 now = rdtsc();

	if (last && now - last > longest)
		longest = now - last;
	last = now;
	return longest;
}

/* Time to press the hotkey. */
static void delay(void)
{
	u64 start = rdtsc();

	while (rdtsc() - start < 300000 * tsc_mhz())
		;
}

static void show_key(u8 key)
{
	print("key: <%x>\n", (u64)key);
	switch (key) {
	case 'q':
		print("longest gap: %u us\n", longest_gap() / tsc_mhz());
		power_off(0);
	case 'h': /* for ever, but for an NMI */
		delay();
		print("sleeping\n");
		asm volatile("cli; hlt; sti");
		print("woke up\n");
		break;
	case 's': /* without an end, and without letting the host's interrupts in: see vcpu_poll_if_overdue() */
		print("storing\n");
		asm volatile("cli; rep stosb" : : "D"(NOTHING_THERE), "c"(1UL << 60), "a"(0));
		break;
	case 'f':
		delay();
		print("falling\n");
		asm volatile("lidt %0; ud2" : : "m"(no_idt));
	}
}

int guest_main(void)
{
	interrupts_init();
	interrupts_set_handler(VECTOR_MY, came);
	interrupts_set_handler(VECTOR_NMI, came);
	interrupts_set_handler(VECTOR_PF, came);
	asm volatile("sti");
	print("ready: text=%x\n", (u64)text);
	for (;;) {
		(void)longest_gap();
		if (inb(COM1_LSR) & LSR_DATA)
			show_key(inb(COM1));
	}
}
