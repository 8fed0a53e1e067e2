#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Linux complains about under Trivet, against the same kernel and initramfs booted by GRUB
alone in the same Bochs: a complaint that the bare machine does not hear is ours.

The first program in user space prints the kernel's lines at level "warning" and worse
(scripts/guests/checks.sh).
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
from bench.bochs import MODEL
from boot import bare_linux

SECONDS = 900
LINE = "console=ttyS0 cryptomgr.notests trivet.test"
COMPLAINT = re.compile(r"^complaint: (.*?)\r?$", re.MULTILINE)
DONE = "Trivet guest: checks done"
SPACE = re.compile(rb"^Trivet guest: user space", re.MULTILINE)
# True of our machine alone: there is no mouse.
OURS = {"i8042: PNP: PS/2 appears to have AUX port disabled, if this is incorrect please boot "
        "with i8042.nopnp"}


def plain(text):
    """Without numbers: many depend on where things are."""
    return re.sub(r"0x[0-9a-f]+|\d+", "N", text)


def under_trivet(guest, model):
    done = subprocess.run(
        [os.path.join(TOP, "scripts", "run"), "--runner", "bochs", "--model", model,
         "--timeout", str(SECONDS), "--cmdline", "log=warn mem=480M",
         "--module", f"{guest}/kernel={LINE}", "--module", f"{guest}/initrd",
         os.path.join(TOP, "build", "trivet.elf")],
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.stdout.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=MODEL)
    args = parser.parse_args()
    guest = bare_linux.guest()
    serial = under_trivet(guest, args.model)
    if DONE not in serial:
        sys.exit(f"linux_complaints: guest: the checks were not done\n{serial[-2000:]}")
    with tempfile.TemporaryDirectory(dir=os.path.dirname(guest), prefix="complaints.") as work:
        alone, _ = bare_linux.boot(guest, LINE, work, args.model, SECONDS, SPACE)
    if not SPACE.search(alone.encode()):
        sys.exit(f"linux_complaints: bare: user space was not reached\n{alone[-2000:]}")
    wrong, lines = 0, COMPLAINT.findall(serial)
    for line in lines:
        whose = "both" if plain(line) in plain(alone) else "known" if line in OURS else "ours"
        wrong += whose == "ours"
        print(f"linux_complaints: {whose}: {line}")
    if not OURS & set(lines):
        sys.exit("linux_complaints: not even the known complaint was told: is it still looked for?")
    print(f"linux_complaints: {len(lines)} lines, {wrong} that only we cause")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
