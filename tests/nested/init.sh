#!/bin/busybox sh
# SPDX-License-Identifier: MIT
#
# The first (and only) process of the Linux that runs inside Bochs. It turns on
# KVM, boots the image under test in QEMU, and reports on lines that start with
# "nested:", which run.py looks for. Relies on the initramfs that initramfs.py
# makes and on the CD that cdrom.py makes.

/bin/busybox mkdir -p /proc /sys /dev /tmp /cd /bin
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
stty -F /dev/console -onlcr 2>/dev/null

tracing=/sys/kernel/tracing

say() { echo "nested: $*"; }

finish() {
	# Linux names here the check that a VM entry of the guest's did not pass.
	say "refused VM entries:"
	grep -v '^#' $tracing/trace | sed 's,.*failed: ,,' |
		sort | uniq -c | sed 's,^,nested: | ,'
	say "kvm messages:"
	dmesg | grep -iE 'kvm|vmx|msr:' | tail -60 | sed 's,^,nested: | ,'
	say "end"
	sleep 1 # the serial port is slow, and what it has not sent would be lost
	poweroff -f
}

# QEMU is stuck: show where, then end it.
time_is_up() {
	sleep @SECONDS@
	say "error: QEMU is still running after @SECONDS@ s"
	echo "info registers" >/tmp/monitor.in
	usleep 100000
	grep -E '^(E|R|[C-GILT][A-Z0-9]+ *=)' /tmp/monitor.log |
		sed 's,^,nested: | ,'
	killall -9 ld.so
}

say "linux $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime) s of its own time"

# initramfs.py numbers the modules in the order in which they need each other.
for module in /modules/*; do
	insmod "$module" || say "error: cannot load ${module##*/}"
done

if [ ! -c /dev/kvm ]; then
	say "error: no /dev/kvm: this CPU has no VMX or kvm_intel refused it"
	finish
fi

mount -t tracefs tracing $tracing
echo 1 >$tracing/events/kvm/kvm_nested_vmenter_failed/enable

for name in nested ept vpid unrestricted_guest enable_apicv pml \
	enable_shadow_vmcs preemption_timer; do
	value=$(cat /sys/module/kvm_intel/parameters/$name 2>/dev/null)
	say "kvm_intel $name=${value:-absent}"
done

tries=0
until [ -b /dev/sr0 ] || [ $tries -eq 100 ]; do
	usleep 20000
	tries=$((tries + 1))
done
if ! mount -t iso9660 -o ro /dev/sr0 /cd; then
	say "error: the CD with QEMU on it cannot be mounted"
	finish
fi

mkfifo /tmp/monitor.in /tmp/monitor.out /tmp/keys
cat /tmp/monitor.out >/tmp/monitor.log &
time_is_up &
sh /keys >/tmp/keys &

# QEMU's own loader and libraries, so that nothing depends on where they are.
say "qemu starts"
/cd/qemu/ld.so --library-path /cd/qemu/lib /cd/qemu/qemu-system-x86_64 \
	-L /cd/qemu/rom -monitor pipe:/tmp/monitor \
	-chardev stdio,id=com1,logfile=/tmp/com1.log -serial chardev:com1 \
	@QEMU_OPTIONS@ </tmp/keys
say "qemu exit status $?"
say "linux ran $(cut -d' ' -f1 /proc/uptime) s of its own time"
finish
