#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions from the kernel's entry to its first line in user space, counted in Bochs:
Linux under Trivet against the same kernel and initramfs booted by GRUB alone.

Bochs' TSC counts instructions, and the first program in user space tells it. The bare kernel's
entry is a breakpoint of Bochs' debugger; a guest's TSC starts at 0 when its machine is made, so
loading is counted in, too. The console is quiet, or the bare kernel would wait for the serial
port and the guest would not. The model is one whose CPUID does not lie about the TSC, for the
bare kernel would believe it and take another number of timer interrupts.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [os.path.join(TOP, "scripts"), os.path.join(TOP, "tests")]
# pylint: disable=wrong-import-position
from boot import bare_linux

MODEL = "corei7_haswell_4770"
RATIO_MAX = 1.05
SECONDS = 900
LINE = "console=ttyS0 quiet trivet.test"
SPACE = re.compile(r"^Trivet guest: user space tsc=(\d+)", re.MULTILINE)
WHOLE = re.compile(rb"^Trivet guest: user space tsc=\d+\r?\n", re.MULTILINE)


def user_space(serial, where):
    found = SPACE.search(serial)
    if not found:
        sys.exit(f"linux_ratio: {where}: user space was not reached\n"
                 f"{serial[-2000:]}")
    return int(found.group(1))


def bare(guest, folder, model):
    """Instructions without us."""
    serial, entry = bare_linux.boot(guest, LINE, folder, model, SECONDS, WHOLE)
    end = user_space(serial, "bare")
    if entry is None:
        sys.exit("linux_ratio: bare: the kernel's entry was not seen")
    return end - entry


def under_trivet(guest, model, options):
    """Instructions under us, and the report at the end."""
    done = subprocess.run(
        [os.path.join(TOP, "scripts", "run"), "--runner", "bochs", "--model", model,
         "--timeout", str(SECONDS), "--cmdline", f"log=warn mem=480M {options}",
         "--module", f"{guest}/kernel={LINE}", "--module", f"{guest}/initrd",
         os.path.join(TOP, "build", "trivet.elf")],
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    serial = done.stdout.decode(errors="replace")
    return user_space(serial, "guest"), serial


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--options", default="", help="Trivet's")
    args = parser.parse_args()
    guest = bare_linux.guest()
    with tempfile.TemporaryDirectory(dir=os.path.dirname(guest), prefix="ratio.") as work:
        alone = bare(guest, work, args.model)
    ours, report = under_trivet(guest, args.model, args.options)
    print("\n".join(re.findall(r"^(?:exit|vm): .*", report, re.MULTILINE)))
    print(f"linux_ratio: instructions to user space: bare {alone}, under Trivet {ours}, "
          f"ratio {ours / alone:.4f} of {RATIO_MAX} at most")
    return int(ours > alone * RATIO_MAX)


if __name__ == "__main__":
    sys.exit(main())
