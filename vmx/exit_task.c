/* SPDX-License-Identifier: MIT */
#include "vmx/exits.h"
enum verdict exit_task_switch(struct vcpu *v)
{
	event_requeue(v);
	return vcpu_stop(v, STOP_EMULATION, "task switch", 0);
}
