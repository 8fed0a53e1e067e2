/* SPDX-License-Identifier: MIT */
/*
 * Two tasks in 32-bit protected mode without paging: the old one, which
 * runs, and the new one, which a switch goes to; each with a TSS of 32 or
 * 16 bits. Tests bend what they want to see refused.
 */
#pragma once

#include "unit/vmx/fake_machine.h"
#include "vmx/tss.h"

#define GDT	0x1000
#define LDT	0x1800
#define OLD_TSS 0x2000
#define NEW_TSS 0x2100
#define STACK	0x9000 /* top, of the new task */

/* Selectors */
#define OLD	   0x08
#define NEW	   0x10
#define NEW_LDT	   0x18
#define CODE0	   0x20
#define DATA0	   0x28
#define CODE3	   (0x30 | 3)
#define DATA3	   (0x38 | 3)
#define CONFORMING 0x40
#define SPARE	   0x48
#define IN_LDT	   (0x08 | 4)
#define GDT_LIMIT  0x4f

/* Descriptor types */
#define TYPE_TSS16	0x81
#define TYPE_TSS16_BUSY 0x83
#define TYPE_LDT	0x82
#define TYPE_TSS32	0x89
#define TYPE_TSS32_BUSY 0x8b
#define TYPE_CODE0	0x9a
#define TYPE_DATA0	0x92

/* The old task in the processor, memory as described; NEW is available, 32 bits. cmocka set-up function. */
int tasks_setup(void **state);

u64 descriptor(u32 base, u32 limit, u8 type, u8 flags);
u64 *gdt_entry(u16 selector);
u8 *gdt_type(u16 selector); /* the type byte */

struct tss32 *new_tss(void);
struct tss16 *new_tss16(void); /* and make NEW a 16-bit TSS */
struct tss32 *old_tss(void);

/* The exit; the verdict of its handler. `source` is a TASK_... */
enum verdict tasks_switch(unsigned source);

/* Through a task gate in the IDT, for an event with this information. */
enum verdict tasks_event(u32 info, u32 error);

/* What is waiting to be injected is this exception with an error code. */
void expect_fault(u8 vector, u32 error);
void expect_no_fault(void);
