/* SPDX-License-Identifier: MIT */
/*
 * VMCS dumps in the forms that people paste, whole and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/x86.h"
#include "scripts/doctor/dump.h"
#include "scripts/doctor/models.h"
#include "scripts/doctor/names.h"
#include "vmx/entry_doctor.h"

static struct dump d;

static void read_text(const char *text)
{
	dump_init(&d);
	while (*text) {
		size_t n = strcspn(text, "\n");

		(void)dump_line(&d, text, n);
		text += n + (text[n] == '\n');
	}
}

#define HAS(field, expected)                                                                       \
	do {                                                                                       \
		u64 has;                                                                           \
                                                                                                   \
		if (!vmcs_image_get(&d.image, VMCS_AT_##field, &has))                              \
			fail_msg("%s was not read", #field);                                       \
		assert_int_equal(has, expected);                                                   \
	} while (0)

#define LACKS(field)                                                                               \
	do {                                                                                       \
		u64 has;                                                                           \
                                                                                                   \
		assert_false(vmcs_image_get(&d.image, VMCS_AT_##field, &has));                     \
	} while (0)

static void ours(void **state)
{
	(void)state;
	read_text("    GUEST_CS_SELECTOR = 0x8, GUEST_CS_BASE = 0, GUEST_RFLAGS = 0x2020a\n"
		  "    GUEST_RIP: must be 0: 32-63\n"
		  "    HOST_CR4 = 0x2020\n"
		  "what is this\n"
		  "\n");
	HAS(GUEST_CS_SELECTOR, 8);
	HAS(GUEST_CS_BASE, 0);
	HAS(GUEST_RFLAGS, 0x2020a);
	HAS(HOST_CR4, 0x2020);
	LACKS(GUEST_RIP);
	assert_int_equal(d.fields, 4);
	assert_int_equal(d.unknown, 2);
}

static void other_peoples_names(void **state)
{
	static const struct {
		const char *line;
		enum vmcs_index index;
	} cases[] = {
		{ "VmcsField::kGuestRip = 0x12", VMCS_AT_GUEST_RIP },
		{ "vmcs::guest_rip: 0x12", VMCS_AT_GUEST_RIP },
		{ "guest_rip                0x0000000000000012", VMCS_AT_GUEST_RIP },
		{ "[info] Guest RIP = 0x12", VMCS_AT_GUEST_RIP },
		{ "0x681e = 0x12", VMCS_AT_GUEST_RIP },
		{ "(0x681e) VMCS_GUEST_RIP=12", VMCS_AT_GUEST_RIP },
		{ "GUEST_CS_AR_BYTES: 0x12", VMCS_AT_GUEST_CS_ACCESS_RIGHTS },
		{ "kGuestCsArBytes = 0x12", VMCS_AT_GUEST_CS_ACCESS_RIGHTS },
		{ "guest_cs_access_rights 0x12", VMCS_AT_GUEST_CS_ACCESS_RIGHTS },
		{ "GUEST_IA32_EFER = 0x12", VMCS_AT_GUEST_EFER },
		{ "guest_ia32_debugctl_full 0x12", VMCS_AT_GUEST_DEBUGCTL },
		{ "HOST_IA32_SYSENTER_ESP = 0x12", VMCS_AT_HOST_SYSENTER_ESP },
		{ "PIN_BASED_VM_EXEC_CONTROL=0x12", VMCS_AT_PIN_CONTROLS },
		{ "primary_processor_based_vm_execution_controls 0x12", VMCS_AT_PROC_CONTROLS },
		{ "SECONDARY_VM_EXEC_CONTROL = 0x12", VMCS_AT_PROC_CONTROLS2 },
		{ "vm_exit_controls 0x12", VMCS_AT_EXIT_CONTROLS },
		{ "VM_ENTRY_CONTROLS: 12", VMCS_AT_ENTRY_CONTROLS },
		{ "VM_ENTRY_INTR_INFO_FIELD = 0x12", VMCS_AT_ENTRY_INTERRUPTION_INFO },
		{ "virtual_processor_identifier 0x12", VMCS_AT_VPID },
		{ "GUEST_INTERRUPTIBILITY_INFO = 0x12", VMCS_AT_GUEST_INTERRUPTIBILITY },
		{ "VMCS_LINK_POINTER = 0x12", VMCS_AT_VMCS_LINK_POINTER },
		{ "kVmcsLinkPointer = 0x12", VMCS_AT_VMCS_LINK_POINTER },
		{ "vmcs_link_pointer 0x0000000000000012", VMCS_AT_VMCS_LINK_POINTER },
	};
	u64 value;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		read_text(cases[i].line);
		if (!vmcs_image_get(&d.image, cases[i].index, &value) || value != 0x12)
			fail_msg("not understood: %s", cases[i].line);
	}
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		assert_int_equal(name_to_index(vmcs_index_name(i), strlen(vmcs_index_name(i))), i);
}

static void of_kvm(void **state)
{
	(void)state;
	read_text("[1.0] *** Guest State ***\n"
		  "[1.0] CR0: actual=0x80050033, shadow=0x60000010, gh_mask=fffffffffffffff7\n"
		  "[1.0] CR3 = 0x0000000000001000\n"
		  "[1.0] RSP = 0x0000000000000008  RIP = 0x000000000000fff0\n"
		  "[1.0] RFLAGS=0x00000002         DR7 = 0x0000000000000400\n"
		  "[1.0] Sysenter RSP=0000000000000011 CS:RIP=0010:0000000000000022\n"
		  "[1.0] CS:   sel=0xf000, attr=0x0009b, limit=0x0000ffff, base=0x00000000ffff0000\n"
		  "[1.0] GDTR:                           limit=0x0000ffff, base=0x0000000000000033\n"
		  "[1.0] TR:   sel=0x0000, attr=0x0008b, limit=0x0000ffff, base=0x0000000000000000\n"
		  "[1.0] EFER= 0x0000000000000d01\n"
		  "[1.0] Interruptibility = 00000001  ActivityState = 00000002\n"
		  "[1.0] *** Host State ***\n"
		  "[1.0] RIP = 0xffffffffc0a1b2e0  RSP = 0xffffb0a040a3fc98\n"
		  "[1.0] CS=0010 SS=0018 DS=0000 ES=0000 FS=0000 GS=0000 TR=0040\n"
		  "[1.0] FSBase=00007f5a12345700 GSBase=ffff9f1e7dc00000 TRBase=fffffe0000003000\n"
		  "[1.0] CR0=0000000080050033 CR3=0000000105b34003 CR4=00000000001726e0\n"
		  "[1.0] Sysenter RSP=fffffe0000003000 CS:RIP=0010:ffffffff9f401800\n"
		  "[1.0] EFER= 0x0000000000000d01   PAT = 0x0407050600070106\n"
		  "[1.0] *** Control State ***\n"
		  "[1.0] PinBased=0000003f CPUBased=b5a06dfa SecondaryExec=000014ea\n"
		  "[1.0] EntryControls=0000d1ff ExitControls=002fefff\n"
		  "[1.0] VMEntry: intr_info=80000b0d errcode=00000001 ilen=00000003\n"
		  "[1.0] VMExit: intr_info=00000000 errcode=00000000 ilen=00000002\n"
		  "[1.0]         reason=80000021 qualification=0000000000000000\n"
		  "[1.0] EPT pointer = 0x000000010553e05e\n"
		  "[1.0] Virtual processor ID = 0x0001\n");
	assert_int_equal(d.unknown, 0);
	HAS(GUEST_CR0, 0x80050033);
	HAS(CR0_READ_SHADOW, 0x60000010);
	HAS(GUEST_RSP, 8);
	HAS(GUEST_SYSENTER_ESP, 0x11);
	HAS(GUEST_SYSENTER_CS, 0x10);
	HAS(GUEST_SYSENTER_EIP, 0x22);
	HAS(GUEST_CS_SELECTOR, 0xf000);
	HAS(GUEST_CS_BASE, 0xffff0000);
	HAS(GUEST_GDTR_BASE, 0x33);
	HAS(GUEST_TR_ACCESS_RIGHTS, 0x8b);
	HAS(GUEST_INTERRUPTIBILITY, 1);
	HAS(GUEST_ACTIVITY_STATE, 2);
	HAS(HOST_RIP, 0xffffffffc0a1b2e0);
	HAS(HOST_RSP, 0xffffb0a040a3fc98);
	HAS(HOST_CS_SELECTOR, 0x10);
	HAS(HOST_TR_SELECTOR, 0x40);
	HAS(HOST_CR4, 0x1726e0);
	HAS(HOST_SYSENTER_ESP, 0xfffffe0000003000);
	HAS(HOST_PAT, 0x0407050600070106);
	HAS(PROC_CONTROLS, 0xb5a06dfa);
	HAS(ENTRY_INTERRUPTION_INFO, 0x80000b0d);
	HAS(ENTRY_INSTRUCTION_LENGTH, 3);
	HAS(EXIT_INSTRUCTION_LENGTH, 2);
	HAS(EXIT_REASON, 0x80000021);
	HAS(VPID, 1);
	LACKS(MSR_BITMAP);
}

static void of_xen(void **state)
{
	(void)state;
	read_text("(XEN) *** Guest State ***\n"
		  "(XEN) CR4: actual=0x2040, shadow=0x0, gh_mask=ffffffffffffffff\n"
		  "(XEN) RSP = 0x000000000000ffd8 (0x000000000000ffd8)  RIP = 0x000000000000f2ff (0x12)\n"
		  "(XEN)        sel  attr  limit   base\n"
		  "(XEN)   CS: f000 0009b 0000ffff 00000000000f0000\n"
		  "(XEN) GDTR:            00000027 0000000000001000\n"
		  "(XEN) LDTR: 0000 10000 00000000 0000000000000000\n"
		  "(XEN)   TR: 0000 0008b 000000ff 0000000000000044\n"
		  "(XEN) EFER(VMCS) = 0x0000000000000000  PAT = 0x0007040600070406\n"
		  "(XEN) *** Host State ***\n"
		  "(XEN) RIP = 0xffff82d0402a4440 (vmx_asm_vmexit_handler)  RSP = 0xffff83007fff7f70\n"
		  "(XEN) CS=e008 SS=0000 DS=0000 ES=0000 FS=0000 GS=0000 TR=e040\n");
	HAS(GUEST_CR4, 0x2040);
	HAS(GUEST_RIP, 0xf2ff);
	HAS(GUEST_CS_ACCESS_RIGHTS, 0x9b);
	HAS(GUEST_CS_BASE, 0xf0000);
	HAS(GUEST_GDTR_LIMIT, 0x27);
	HAS(GUEST_LDTR_ACCESS_RIGHTS, 0x10000);
	HAS(GUEST_TR_BASE, 0x44);
	HAS(GUEST_PAT, 0x0007040600070406);
	HAS(HOST_RSP, 0xffff83007fff7f70);
	HAS(HOST_TR_SELECTOR, 0xe040);
}

static void capability_msrs(void **state)
{
	(void)state;
	read_text("IA32_VMX_BASIC = 0x00d810000000002b\n"
		  "MSR_IA32_VMX_CR4_FIXED0: 0x2000\n"
		  "IA32_VMX_TRUE_PROCBASED_CTLS = 0xf7f9fffe04006172\n"
		  "IA32_VMX_PROCBASED_CTLS = 0xf7f9fffe0401e172\n"
		  "0x48c = 0xf0106334141\n"
		  "IA32_VMX_EPT_VPID_CAP = 0xf0106334141\n");
	assert_int_equal(d.unknown, 0);
	assert_int_equal(d.caps.basic, 0xd810000000002b);
	assert_int_equal(d.caps.cr4_fixed0, 0x2000);
	assert_int_equal(d.caps.proc.must_be_one, 0x04006172); /* the TRUE one */
	assert_int_equal(d.caps.ept_vpid, 0xf0106334141);
	assert_true(d.caps_known >> ENTRY_CAP_ept_vpid & 1);
	assert_false(d.caps_known >> ENTRY_CAP_misc & 1);
	/* A model fills in the rest, and only that. */
	assert_true(model_apply(&d, "core2_penryn_t9600"));
	assert_int_equal(d.caps_known, ENTRY_CAPS_ALL);
	assert_int_equal(d.caps.ept_vpid, 0xf0106334141);
	assert_int_equal(d.caps.misc, 0x401e0);
	assert_int_equal(d.caps.physical_bits, 40);
	assert_false(model_apply(&d, "z80"));
	for (unsigned i = 0; model_name(i); i++) {
		dump_init(&d);
		assert_true(model_apply(&d, model_name(i)));
		assert_true(d.caps.pin.may_be_one);
	}
}

