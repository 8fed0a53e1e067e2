/* SPDX-License-Identifier: MIT */
#include "sim/vmx.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

struct sim_vmx sim_vmx;

#define FIELDS 256

static struct {
	u32 field;
	bool hidden; /* for vmcs_try_read(): not in this processor */
	u64 value;
} fields[FIELDS];
static unsigned field_count;

/* The field's place, or a failed test for an encoding that is not in the SDM's list. */
static u64 *place(u32 field)
{
	for (unsigned i = 0; i < field_count; i++)
		if (fields[i].field == field)
			return &fields[i].value;
	fail_msg("VMCS field %#x does not exist", field);
	return NULL;
}

void sim_vmx_reset(void)
{
	const char *name;
	u32 field;

	memset(&sim_vmx, 0, sizeof(sim_vmx));
	memset(fields, 0, sizeof(fields));
	for (field_count = 0; vmcs_field_at(field_count, &field, &name); field_count++) {
		assert_true(field_count < FIELDS);
		fields[field_count].field = field;
	}
	sim_vmx.on = true;
	sim_vmx.loaded = true;
}

void sim_vmx_count(void)
{
	sim_vmx.reads = 0;
	sim_vmx.writes = 0;
}

void sim_set(enum vmcs_field field, u64 value)
{
	*place(field) = value;
}

u64 sim_get(enum vmcs_field field)
{
	return *place(field);
}

void sim_exit(u32 reason, u64 qualification, u32 instruction_length)
{
	sim_set(VMCS_EXIT_REASON, reason);
	sim_set(VMCS_EXIT_QUALIFICATION, qualification);
	sim_set(VMCS_EXIT_INSTRUCTION_LENGTH, instruction_length);
	sim_set(VMCS_EXIT_INTERRUPTION_INFO, 0);
	sim_set(VMCS_IDT_VECTORING_INFO, 0);
}

u64 vmcs_read(enum vmcs_field field)
{
	if (!sim_vmx.loaded)
		fail_msg("VMREAD %s without a current VMCS", vmcs_field_name(field));
	sim_vmx.reads++;
	return *place(field);
}

void sim_vmx_hide(enum vmcs_field field, bool hidden)
{
	for (unsigned i = 0; i < field_count; i++)
		if (fields[i].field == field)
			fields[i].hidden = hidden;
}

/* As the processor: a failure leaves its number in the VMCS. */
bool vmcs_try_read(enum vmcs_field field, u64 *value)
{
	for (unsigned i = 0; sim_vmx.loaded && i < field_count; i++) {
		if (fields[i].field != field || fields[i].hidden)
			continue;
		*value = fields[i].value;
		sim_vmx.reads++;
		return true;
	}
	if (sim_vmx.loaded)
		sim_set(VMCS_INSTRUCTION_ERROR, 12);
	return false;
}

static unsigned bits_of(u32 field)
{
	switch (vmcs_field_width(field)) {
	case VMCS_WIDTH_16:
		return 16;
	case VMCS_WIDTH_32:
		return 32;
	default:
		return 64;
	}
}

void vmcs_write(enum vmcs_field field, u64 value)
{
	if (!sim_vmx.loaded)
		fail_msg("VMWRITE %s without a current VMCS", vmcs_field_name(field));
	if (vmcs_field_kind(field) == VMCS_KIND_READ_ONLY)
		fail_msg("VMWRITE to the read-only field %s", vmcs_field_name(field));
	if (bits_of(field) < 64 && value >> bits_of(field))
		fail_msg("VMWRITE %s: %#lx is too wide", vmcs_field_name(field), value);
	sim_vmx.writes++;
	*place(field) = value;
}

enum vmx_result vmxon(hpa_t region)
{
	if (sim_vmx.on)
		return VMX_FAIL_VALID;
	if (!region || region % PAGE_SIZE)
		return VMX_FAIL_INVALID;
	sim_vmx.on = true;
	return VMX_OK;
}

enum vmx_result vmxoff(void)
{
	if (!sim_vmx.on)
		return VMX_FAIL_INVALID;
	sim_vmx.on = false;
	sim_vmx.loaded = false;
	return VMX_OK;
}

enum vmx_result vmclear(hpa_t vmcs)
{
	if (!sim_vmx.on || vmcs % PAGE_SIZE)
		return VMX_FAIL_INVALID;
	if (sim_vmx.current == vmcs)
		sim_vmx.loaded = false;
	return VMX_OK;
}

enum vmx_result vmptrld(hpa_t vmcs)
{
	if (!sim_vmx.on || vmcs % PAGE_SIZE)
		return VMX_FAIL_INVALID;
	sim_vmx.current = vmcs;
	sim_vmx.loaded = true;
	return VMX_OK;
}

enum vmx_result invept(enum invept_type type, u64 eptp)
{
	(void)eptp;
	sim_vmx.invepts++;
	return type == INVEPT_SINGLE || type == INVEPT_ALL ? VMX_OK : VMX_FAIL_VALID;
}

/* SDM "INVVPID": VPID 0 and non-canonical addresses are refused. */
enum vmx_result invvpid(enum invvpid_type type, u16 vpid, gva_t address)
{
	(void)address;
	sim_vmx.invvpids++;
	return type == INVVPID_ALL || vpid ? VMX_OK : VMX_FAIL_VALID;
}

struct tsc vmx_run(struct vcpu *v)
{
	if (!sim_vmx.guest)
		fail_msg("vmx_run() without a guest to play");
	v->launched = 1;
	sim_vmx.guest(v);
	return time_tsc_halves();
}

void vmx_exit(void)
{
	fail_msg("vmx_exit() is not to be called");
}
