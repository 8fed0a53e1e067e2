/* SPDX-License-Identifier: MIT */
/*
 * Hardware task switches: by CALL, JMP, IRET, through task gates, of 32-bit,
 * 16-bit and virtual-8086 tasks, with another address space, and with the
 * faults that a new task takes.
 *
 * EXPECT ok: tasks: every one was an exit
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 */
#include "guest/asm.h"

#define CODE32	0x08
#define DATA32	0x10
#define MAIN	0x18
#define WORKER	0x20
#define NARROW	0x28
#define FAULTS	0x30
#define TICKS	0x38
#define GATE	0x40		/* a task gate to WORKER */
#define ABSENT	0x48
#define BROKEN	0x50
#define TRAPPED	0x58
#define V86	0x60
#define MAPPED	0x68

#define EXIT_TASK_SWITCH 9

#define CR0_TS	0x8
#define CR0_PG	0x80000000
#define CR4_PSE	0x10
#define EFLAGS_NT 0x4000
#define EFLAGS_VM 0x20000
#define DR6_BT	0x8000

#define TSS_EIP	   32
#define TSS_EFLAGS 36
#define TYPE_BYTE  5
#define BUSY	   2

#define DIRECTORY1 0x100000
#define DIRECTORY2 0x101000
#define PLACE1	   0x400000	/* 4M pages, seen at WINDOW by one of the address spaces each */
#define PLACE2	   0x800000
#define WINDOW	   0xc00000

	/* A far CALL or JMP to a selector; the offset means nothing. */
	.macro	FAR instruction, selector
	\instruction	$\selector, $0
	.endm

	START
	cli
	lgdtl	gdt_register
	lidtl	idt_register
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmp	$CODE32, $protected

	.code32
	ROUTINES pm

protected:
	mov	$DATA32, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$0x7c00, %esp
	mov	$MAIN, %eax
	ltr	%ax

	/* CALL and IRET */
	mov	$0x11111111, %ecx
	mov	$0x22222222, %ebp
	stc
	FAR	lcall, WORKER
	CHECK	c, "CALL: flags come back", pm
	cmp	$0x11111111, %ecx
	CHECK	e, "CALL: registers come back", pm
	cmp	$0x22222222, %ebp
	CHECK	e, "CALL: EBP comes back", pm
	cmpl	$0x33333333, seen_ecx
	CHECK	e, "CALL: the task has its own registers", pm
	testl	$EFLAGS_NT, seen_eflags
	CHECK	nz, "CALL: the task is nested", pm
	testl	$CR0_TS, seen_cr0
	CHECK	nz, "CALL: CR0.TS is set", pm
	cmpw	$MAIN, worker_tss
	CHECK	e, "CALL: the tasks are linked", pm
	testb	$BUSY, gdt + WORKER + TYPE_BYTE
	CHECK	z, "IRET: the task is available again", pm
	testb	$BUSY, gdt + MAIN + TYPE_BYTE
	CHECK	nz, "IRET: this one is busy", pm
	testl	$EFLAGS_NT, worker_tss + TSS_EFLAGS
	CHECK	z, "IRET: NT is cleared where it is saved", pm
	clts

	/* The worker goes on behind its IRET */
	FAR	lcall, GATE
	cmpl	$2, runs
	CHECK	e, "CALL through a task gate", pm
	int	$0x40
	cmpl	$3, runs
	CHECK	e, "INT through a task gate", pm

	/* JMP there and, by the worker, back */
	movl	$1, jump_back
	FAR	ljmp, WORKER
	cmpl	$4, runs
	CHECK	e, "JMP there and back", pm
	testl	$EFLAGS_NT, seen_eflags
	CHECK	z, "JMP: the task is not nested", pm
	testb	$BUSY, gdt + WORKER + TYPE_BYTE
	CHECK	z, "JMP: one of both is busy", pm
	movl	$0, jump_back

	/* A 16-bit TSS */
	FAR	lcall, NARROW
	cmpl	$0x5678, narrow_seen
	CHECK	e, "16 bits: the task has its registers", pm
	cmpw	$0x9abc, narrow_tss + 28	/* BP */
	CHECK	e, "16 bits: and they are saved", pm

	/* Faults through a task gate: the error code, and where to go on */
	movl	$1f, resume
	mov	$0xfff8, %eax
