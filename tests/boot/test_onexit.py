# SPDX-License-Identifier: MIT
"""How a run ends for users, who set no runner=: onexit= on QEMU's two PCs and
under UEFI (see onexit.py), and in Bochs after a guest has run."""
import os
import subprocess
import sys

from harness import program
from harness.job import Result
from harness.machine import FOLDER, KERNEL, TOP, Boot, read

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onexit.py")
CLEAN = r'^run: outcome=clean reason="'
SECOND_START = r"(?s)run: outcome=clean reason=.*Trivet \d"


def qemu(onexit, name, *words):
    return program.Program(
        "boot", f"onexit/{onexit} {name}",
        [sys.executable, TOOL, KERNEL, onexit, *words], FOLDER, 120)


class Bochs(Boot):
    """A boot of an ISO whose options are `onexit=` alone; `said` is what the
    bench must have said."""

    def __init__(self, onexit, said="", **how):
        self.onexit = onexit
        self.said = said
        self.iso = os.path.join(FOLDER, f"onexit-{onexit}.iso")
        super().__init__(f"onexit/{onexit} bochs", kernel=self.iso, **how)

    def run(self):
        os.makedirs(FOLDER, exist_ok=True)
        made = subprocess.run(
            [os.path.join(TOP, "scripts", "image"), "-o", self.iso, "--bios-only",
             "--options", f"onexit={self.onexit}", KERNEL], check=False)
        if made.returncode:
            return Result.fail("no image could be made")
        result = super().run()
        if not result.failed and self.said not in read(self.bench):
            return Result.fail(f"Bochs did not say: {self.said}")
        return result


TESTS = [
    qemu("poweroff", "q35"),
    qemu("poweroff", "pc", "--machine", "pc"),
    qemu("poweroff", "uefi", "--uefi"),
    qemu("reboot", "q35"),
    qemu("reboot", "pc", "--machine", "pc"),
    qemu("reboot", "uefi", "--uefi"),
    qemu("halt", "q35"),
    Bochs("poweroff", said="ACPI control: soft power off", expect=(CLEAN,)),
    Bochs("reboot", extra=("--until", SECOND_START), expect=(CLEAN, r"boot: Trivet \d")),
    Bochs("halt", extra=("--until", r"power: halted"), expect=(CLEAN,)),
]
