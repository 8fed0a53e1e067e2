/* SPDX-License-Identifier: MIT */
/*
 * The autopsy of a triple fault: deliveries followed through tables that
 * are wrong in every way, and the chain of faults of a processor that is
 * played.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/asm.h"
#include "lib/x86.h"
#include "unit/vmx/fake_sink.h"
#include "vmx/autopsy.h"
#include "vmx/autopsy_delivery.h"
#include "vmx/controls.h"
#include "vmx/descriptor.h"
#include "vmx/surprise.h"
#include "vmx/vmx.h"

#define IDT   0x5000
#define GDT   0x6000
#define TSS   0x6800
#define STACK 0x8000
#define CODE  0x08
#define DATA  0x10
#define HOLE  0x4000 /* a page that is not mapped */

#define HARD(vector) (INTR_VALID | INTR_HARD_EXCEPTION << INTR_TYPE_SHIFT | (vector))
#define ERROR(vector) (HARD(vector) | INTR_HAS_ERROR)
#define SOFT(vector) (INTR_VALID | INTR_SOFT_INTERRUPT << INTR_TYPE_SHIFT | (vector))
#define IRQ(vector)  (INTR_VALID | (vector))

#define CODE64 0x00af9b000000ffffUL
#define CODE32 0x00cf9b000000ffffUL
#define DATA32 0x00cf93000000ffffUL

static struct vcpu *const v = &fake.vcpu;

static u64 *at(gpa_t gpa)
{
	return (u64 *)(fake.ram + gpa);
}

static void gate64(u8 vector, u16 selector, u64 handler, u8 type, u8 ist)
{
	at(IDT)[vector * 2] = (handler & 0xffff) | (u64)selector << 16 | (u64)ist << 32 |
			      (u64)type << 40 | (handler >> 16 & 0xffff) << 48;
	at(IDT)[vector * 2 + 1] = handler >> 32;
}

static void gate32(u8 vector, u16 selector, u32 handler, u8 type)
{
	at(IDT)[vector] = (handler & 0xffff) | (u64)selector << 16 | (u64)type << 40 |
			  (u64)(handler >> 16) << 48;
}

/* 64-bit code at CPL 0, 64 KiB mapped by 4K pages one to one, without HOLE. */
static int setup(void **state)
{
	fake_sink_setup(state);
	sim_set(VMCS_GUEST_CR3, 0x1000);
	*at(0x1000) = 0x2007;
	*at(0x2000) = 0x3007;
	*at(0x3000) = 0x7007;
	for (unsigned i = 0; i < 16; i++)
		at(0x7000)[i] = i * PAGE_SIZE == HOLE ? 0 : i * PAGE_SIZE | 7;
	sim_set(VMCS_GUEST_IDTR_BASE, IDT);
	sim_set(VMCS_GUEST_IDTR_LIMIT, 256 * 16 - 1);
	sim_set(VMCS_GUEST_GDTR_BASE, GDT);
	sim_set(VMCS_GUEST_GDTR_LIMIT, 0x3f);
	at(GDT)[1] = CODE64;
	at(GDT)[2] = DATA32;
	sim_set(VMCS_GUEST_RSP, STACK);
	sim_set(VMCS_GUEST_TR_BASE, TSS);
	sim_set(VMCS_GUEST_TR_LIMIT, 0x67);
	sim_set(VMCS_GUEST_TR_SELECTOR, 0x18);
	sim_set(VMCS_GUEST_TR_ACCESS_RIGHTS, 0x8b);
	sim_set(VMCS_GUEST_LDTR_ACCESS_RIGHTS, AR_UNUSABLE);
	vmx_host.caps.pin.may_be_one = PIN_PREEMPTION_TIMER;
	gate64(VECTOR_PF, CODE, 0x9000, 0x8e, 0);
	return 0;
}

