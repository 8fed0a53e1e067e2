/* SPDX-License-Identifier: MIT */
/*
 * Guest memory by linear address, for instructions that are emulated:
 * through the guest's page tables to its RAM, with the page faults, and the
 * accessed and dirty bits, that the processor would have made.
 */
#pragma once

#include "lib/types.h"
#include "vmx/guest_walk.h"
#include "vmx/vcpu.h"

/* The walk's inputs as they are now; must be loaded. */
void guest_paging_read(const struct vcpu *v, struct guest_paging *p);

/* For guest_walk(): entries of tables in the RAM of the vCPU that is the context. */
bool guest_read_entry(void *vcpu, gpa_t gpa, u64 *value, unsigned size);

/* The access bits of an instruction's own operand: GUEST_USER if the CPL is 3. */
unsigned guest_operand_access(const struct vcpu *v);

/* With guest_span(): memory that is not RAM will do. */
#define GUEST_DEVICE 16

/* A translated piece of guest memory: at most two pages, good until the guest runs again. */
struct guest_span {
	struct {
		gpa_t gpa;
		u8 *at; /* NULL with GUEST_DEVICE: not RAM */
		unsigned length;
	} parts[2];
	unsigned count;
};

/*
 * Translate `length` bytes (1 to 4096) at a canonical linear address for an
 * access (GUEST_... bits). All or nothing:
 *   NEXT   the copies below can not fail any more
 *   AGAIN  the guest has its page fault waiting
 *   STOP   a table or the memory is not RAM; v->stop says where
 */
enum verdict guest_span(struct vcpu *v, gva_t gva, unsigned length, unsigned access,
			struct guest_span *span) __must_check;

/* Copy `length` bytes from `offset` in the span, which must have them, and in RAM. */
void guest_span_read(const struct guest_span *span, unsigned offset, void *to, unsigned length);
void guest_span_write(const struct guest_span *span, unsigned offset, const void *from,
		      unsigned length);

/* Translate and copy; `access` without GUEST_WRITE, which guest_write() adds. Verdicts as above. */
enum verdict guest_read(struct vcpu *v, gva_t gva, void *to, unsigned length, unsigned access)
	__must_check;
enum verdict guest_write(struct vcpu *v, gva_t gva, const void *from, unsigned length,
			 unsigned access) __must_check;
