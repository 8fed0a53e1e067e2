/* SPDX-License-Identifier: MIT */
#include "unit/vmx/entry_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/x86.h"
#include "vmx/controls.h"

static u8 page[PAGE_SIZE];

static const void *memory(hpa_t address, u64 length)
{
	if (address < CASE_PAGE || length > PAGE_SIZE || address - CASE_PAGE > PAGE_SIZE - length)
		return NULL;
	return page + (address - CASE_PAGE);
}

static const struct {
	unsigned index;
	u64 value;
} good[] = {
	{ VMCS_AT_PIN_CONTROLS, 0x16 | PIN_EXTERNAL_INTERRUPT | PIN_NMI | PIN_VIRTUAL_NMIS },
	{ VMCS_AT_PROC_CONTROLS, 0x04006172 | PROC_HLT | PROC_IO_BITMAPS | PROC_MSR_BITMAP |
				 PROC_SECONDARY },
	{ VMCS_AT_PROC_CONTROLS2, PROC2_EPT | PROC2_VPID | PROC2_UNRESTRICTED_GUEST },
	{ VMCS_AT_EXIT_CONTROLS, 0x36dfb | EXITCTL_HOST_64 | EXITCTL_LOAD_PAT | EXITCTL_LOAD_EFER },
	{ VMCS_AT_ENTRY_CONTROLS, 0x11fb | ENTRYCTL_LOAD_DEBUG | ENTRYCTL_IA32E_GUEST |
				  ENTRYCTL_LOAD_PAT | ENTRYCTL_LOAD_EFER },
	{ VMCS_AT_VPID, 1 },
	{ VMCS_AT_IO_BITMAP_A, 0x1000 },
	{ VMCS_AT_IO_BITMAP_B, 0x2000 },
	{ VMCS_AT_MSR_BITMAP, 0x3000 },
	{ VMCS_AT_EPT_POINTER, 0x401e },
	{ VMCS_AT_TSC_MULTIPLIER, 1UL << 48 },
	{ VMCS_AT_VMCS_LINK_POINTER, ~0UL },
	{ VMCS_AT_HOST_CR0, CR0_PE | CR0_NE | CR0_PG | CR0_WP },
	{ VMCS_AT_HOST_CR3, 0x100000 },
	{ VMCS_AT_HOST_CR4, CR4_PAE | CR4_VMXE },
	{ VMCS_AT_HOST_EFER, EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE },
	{ VMCS_AT_HOST_PAT, 0x0007040600070406 },
	{ VMCS_AT_HOST_CS_SELECTOR, 8 },
	{ VMCS_AT_HOST_SS_SELECTOR, 16 },
	{ VMCS_AT_HOST_TR_SELECTOR, 40 },
	{ VMCS_AT_HOST_GS_BASE, 0xffffffff80100000 },
	{ VMCS_AT_HOST_GDTR_BASE, 0xffffffff80101000 },
	{ VMCS_AT_HOST_IDTR_BASE, 0xffffffff80102000 },
	{ VMCS_AT_HOST_TR_BASE, 0xffffffff80103000 },
	{ VMCS_AT_HOST_RIP, 0xffffffff80104000 },
	{ VMCS_AT_HOST_RSP, 0xffffffff80105000 },
	{ VMCS_AT_GUEST_CR0, CR0_PE | CR0_NE | CR0_PG | CR0_ET },
	{ VMCS_AT_GUEST_CR3, 0x2000 },
	{ VMCS_AT_GUEST_CR4, CR4_PAE | CR4_VMXE },
	{ VMCS_AT_GUEST_EFER, EFER_LME | EFER_LMA },
	{ VMCS_AT_GUEST_PAT, 0x0007040600070406 },
	{ VMCS_AT_GUEST_DR7, DR7_RESET },
	{ VMCS_AT_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_IF },
	{ VMCS_AT_GUEST_RIP, 0xffffffff81000000 },
	{ VMCS_AT_GUEST_CS_SELECTOR, 8 },
	{ VMCS_AT_GUEST_CS_LIMIT, 0xffffffff },
	{ VMCS_AT_GUEST_CS_ACCESS_RIGHTS, 0xa09b },
	{ VMCS_AT_GUEST_TR_SELECTOR, 0x18 },
	{ VMCS_AT_GUEST_TR_LIMIT, 0x67 },
	{ VMCS_AT_GUEST_TR_ACCESS_RIGHTS, 0x8b },
	{ VMCS_AT_GUEST_LDTR_LIMIT, 0xffff },
	{ VMCS_AT_GUEST_LDTR_ACCESS_RIGHTS, 0x82 },
	{ VMCS_AT_GUEST_GDTR_LIMIT, 0xffff },
	{ VMCS_AT_GUEST_IDTR_LIMIT, 0xffff },
};