/* Flat 32-bit code without paging. */
static void go_32bit(void)
{
	sim_set(VMCS_GUEST_CR0, CR0_PE);
	sim_set(VMCS_CR0_READ_SHADOW, CR0_PE);
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_SS_SELECTOR, DATA);
	sim_set(VMCS_GUEST_SS_LIMIT, 0xffffffff);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, 0xc093);
	at(GDT)[1] = CODE32;
	memset(at(IDT), 0, 256 * 8);
	gate32(VECTOR_GP, CODE, 0x9000, 0x8e);
}

static void fails(u32 info, u8 fault, u32 error, const char *text)
{
	struct delivery d;

	delivery_follow(v, info, &d);
	assert_string_equal(d.text, text);
	assert_true(d.fails);
	assert_int_equal(d.fault, fault);
	assert_int_equal(d.error, error);
}

static void goes(u32 info, u16 selector, u64 handler)
{
	struct delivery d;

	delivery_follow(v, info, &d);
	assert_string_equal(d.text, "");
	assert_false(d.fails);
	assert_int_equal(d.selector, selector);
	assert_int_equal(d.handler, handler);
}

static void gates(void **state)
{
	(void)state;
	goes(ERROR(VECTOR_PF), CODE, 0x9000);
	fails(HARD(VECTOR_UD), VECTOR_GP, 0x33, "gate 6 has type 0, which is no gate");
	gate64(VECTOR_UD, CODE, 0x9000, 0x0e, 0);
	fails(HARD(VECTOR_UD), VECTOR_NP, 0x33, "gate 6 is not present");
	gate64(0x80, CODE, 0x9000, 0x0f, 0);
	fails(SOFT(0x80), VECTOR_NP, 0x402, "gate 128 is not present");
	fails(IRQ(0x80), VECTOR_NP, 0x403, "gate 128 is not present");
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, 0xf3);
	fails(SOFT(0x80), VECTOR_GP, 0x402, "gate 128 is not for ring 3");
	sim_set(VMCS_GUEST_IDTR_LIMIT, 14 * 16 + 14);
	fails(ERROR(VECTOR_PF), VECTOR_GP, 0x73, "the IDT's limit 0xee ends before gate 14");
	sim_set(VMCS_GUEST_IDTR_LIMIT, 0xfff);
	sim_set(VMCS_GUEST_IDTR_BASE, HOLE);
	fails(ERROR(VECTOR_PF), VECTOR_PF, 0, "the IDT at 0x40e0 is not mapped");
	sim_set(VMCS_GUEST_IDTR_BASE, 1UL << 47);
	fails(ERROR(VECTOR_PF), VECTOR_GP, 1, "the IDT at 0x8000000000e0 is not canonical");
}

static void code_segments(void **state)
{
	(void)state;
	gate64(1, 0, 0x9000, 0x8e, 0);
	fails(HARD(1), VECTOR_GP, 1, "code segment is a null selector");
	gate64(1, 0x40, 0x9000, 0x8e, 0);
	fails(HARD(1), VECTOR_GP, 0x41, "code segment 0x40 is beyond the limit of its table");
	gate64(1, 0xc, 0x9000, 0x8e, 0);
	fails(HARD(1), VECTOR_GP, 0xd, "code segment 0xc is beyond the limit of its table");
	gate64(1, DATA, 0x9000, 0x8e, 0);
	fails(HARD(1), VECTOR_GP, 0x11, "segment 0x10 is no code");
	at(GDT)[1] = CODE64 & ~BIT(47);
	fails(ERROR(VECTOR_PF), VECTOR_NP, 9, "code segment 0x8 is not present");
	at(GDT)[1] = CODE32;
	fails(ERROR(VECTOR_PF), VECTOR_GP, 9, "code segment 0x8 is no 64-bit code");
	at(GDT)[1] = CODE64 | 3UL << 45;
	fails(ERROR(VECTOR_PF), VECTOR_GP, 9,
	      "code segment 0x8 is less privileged (DPL 3, CPL 0)");
	at(GDT)[1] = CODE64;
	gate64(VECTOR_PF, CODE, 1UL << 47, 0x8e, 0);
	fails(ERROR(VECTOR_PF), VECTOR_GP, 1, "the handler 0x800000000000 is out of its segment");
	sim_set(VMCS_GUEST_GDTR_BASE, HOLE);
	fails(ERROR(VECTOR_PF), VECTOR_PF, 0, "the descriptor table at 0x4008 is not mapped");
}

