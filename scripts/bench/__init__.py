# SPDX-License-Identifier: MIT
"""The benches that Trivet runs in: what scripts/run and the boot tests share.

outcome  how a run can end, in numbers and in words
console  the serial console between the machine and whoever is watching
process  child processes that never outlive us
bochs, qemu  one bench each: the command to start, and what its end means
medium   the ISO that they boot
choose   which bench this computer is good for
"""
