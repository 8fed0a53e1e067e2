/* SPDX-License-Identifier: MIT */
#include "vmx/exits.h"
enum verdict exit_gdtr_idtr(struct vcpu *v)
{
	return vcpu_stop(v, STOP_EMULATION, "descriptor table", 0);
}
enum verdict exit_ldtr_tr(struct vcpu *v)
{
	return vcpu_stop(v, STOP_EMULATION, "descriptor table", 0);
}