static void tss64(unsigned offset, u64 value)
{
	memcpy(fake.ram + TSS + offset, &value, 8);
}

static void stacks_64(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_RSP, HOLE + 0x1038); /* 30H bytes with the error code, from a multiple of 16 */
	goes(ERROR(VECTOR_PF), CODE, 0x9000);
	sim_set(VMCS_GUEST_RSP, HOLE + 0x1028);
	fails(ERROR(VECTOR_PF), VECTOR_PF, PF_WRITE, "the stack at 0x4ff0 is not mapped");
	gate64(VECTOR_UD, CODE, 0x9000, 0x8e, 0);
	sim_set(VMCS_GUEST_RSP, HOLE + 0x1030); /* without: 28H */
	goes(HARD(VECTOR_UD), CODE, 0x9000);
	sim_set(VMCS_GUEST_RSP, 1UL << 47 | 0x1000);
	fails(HARD(VECTOR_UD), VECTOR_SS, 1, "the stack at 0x800000000fd8 is not canonical");
	gate64(VECTOR_UD, CODE, 0x9000, 0x8e, 7);
	tss64(0x24 + 6 * 8, STACK);
	goes(HARD(VECTOR_UD), CODE, 0x9000);
	sim_set(VMCS_GUEST_TR_LIMIT, 0x5a);
	fails(HARD(VECTOR_UD), VECTOR_TS, 0x19,
	      "the TSS has limit 0x5a and no stack pointer at 0x54");
	/* Ring 3 takes RSP0. */
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, 0xf3);
	tss64(4, HOLE + 0x1000);
	fails(ERROR(VECTOR_PF), VECTOR_PF, PF_WRITE, "the stack at 0x4fd0 is not mapped");
	at(0x7000)[5] &= ~2UL; /* a page that is there, but not to write */
	sim_set(VMCS_GUEST_CR0, CR0_PE | CR0_PG | CR0_WP);
	tss64(4, 0x6000);
	fails(ERROR(VECTOR_PF), VECTOR_PF, PF_WRITE | PF_PRESENT,
	      "the stack at 0x5fd0 must not be accessed");
}

static void tables_outside(void **state)
{
	(void)state;
	at(0x7000)[8] = 0x10000000 | 7;
	sim_set(VMCS_GUEST_RSP, 0x9000);
	fails(ERROR(VECTOR_PF), VECTOR_PF, 0, "the stack at 0x8fd0 is not in RAM");
	sim_set(VMCS_GUEST_CR3, 0x10000000);
	fails(ERROR(VECTOR_PF), VECTOR_PF, 0, "the page tables of the IDT at 0x50e0 are not in RAM");
}

static void protected_mode(void **state)
{
	(void)state;
	go_32bit();
	goes(ERROR(VECTOR_GP), CODE, 0x9000);
	gate32(6, CODE, 0x9000, 0x86); /* 16 bits */
	goes(HARD(6), CODE, 0x9000);
	at(GDT)[1] = 0x00409b0000008fffUL; /* limit 8FFFH */
	fails(ERROR(VECTOR_GP), VECTOR_GP, 1, "the handler 0x9000 is out of its segment");
	at(GDT)[1] = CODE32;
	sim_set(VMCS_GUEST_SS_LIMIT, STACK - 16);
	fails(ERROR(VECTOR_GP), VECTOR_SS, 1,
	      "the stack at 0x8000 has no room in segment 0x10 with limit 0x7ff0");
	gate32(8, 0x18, 0, 0x85);
	goes(ERROR(VECTOR_DF), 0x18, 0);
}