static const enum segment data_segments[] = { SEG_ES, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

void entry_fixture_init(struct entry_fixture *f)
{
	memset(page, 0, sizeof(page));
	vmcs_image_clear(&f->image);
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		vmcs_image_set(&f->image, i, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(good); i++)
		vmcs_image_set(&f->image, good[i].index, good[i].value);
	for (unsigned i = 0; i < ARRAY_SIZE(data_segments); i++) {
		vmcs_image_set(&f->image, VMCS_AT_GUEST_ES_SELECTOR + data_segments[i], 0x10);
		vmcs_image_set(&f->image, VMCS_AT_GUEST_ES_LIMIT + data_segments[i], 0xffffffff);
		vmcs_image_set(&f->image, VMCS_AT_GUEST_ES_ACCESS_RIGHTS + data_segments[i], 0xc093);
	}
	f->caps = (struct vmx_caps){
		.vmx = true,
		.basic = 0x00d810000000002b,
		.pin = { 0x16, 0xff },
		.proc = { 0x04006172, 0xfffffffe },
		.proc2 = { 0, 0xfffffffe | 1 },
		.exit = { 0x36dfb, 0xffffffff },
		.entry = { 0x11fb, 0x00ffffff },
		.misc = 0x400401e0UL | 4UL << 16,
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = 0xffffffff,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = 0xf72fff | CR4_CET | CR4_PKS,
		.ept_vpid = 0xf0106b34141,
		.vmfunc = 1,
		.proc3 = 0x1f,
		.exit2 = 0xf,
		.physical_bits = 40,
		.linear_bits = 48,
		.rtm = true,
		.bus_lock_debug = true,
	};
	f->in = (struct entry_input){ &f->image, &f->caps, ENTRY_CAPS_ALL, true, CASE_VMCS, memory };
}

/* Capabilities by name. */
static bool change_cap(struct entry_fixture *f, const char *name, size_t n, u64 value)
{
#define IS(text) (strlen(text) == n && !strncmp(name, text, n))
	if (IS("long_mode"))
		f->in.long_mode = value;
	else if (IS("basic"))
		f->caps.basic = value;
	else if (IS("pin"))
		f->caps.pin.may_be_one = (u32)value;
	else if (IS("proc"))
		f->caps.proc.may_be_one = (u32)value;
	else if (IS("proc2"))
		f->caps.proc2.may_be_one = (u32)value;
	else if (IS("misc"))
		f->caps.misc = value;
	else if (IS("ept_vpid"))
		f->caps.ept_vpid = value;
	else if (IS("rtm"))
		f->caps.rtm = value;
	else if (IS("bus_lock_debug"))
		f->caps.bus_lock_debug = value;
	else if (IS("cr4_fixed1"))
		f->caps.cr4_fixed1 = value;
	else
		return false;
	return true;
#undef IS
}

static void change(struct entry_fixture *f, const char *word, size_t n)
{
	size_t name = strcspn(word, "=|~? ");
	u64 value = strtoull(word + name + 1, NULL, 0);
	int index;

	assert_true(name < n);
	if (word[0] == '@') {
		memcpy(page + strtoull(word + 1, NULL, 0), &value, sizeof(value));
		return;
	}
	index = vmcs_index_of_name(word, name);
	if (index < 0) {
		if (word[name] != '=' || !change_cap(f, word, name, value))
			fail_msg("what is \"%.*s\"?", (int)n, word);
		return;
	}
	switch (word[name]) {
	case '=':
		vmcs_image_set(&f->image, (unsigned)index, value);
		break;
	case '|':
		vmcs_image_set(&f->image, (unsigned)index, f->image.value[index] | value);
		break;
	case '~':
		vmcs_image_set(&f->image, (unsigned)index, f->image.value[index] & ~value);
		break;
	default:
		f->image.known.word[index / 64] &= ~BIT(index % 64);
		f->image.value[index] = 0;
	}
}

void entry_fixture_change(struct entry_fixture *f, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n)
			change(f, words, n);
		words += n + (words[n] == ' ');
	}
}

const struct entry_rule *entry_rule_find(const char *name, const struct entry_group **group)
{
	for (unsigned g = 0; g < entry_group_count; g++)
		for (unsigned i = 0; i < entry_groups[g]->count; i++)
			if (!strcmp(entry_groups[g]->rules[i].name, name)) {
				*group = entry_groups[g];
				return &entry_groups[g]->rules[i];
			}
	return NULL;
}
