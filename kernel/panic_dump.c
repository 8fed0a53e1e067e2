/* SPDX-License-Identifier: MIT */
/*
 * Runs on a broken system: reads only registers, the trap frame, the stacks
 * of struct cpu, and the symbol table.
 */
#include "kernel/panic_dump.h"

#include "kernel/backtrace.h"
#include "kernel/cpu.h"
#include "kernel/image.h"
#include "kernel/panic.h"
#include "kernel/symbols.h"
#include "lib/format.h"

#define BACKTRACE_FRAMES 1088 /* the smallest there are fill 16 KiB, and some below a recursion */
#define BACKTRACE_LINES	 32

static const char *const rflags_names[] = {
	[0] = "CF",  [2] = "PF",  [4] = "AF",  [6] = "ZF",  [7] = "SF",	 [8] = "TF",  [9] = "IF",
	[10] = "DF", [11] = "OF", [14] = "NT", [16] = "RF", [17] = "VM", [18] = "AC", [21] = "ID",
};

static const char *const cr0_names[] = {
	[0] = "PE",  [1] = "MP",  [2] = "EM",  [3] = "TS",  [4] = "ET",	 [5] = "NE",
	[16] = "WP", [18] = "AM", [29] = "NW", [30] = "CD", [31] = "PG",
};

static const char *const cr4_names[] = {
	[0] = "VME",	     [1] = "PVI",    [2] = "TSD",      [3] = "DE",    [4] = "PSE",
	[5] = "PAE",	     [6] = "MCE",    [7] = "PGE",      [8] = "PCE",   [9] = "OSFXSR",
	[10] = "OSXMMEXCPT", [11] = "UMIP",  [12] = "LA57",    [13] = "VMXE", [14] = "SMXE",
	[16] = "FSGSBASE",   [17] = "PCIDE", [18] = "OSXSAVE", [20] = "SMEP", [21] = "SMAP",
	[22] = "PKE",	     [23] = "CET",   [24] = "PKS",
};

const char *panic_flags(char *text, size_t size, u64 value, const char *const *names,
			unsigned count)
{
	size_t n = 0;

	text[0] = 0;
	for (unsigned bit = 0; bit < count; bit++)
		if (value >> bit & 1 && names[bit])
			n += format(text + n, size - n, "%s%s", n ? " " : "", names[bit]);
	return text;
}

static void print_flags(const char *name, u64 value, const char *const *names, unsigned count)
{
	char text[128];

	panic_print("  %-6s %016lx %s", name, value,
		    panic_flags(text, sizeof(text), value, names, count));
}

void panic_dump_frame(const struct trap_frame *f)
{
	panic_print("  rip %016lx  rsp %016lx  cs %04lx  ss %04lx", f->rip, f->rsp, f->cs, f->ss);
	panic_print("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", f->rax, f->rbx, f->rcx,
		    f->rdx);
	panic_print("  rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx", f->rsi, f->rdi, f->rbp,
		    f->r8);
	panic_print("  r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx", f->r9, f->r10, f->r11,
		    f->r12);
	panic_print("  r13 %016lx  r14 %016lx  r15 %016lx", f->r13, f->r14, f->r15);
	print_flags("rflags", f->rflags, rflags_names, ARRAY_SIZE(rflags_names));
}

void panic_dump_control(void)
{
	print_flags("cr0", cr0_read(), cr0_names, ARRAY_SIZE(cr0_names));
	print_flags("cr4", cr4_read(), cr4_names, ARRAY_SIZE(cr4_names));
	panic_print("  cr2    %016lx  cr3 %016lx", cr2_read(), cr3_read());
}

static void print_address(u64 address, bool is_return)
{
	const char *name;
	u64 offset;

	/* What called a function that never returns may be the last of its own. */
	if (symbol_lookup(address - is_return, &name, &offset))
		panic_print("  %016lx %s+%#lx", address, name, offset + is_return);
	else
		panic_print("  %016lx ?", address);
}

/* The boot CPU's stack is known before any struct cpu is. */
static const struct cpu_stack *known_stacks(unsigned *count)
{
	static struct cpu_stack boot_stack;

	if (cpu_ready) {
		*count = CPU_STACKS;
		return this_cpu()->stacks;
	}
	boot_stack.base = (u64)image_stack_start;
	boot_stack.top = (u64)image_data_end;
	*count = 1;
	return &boot_stack;
}

static unsigned count_equal(const u64 *addresses, unsigned n)
{
	unsigned equal = 1;

	while (equal < n && addresses[equal] == addresses[0])
		equal++;
	return equal;
}

static void print_chain(u64 frame_pointer)
{
	static u64 addresses[BACKTRACE_FRAMES]; /* too large for a small stack */
	unsigned stack_count, n, equal, lines = 0;
	const struct cpu_stack *stacks = known_stacks(&stack_count);

	n = backtrace_walk(frame_pointer, stacks, stack_count, addresses, BACKTRACE_FRAMES);
	for (unsigned i = 0; i < n; i += equal) {
		if (lines++ == BACKTRACE_LINES) {
			panic_print("  ... and %u more", n - i);
			return;
		}
		equal = count_equal(addresses + i, n - i);
		print_address(addresses[i], true);
		if (equal > 1)
			panic_print("  ... %u times", equal);
	}
}

void panic_dump_backtrace(u64 frame_pointer)
{
	panic_print("backtrace:");
	print_chain(frame_pointer);
}

void panic_dump_backtrace_trap(const struct trap_frame *frame)
{
	unsigned stack_count;
	const struct cpu_stack *stacks = known_stacks(&stack_count);
	const char *name;
	u64 offset, caller;

	panic_print("backtrace:");
	print_address(frame->rip, false);
	/* After a call through a bad pointer, who called is still on the stack. */
	if (!symbol_lookup(frame->rip, &name, &offset)) {
		caller = backtrace_read(frame->rsp, stacks, stack_count);
		if (symbol_lookup(caller - 1, &name, &offset))
			print_address(caller, true);
	}
	print_chain(frame->rbp);
}
