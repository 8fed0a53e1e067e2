# SPDX-License-Identifier: MIT
"""SYSLINUX on a FAT partition, which starts kernels where their code for real
mode begins: that asks the BIOS for itself."""
import os

from harness.fat import syslinux_disk, syslinux_file

from boot.test_disks import Disk
from boot.test_linux import GUESTS, WRONG, content, prepare

MENU = """\
DEFAULT menu.c32
PROMPT 0
TIMEOUT 0
MENU TITLE What shall it be?
LABEL first
 MENU LABEL the first
LABEL memtest
 MENU LABEL memtest86+
 LINUX memtest
 APPEND console=ttyS0,115200 nosmp
LABEL last
 MENU LABEL the last
"""
MODULES = ("menu.c32", "libutil.c32", "libcom32.c32")
LINUX = """\
DEFAULT linux
SAY SYSLINUX speaks
LABEL linux
 LINUX vmlinuz
 INITRD initrd
 APPEND console=ttyS0 trivet.test cryptomgr.notests
"""


def menu_disk(path):
    syslinux_disk(path, 8, MENU, {"memtest": os.path.join(GUESTS, "memtest", "kernel"),
                                  **{name: syslinux_file(name) for name in MODULES}})


def linux_disk(path):
    syslinux_disk(path, 24, LINUX, {"vmlinuz": os.path.join(GUESTS, "linux", "kernel"),
                                    "initrd": os.path.join(GUESTS, "linux", "initrd")})


class Kernel(Disk):
    """A disk with one of scripts/guest's kernels."""

    def __init__(self, name, kernel, make, **how):
        self.name_of_kernel = kernel
        super().__init__(name, make, **how)

    def run(self):
        return prepare(self.name_of_kernel) or super().run()


TESTS = [
    # A menu that is drawn with the cursor, arrow keys, and another entry than the first.
    Kernel("SYSLINUX menu", "memtest", menu_disk, options="log=warn mem=8M",
           extra=("--until", r"#0  \["), keys=[(r"\[Tab\] to edit", "\x1b[B\r")],
           expect=(r"^SYSLINUX \d", r"^ +\+-{50,}\+$", r"^ +\| +What shall it be\? +\|$",
                   r"^ +\| the first +\|$", r"^ +\| memtest86\+ +\|$", r"#0  \[")),
    Kernel("SYSLINUX Linux", "linux", linux_disk, options="log=warn mem=256M",
           check=content, reject=WRONG,
           expect=(r"^SYSLINUX speaks$", r"Loading vmlinuz\.\.\. ok", r"Probing EDD .* ok",
                   r"BIOS-e820: \[mem 0x0{10}100000-0x000000000fffffff\] usable",
                   r"Trivet guest: uptime=",
                   r'^run: outcome=clean reason="vm0: power-off: ACPI S5"')),
]
