/* SPDX-License-Identifier: MIT */
/*
 * What happens on an exception or interrupt of the host. An exception is a
 * bug of ours and ends in a panic, but for an instruction that is listed in
 * the fixup table. Relies on struct cpu for the IST stacks.
 * SDM "Interrupt and Exception Handling".
 */
#include "kernel/traps.h"

#include "kernel/apic.h"
#include "kernel/asm.h"
#include "kernel/cpu.h"
#include "kernel/fixup.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "lib/x86.h"

#define GATE_INTERRUPT (BIT(15) | 0xeUL << 8) /* present, DPL 0, interrupts off */

#define PORT_NMI_STATUS 0x61 /* bit 7 SERR#, bit 6 IOCHK# */

#define UNKNOWN_LOGGED_MAX 8 /* a stuck line must not fill the log */

struct gate {
	u64 low, high;
};

extern const u8 trap_stubs[];

static struct gate idt[TRAP_VECTORS] __aligned(16);
static void (*handlers[TRAP_VECTORS])(void);

static const struct exception {
	const char *mnemonic, *name;
} exceptions[32] = {
	[VECTOR_DE] = {"#DE", "divide error"},
	[VECTOR_DB] = {"#DB", "debug exception"},
	[VECTOR_BP] = {"#BP", "breakpoint"},
	[VECTOR_OF] = {"#OF", "overflow"},
	[VECTOR_BR] = {"#BR", "bound range exceeded"},
	[VECTOR_UD] = {"#UD", "invalid opcode"},
	[VECTOR_NM] = {"#NM", "device not available"},
	[VECTOR_DF] = {"#DF", "double fault"},
	[VECTOR_TS] = {"#TS", "invalid TSS"},
	[VECTOR_NP] = {"#NP", "segment not present"},
	[VECTOR_SS] = {"#SS", "stack-segment fault"},
	[VECTOR_GP] = {"#GP", "general protection"},
	[VECTOR_PF] = {"#PF", "page fault"},
	[VECTOR_MF] = {"#MF", "x87 floating-point error"},
	[VECTOR_AC] = {"#AC", "alignment check"},
	[VECTOR_MC] = {"#MC", "machine check"},
	[VECTOR_XM] = {"#XM", "SIMD floating-point exception"},
	[VECTOR_VE] = {"#VE", "virtualization exception"},
	[VECTOR_CP] = {"#CP", "control protection"},
};

static u64 ist_of(u64 vector)
{
	switch (vector) {
	case VECTOR_DF:
		return IST_DF;
	case VECTOR_NMI:
		return IST_NMI;
	case VECTOR_MC:
		return IST_MC;
	}
	return 0;
}

static void stop(void)
{
	cpu_stop();
}

void traps_init(void)
{
	for (u64 vector = 0; vector < TRAP_VECTORS; vector++) {
		u64 entry = (u64)trap_stubs + vector * TRAP_STUB_SIZE;

		idt[vector].low = bits_get(entry, 15, 0) | SELECTOR_CODE << 16 |
				  (ist_of(vector) | GATE_INTERRUPT) << 32 |
				  bits_get(entry, 31, 16) << 48;
		idt[vector].high = entry >> 32;
	}
	trap_set_handler(VECTOR_STOP, stop);
}

void traps_load(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed idtr = {sizeof(idt) - 1, (u64)idt};

	asm volatile("lidt %0" : : "m"(idtr));
}

void trap_set_handler(u8 vector, void (*handler)(void))
{
	panic_on(vector < 32);
	__atomic_store_n(&handlers[vector], handler, __ATOMIC_RELEASE);
}

static bool may_log(unsigned *count)
{
	return __atomic_add_fetch(count, 1, __ATOMIC_RELAXED) <= UNKNOWN_LOGGED_MAX;
}

void trap_run_interrupt(u8 vector)
{
	void (*handler)(void) = __atomic_load_n(&handlers[vector], __ATOMIC_ACQUIRE);
	static unsigned unknown;

	if (vector == VECTOR_SPURIOUS) /* sets no in-service bit: no EOI */
		return;
	if (handler)
		handler();
	else if (may_log(&unknown))
		log_warn("traps", "interrupt nobody waits for, ignored vector=%#x", vector);
	/* What the 8259s deliver is not the APIC's to end. */
	if (vector < VECTOR_PIC || vector >= VECTOR_PIC + 16)
		apic_eoi();
}

static void handle_nmi(const struct trap_frame *frame)
{
	static unsigned unknown;

	if (apic_stop_wanted())
		cpu_stop();
	if (may_log(&unknown))
		log_warn("traps", "NMI of unknown origin, ignored port61=%#x rip=%#lx",
			 inb(PORT_NMI_STATUS), frame->rip);
}

static _Noreturn void handle_fault(const struct trap_frame *frame)
{
	const struct exception *e = &exceptions[frame->vector];
	const char *mnemonic = e->mnemonic ? e->mnemonic : "reserved vector";
	const char *name = e->name ? e->name : "";
	u64 mcg_status;

	switch (frame->vector) {
	case VECTOR_PF:
		panic_trap(frame, "%s %s: %s of %016lx%s", mnemonic, name,
			   frame->error_code & PF_FETCH	  ? "execution"
			   : frame->error_code & PF_WRITE ? "write"
							  : "read",
			   cr2_read(),
			   frame->error_code & PF_RSVD	    ? ", reserved bit set"
			   : frame->error_code & PF_PRESENT ? ", not permitted"
							    : ", not mapped");
	case VECTOR_MC:
		if (rdmsr_safe(MSR_MCG_STATUS, &mcg_status))
			mcg_status = 0;
		panic_trap(frame, "%s %s: the hardware reports an error, mcg_status=%#lx", mnemonic,
			   name, mcg_status);
	case VECTOR_DB:
		panic_trap(frame, "%s %s: dr6=%#lx", mnemonic, name, dr6_read());
	default:
		panic_trap(frame, "%s %s vector=%lu error_code=%#lx", mnemonic, name, frame->vector,
			   frame->error_code);
	}
}

void trap_handle(struct trap_frame *frame)
{
	u64 resume;

	if (frame->vector >= 32) {
		trap_run_interrupt(frame->vector);
	} else if (frame->vector == VECTOR_NMI) {
		handle_nmi(frame);
	} else {
		resume = fixup_find(frame->rip);
		/* Not for #DF and #MC: those do not return. */
		if (!resume || ist_of(frame->vector))
			handle_fault(frame);
		frame->rip = resume;
	}
}
