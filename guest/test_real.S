/* SPDX-License-Identifier: MIT */
/*
 * Real mode: interrupts and exceptions through the vector table (without
 * error codes), exits with every kind of CS, segments whose limit protected
 * mode has raised to 4 GiB ("unreal mode"), string I/O, HLT and a timer.
 *
 * EXPECT ^outs: this line left by REP OUTSB
 * EXPECT ok: back at the end
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
#include "guest/asm.h"

#define SCRATCH 0x3ff /* COM1's */
#define TABLE	0x1000 /* where a second vector table lies */

	/* Point vector n of the table at `table` to a handler in segment 0. */
	.macro	VECTOR n, handler, table=0
	movw	$\handler, \table + \n * 4
	movw	$0, \table + \n * 4 + 2
	.endm

	/* Handler of faults: remember which, go on at `resume`. SP tells of an error code. */
	.macro	FAULT_HANDLER n
fault_\n:
	movb	$\n, seen
	jmp	fault_common
	.endm

	/* Run one line that must raise the exception n. */
	.macro	RAISES n, text, line:vararg
	movb	$0xff, seen
	movw	$7f, resume
	mov	%sp, stack
	\line
7:	call	compare_stack
	cmpb	$\n, seen
	CHECK	e, "\text", rm
	.endm

	START
	cli
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	VECTOR	0, fault_0
	VECTOR	1, debug
	VECTOR	3, trap
	VECTOR	6, fault_6
	VECTOR	8, tick
	VECTOR	13, fault_13
	VECTOR	0x41, trap

	/* ---- What exits, without protection ---- */
	mov	$ABI_CPUID_SIGNATURE, %eax
	cpuid
	cmp	$0x76697254, %ebx	/* "Triv" */
	CHECK	e, "CPUID", rm
	mov	$ABI_CALL_VERSION, %eax
	vmcall
	cmp	$ABI_VERSION, %eax
	CHECK	e, "VMCALL", rm
	mov	$0xfe, %ecx
	rdmsr
	cmp	$8, %al
	CHECK	ae, "RDMSR", rm
	mov	%cr0, %eax
	and	$1, %al
	CHECK	z, "CR0.PE is off", rm

	/* ---- Exceptions and software interrupts ---- */
	xor	%cx, %cx
	RAISES	0, "#DE", div %cx
	RAISES	6, "#UD", ud2
	RAISES	6, "VMXOFF: #UD", vmxoff
	RAISES	13, "#GP by a limit", mov 0xffff, %ax
	mov	$0x1234, %ecx
	RAISES	13, "#GP by Trivet, no error code", rdmsr
	mov	$0xe0, %dx
	mov	$0xffff, %di
	RAISES	13, "#GP by INSW at the limit", insw
	movw	$0, traps
	int3
	int	$0x41
	cmpw	$2, traps
	CHECK	e, "INT3 and INT 41H", rm

	/* TF: traps behind NOP, CPUID and POPF. */
	movw	$0, traps
	pushf
	pop	%ax
	mov	%ax, %bp
	or	$0x100, %ax
	push	%ax
	push	%bp
	mov	%sp, %bp
	xor	%eax, %eax
	pushw	2(%bp)
	popf
	nop
	cpuid
	mov	%sp, %bp
	pushw	(%bp)
	popf
	add	$4, %sp
	cmpw	$5, traps
	CHECK	e, "single steps", rm

	/* ---- Another vector table ---- */
	VECTOR	0x41, other_trap, TABLE
	lidtl	other_table
	movw	$0, traps
	int	$0x41
	cmpw	$0x100, traps
	CHECK	e, "a vector table elsewhere", rm
	lidtl	usual_table

	/* ---- CS other than 0, with low bits that look like a privilege ---- */
	ljmp	$0x7a1, $(1f - 0x7a10)
1:	xor	%eax, %eax
	cpuid
	mov	%cr0, %eax
	mov	%eax, %cr0
	mov	$0x5a, %al
	mov	$SCRATCH, %dx
	out	%al, %dx
	mov	%cs, %bx
	ljmp	$0, $1f
