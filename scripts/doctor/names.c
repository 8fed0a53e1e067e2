/* SPDX-License-Identifier: MIT */
#include "scripts/doctor/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/x86.h"

#define NAME_MAX_LENGTH 80

/* Spelt as reduce() leaves them. */
static const struct {
	const char *name;
	enum vmcs_index index;
} aliases[] = {
#define A(name, field) { #name, VMCS_AT_##field },
	A(pinbasedvmexeccontrol, PIN_CONTROLS) A(pinbasedvmexecutioncontrol, PIN_CONTROLS)
	A(pinbasedcontrol, PIN_CONTROLS) A(pinbased, PIN_CONTROLS) A(pinbasedctl, PIN_CONTROLS)
	A(cpubasedvmexeccontrol, PROC_CONTROLS) A(cpubasedvmexecutioncontrol, PROC_CONTROLS)
	A(primaryprocessorbasedvmexecutioncontrol, PROC_CONTROLS) A(cpubasedcontrol, PROC_CONTROLS)
	A(procbasedctl, PROC_CONTROLS) A(procbasedcontrol, PROC_CONTROLS)
	A(processorbasedvmexecutioncontrol, PROC_CONTROLS) A(cpubased, PROC_CONTROLS)
	A(primaryprocbasedcontrol, PROC_CONTROLS) A(primarycontrol, PROC_CONTROLS)
	A(secondaryvmexeccontrol, PROC_CONTROLS2) A(secondaryexec, PROC_CONTROLS2)
	A(secondaryprocessorbasedvmexecutioncontrol, PROC_CONTROLS2)
	A(procbasedctls2, PROC_CONTROLS2) A(secondarycontrol, PROC_CONTROLS2)
	A(secondarycpubasedvmexeccontrol, PROC_CONTROLS2) A(cpubasedvmexeccontrol2, PROC_CONTROLS2)
	A(secondaryprocbasedcontrol, PROC_CONTROLS2) A(tertiaryvmexeccontrol, PROC_CONTROLS3)
	A(vmexitcontrol, EXIT_CONTROLS) A(primaryvmexitcontrol, EXIT_CONTROLS)
	A(exitctl, EXIT_CONTROLS) A(secondaryvmexitcontrol, EXIT_CONTROLS2)
	A(vmentrycontrol, ENTRY_CONTROLS) A(entryctl, ENTRY_CONTROLS)
	A(virtualprocessorid, VPID) A(virtualprocessoridentifier, VPID)
	A(postedintrnv, POSTED_INTR_NOTIFICATION) A(postedintrvec, POSTED_INTR_NOTIFICATION)
	A(postedinterruptnotificationvector, POSTED_INTR_NOTIFICATION)
	A(postedintrdescaddr, POSTED_INTR_DESCRIPTOR)
	A(postedinterruptdescriptoraddress, POSTED_INTR_DESCRIPTOR)
	A(guestintrstatus, GUEST_INTERRUPT_STATUS) A(eptp, EPT_POINTER)
	A(guestinterruptibilityinfo, GUEST_INTERRUPTIBILITY)
	A(guestinterruptibilitystate, GUEST_INTERRUPTIBILITY)
	A(interruptibilitystate, GUEST_INTERRUPTIBILITY) A(activitystate, GUEST_ACTIVITY_STATE)
	A(guestactivity, GUEST_ACTIVITY_STATE)
	A(guestpendingdbgexception, GUEST_PENDING_DEBUG)
	A(guestpendingdebugexception, GUEST_PENDING_DEBUG)
	A(pendingdebugexception, GUEST_PENDING_DEBUG)
	A(entryintrinfofield, ENTRY_INTERRUPTION_INFO) A(vmentryintrinfofield, ENTRY_INTERRUPTION_INFO)
	A(vmentryinterruptioninformationfield, ENTRY_INTERRUPTION_INFO)
	A(vmentryinterruptioninformation, ENTRY_INTERRUPTION_INFO)
	A(vmentryinterruptioninfo, ENTRY_INTERRUPTION_INFO) A(vmentryintrinfo, ENTRY_INTERRUPTION_INFO)
	A(vmentryexceptionerrorcode, ENTRY_EXCEPTION_ERROR_CODE)
	A(vmentryinstructionlen, ENTRY_INSTRUCTION_LENGTH)
	A(vmentryinstructionlength, ENTRY_INSTRUCTION_LENGTH)
	A(cr3targetvalue0, CR3_TARGET0) A(cr3targetvalue1, CR3_TARGET1)
	A(cr3targetvalue2, CR3_TARGET2) A(cr3targetvalue3, CR3_TARGET3)
	A(iobitmapaaddress, IO_BITMAP_A) A(addressofiobitmapa, IO_BITMAP_A)
	A(iobitmapbaddress, IO_BITMAP_B) A(addressofiobitmapb, IO_BITMAP_B)
	A(addressofmsrbitmap, MSR_BITMAP) A(msrbitmapaddress, MSR_BITMAP)
	A(vmexitmsrstoreaddr, EXIT_MSR_STORE_ADDRESS) A(vmexitmsrstoreaddress, EXIT_MSR_STORE_ADDRESS)
	A(vmexitmsrloadaddr, EXIT_MSR_LOAD_ADDRESS) A(vmexitmsrloadaddress, EXIT_MSR_LOAD_ADDRESS)
	A(vmentrymsrloadaddr, ENTRY_MSR_LOAD_ADDRESS)
	A(vmentrymsrloadaddress, ENTRY_MSR_LOAD_ADDRESS)
	A(vmexitmsrstorecount, EXIT_MSR_STORE_COUNT) A(vmexitmsrloadcount, EXIT_MSR_LOAD_COUNT)
	A(vmentrymsrloadcount, ENTRY_MSR_LOAD_COUNT)
	A(virtualapicpageaddr, VIRTUAL_APIC_ADDRESS) A(virtualapicpageaddress, VIRTUAL_APIC_ADDRESS)
	A(apicaccessaddr, APIC_ACCESS_ADDRESS) A(vmfunctioncontrol, VM_FUNCTION_CONTROLS)
	A(vmfunccontrol, VM_FUNCTION_CONTROLS) A(eptplistaddr, EPTP_LIST_ADDRESS)
	A(vmreadbitmapaddress, VMREAD_BITMAP) A(vmwritebitmapaddress, VMWRITE_BITMAP)
	A(virtualizationexceptioninformationaddress, VE_INFORMATION_ADDRESS)
	A(guestpdptr0, GUEST_PDPTE0) A(guestpdptr1, GUEST_PDPTE1)
	A(guestpdptr2, GUEST_PDPTE2) A(guestpdptr3, GUEST_PDPTE3)
	A(guestinterruptssptableaddr, GUEST_INTERRUPT_SSP_TABLE)
	A(hostinterruptssptableaddr, HOST_INTERRUPT_SSP_TABLE)
	A(guestintrssptable, GUEST_INTERRUPT_SSP_TABLE) A(hostintrssptable, HOST_INTERRUPT_SSP_TABLE)
	A(preemptiontimervalue, PREEMPTION_TIMER_VALUE)
	A(pagefaulterrorcodemask, PAGE_FAULT_MASK) A(pagefaulterrorcodematch, PAGE_FAULT_MATCH)
	A(vmexitreason, EXIT_REASON) A(instructionerror, INSTRUCTION_ERROR)
	A(vminstructionerror, INSTRUCTION_ERROR) A(guestuserinterruptnotificationvector, GUEST_UINV)
#undef A
};