static void protected_rings(void **state)
{
	u32 *tss = (u32 *)(fake.ram + TSS);

	(void)state;
	go_32bit();
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, 0xc0f3);
	fails(ERROR(VECTOR_GP), VECTOR_TS, 1, "the TSS's stack segment is a null selector");
	tss[1] = 0x8000;
	tss[2] = DATA;
	goes(ERROR(VECTOR_GP), CODE, 0x9000);
	tss[2] = DATA | 1;
	fails(ERROR(VECTOR_GP), VECTOR_TS, 0x11,
	      "the TSS's stack segment 0x11 is not of ring 0");
	tss[2] = CODE;
	fails(ERROR(VECTOR_GP), VECTOR_TS, 0x9, "the TSS's stack segment 0x8 cannot be written");
	tss[2] = DATA;
	at(GDT)[2] &= ~BIT(47);
	fails(ERROR(VECTOR_GP), VECTOR_SS, 0x11, "the TSS's stack segment 0x10 is not present");
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_VM);
	at(GDT)[1] |= 4UL << 40; /* conforming: stays in ring 3 */
	fails(ERROR(VECTOR_GP), VECTOR_GP, 9, "code segment 0x8 is not of ring 0");
}

static void real_mode(void **state)
{
	(void)state;
	sim_set(VMCS_GUEST_CR0, 0);
	sim_set(VMCS_CR0_READ_SHADOW, 0);
	sim_set(VMCS_GUEST_EFER, 0);
	sim_set(VMCS_GUEST_IDTR_BASE, 0);
	sim_set(VMCS_GUEST_IDTR_LIMIT, 0x3ff);
	sim_set(VMCS_GUEST_SS_LIMIT, 0xffff);
	sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, 0x93);
	((u32 *)fake.ram)[6] = 0x12345678;
	goes(HARD(6), 0x1234, 0x5678);
	sim_set(VMCS_GUEST_IDTR_LIMIT, 6 * 4 + 2);
	fails(HARD(6), VECTOR_GP, 0, "the vector table's limit 0x1a ends before vector 6");
	sim_set(VMCS_GUEST_IDTR_LIMIT, 0x3ff);
	sim_set(VMCS_GUEST_RSP, 3); /* FFFDH to 10002H */
	fails(HARD(6), VECTOR_SS, 0, "the stack at 0x3 has no room in segment 0 with limit 0xffff");
	sim_set(VMCS_GUEST_RSP, 0); /* wraps around */
	goes(HARD(6), 0x1234, 0x5678);
}

/* Whatever the tables hold: it ends, and stays in RAM (ASan looks on). */
static void random_tables(void **state)
{
	static const u64 cr0s[] = { 0, CR0_PE, CR0_PE | CR0_PG, CR0_PE | CR0_PG | CR0_WP };

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		u64 cr0 = cr0s[rand() % 4], efer = cr0 & CR0_PG && rand() & 1 ? EFER_LMA : 0;
		struct delivery d;

		for (unsigned n = 0; n < 64; n++)
			fake.ram[rand() % FAKE_RAM_SIZE] = (u8)rand();
		sim_set(VMCS_GUEST_CR0, cr0);
		sim_set(VMCS_CR0_READ_SHADOW, cr0);
		sim_set(VMCS_GUEST_EFER, efer);
		sim_set(VMCS_GUEST_IDTR_BASE, rand() & 1 ? IDT : (u64)rand());
		sim_set(VMCS_GUEST_RSP, rand() & 1 ? (u64)rand() : ~0UL - (u64)(rand() & 63));
		sim_set(VMCS_GUEST_SS_ACCESS_RIGHTS, (u64)rand() & 0xf0ff);
		sim_set(VMCS_GUEST_SS_LIMIT, (u32)rand());
		delivery_follow(v, INTR_VALID | ((u32)rand() & 0x7ff), &d);
		assert_int_equal(d.fails, d.text[0] != 0);
		assert_true(strlen(d.text) < DELIVERY_TEXT);
	}
}

/* ---- The chain ------------------------------------------------------------------- */

static struct play {
	u32 reason, info, error, during;
	u64 qualification;
} plays[8];
static unsigned turns;
static u32 injected[8];
static u64 flags[8], timers[8];

