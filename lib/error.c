/* SPDX-License-Identifier: MIT */
#include "lib/error.h"
#include "lib/types.h"

static const char *const names[] = {
	[0] = "no error",
	[ERR_NOMEM] = "out of memory",
	[ERR_INVAL] = "invalid value",
	[ERR_RANGE] = "out of range",
	[ERR_NOENT] = "not found",
	[ERR_EXIST] = "exists already",
	[ERR_UNSUPPORTED] = "not supported",
	[ERR_CORRUPT] = "corrupt",
	[ERR_TIMEOUT] = "timed out",
	[ERR_FAULT] = "bad address",
};

const char *error_name(int error)
{
	unsigned number = error < 0 ? -(unsigned)error : (unsigned)error;

	return number < ARRAY_SIZE(names) ? names[number] : "unknown error";
}
