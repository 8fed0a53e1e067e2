#!/bin/busybox sh
# SPDX-License-Identifier: MIT
#
# The guest's process 1, after first.c: /proc, /sys and /dev, the state of the
# machine in lines that tests read, then a shell on the serial console. With
# `trivet.test` on the kernel's command line checks and power-off instead.

export PATH=/bin HOME=/ TERM="${TERM:-linux}" PS1='guest:\w# '
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev

read -r up idle </proc/uptime
echo "Trivet guest: uptime=$up idle=$idle kernel=$(busybox uname -r)"
busybox --install -s /bin
# Process 1 is busybox's init: poweroff, reboot and halt speak to it.
case " $(cat /proc/cmdline) " in
*' trivet.test '*)
	/etc/checks
	exec poweroff -f ;;
esac
exec init
