# SPDX-License-Identifier: MIT
#
# For the monitor's prompt, which is there before the guest. What comes too early
# is lost, so "vm" comes more than once. Until QEMU ends, and with it the pipe.
while :; do
	printf '\rvm\rvm\rvm\rvm\rvm\rvm\rvm\rcont\r'
	usleep 200000
done