2:	mov	%eax, %fs
1:	cmpl	$0xfff8, fault_error
	CHECK	e, "#GP by a task gate: the error code", pm
	cmpl	$2b, fault_eip
	CHECK	e, "#GP by a task gate: the instruction", pm
	mov	$DATA32, %eax
	mov	%eax, %fs

	/* A task with a data segment that is not there: it is entered, and takes the fault */
	movl	$0, fault_error
	FAR	ljmp, BROKEN
	cmpl	$ABSENT, fault_error
	CHECK	e, "a bad segment: #NP with the selector", pm
	cmpw	$BROKEN, fault_task
	CHECK	e, "a bad segment: in the new task", pm
	cmpl	$broken, fault_eip
	CHECK	e, "a bad segment: before its first instruction", pm

	/* The trap bit of a TSS */
	xor	%eax, %eax
	mov	%eax, %dr6
	mov	$0x401, %eax
	mov	%eax, %dr7		/* a local breakpoint, which ends with this task */
	FAR	ljmp, TRAPPED
	cmpl	$trapped, fault_eip
	CHECK	e, "the trap bit: #DB before the first instruction", pm
	testl	$DR6_BT, trap_dr6
	CHECK	nz, "the trap bit: DR6.BT", pm
	mov	%dr7, %eax
	test	$1, %eax
	CHECK	z, "local breakpoints end with the task", pm

	/* A virtual-8086 task. It ends with HLT, which is #GP there */
	movl	$0, resume
	FAR	ljmp, V86
	testl	$EFLAGS_VM, fault_eflags
	CHECK	nz, "V86: #GP from there", pm
	cmpl	$0x4321, v86_seen
	CHECK	e, "V86: the task ran", pm

	/* Interrupts by a task gate */
	call	start_timer
	sti
1:	cmpl	$3, ticks
	jb	1b
	cli
	mov	$0xff, %al
	out	%al, $0x21
	cmpl	$3, ticks
	CHECK	ae, "interrupts by a task gate", pm
	testb	$BUSY, gdt + TICKS + TYPE_BYTE
	CHECK	z, "their task is available", pm

	/* Two address spaces */
	call	make_directories
	mov	$DIRECTORY1, %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$CR4_PSE, %eax
	mov	%eax, %cr4
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	jmp	1f
1:	movl	$0xaaaaaaaa, WINDOW
	FAR	lcall, MAPPED
	cmpl	$0xaaaaaaaa, WINDOW
	CHECK	e, "paging: this address space is back", pm
	cmpl	$0, mapped_seen
	CHECK	e, "paging: the task had another", pm
	mov	%cr3, %eax
	cmp	$DIRECTORY1, %eax
	CHECK	e, "paging: CR3 is back", pm

	mov	$ABI_CALL_EXITS, %eax
	mov	$EXIT_TASK_SWITCH, %ebx
	vmcall
	cmp	$20, %eax
	CHECK	ae, "tasks: every one was an exit", pm
	POWER_OFF

start_timer:
	mov	$0x11, %al
	out	%al, $0x20
	mov	$0x20, %al
	out	%al, $0x21
	mov	$4, %al
	out	%al, $0x21
	mov	$1, %al
	out	%al, $0x21
	mov	$0xfe, %al
	out	%al, $0x21
	mov	$0x34, %al
	out	%al, $0x43
	mov	$0xa4, %al		/* 250 Hz: two task switches take 1 ms in Bochs */
	out	%al, $0x40
	mov	$0x12, %al
	out	%al, $0x40
	ret

/* 4M pages: the first is the same in both, the window is not. */
make_directories:
	mov	$DIRECTORY1, %edi
	mov	$0x800, %ecx
	xor	%eax, %eax
	cld
	rep stosl
	movl	$0x83, DIRECTORY1
	movl	$0x83, DIRECTORY2
	movl	$(PLACE1 + 0x83), DIRECTORY1 + (WINDOW >> 20)
	movl	$(PLACE2 + 0x83), DIRECTORY2 + (WINDOW >> 20)
	movl	$0, PLACE2
	ret

/* ---- Tasks ------------------------------------------------------------------------- */

worker:
	mov	%ecx, seen_ecx
	pushf
	pop	seen_eflags
	mov	%cr0, %eax
	mov	%eax, seen_cr0
	incl	runs
	cmpl	$0, jump_back
	jne	1f
	iret
	jmp	worker
1:	FAR	ljmp, MAIN
	jmp	worker

narrow:
	movzwl	%bx, %eax
	mov	%eax, narrow_seen
	mov	$0x9abc, %ebp
	iret
	jmp	narrow

