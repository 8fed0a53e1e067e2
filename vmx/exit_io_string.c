/* SPDX-License-Identifier: MIT */
#include "vmx/exit_io_string.h"
enum verdict exit_io_string(struct vcpu *v, const struct io_exit *io)
{
	return vcpu_stop(v, STOP_EMULATION, "string I/O to port", io->port);
}