1:	cmp	$0x7a1, %bx
	CHECK	e, "CS=7a1 over exits", rm

	/* ---- String I/O ---- */
	mov	$0x7a0, %ax
	mov	%ax, %ds
	mov	$(outs_text - 0x7a00), %si
	mov	$(outs_end - outs_text), %cx
	mov	$COM1, %dx
	rep outsb
	xor	%ax, %ax
	mov	%ax, %ds
	cmp	$(outs_end - 0x7a00), %si
	CHECK	e, "REP OUTSB with DS", rm

	/* ---- Unreal mode ---- */
	lgdtl	gdt_register
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	mov	$8, %bx
	mov	%bx, %fs
	and	$0xfe, %al
	mov	%eax, %cr0
	mov	$0x300000, %ebx
	movl	$0x12345678, %fs:(%ebx)
	xor	%eax, %eax
	push	%ebx
	cpuid
	pop	%ebx
	cmpl	$0x12345678, %fs:(%ebx)
	CHECK	e, "4 GiB segments stay over exits", rm
	mov	$SCRATCH, %dx
	mov	$0x300001, %esi
	.byte	0x67, 0x64, 0x6e	/* addr32 fs outsb */
	in	%dx, %al
	cmp	$0x56, %al
	CHECK	e, "OUTSB from above 1 MiB", rm
	xor	%bx, %bx
	mov	%bx, %fs		/* the limit stays, the base is new */
	mov	$0x300000, %ebx
	cmpl	$0x12345678, %fs:(%ebx)
	CHECK	e, "loading a selector keeps the limit", rm
	mov	$0xffff, %ax
	mov	%ax, %gs
	movl	$0x87654321, %gs:0x10
	mov	$0x100000, %ebx
	cmpl	$0x87654321, %fs:(%ebx)
	CHECK	e, "ffff:0010 is at 1 MiB", rm

	/* ---- HLT and the timer, at the vector that a BIOS uses ---- */
	mov	$0x11, %al
	out	%al, $0x20
	mov	$8, %al
	out	%al, $0x21
	mov	$4, %al
	out	%al, $0x21
	mov	$1, %al
	out	%al, $0x21
	mov	$0xfe, %al
	out	%al, $0x21
	mov	$0x34, %al
	out	%al, $0x43
	mov	$0xa9, %al
	out	%al, $0x40
	mov	$4, %al
	out	%al, $0x40
	movw	$0, traps
1:	sti
	hlt
	cli
	cmpw	$5, traps
	jb	1b
	CHECK	e, "HLT and five ticks of the timer", rm
	cmp	$0x7c00, %sp
	CHECK	e, "back at the end", rm
	POWER_OFF

	ROUTINES rm

/* An error code would have moved SP. */
compare_stack:
	mov	stack, %ax
	sub	$2, %ax
	cmp	%ax, %sp
	je	1f
	incl	failures
	SAY	"FAIL: something more was pushed", rm
	mov	stack, %ax
	sub	$2, %ax
	pop	%bx
	mov	stack, %sp
	push	%bx
1:	ret

	FAULT_HANDLER 0
	FAULT_HANDLER 6
	FAULT_HANDLER 13
fault_common:
	push	%bp
	mov	%sp, %bp
	push	%ax
	mov	resume, %ax
	mov	%ax, 2(%bp)
	pop	%ax
	pop	%bp
	iret
debug:
trap:	incw	traps
	iret
other_trap:
	addw	$0x100, traps
	iret
tick:	incw	traps
	push	%ax
	mov	$0x20, %al
	out	%al, $0x20
	pop	%ax
	iret

	.data
resume:	.word	0
stack:	.word	0
traps:	.word	0
seen:	.byte	0
usual_table:
	.word	0x3ff
	.long	0
other_table:
	.word	0x3ff
	.long	TABLE
	.balign	8
gdt:	.quad	0
	.quad	0x00cf93000000ffff
gdt_register:
	.word	15
	.long	gdt
outs_text:
	.ascii	"outs: this line left by REP OUTSB\r\n"
outs_end:
