#!/bin/busybox sh
# SPDX-License-Identifier: MIT
#
# What a healthy Linux says about its machine: one line a check, "ok" or
# "FAILED", and what the kernel has complained about.

say() { # name, value, condition
	name=$1 value=$2
	shift 2
	if [ "$@" ]; then result=ok; else result=FAILED; fi
	echo "check: $name $value $result"
}

# Hundredths of a second since the start.
uptime() { read -r up _ </proc/uptime; echo "${up%.*}${up#*.}"; }

# The sum of an interrupt's row.
interrupt() { awk -v row="$1:" '$1 == row { print $2 }' /proc/interrupts; }

clocks=/sys/devices/system/clocksource/clocksource0
clocksource=$(cat $clocks/current_clocksource)
say clocksource "$clocksource of $(cat $clocks/available_clocksource)" "$clocksource" = tsc

# A second's sleep, by the kernel's clock and by the timer that wakes it.
timer=$(interrupt LOC) before=$(uptime)
rtc=$(cat /sys/class/rtc/rtc0/since_epoch)
usleep 500000
usleep 500000
usleep 500000
slept=$(($(uptime) - before)) timer=$(($(interrupt LOC) - timer))
rtc=$(($(cat /sys/class/rtc/rtc0/since_epoch) - rtc))
say sleep "1.5 s took $slept/100 s" "$slept" -ge 150 -a "$slept" -lt 250
say timer "$timer interrupts meanwhile" "$timer" -ge 3
say rtc "$rtc s meanwhile" "$rtc" -ge 1 -a "$rtc" -le 3

now=$(date +%s) rtc=$(cat /sys/class/rtc/rtc0/since_epoch)
say date "$((now - rtc)) s from the RTC" "$((now - rtc))" -ge -2 -a "$((now - rtc))" -le 2

for row in ERR MIS; do
	say "$row" "$(interrupt $row)" "$(interrupt $row)" = 0
done
say SPU "$(interrupt SPU) spurious" "$(interrupt SPU)" = 0
say ttyS0 "$(interrupt 4) interrupts" "$(interrupt 4)" -gt 0

# Every byte of a few MiB there and back.
dd if=/dev/urandom of=/dev/shm.a bs=64k count=16 2>/dev/null
cp /dev/shm.a /dev/shm.b
say memory "1 MiB copied" "$(md5sum </dev/shm.a)" = "$(md5sum </dev/shm.b)"
rm /dev/shm.a /dev/shm.b

dmesg -r | awk -F'>' '$1 ~ /^<[0-4]$/ { sub(/^<[0-9]+>\[ *[0-9.]+\] /, ""); print "complaint: " $0 }'
cat /proc/interrupts
echo "Trivet guest: checks done"