static const struct {
	const char *name;
	u32 msr;
} msrs[] = {
	{ "basic", MSR_VMX_BASIC },	     { "pinbasedctl", MSR_VMX_PINBASED_CTLS },
	{ "procbasedctl", MSR_VMX_PROCBASED_CTLS }, { "exitctl", MSR_VMX_EXIT_CTLS },
	{ "entryctl", MSR_VMX_ENTRY_CTLS },  { "misc", MSR_VMX_MISC },
	{ "cr0fixed0", MSR_VMX_CR0_FIXED0 }, { "cr0fixed1", MSR_VMX_CR0_FIXED1 },
	{ "cr4fixed0", MSR_VMX_CR4_FIXED0 }, { "cr4fixed1", MSR_VMX_CR4_FIXED1 },
	{ "procbasedctls2", MSR_VMX_PROCBASED_CTLS2 }, { "eptvpidcap", MSR_VMX_EPT_VPID_CAP },
	{ "truepinbasedctl", MSR_VMX_TRUE_PINBASED_CTLS },
	{ "trueprocbasedctl", MSR_VMX_TRUE_PROCBASED_CTLS },
	{ "trueexitctl", MSR_VMX_TRUE_EXIT_CTLS }, { "trueentryctl", MSR_VMX_TRUE_ENTRY_CTLS },
	{ "vmfunc", MSR_VMX_VMFUNC },	     { "procbasedctls3", MSR_VMX_PROCBASED_CTLS3 },
	{ "exitctls2", MSR_VMX_EXIT_CTLS2 },
};

