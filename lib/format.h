/* SPDX-License-Identifier: MIT */
/*
 * Formatted text into a buffer, by stb_sprintf: the printf language of C99
 * without floating point. Always terminates the buffer; returns the number
 * of characters stored without the final zero (never more than size - 1).
 */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

size_t format(char *buffer, size_t size, const char *fmt, ...) __printf(3, 4);
size_t format_va(char *buffer, size_t size, const char *fmt, va_list args) __printf(3, 0);