static void exception(u32 info, u32 error, u32 during, u64 qualification)
{
	sim_exit(EXIT_EXCEPTION_NMI, qualification, 0);
	sim_set(VMCS_EXIT_INTERRUPTION_INFO, info);
	sim_set(VMCS_EXIT_INTERRUPTION_ERROR_CODE, error);
	sim_set(VMCS_IDT_VECTORING_INFO, during);
}

static void guest(struct vcpu *vcpu)
{
	const struct play *p = &plays[turns];

	assert_ptr_equal(vcpu, v);
	assert_true(turns < ARRAY_SIZE(plays));
	assert_int_equal(sim_get(VMCS_EXCEPTION_BITMAP), ~0U);
	assert_true(sim_get(VMCS_PIN_CONTROLS) & PIN_PREEMPTION_TIMER);
	injected[turns] = (u32)sim_get(VMCS_ENTRY_INTERRUPTION_INFO);
	flags[turns] = sim_get(VMCS_GUEST_RFLAGS);
	timers[turns] = sim_get(VMCS_PREEMPTION_TIMER_VALUE);
	exception(p->info, p->error, p->during, p->qualification);
	sim_set(VMCS_EXIT_REASON, p->reason);
	v->regs.rax++;
	turns++;
}

static void start(void)
{
	memset(plays, 0, sizeof(plays));
	turns = 0;
	sim_vmx.guest = guest;
	v->stop = (struct vcpu_stop){ STOP_TRIPLE_FAULT, "at RIP", 0x1000 };
	v->notes.double_faults = 1;
	v->notes.double_fault_rip = 0x1000;
	gate64(VECTOR_PF, CODE, 0x9000, 0x0e, 0);
	gate64(VECTOR_NP, CODE, 0x9000, 0x8e, 0);
	gate64(VECTOR_DF, CODE, 0x9000, 0x0e, 0);
}

static void classic(void)
{
	start();
	plays[0] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_PF), PF_WRITE, 0, HOLE };
	plays[1] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_NP), 0x73, ERROR(VECTOR_PF), 0 };
	plays[2] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_NP), 0x43, ERROR(VECTOR_DF), 0 };
}

static void chain(void **state)
{
	struct vcpu before;
	struct autopsy a;

	(void)state;
	classic();
	v->regs.rax = 5;
	cr2_write(0x77);
	sim_set(VMCS_EXCEPTION_BITMAP, 0x42);
	before = *v;
	before.launched = 1;
	autopsy_reenact(v, &a);
	assert_int_equal(a.end, AUTOPSY_SHUTDOWN);
	assert_int_equal(a.count, 3);
	assert_int_equal(turns, 3);
	assert_int_equal(a.steps[0].address, HOLE);
	assert_int_equal(a.steps[0].during, 0);
	assert_int_equal(a.steps[0].becomes, ERROR(VECTOR_PF));
	assert_int_equal(a.steps[1].during, ERROR(VECTOR_PF));
	assert_int_equal(a.steps[1].becomes, ERROR(VECTOR_DF));
	assert_true(autopsy_is(a.steps[2].becomes, INTR_OTHER));

	/* The first entry steps, the others only deliver. */
	assert_false(injected[0] & INTR_VALID);
	assert_int_equal(flags[0] & (RFLAGS_TF | RFLAGS_IF), RFLAGS_TF);
	assert_int_not_equal(timers[0], 0);
	assert_int_equal(injected[1], ERROR(VECTOR_PF));
	assert_int_equal(injected[2], ERROR(VECTOR_DF));
	assert_int_equal(flags[1] & (RFLAGS_TF | RFLAGS_IF), RFLAGS_IF);
	assert_int_equal(timers[1], 0);

	/* Everything is as it was. */
	before.attention = v->attention;
	assert_memory_equal(&before, v, sizeof(before));
	assert_int_equal(sim_get(VMCS_EXCEPTION_BITMAP), 0x42);
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_IF);
	assert_int_equal(sim_get(VMCS_PIN_CONTROLS), 0);
	assert_int_equal(sim_get(VMCS_ENTRY_INTERRUPTION_INFO), 0);
	assert_int_equal(cr2_read(), 0x77);
}