static void drop(char *text, const char *what)
{
	char *at;

	while ((at = strstr(text, what)))
		memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
}

static void drop_prefix(char *text, const char *what)
{
	size_t n = strlen(what);

	if (!strncmp(text, what, n) && text[n])
		memmove(text, text + n, strlen(text + n) + 1);
}

static void drop_suffix(char *text, const char *what)
{
	size_t n = strlen(text), m = strlen(what);

	if (n > m && !strcmp(text + n - m, what))
		text[n - m] = 0;
}

/* Of a segment: guest_cs_ar_bytes, guest_cs_ar. The buffer has room. */
static void replace_suffix(char *text, const char *what, const char *with)
{
	size_t n = strlen(text);

	drop_suffix(text, what);
	if (strlen(text) < n && !strncmp(text, "guest", 5))
		memcpy(text + strlen(text), with, strlen(with) + 1);
}

/* Letters and digits in lower case, without what every project puts before or into its names. */
static bool reduce(const char *name, size_t n, char *to)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)name[i]))
			continue;
		if (used + 16 >= NAME_MAX_LENGTH)
			return false;
		to[used++] = (char)tolower((unsigned char)name[i]);
	}
	to[used] = 0;
	drop_prefix(to, "vmcsfield");
	drop_prefix(to, "vmcs");
	drop_prefix(to, "vmx");
	if (to[0] == 'k' && strncmp(to, "kernel", 6))
		drop_prefix(to, "k");
	drop_prefix(to, "vmcs");
	drop(to, "ia32");
	drop_prefix(to, "vmx");
	drop_suffix(to, "full");
	replace_suffix(to, "arbytes", "accessright");
	replace_suffix(to, "ar", "accessright");
	drop_suffix(to, "s");
	return to[0];
}

static int find_reduced(const char *reduced)
{
	char own[NAME_MAX_LENGTH];

	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS; i++)
		if (reduce(vmcs_index_name(i), strlen(vmcs_index_name(i)), own) &&
		    !strcmp(own, reduced))
			return (int)i;
	for (unsigned i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcmp(aliases[i].name, reduced))
			return (int)aliases[i].index;
	return -1;
}

int name_to_index(const char *name, size_t n)
{
	char reduced[NAME_MAX_LENGTH];

	if (n > 2 && n <= 10 && name[0] == '0' && (name[1] | 32) == 'x')
		return vmcs_index((u32)strtoul(name, NULL, 16));
	if (!reduce(name, n, reduced))
		return -1;
	return find_reduced(reduced);
}

long name_to_msr(const char *name, size_t n)
{
	char reduced[NAME_MAX_LENGTH];

	if (n > 2 && n <= 10 && name[0] == '0' && (name[1] | 32) == 'x') {
		unsigned long msr = strtoul(name, NULL, 16);

		return msr >= MSR_VMX_BASIC && msr <= MSR_VMX_EXIT_CTLS2 ? (long)msr : -1;
	}
	if (!reduce(name, n, reduced))
		return -1;
	drop_prefix(reduced, "msr");
	drop_prefix(reduced, "vmx");
	drop_prefix(reduced, "cap");
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		if (!strcmp(msrs[i].name, reduced))
			return msrs[i].msr;
	return -1;
}
