/* SPDX-License-Identifier: MIT */
/*
 * The one place that knows stb_sprintf. It is compiled here without
 * floating point because the host kernel never touches the FPU.
 */
#include "lib/format.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#define STB_SPRINTF_NOFLOAT
#define STB_SPRINTF_NOUNALIGNED
#define STB_SPRINTF_STATIC
#define STB_SPRINTF_IMPLEMENTATION
#include <stb/stb_sprintf.h>
#pragma GCC diagnostic pop

size_t format_va(char *buffer, size_t size, const char *fmt, va_list args)
{
	int wanted;

	if (!size)
		return 0;
	wanted = stbsp_vsnprintf(buffer, (int)size, fmt, args);
	if (wanted < 0)
		wanted = 0;
	return MIN((size_t)wanted, size - 1);
}

size_t format(char *buffer, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t length;

	va_start(args, fmt);
	length = format_va(buffer, size, fmt, args);
	va_end(args);
	return length;
}
