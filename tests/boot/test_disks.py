# SPDX-License-Identifier: MIT
"""Disks as guests, booted by the guest's BIOS as by a PC's: GRUB, as a small
image of its own and on our own ISO."""
import os
import subprocess

from harness.job import Result
from harness.machine import FOLDER, KERNEL, TOP, Boot

GRUB = "/usr/lib/grub/i386-pc"
MODULES = ("biosdisk", "serial", "terminal", "echo", "ls", "lsmmap", "date", "sleep", "read",
           "halt")
# Its console is the BIOS', not the serial port.
CONFIG = """\
terminal_output console
terminal_input console
echo "GRUB speaks"
lsmmap
date
sleep 1
ls
echo "Who is there?"
read name
echo "Hello, $name!"
halt
"""


def grub_disk(path):
    """What grub-install would write: the boot sector, then the rest in the gap behind it."""
    config = os.path.join(FOLDER, "grub-disk.cfg")
    core = os.path.join(FOLDER, "grub-core.img")
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG)
    subprocess.run(["grub-mkimage", "-O", "i386-pc", "-d", GRUB, "-p", "(hd0)/boot/grub",
                    "-c", config, "-o", core, *MODULES], check=True)
    with open(path, "wb") as disk:
        for name in (os.path.join(GRUB, "boot.img"), core):
            with open(name, "rb") as part:
                disk.write(part.read())


def own_iso(path):
    subprocess.run([os.path.join(TOP, "scripts", "image"), "-o", path, "--bios-only", KERNEL],
                   check=True)


class Disk(Boot):
    """An image, made when it is its turn."""

    def __init__(self, name, make, words="", **how):
        self.image = os.path.join(FOLDER, f"disk-{name}.img")
        self.make = make
        super().__init__(f"disk/{name}", modules=[f"{self.image}={words}"], **how)

    def run(self):
        os.makedirs(FOLDER, exist_ok=True)
        try:
            self.make(self.image)
        except (OSError, subprocess.CalledProcessError) as error:
            return Result.fail(f"cannot make {self.image}: {error}", [])
        return super().run()


TESTS = [
    Disk("GRUB", grub_disk, "drive=0x80", options="mem=64M",
         keys=[(r"^Who is there\?", "Bob\r")],
         expect=(r"is a boot sector: .* drive=0x80 sectors=\d+ cylinders=\d+ heads=16 track=63$",
                 r"GRUB speaks", r"base_addr = 0x100000, length = 0x3f00000, available RAM",
                 r"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \w+day", r"\(hd0\)", r"^Who is there\?",
                 r"Hello, Bob!", r'^run: outcome=clean reason="vm0: power-off: ACPI S5"'),
         reject=(r"[Ee]rror",)),
    # The machine within has no VMX: Trivet as a guest refuses, and switches off.
    Disk("Trivet", own_iso, options="log=warn",
         expect=(r"hypervisor=TrivetTrivet", r"missing VMX ", r'^run: outcome=refused reason="1 ',
                 r'^run: outcome=clean reason="vm0: power-off: ACPI S5"')),
]
