/* SPDX-License-Identifier: MIT */
/*
 * What vmx/ uses of the rooms below and is of no interest to its tests.
 */
#include "kernel/log.h"
#include "kernel/traps.h"
#include "vmx/dump.h"
#include "vmx/instructions.h"
#include "vmx/vmx.h"

struct vmx_host vmx_host;

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	(void)level;
	(void)subsystem;
	(void)fmt;
}

void trap_run_interrupt(u8 vector)
{
	(void)vector;
}

void dump_vcpu(struct vcpu *v)
{
	(void)v;
}

void vcpu_flush(struct vcpu *v)
{
	(void)invvpid(INVVPID_SINGLE, v->vpid, 0);
}
