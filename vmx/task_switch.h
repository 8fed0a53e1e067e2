/* SPDX-License-Identifier: MIT */
/*
 * The second half of a hardware task switch: save the old task, become
 * the new one, and raise in the new task whatever its state is not good for.
 */
#pragma once

#include "vmx/task_plan.h"
#include "vmx/vcpu.h"

/* AGAIN, maybe with a fault for the new task to take; STOP: something is not RAM. */
enum verdict task_switch(struct vcpu *v, const struct task_plan *plan) __must_check;
