/* SPDX-License-Identifier: MIT */
#include "vmx/switch.h"

#include "kernel/asm.h"
#include "kernel/cpu.h"
#include "lib/error.h"
#include "lib/string.h"
#include "lib/x86.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/vcpu.h"

/* What the host leaves in the processor between guests. */
static const struct switched_state nobodys = { .dr6 = DR6_RESET, .xcr0 = XCR0_X87 };

/*
 * The initial FPU state: control words as FNINIT leaves them; the header's
 * empty XSTATE_BV puts every other component into its initial state, so
 * 576 bytes will do for any XCR0. SDM "Operation of XRSTOR".
 */
static const struct {
	u16 control_word, rest1[11];
	u32 mxcsr, rest2[137];
} __aligned(64) initial_fpu = { .control_word = 0x37f, .mxcsr = 0x1f80 };
_Static_assert(sizeof(initial_fpu) == 576, "legacy region and XSAVE header");

/* Bytes of an XSAVE area for everything this CPU has; 512 for FXSAVE. */
static u32 fpu_size(void)
{
	return cpu_features.xsave ? MAX(cpuid(0xd, 0).ecx, 576U) : 512;
}

/* All state components this CPU has: what we save, whatever the guest's XCR0 says. */
static u64 fpu_components(void)
{
	struct cpuid_regs r = cpuid(0xd, 0);

	return (u64)r.edx << 32 | r.eax;
}

static void fpu_restore(const void *area)
{
	if (!cpu_features.xsave) {
		asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
		return;
	}
	xcr0_write(fpu_components());
	asm volatile("xrstor64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
}

static void fpu_save(void *area)
{
	if (!cpu_features.xsave) {
		asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
		return;
	}
	xcr0_write(fpu_components());
	asm volatile("xsave64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
}

int switch_create(struct vcpu *v)
{
	void *area;

	v->fpu_order = frame_order(fpu_size());
	area = frame_alloc_zeroed(v->fpu_order, FRAME_VCPU);
	if (!area)
		return -ERR_NOMEM;
	v->fpu = virt_to_phys(area);
	memcpy(area, &initial_fpu, sizeof(initial_fpu));
	v->switched = nobodys;
	v->xcr0 = nobodys.xcr0;
	return 0;
}

void switch_destroy(struct vcpu *v)
{
	frame_free(v->fpu, v->fpu_order, FRAME_VCPU);
}

static void load(const struct switched_state *state, const void *fpu)
{
	fpu_restore(fpu);
	if (cpu_features.xsave)
		xcr0_write(state->xcr0);
	switch_msrs_load(state->msr);
	cr2_write(state->cr2);
	dr0_write(state->dr[0]);
	dr1_write(state->dr[1]);
	dr2_write(state->dr[2]);
	dr3_write(state->dr[3]);
	dr6_write(state->dr6);
}

void switch_in(struct vcpu *v)
{
	load(&v->switched, phys_to_virt(v->fpu));
}

void switch_out(struct vcpu *v)
{
	struct switched_state *state = &v->switched;

	state->xcr0 = v->xcr0;
	fpu_save(phys_to_virt(v->fpu));
	switch_msrs_save(state->msr);
	state->cr2 = cr2_read();
	state->dr[0] = dr0_read();
	state->dr[1] = dr1_read();
	state->dr[2] = dr2_read();
	state->dr[3] = dr3_read();
	state->dr6 = dr6_read();
	load(&nobodys, &initial_fpu);
}

void switch_reset(struct vcpu *v)
{
	v->switched = nobodys;
	v->xcr0 = nobodys.xcr0;
	load(&nobodys, &initial_fpu);
}
