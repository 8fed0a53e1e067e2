/* SPDX-License-Identifier: MIT */
#include "vmx/entry_bits.h"

#include "lib/format.h"
#include "lib/string.h"
#include "vmx/controls.h"
#include "vmx/vmcs_image.h"

/* From bit 0 up, one word each; "." has no name. */
#define CR0_BITS "PE MP EM TS ET NE . . . . . . . . . . WP . AM . . . . . . . . . . NW CD PG"
#define CR4_BITS                                                                                   \
	"VME PVI TSD DE PSE PAE MCE PGE PCE OSFXSR OSXMMEXCPT UMIP LA57 VMXE SMXE . FSGSBASE "     \
	"PCIDE OSXSAVE KL SMEP SMAP PKE CET PKS UINTR . . LAM_SUP"
#define EFER_BITS "SCE . . . . . . . LME . LMA NXE"
#define RIGHTS_BITS                                                                                \
	"accessed/type type type code/type S DPL DPL P . . . . AVL L D/B G unusable"
#define S_CET_BITS                                                                                 \
	"SH_STK_EN WR_SHSTK_EN ENDBR_EN LEG_IW_EN NO_TRACK_EN SUPPRESS_DIS . . . . SUPPRESS TRACKER"

static const struct {
	u8 first, last; /* enum vmcs_index */
	const char *names;
} fields[] = {
	{ VMCS_AT_GUEST_CR0, VMCS_AT_GUEST_CR0, CR0_BITS },
	{ VMCS_AT_HOST_CR0, VMCS_AT_HOST_CR0, CR0_BITS },
	{ VMCS_AT_GUEST_CR4, VMCS_AT_GUEST_CR4, CR4_BITS },
	{ VMCS_AT_HOST_CR4, VMCS_AT_HOST_CR4, CR4_BITS },
	{ VMCS_AT_GUEST_EFER, VMCS_AT_GUEST_EFER, EFER_BITS },
	{ VMCS_AT_HOST_EFER, VMCS_AT_HOST_EFER, EFER_BITS },
	{ VMCS_AT_GUEST_ES_ACCESS_RIGHTS, VMCS_AT_GUEST_TR_ACCESS_RIGHTS, RIGHTS_BITS },
	{ VMCS_AT_GUEST_S_CET, VMCS_AT_GUEST_S_CET, S_CET_BITS },
	{ VMCS_AT_HOST_S_CET, VMCS_AT_HOST_S_CET, S_CET_BITS },
	{ VMCS_AT_GUEST_RFLAGS, VMCS_AT_GUEST_RFLAGS,
	  "CF 1 PF . AF . ZF SF TF IF DF OF IOPL IOPL NT . RF VM AC VIF VIP ID" },
	{ VMCS_AT_GUEST_INTERRUPTIBILITY, VMCS_AT_GUEST_INTERRUPTIBILITY,
	  "blocking-by-STI blocking-by-MOV-SS blocking-by-SMI blocking-by-NMI enclave" },
	{ VMCS_AT_GUEST_PENDING_DEBUG, VMCS_AT_GUEST_PENDING_DEBUG,
	  "B0 B1 B2 B3 . . . . . . . BLD enabled . BS . RTM" },
	{ VMCS_AT_GUEST_DEBUGCTL, VMCS_AT_GUEST_DEBUGCTL,
	  "LBR BTF BLD . . . TR BTS BTINT BTS_OFF_OS BTS_OFF_USR FREEZE_LBRS FREEZE_PERFMON "
	  "UNCORE_PMI FREEZE_WHILE_SMM RTM" },
	{ VMCS_AT_ENTRY_INTERRUPTION_INFO, VMCS_AT_ENTRY_INTERRUPTION_INFO,
	  "vector vector vector vector vector vector vector vector type type type error-code "
	  ". . . . . . . . . . . . . . . . . . . valid" },
	{ VMCS_AT_EPT_POINTER, VMCS_AT_EPT_POINTER,
	  "type type type levels levels levels accessed/dirty shadow-stack" },
	{ VMCS_AT_VM_FUNCTION_CONTROLS, VMCS_AT_VM_FUNCTION_CONTROLS, "EPTP-switching" },
	{ VMCS_AT_PROC_CONTROLS3, VMCS_AT_PROC_CONTROLS3,
	  "LOADIWKEY HLAT EPT-paging-write guest-paging-verification IPI-virtualization" },
};

_Static_assert(VMCS_IMAGE_FIELDS <= 256, "an index fits into a byte");

static const char *word(const char *words, unsigned n, size_t *length)
{
	const char *space;

	while (n--) {
		words = strchr(words, ' ');
		if (!words)
			return NULL;
		words++;
	}
	space = strchr(words, ' ');
	*length = space ? (size_t)(space - words) : strlen(words);
	return *words == '.' ? NULL : words;
}

static const char *control(unsigned index, unsigned bit)
{
	switch (index) {
	case VMCS_AT_PIN_CONTROLS:
		return control_name(CONTROL_PIN, bit);
	case VMCS_AT_PROC_CONTROLS:
		return control_name(CONTROL_PROC, bit);
	case VMCS_AT_PROC_CONTROLS2:
		return control_name(CONTROL_PROC2, bit);
	case VMCS_AT_EXIT_CONTROLS:
		return control_name(CONTROL_EXIT, bit);
	case VMCS_AT_ENTRY_CONTROLS:
		return control_name(CONTROL_ENTRY, bit);
	default:
		return NULL;
	}
}

const char *entry_bit_name(unsigned index, unsigned bit, size_t *n)
{
	const char *name = control(index, bit);

	*n = name ? strlen(name) : 0;
	for (unsigned i = 0; !name && i < ARRAY_SIZE(fields); i++)
		if (index >= fields[i].first && index <= fields[i].last)
			name = word(fields[i].names, bit, n);
	if (!name)
		*n = 0;
	return name;
}

size_t entry_bits_text(char *to, size_t size, unsigned index, u64 mask)
{
	size_t used = 0, n;

	to[0] = 0;
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = entry_bit_name(index, bit, &n);
		unsigned last = bit;

		if (!(mask >> bit & 1))
			continue;
		while (!name && last < 63 && mask >> (last + 1) & 1 &&
		       !entry_bit_name(index, last + 1, &n))
			last++;
		used += format(to + used, size - used, "%s%u", used ? ", " : "", bit);
		if (name)
			used += format(to + used, size - used, " (%.*s)", (int)n, name);
		else if (last > bit)
			used += format(to + used, size - used, "-%u", last);
		bit = last;
	}
	return used;
}
