/* SPDX-License-Identifier: MIT */
/*
 * For tests to which it is all the same what a guest's #UD was about.
 */
#include "vmx/surprise.h"

void surprise_note(struct vcpu *v)
{
	(void)v;
}
