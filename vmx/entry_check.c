/* SPDX-License-Identifier: MIT */
#include "vmx/entry_check.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/vcpu.h"
#include "vmx/vmx.h"

/* Only what the direct map reaches for sure: frames that the allocator knows. */
static const void *memory(hpa_t address, u64 length)
{
	hpa_t last = address + length - 1;

	if (!length || length > PAGE_SIZE || last < address)
		return NULL;
	if (frame_owner_of(ALIGN_DOWN(address, PAGE_SIZE)) < 0 ||
	    frame_owner_of(ALIGN_DOWN(last, PAGE_SIZE)) < 0)
		return NULL;
	return phys_to_virt(address);
}

void entry_check_input(struct entry_input *in, const struct vmcs_image *image, hpa_t vmcs)
{
	*in = (struct entry_input){
		.image = image,
		.caps = &vmx_host.caps,
		.caps_known = ENTRY_CAPS_ALL,
		.long_mode = true,
		.vmcs = vmcs,
		.memory = memory,
	};
}

static void say(void *context, const char *line)
{
	(void)context;
	log_report("%s", line);
}

void entry_check_explain(enum entry_class class)
{
	const struct vcpu *v = this_cpu()->current_vcpu;
	struct vmcs_image image;
	struct entry_input in;

	vmcs_image_read(&image);
	entry_check_input(&in, &image, v ? v->vmcs : ENTRY_POINTER_UNKNOWN);
	entry_report(&in, class, say, NULL);
}

enum entry_class entry_check_class_of_error(u32 error)
{
	return error == 7 ? ENTRY_CONTROLS : error == 8 ? ENTRY_HOST_STATE : ENTRY_CLASSES;
}

/* SDM "VM-Entry Failures During or After Loading Guest State": the exit qualification. */
enum entry_class entry_check_class_of_exit(u32 reason, u64 qualification)
{
	if ((reason & EXIT_REASON_BASIC) == EXIT_ENTRY_MSR_LOADING)
		return ENTRY_MSR_LOADING;
	if ((reason & EXIT_REASON_BASIC) != EXIT_ENTRY_GUEST_STATE)
		return ENTRY_CLASSES;
	switch (qualification) {
	case 2:
		return ENTRY_GUEST_PDPTE;
	case 3:
		return ENTRY_GUEST_NMI;
	case 4:
		return ENTRY_GUEST_LINK;
	default:
		return ENTRY_GUEST_STATE;
	}
}

void entry_check_before(struct vcpu *v)
{
	struct entry_diagnosis d;
	struct vmcs_image image;
	struct entry_input in;

	vmcs_image_read(&image);
	entry_check_input(&in, &image, v->vmcs);
	entry_diagnose(&d, &in);
	if (!d.violated) {
		vcpu_attend(v, ATTENTION_CHECK);
		return;
	}
	log_warn("vmx", "check=on: the entry that follows violates %u rule(s)", d.violated);
	entry_report(&in, d.class, say, NULL);
}
