# SPDX-License-Identifier: MIT
"""Firmware of Debian's packages as a guest, unchanged, from the reset vector
to where it looks for a disk, of which there is none, or to its shell."""
import os

from harness.job import Result
from harness.machine import Boot

SHELL = r"Shell> "


class Firmware(Boot):
    """Left out where the package is not installed; QEMU and Bochs bring them."""

    def __init__(self, name, path, **how):
        super().__init__(f"firmware/{name}", modules=[path], options="log=warn", **how)
        self.path = path

    def run(self):
        if not os.path.exists(self.path):
            return Result.skip(f"{self.path} is not installed")
        return super().run()


TESTS = [
    Firmware("SeaBIOS", "/usr/share/seabios/bios.bin",
             expect=(r"^SeaBIOS \(version ", r"^RamSize: 0x10000000 \[cmos\]",
                     r"^PCI: init bdf=00:00.0 id=8086:1237", r"^PCI: init bdf=00:01.3 id=8086:7113",
                     r"^Using pmtimer, ioport 0xb008", r"^Found 1 cpu\(s\)",
                     r"^Found 1 serial ports", r"1: 000000000009fc00 - 00000000000a0000 = 2 RESERVED",
                     r"^No bootable device", r'^run: outcome=clean reason="vm0: reset: ')),
    # It wants a keyboard; without a disk it halts.
    Firmware("Bochs", "/usr/share/bochs/BIOS-bochs-latest", status=1,
             expect=(r"^ram_size=0x10000000", r"^MP table addr=", r"^No bootable device",
                     r'^run: outcome=guest-fault reason="vm0: waits for ever: HLT')),
    # It opens the PIIX4's PM ports, times by them, and switches off by them.
    Firmware("OVMF", "/usr/share/ovmf/OVMF.fd", timeout=600,
             keys=[(r"startup\.nsh", "\x1b"), (SHELL, "ver\r"),
                   (r"Interactive Shell v(?s:.*)" + SHELL, "memmap\r"),
                   (r"Total Memory: (?s:.*)" + SHELL, "reset -s\r")],
             expect=(r"UEFI Interactive Shell v", r"No mapping found", r"Interactive Shell v",
                     r"Total Memory: +\d+ MB \([\d,]+ Bytes\)",
                     r'^run: outcome=clean reason="vm0: power-off: ACPI S5')),
]
