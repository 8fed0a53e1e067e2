/* SPDX-License-Identifier: MIT */
/*
 * The guest that is in the image: a tour of what a guest can ask of its
 * machine, in a few lines, then a clean power-off.
 *
 * OPTIONS log=info
 * EXPECT guest: hello from real mode
 * EXPECT guest: hello from protected mode
 * EXPECT guest: hello from long mode
 * EXPECT guest: cpuid: vendor=\S+ hypervisor=\S+ tsc_khz=\d+
 * EXPECT guest: port 80h answers, absent port e0h reads ff
 * EXPECT guest: msr: efer=500
 * EXPECT guest: hypercall: abi=\d+
 * EXPECT guest: timer: 3 ticks by HLT
 * EXPECT guest: goodbye
 * EXPECT outcome=clean
 * REJECT ^(hint|stuck|autopsy):
 */
#include "guest/guest.h"

#define MSR_EFER   0xc0000080
#define HZ_100	   11932
#define TICKS	   3

static volatile unsigned ticks;

static void tick(struct interrupt_frame *frame)
{
	(void)frame;
	ticks++;
	irq_end(0);
}

static void text_of(char *to, u32 a, u32 b, u32 c)
{
	const u32 words[] = { a, b, c };

	for (unsigned i = 0; i < 12; i++)
		to[i] = (char)(words[i / 4] >> 8 * (i % 4));
	to[12] = 0;
}

static void tour_cpuid(void)
{
	struct cpuid_regs r = cpuid(0, 0);
	char vendor[13], hypervisor[13];

	text_of(vendor, r.ebx, r.edx, r.ecx);
	r = cpuid(0x40000000, 0);
	text_of(hypervisor, r.ebx, r.ecx, r.edx);
	print("guest: cpuid: vendor=%s hypervisor=%s tsc_khz=%u\n", vendor, hypervisor,
	      (u64)cpuid(0x40000010, 0).eax);
}

static void tour_ports(void)
{
	outb(0x80, 0x42);
	print("guest: port 80h answers, absent port e0h reads %x\n", (u64)inb(0xe0));
}

static void tour_timer(void)
{
	interrupts_init();
	interrupts_set_handler(VECTOR_IRQ, tick);
	pit_start(HZ_100);
	irq_unmask(0);
	while (ticks < TICKS)
		asm volatile("sti; hlt; cli");
	irq_mask(0);
	print("guest: timer: %u ticks by HLT\n", (u64)ticks);
}

int guest_main(void)
{
	print("guest: hello from long mode\n");
	tour_cpuid();
	tour_ports();
	print("guest: msr: efer=%x\n", rdmsr(MSR_EFER));
	print("guest: hypercall: abi=%u\n", hypercall(ABI_CALL_VERSION, 0, 0));
	tour_timer();
	print("guest: goodbye\n");
	return 0;
}
