/* SPDX-License-Identifier: MIT */
#include "kernel/trace_port.h"

#include "kernel/serial.h"
#include "lib/error.h"

static struct serial_port port;
static bool sending; /* a CPU is */

int trace_port_open(const void *header, size_t size, const char **why)
{
	int error;

	if (port.port)
		return 0;
	if (serial_console_port() == SERIAL_COM2) {
		*why = "COM2 is the console";
		return -ERR_EXIST;
	}
	error = serial_probe(SERIAL_COM2, why);
	if (error)
		return error;
	serial_open(&port, SERIAL_COM2, SERIAL_BAUD_BASE);
	if (!trace_port_write(header, size)) {
		*why = "COM2 does not send";
		port.port = 0;
		return -ERR_NOENT;
	}
	return 0;
}

bool trace_port_write(const void *bytes, size_t size)
{
	const u8 *byte = bytes;
	bool sent = true;

	if (__atomic_exchange_n(&sending, true, __ATOMIC_ACQUIRE))
		return false;
	for (; size && sent; size--)
		sent = serial_send(&port, *byte++);
	__atomic_store_n(&sending, false, __ATOMIC_RELEASE);
	return sent;
}

void trace_port_flush(void)
{
	serial_wait_sent(&port);
}