static void report(void **state)
{
	(void)state;
	classic();
	autopsy_report(v);
	assert_string_equal(fake_sink_line(0),
			    "autopsy: vm=vm0 vcpu=0 triple fault at cs:rip=0:1000, run once more:");
	assert_string_equal(
		fake_sink_line(1),
		"autopsy: 1. #PF error=0x2 address=0x4000 (write, supervisor, not present) at rip=0x1000");
	assert_string_equal(fake_sink_line(2),
			    "autopsy:   #PF cannot be delivered: gate 14 is not present");
	assert_string_equal(fake_sink_line(3),
			    "autopsy:   gate 14 at 0x50e0: 00000e0000089000 0000000000000000 "
			    "(0x8:0x9000 type 14 DPL 0 IST 0, not present)");
	assert_string_equal(fake_sink_line(4), "autopsy: 2. #NP error=0x73: #DF");
	assert_string_equal(fake_sink_line(5),
			    "autopsy:   #DF cannot be delivered: gate 8 is not present");
	assert_string_equal(fake_sink_line(7), "autopsy: 3. #NP error=0x43: triple fault");
	assert_non_null(fake_sink_find("walk: vm=vm0 vcpu=0 of=fault gva=0x4000 access=write"));
	assert_null(fake_sink_find("autopsy: no double"));
}

/* With 32 bits a gate has 8 bytes; a segment has been reached. Real mode has two words. */
static void descriptors(void **state)
{
	(void)state;
	start();
	go_32bit();
	gate32(VECTOR_GP, DATA, 0x12349000, 0xee);
	plays[0] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_GP), 0, 0, 0 };
	plays[1] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_GP), 0x11, ERROR(VECTOR_GP), 0 };
	autopsy_report(v);
	assert_non_null(fake_sink_find("autopsy:   gate 13 at 0x5068: 1234ee0000109000 "
				       "(0x10:0x12349000 type 14 DPL 3)"));
	assert_non_null(fake_sink_find("autopsy:   segment 0x10 at 0x6010: 00cf93000000ffff "
				       "(32-bit data writable accessed DPL 0 G)"));

	fake_sink_clear();
	turns = 0;
	sim_set(VMCS_GUEST_CR0, 0);
	sim_set(VMCS_CR0_READ_SHADOW, 0);
	*(u32 *)at(IDT + 13 * 4) = 0xf0001234;
	autopsy_report(v);
	assert_non_null(fake_sink_find("autopsy:   gate 13 at 0x5034: f0001234 (0xf000:0x1234)"));
}

/* A trap is behind its instruction: it goes in once more, if DR6 and TF tell of one. */
static void traps(void **state)
{
	struct autopsy a;

	(void)state;
	start();
	plays[0] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_NP), 0xb, HARD(VECTOR_DB), 0 };
	plays[1] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_NP), 0x43, ERROR(VECTOR_DF), 0 };
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_TF);
	autopsy_reenact(v, &a);
	assert_false(injected[0] & INTR_VALID); /* DR6 tells of none */
	dr6_write(DR6_BS);
	turns = 0;
	autopsy_reenact(v, &a);
	assert_int_equal(injected[0], HARD(VECTOR_DB));
	assert_int_equal(flags[0] & RFLAGS_TF, 0);
	assert_int_equal(a.steps[0].during, HARD(VECTOR_DB));
	assert_int_equal(dr6_read(), DR6_BS);
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_TF);
	dr6_write(0);
}

/* What the tables do not explain is not explained. */
static void no_wrong_reasons(void **state)
{
	(void)state;
	classic();
	plays[1].info = ERROR(VECTOR_GP);
	autopsy_report(v);
	assert_string_equal(fake_sink_line(2),
			    "autopsy:   #PF cannot be delivered; its gate leads to 0:0");
}

