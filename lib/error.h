/* SPDX-License-Identifier: MIT */
/*
 * Error numbers. A function that can fail for a reason outside of Trivet
 * returns 0 or -ERR_...; the result must be checked. A bug of our own is a
 * panic() instead and has no number.
 */
#pragma once

#define ERR_NOMEM	1 /* no frame, or no frame of that size, is left */
#define ERR_INVAL	2 /* a value outside of what the callee accepts */
#define ERR_RANGE	3 /* a number or address too large, or overflowing */
#define ERR_NOENT	4 /* the thing asked for does not exist */
#define ERR_EXIST	5 /* the place is taken already */
#define ERR_UNSUPPORTED 6 /* this computer or this version cannot do it */
#define ERR_CORRUPT	7 /* a checksum, signature or length is wrong */
#define ERR_TIMEOUT	8 /* hardware did not answer in time */
#define ERR_FAULT	9 /* an address is not mapped as needed */

/* The error's name in lower case words ("out of memory"); takes ±number. */
const char *error_name(int error);
