/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the rules: the input is the image itself, with what is known
 * of it, the capabilities, and a page of memory.
 */
#include <string.h>

#include "vmx/entry_doctor.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const unsigned char *rest;
static size_t rest_size, total;

static const void *memory(hpa_t address, u64 length)
{
	return length <= rest_size && address % 4096 <= rest_size - length ? rest + address % 4096 : NULL;
}

static void line(void *context, const char *text)
{
	(void)context;
	total += strlen(text);
}

static void take(void *to, size_t n)
{
	n = n < rest_size ? n : rest_size;
	memcpy(to, rest, n);
	rest += n;
	rest_size -= n;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct vmcs_image image;
	struct vmx_caps caps;
	struct entry_diagnosis diagnosis;
	struct entry_input in = { &image, &caps, 0, false, 0x1000, memory };
	u8 flags = 0, bits[2] = { 0 };

	rest = data;
	rest_size = size;
	vmcs_image_clear(&image);
	memset(&caps, 0, sizeof(caps));
	take(&flags, 1);
	take(bits, sizeof(bits));
	take(&caps.pin, offsetof(struct vmx_caps, physical_bits) - offsetof(struct vmx_caps, pin));
	for (unsigned i = 0; i < VMCS_IMAGE_FIELDS && rest_size; i++) {
		u64 value = 0;

		take(&value, 8);
		if (value != 0x5555555555555555)
			vmcs_image_set(&image, i, value);
	}
	caps.physical_bits = 32 + bits[0] % 21;
	caps.linear_bits = bits[1] & 1 ? 57 : 48;
	caps.rtm = flags & 1;
	in.long_mode = flags & 2;
	in.caps_known = flags & 4 ? ENTRY_CAPS_ALL : (u32)flags << 8 | bits[1];
	/* A list of 4 billion MSRs is slow, not wrong. */
	if (image.value[VMCS_AT_ENTRY_MSR_LOAD_COUNT] > 64)
		image.value[VMCS_AT_ENTRY_MSR_LOAD_COUNT] &= 63;
	entry_diagnose(&diagnosis, &in);
	entry_report(&in, diagnosis.class, line, NULL);
	return 0;
}
