# SPDX-License-Identifier: MIT
#
# A user at Linux' shell. Looking often would be dear while the guest runs: Bochs
# has one processor for both.
await() {
	until grep -q "$1" /tmp/com1.log 2>/dev/null; do
		usleep 50000
	done
}

await 'guest:/# '
printf 'echo $((6*7))\r'
await '^42'
printf '/etc/checks\r'
await 'Trivet guest: checks done'
printf 'poweroff\r'