static void other_ends(void **state)
{
	struct autopsy a;

	(void)state;
	/* It does not fault: the single step ends. */
	start();
	plays[0] = (struct play){ EXIT_EXCEPTION_NMI, HARD(VECTOR_DB), 0, 0, DR6_BS };
	autopsy_reenact(v, &a);
	assert_int_equal(a.end, AUTOPSY_NO_FAULT);
	assert_int_equal(a.count, 0);

	/* A device is not touched. */
	start();
	plays[0].reason = EXIT_IO;
	autopsy_reenact(v, &a);
	assert_int_equal(a.end, AUTOPSY_NO_FAULT);
	assert_int_equal(fake.port_ins + fake.port_outs, 0);

	/* The delivery works. */
	classic();
	plays[1] = (struct play){ .reason = EXIT_PREEMPTION_TIMER };
	autopsy_reenact(v, &a);
	assert_int_equal(a.end, AUTOPSY_DELIVERED);
	assert_int_equal(a.count, 1);
	autopsy_report(v);

	/* Exits of our own in between: an EPT violation while #PF goes in. */
	classic();
	plays[3] = plays[2];
	plays[2] = plays[1];
	plays[1] = (struct play){ EXIT_EPT_VIOLATION, 0, 0, ERROR(VECTOR_PF), 2 };
	fake.memory_verdict = AGAIN;
	autopsy_reenact(v, &a);
	assert_int_equal(a.end, AUTOPSY_SHUTDOWN);
	assert_int_equal(a.count, 3);
	assert_int_equal(turns, 4);

	/* No memory there. */
	classic();
	plays[1] = (struct play){ EXIT_EPT_VIOLATION, 0, 0, ERROR(VECTOR_PF), 2 };
	fake.memory_verdict = STOP;
	autopsy_reenact(v, &a);
	assert_int_equal(a.end, AUTOPSY_LOST);

	/* A fault that Trivet raises. */
	start();
	plays[0].reason = EXIT_RDMSR;
	fake.msr_error = -1;
	plays[1] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_NP), 0x6b, ERROR(VECTOR_GP), 0 };
	plays[2] = (struct play){ EXIT_EXCEPTION_NMI, ERROR(VECTOR_NP), 0x43, ERROR(VECTOR_DF), 0 };
	fake_sink_clear();
	autopsy_report(v);
	assert_string_equal(fake_sink_line(1),
			    "autopsy: 1. #GP error=0 at rip=0x1000, raised by Trivet for RDMSR");
	assert_int_equal(turns, 3);
}

/* A guest whose every instruction exits again and again does not hold us up. */
static void endless(struct vcpu *vcpu)
{
	(void)vcpu;
	turns++;
	sim_exit(EXIT_EPT_VIOLATION, 2, 0);
}

static void it_ends(void **state)
{
	struct autopsy a;

	(void)state;
	start();
	sim_vmx.guest = endless;
	fake.memory_verdict = AGAIN;
	autopsy_reenact(v, &a);
	assert_int_equal(a.end, AUTOPSY_LOST);
	assert_in_range(turns, 1, 100);

	/* No timer: nothing is run that might not end. */
	turns = 0;
	vmx_host.caps.pin.may_be_one = 0;
	autopsy_reenact(v, &a);
	assert_int_equal(turns, 0);
	v->stop.cause = STOP_REQUESTED;
	fake_sink_clear();
	autopsy_report(v);
	assert_int_equal(fake_sink_count(), 0);
}

/* While the guest lives: the double fault goes in as it came out. */
static void double_fault(struct vcpu *vcpu)
{
	turns++;
	if (turns == 1) {
		exception(ERROR(VECTOR_DF) | INTR_NMI_UNBLOCKED, 0, 0, 0);
		return;
	}
	assert_int_equal(sim_get(VMCS_ENTRY_INTERRUPTION_INFO), ERROR(VECTOR_DF));
	assert_int_equal(sim_get(VMCS_ENTRY_EXCEPTION_ERROR_CODE), 0);
	sim_exit(EXIT_TRIPLE_FAULT, 0, 0);
	(void)vcpu;
}

