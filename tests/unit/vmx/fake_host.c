/* SPDX-License-Identifier: MIT */
/*
 * What vmx/ uses of the rooms below and is of no interest to its tests.
 */
#include "kernel/log.h"
#include "kernel/traps.h"
#include "vmx/entry_check.h"
#include "vmx/instructions.h"
#include "vmx/vcpu.h"
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

void entry_check_explain(enum entry_class class)
{
	(void)class;
}

void entry_check_before(struct vcpu *v)
{
	(void)v;
}

enum entry_class entry_check_class_of_error(u32 error)
{
	(void)error;
	return ENTRY_CLASSES;
}

enum entry_class entry_check_class_of_exit(u32 reason, u64 qualification)
{
	(void)reason;
	(void)qualification;
	return ENTRY_CLASSES;
}

void vcpu_flush(struct vcpu *v)
{
	(void)invvpid(INVVPID_SINGLE, v->vpid, 0);
}

void apic_virtual_write_access(struct vcpu *v)
{
	(void)v;
}