static void unusable_lines(void **state)
{
	static const char *const lines[] = {
		"GUEST_RIP", "GUEST_RIP =", "= 0x12", "GUEST_RIP = 0x12345678901234567",
		"GUEST_RIP = zero", "GUEST_RIP_AND_MORE = 0x1", "\x01\xff\xfe=0x1", "::::====",
		"0x = 0x1", "0x1 = 0x1", "GUEST_CS_LIMIT_HIGH = 0x1", "( = 0x1", "GUEST_RIP = 0x",
	};
	char *longest = malloc(5000);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		dump_init(&d);
		if (dump_line(&d, lines[i], strlen(lines[i])))
			fail_msg("understood: %s", lines[i]);
		assert_int_equal(d.fields, 0);
	}
	dump_init(&d);
	memset(longest, 'A', 5000);
	assert_false(dump_line(&d, longest, 5000));
	free(longest);
	assert_true(dump_line(&d, " \t\r\n", 4));
}

/* Lines cut anywhere, and with one byte changed: no trap, and whatever is read is judged. */
static void damaged_lines(void **state)
{
	static const char line[] = "CS:   sel=0xf000, attr=0x0009b, limit=0x0000ffff, base=0x1 RIP = 0x2 "
				   "GUEST_CS_AR_BYTES: 0x12, kGuestRip = 0x12 CS:RIP=0010:ffff RFLAGS=2";
	struct entry_input in = { &d.image, &d.caps, 0, true, ENTRY_POINTER_UNKNOWN, NULL };
	struct entry_diagnosis diagnosis;
	char copy[sizeof(line)];

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		memcpy(copy, line, sizeof(line));
		copy[rand() % (int)sizeof(line)] = (char)rand();
		copy[rand() % (int)sizeof(line)] = " =:,\n0x"[rand() % 7];
		dump_init(&d);
		d.section = rand() % 4;
		(void)dump_line(&d, copy, (size_t)rand() % sizeof(line));
		(void)model_apply(&d, "kvm");
		in.caps_known = d.caps_known;
		if (i % 50 == 0) {
			entry_diagnose(&diagnosis, &in);
			assert_true(diagnosis.not_checked > 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours),		  cmocka_unit_test(other_peoples_names),
		cmocka_unit_test(of_kvm),	  cmocka_unit_test(of_xen),
		cmocka_unit_test(capability_msrs), cmocka_unit_test(unusable_lines),
		cmocka_unit_test(damaged_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