/* #GP. With nowhere to resume it takes the machine back to the main task. */
faults:
	pop	fault_error
	movzwl	faults_tss, %eax	/* the link */
	and	$~7, %eax
	movzwl	gdt + 2(%eax), %ebx	/* all bases are below 64K */
	mov	TSS_EIP(%ebx), %ecx
	mov	%ecx, fault_eip
	mov	TSS_EFLAGS(%ebx), %ecx
	mov	%ecx, fault_eflags
	mov	resume, %ecx
	test	%ecx, %ecx
	jz	1f
	mov	%ecx, TSS_EIP(%ebx)
	iret
	jmp	faults
1:	FAR	ljmp, MAIN

timer:
	incl	ticks
	mov	$0x20, %al
	out	%al, $0x20
	iret
	jmp	timer

broken:
	movl	$0xbad, fault_error
trapped:
	movl	$0xbad, fault_eip
	FAR	ljmp, MAIN

mapped:
	mov	WINDOW, %eax
	mov	%eax, mapped_seen
	iret

	.code16
v86:
	movw	$0x4321, %ds:(v86_seen - 0x7000)
	hlt
	.code32

/* ---- Handlers that run in the task that took the fault --------------------------------- */

not_present:
	mov	$DATA32, %eax
	mov	%eax, %ds
	pop	fault_error
	pop	fault_eip
	str	fault_task
	FAR	ljmp, MAIN

debug:
	pop	fault_eip
	mov	%dr6, %eax
	mov	%eax, trap_dr6
	FAR	ljmp, MAIN

/* ---- Tables ------------------------------------------------------------------------- */

	.macro	TSS32 name, eip, esp, eflags=0, cr3=DIRECTORY1, code=CODE32, data=DATA32, es=DATA32, trap=0
	.balign	8
\name:	.long	0, \esp, DATA32, 0, 0, 0, 0, \cr3
	.long	\eip, \eflags + 2, 0, 0x33333333, 0, 0, \esp, 0, 0, 0
	.long	\es, \code, \data, \data, \data, \data, 0
	.word	\trap, 104
	.endm

	.macro	TSS_DESCRIPTOR name, type=0x89, size=104
	.word	\size - 1, \name
	.byte	0, \type, 0, 0
	.endm

	.macro	INTERRUPT_GATE handler
	.word	\handler, CODE32, 0x8e00, 0
	.endm

	.macro	TASK_GATE selector
	.word	0, \selector, 0x8500, 0
	.endm

	.data
	TSS32	main_tss, 0, 0
	TSS32	worker_tss, worker, 0x7000
	TSS32	faults_tss, faults, 0x6c00
	TSS32	ticks_tss, timer, 0x6800
	TSS32	broken_tss, broken, 0x6400, es=ABSENT
	TSS32	trapped_tss, trapped, 0x6000, trap=1
	TSS32	v86_tss, v86-0x7000, 0x5c00, eflags=EFLAGS_VM, code=0x700, data=0x700, es=0x700
	TSS32	mapped_tss, mapped, 0x5800, cr3=DIRECTORY2
narrow_tss:
	.word	0, 0x5400, DATA32, 0, 0, 0, 0
	.word	narrow, 2, 0, 0, 0, 0x5678, 0x5400, 0, 0, 0
	.word	DATA32, CODE32, DATA32, DATA32, 0

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	TSS_DESCRIPTOR	main_tss
	TSS_DESCRIPTOR	worker_tss
	TSS_DESCRIPTOR	narrow_tss, 0x81, 44
	TSS_DESCRIPTOR	faults_tss
	TSS_DESCRIPTOR	ticks_tss
	TASK_GATE	WORKER
	.quad	0x00cf13000000ffff
	TSS_DESCRIPTOR	broken_tss
	TSS_DESCRIPTOR	trapped_tss
	TSS_DESCRIPTOR	v86_tss
	TSS_DESCRIPTOR	mapped_tss
gdt_register:
	.word	gdt_register - gdt - 1
	.long	gdt
	.balign	8
idt:	.quad	0
	INTERRUPT_GATE	debug
	.fill	9, 8, 0
	INTERRUPT_GATE	not_present
	.quad	0
	TASK_GATE	FAULTS
	.fill	0x20 - 14, 8, 0
	TASK_GATE	TICKS
	.fill	0x40 - 0x21, 8, 0
	TASK_GATE	WORKER
idt_register:
	.word	idt_register - idt - 1
	.long	idt

	.balign	4
seen_ecx:	.long 0
seen_eflags:	.long 0
seen_cr0:	.long 0
runs:		.long 0
jump_back:	.long 0
narrow_seen:	.long 0
resume:		.long 0
fault_error:	.long 0
fault_eip:	.long 0
fault_eflags:	.long 0
fault_task:	.long 0
trap_dr6:	.long 0
v86_seen:	.long 0
ticks:		.long 0
mapped_seen:	.long -1
