# SPDX-License-Identifier: MIT
"""What a user without a serial port sees: the screen, read back by its glyphs.

QEMU without VMX: so each run ends with a refusal, which is what is looked for.
"""
import os
import sys

from harness import machine, program

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "screenshot.py")
REFUSED = r'^run: outcome=refused reason="'


def screen(name, *words, expect):
    return program.Program(
        "boot", f"screen/{name}",
        [sys.executable, TOOL, machine.KERNEL, *words, "--expect", *expect],
        machine.FOLDER, 120)


TESTS = [
    screen("uefi", "--uefi", "--options", "onexit=halt",
           expect=(r"\] cpu0 console: fb address=0x[0-9a-f]+ width=", REFUSED)),
    screen("bios without serial port", "--no-serial", "--options", "onexit=halt",
           expect=(r"\] cpu0 console: serial: no UART at 0x3f8: nothing answers",
                   r"\] cpu0 boot: Trivet \d", REFUSED)),
    screen("24 bits a pixel", "--vga", "cirrus", "--options", "onexit=halt",
           expect=(REFUSED,)),
    screen("bad option", "--no-serial", "--options", "onexit=halt lgo=debug",
           expect=(r'option "lgo=debug": unknown name; did you mean "log"\?',
                   r'^run: outcome=bad-config reason="')),
]
