# SPDX-License-Identifier: MIT
"""What firmware leaves in IA32_FEATURE_CONTROL: VMX locked off is told with
its cure; a register nobody has locked is set and locked by Trivet.

Bochs' BIOS ORs 5 (locked, VMX outside SMX) into the register, once on the
boot CPU and once, in 16-bit code, on each of the others. Each test gets a
copy of the ROM in which another number stands there.
"""
import os
import re

from bench.bochs import ROMS
from harness.job import Result
from harness.machine import TOP, Boot

FOLDER = os.path.join(TOP, "build", "test", "firmware")
RUN = (r"IA32_FEATURE_CONTROL=0x5 \(locked, VMX on\)", r"^guest: goodbye",
       r"^run: outcome=clean")
REFUSED = (r"^ *missing: VMX enabled by firmware", r'^ *remedy: enable "VT-x"',
           r"^run: outcome=refused")

# mov $0x3a, %ecx; rdmsr; or $5, %eax; wrmsr
SETS = re.compile(rb"(\xb9\x3a\0\0\0\x0f\x32(\x66?)\x83\xc8)\x05(?=\x0f\x30)")


def patch(path, boot_cpu, others):
    """Write a ROM that ORs these; returns what is wrong, or None."""
    source = next(filter(os.path.exists, ROMS), None)
    if not source:
        return f"{ROMS[0]} is missing"
    with open(source, "rb") as file:
        rom, found = SETS.subn(
            lambda m: m[1] + bytes([others if m[2] else boot_cpu]), file.read())
    if found != 2:
        return f"{source}: {found} places that set IA32_FEATURE_CONTROL, not 2"
    os.makedirs(FOLDER, exist_ok=True)
    with open(path, "wb") as file:
        file.write(rom)
    return None


class Firmware(Boot):
    """A boot whose firmware ORs other bits into IA32_FEATURE_CONTROL."""

    def __init__(self, name, boot_cpu, others=5, **how):
        self.bits = boot_cpu, others
        self.rom = os.path.join(FOLDER, f"bios-{boot_cpu}-{others}")
        super().__init__(f"firmware/{name}", extra=("--bios", self.rom), **how)

    def run(self):
        wrong = patch(self.rom, *self.bits)
        return Result.fail(wrong) if wrong else super().run()


TESTS = [
    Firmware("VMX locked off", 1, expect=REFUSED, status=4),
    Firmware("VMX locked for SMX only", 3, expect=REFUSED, status=4),
    Firmware("nothing set", 0, 0, cpus=2, expect=RUN, reject=("stays off",)),
    Firmware("VMX on, not locked", 4, 4, expect=RUN),
    Firmware("VMX locked off on CPU 1", 5, 1, cpus=2,
             expect=(RUN[0], "cpu=1: VMX stays off", *RUN[1:])),
]