static void watched(void **state)
{
	(void)state;
	turns = 0;
	cr2_write(0xabc);
	sim_set(VMCS_ENTRY_EXCEPTION_ERROR_CODE, 7);
	sim_vmx.guest = double_fault;
	vcpu_run(v);
	assert_int_equal(turns, 2);
	assert_int_equal(v->notes.double_faults, 1);
	assert_int_equal(v->notes.double_fault_rip, 0x1000);
	assert_int_equal(v->notes.double_fault_rsp, STACK);
	assert_int_equal(v->notes.double_fault_cr2, 0xabc);
	assert_int_equal(sim_get(VMCS_GUEST_RFLAGS), RFLAGS_FIXED | RFLAGS_IF);
	assert_int_equal(sim_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
	assert_int_equal(sim_get(VMCS_GUEST_RIP), 0x1000);
}

/* ---- What CPUID had not promised -------------------------------------------------- */

static void surprise(const char *bytes, unsigned count, const char *name)
{
	const struct surprise *s = surprise_find((const u8 *)bytes, count);

	if (!name)
		assert_null(s);
	else
		assert_string_equal(s ? s->name : "", name);
}

static void surprises(void **state)
{
	(void)state;
	surprise("\x66\x0f\x38\x82\x01", 5, "INVPCID");
	surprise("\x66\x44\x0f\x38\x82\x01", 6, "INVPCID");
	surprise("\x66\x0f\x38\x82", 4, NULL); /* the rest is not there */
	surprise("\x0f\x38\x82\x01", 4, NULL);
	surprise("\x0f\x01\xf9", 3, "RDTSCP");
	surprise("\xf3\x0f\xc7\xf8", 4, "RDPID");
	surprise("\x0f\xc7\xf8", 3, "RDSEED");
	surprise("\x48\x0f\xc7\x2f", 4, "XSAVES");
	surprise("\x0f\x0b", 2, NULL); /* UD2 */
	surprise("\xc7\xf8", 2, "XBEGIN");
	surprise("\x66\x66\x66", 3, NULL);
	surprise("", 0, NULL);
}

static void invpcid(struct vcpu *vcpu)
{
	turns++;
	if (turns == 1) {
		exception(HARD(VECTOR_UD), 0, 0, 0);
		return;
	}
	assert_int_equal(sim_get(VMCS_ENTRY_INTERRUPTION_INFO), HARD(VECTOR_UD));
	vcpu_attend(vcpu, ATTENTION_STOP);
	sim_exit(EXIT_CPUID, 0, 2);
}

static void undefined(void **state)
{
	(void)state;
	turns = 0;
	sim_vmx.guest = invpcid;
	sim_set(VMCS_GUEST_RIP, 0xa000);
	memcpy(fake.ram + 0xa000, "\x66\x0f\x38\x82\x01", 5);
	vcpu_run(v);
	assert_int_equal(turns, 2);
	assert_int_equal(v->notes.surprises, 1);
	assert_string_equal(v->notes.surprise->name, "INVPCID");
	assert_int_equal(v->notes.surprise_rip, 0xa000);

	/* Nothing at RIP: #UD all the same. */
	v->stop.cause = STOP_NONE;
	turns = 0;
	sim_set(VMCS_GUEST_RIP, HOLE);
	vcpu_run(v);
	assert_int_equal(turns, 2);
	assert_int_equal(v->notes.surprises, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(gates, setup),
		cmocka_unit_test_setup(code_segments, setup),
		cmocka_unit_test_setup(stacks_64, setup),
		cmocka_unit_test_setup(tables_outside, setup),
		cmocka_unit_test_setup(protected_mode, setup),
		cmocka_unit_test_setup(protected_rings, setup),
		cmocka_unit_test_setup(real_mode, setup),
		cmocka_unit_test_setup(random_tables, setup),
		cmocka_unit_test_setup(chain, setup),
		cmocka_unit_test_setup(report, setup),
		cmocka_unit_test_setup(descriptors, setup),
		cmocka_unit_test_setup(traps, setup),
		cmocka_unit_test_setup(no_wrong_reasons, setup),
		cmocka_unit_test_setup(other_ends, setup),
		cmocka_unit_test_setup(it_ends, setup),
		cmocka_unit_test_setup(watched, setup),
		cmocka_unit_test_setup(surprises, setup),
		cmocka_unit_test_setup(undefined, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
