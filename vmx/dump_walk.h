/* SPDX-License-Identifier: MIT */
/*
 * Page walks, level by level, of a vCPU that is loaded: to look at, without
 * a mark in the guest's tables and without a fault for it. Nothing but RAM is
 * read (v->ops->ram), whatever the tables say.
 */
#pragma once

#include "vmx/guest_walk.h"
#include "vmx/vcpu.h"

/* The guest's own walk of a linear address, as a read at its CPL. */
void dump_guest_walk(struct vcpu *v, gva_t gva);

/* The same for another access (GUEST_... bits); `what` names the address: "rip". */
void dump_guest_access(struct vcpu *v, const char *what, gva_t gva, unsigned access);

/* The walks of RIP, RSP and CR2, with paging on; else nothing. */
void dump_guest_walks(struct vcpu *v);

/* The walk of a guest-physical address through EPT. */
void dump_ept_walk(struct vcpu *v, gpa_t gpa);

/*
 * Copy guest memory at a linear address, whoever the guest lets see it.
 * Returns how many bytes there were before the first that is not RAM. No
 * printing, no fault, no mark.
 */
unsigned dump_peek(struct vcpu *v, gva_t gva, void *to, unsigned length);
