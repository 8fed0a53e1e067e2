/* SPDX-License-Identifier: MIT */
/*
 * Real mode: a vector table that ends before the vector. The chain of
 * faults is told, each with its reason.
 *
 * EXPECT ^autopsy: now$
 * EXPECT ^autopsy: vm=vm0 vcpu=0 triple fault at cs:rip=0:7c[0-9a-f]{2}, run once more:
 * EXPECT ^autopsy: 1\. #UD at rip=0x7c
 * EXPECT ^autopsy:   #UD cannot be delivered: the vector table's limit 0x7 ends before vector 6
 * EXPECT ^autopsy: 2\. #GP$
 * EXPECT ^autopsy: 3\. #GP: #DF$
 * EXPECT ^autopsy:   #DF cannot be delivered: the vector table's limit 0x7 ends before vector 8
 * EXPECT ^autopsy: 4\. #GP: triple fault$
 * REJECT no double fault was seen
 * STATUS 1
 */
#include "guest/asm.h"

	START
	SAY	"autopsy: now", rm
	lidtl	table
	ud2
	SAY	"FAIL: still here", rm
	POWER_OFF

	ROUTINES rm

	.data
table:
	.word	7
	.long	0
