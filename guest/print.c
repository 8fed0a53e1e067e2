/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#include <stdarg.h>

#define COM1	   0x3f8
#define LINE_STATUS (COM1 + 5)
#define CAN_SEND    0x20

static unsigned checks, failures;

static void put(char c)
{
	if (c == '\n')
		put('\r');
	while (!(inb(LINE_STATUS) & CAN_SEND))
		;
	outb(COM1, (u8)c);
}

static void put_text(const char *text)
{
	while (*text)
		put(*text++);
}

static void put_number(u64 value, unsigned base)
{
	char digits[20];
	unsigned n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (n)
		put(digits[--n]);
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(va_arg(args, const char *));
			break;
		case 'u':
			put_number(va_arg(args, u64), 10);
			break;
		case 'x':
			put_number(va_arg(args, u64), 16);
			break;
		case 'c':
			put((char)va_arg(args, int));
			break;
		default:
			put(*format);
		}
	}
	va_end(args);
}

void check_result(bool ok, const char *text)
{
	print("%s: %s\n", ok ? "ok" : "FAIL", text);
	checks++;
	failures += !ok;
}

void check_value(u64 value, u64 wanted, const char *text)
{
	check_result(value == wanted, text);
	if (value != wanted)
		print("      is %x, should be %x\n", value, wanted);
}

int check_failures(void)
{
	print("checks: %u, failed: %u\n", (u64)checks, (u64)failures);
	return (int)failures;
}

_Noreturn void power_off(int status)
{
	hypercall(ABI_CALL_POWER_OFF, (u64)(unsigned)status, 0);
	for (;;)
		asm volatile("cli; hlt");
}
