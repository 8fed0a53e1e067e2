/* SPDX-License-Identifier: MIT */
/*
 * The VM-entry doctor at work on this processor's current VMCS: after an
 * entry that failed, and before each entry with the option check=on.
 */
#pragma once

#include "vmx/entry_doctor.h"

struct vcpu;

/* What the rules need besides an image of a VMCS of this computer. `vmcs`: its address. */
void entry_check_input(struct entry_input *in, const struct vmcs_image *image, hpa_t vmcs);

/*
 * An entry has failed as `class` says: print every violated rule, or that
 * none was found and what the rules cannot see. Formats text.
 */
void entry_check_explain(enum entry_class class);

/* The class of a failed VMLAUNCH or VMRESUME, of a failed entry; else ENTRY_CLASSES. */
enum entry_class entry_check_class_of_error(u32 error);
enum entry_class entry_check_class_of_exit(u32 reason, u64 qualification);

/*
 * For check=on: judge the entry that is about to happen. Asks to be called
 * again at the next one (ATTENTION_CHECK), unless it has found something:
 * that is printed once, and the processor has the last word.
 */
void entry_check_before(struct vcpu *v);
