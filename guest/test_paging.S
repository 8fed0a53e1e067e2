/* SPDX-License-Identifier: MIT */
/*
 * 32-bit paging with 4K and 4M pages, and PAE paging with its four entries
 * that the processor keeps in registers, across exits.
 *
 * EXPECT ok: 32-bit: a 4M page
 * EXPECT ok: PAE: a 2M page
 * EXPECT ok: PAE: MOV to CR0 with it
 * EXPECT ^run: outcome=clean
 * REJECT FAIL
 * MODEL corei7_skylake_x
 * MODEL corei5_arrandale_m520
 */
#include "guest/asm32.h"

#define CR4_PSE	0x10
#define CR4_PAE	0x20
#define CR4_PGE	0x80

/* Tables, one page each. RAM is empty at first. */
#define PD32	0x10000
#define PT32	0x11000
#define PDPT	0x12000
#define PD0	0x13000
#define PD1	0x14000
#define PD2	0x15000

#define P	0x03	/* present, writable */
#define PS	0x83	/* and large */

/* What the pages below point to, and what lies there. */
#define PLACE_A	0x800000
#define PLACE_B	0xa00000
#define MARK_A	0xaaaa1111
#define MARK_B	0xbbbb2222
#define WINDOW	0x40000000	/* a virtual address that is not mapped one to one */

	START32
	movl	$MARK_A, PLACE_A
	movl	$MARK_B, PLACE_B

	/* ---- 32-bit paging ---- */
	movl	$(PT32 + P), PD32
	movl	$(PLACE_A + PS), PD32 + (WINDOW >> 22) * 4
	mov	$P, %eax
	mov	$PT32, %edi
1:	stosl
	add	$0x1000, %eax
	cmp	$(0x400000 + P), %eax
	jb	1b
	mov	%cr4, %eax
	or	$CR4_PSE, %eax
	mov	%eax, %cr4
	mov	$PD32, %eax
	mov	%eax, %cr3
	call	paging_on
	cmpl	$MARK_A, WINDOW
	CHECK	e, "32-bit: a 4M page", pm
	xor	%eax, %eax
	cpuid			/* an exit */
	cmpl	$MARK_B, WINDOW + PLACE_B - PLACE_A
	CHECK	e, "32-bit: it stays over an exit", pm
	movl	$(0x300000 + P), PT32 + 0x200 * 4
	movl	$0x33333333, 0x300000
	movl	$0x22222222, 0x301000
	cmpl	$0x33333333, 0x200000
	CHECK	e, "32-bit: a 4K page", pm
	movl	$(0x301000 + P), PT32 + 0x200 * 4
	invlpg	0x200000
	cmpl	$0x22222222, 0x200000
	CHECK	e, "32-bit: INVLPG", pm
	call	paging_off
	cmpl	$0, 0x200000
	CHECK	e, "32-bit: off again", pm

	/* ---- PAE paging ---- */
	movl	$(PD0 + 1), PDPT
	movl	$(PD1 + 1), PDPT + 8
	mov	$PS, %eax
	mov	$PD0, %edi
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	cmp	$(0x40000000 + PS), %eax
	jb	1b
	movl	$(PLACE_A + PS), PD1
	movl	$(PLACE_B + PS), PD2
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$PDPT, %eax
	mov	%eax, %cr3
	call	paging_on
	cmpl	$MARK_A, WINDOW
	CHECK	e, "PAE: a 2M page", pm
	/* The processor has the four entries in registers: memory does not count. */
	movl	$(PD2 + 1), PDPT + 8
	xor	%eax, %eax
	cpuid			/* an exit */
	invlpg	WINDOW
	cmpl	$MARK_A, WINDOW
	CHECK	e, "PAE: an exit does not load the entries anew", pm
	mov	%cr3, %eax
	mov	%eax, %cr3
	cmpl	$MARK_B, WINDOW
	CHECK	e, "PAE: MOV to CR3 does", pm
	movl	$(PD1 + 1), PDPT + 8
	mov	%cr0, %eax
	xor	$CR0_CD, %eax
	mov	%eax, %cr0
	cmpl	$MARK_A, WINDOW
	CHECK	e, "PAE: MOV to CR0 that changes CD does", pm
	movl	$(PD2 + 1), PDPT + 8
	mov	%cr4, %eax
	xor	$CR4_PGE, %eax
	mov	%eax, %cr4
	cmpl	$MARK_B, WINDOW
	CHECK	e, "PAE: MOV to CR4 that changes PGE does", pm
	movl	$(PD2 + 3), PDPT + 16
	mov	%cr3, %eax
	REFUSED	"PAE: MOV to CR3 with a reserved bit in an entry", pm, mov %eax, %cr3
	mov	%cr0, %eax
	xor	$CR0_CD, %eax
	REFUSED	"PAE: MOV to CR0 with it", pm, mov %eax, %cr0
	movl	$0, PDPT + 16
	mov	%cr0, %eax
	and	$~CR0_CD, %eax
	mov	%eax, %cr0
	call	paging_off
	POWER_OFF

paging_on:
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	ret
paging_off:
	mov	%cr0, %eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
	ret

	ROUTINES32
