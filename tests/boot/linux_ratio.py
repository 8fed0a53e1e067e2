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
import types

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(TOP, "scripts"))
# pylint: disable=wrong-import-position
from bench import console, process
from bench.bochs import Bochs

MODEL = "corei7_haswell_4770"
RATIO_MAX = 1.05
SECONDS = 900
SKIPPED = 77
LINE = "console=ttyS0 quiet trivet.test"
SPACE = re.compile(rb"^Trivet guest: user space tsc=(\d+)", re.MULTILINE)
KERNEL_AT = 0x1000000  # where GRUB puts it, and jumps to
GRUB = f"""\
serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
menuentry bare {{
\tlinux /boot/kernel {LINE}
\tinitrd /boot/initrd
}}
"""


class Bare(Bochs):
    """A computer that stops once, at the kernel's entry, to tell the time."""

    def command(self, iso, port):
        words = super().command(iso, port)
        with open(self.path("commands"), "w", encoding="utf-8") as file:
            file.write(f"pb {KERNEL_AT:#x}\nc\nptime\ndel 1\nc\nq\n")
        return words


def user_space(serial, where):
    found = SPACE.search(serial)
    if not found:
        sys.exit(f"linux_ratio: {where}: user space was not reached\n"
                 f"{serial[-2000:].decode(errors='replace')}")
    return int(found.group(1))


def make_iso(guest, folder):
    files = os.path.join(folder, "iso", "boot")
    os.makedirs(os.path.join(files, "grub"))
    for name in ("kernel", "initrd"):
        os.link(os.path.join(guest, name), os.path.join(files, name))
    with open(os.path.join(files, "grub", "grub.cfg"), "w", encoding="utf-8") as file:
        file.write(GRUB)
    iso = os.path.join(folder, "bare.iso")
    subprocess.run(
        ["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "--fonts=", "--locales=", "--themes=",
         "--install-modules=iso9660 linux serial normal configfile terminal part_msdos",
         "-o", iso, os.path.join(folder, "iso")], check=True, capture_output=True)
    return iso


def bare(guest, folder, model):
    """Instructions without us."""
    args = types.SimpleNamespace(
        model=model, cpus=1, mem=512, ips=20000000, bad_msrs=1, bios=None, media="cd",
        no_serial=False, com2_log=None, core=None, image="")
    bench = Bare(args, folder)
    iso = make_iso(guest, folder)
    with console.Console(keys=False) as com1:
        child = process.start(bench.command(iso, com1.port), os.path.join(folder, "output"))
        try:
            com1.run(child, SECONDS)
        finally:
            process.stop(child)
        end = user_space(bytes(com1.serial), "bare")
    entry = re.search(r"^ptime: (\d+)", bench.read("output"), re.MULTILINE)
    if not entry:
        sys.exit("linux_ratio: bare: the kernel's entry was not seen")
    return end - int(entry.group(1))


def under_trivet(guest, model, options):
    """Instructions under us, and the report at the end."""
    done = subprocess.run(
        [os.path.join(TOP, "scripts", "run"), "--runner", "bochs", "--model", model,
         "--timeout", str(SECONDS), "--cmdline", f"log=warn mem=480M {options}",
         "--module", f"{guest}/kernel={LINE}", "--module", f"{guest}/initrd",
         os.path.join(TOP, "build", "trivet.elf")],
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return user_space(done.stdout, "guest"), done.stdout.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--options", default="", help="Trivet's")
    args = parser.parse_args()
    status = subprocess.run([os.path.join(TOP, "scripts", "guest"), "linux"],
                            check=False).returncode
    if status:
        return status if status == SKIPPED else 1
    # Beside the files that are linked into the ISO.
    folder = os.path.join(TOP, "build", "guests")
    with tempfile.TemporaryDirectory(dir=folder, prefix="ratio.") as work:
        alone = bare(os.path.join(folder, "linux"), work, args.model)
    ours, report = under_trivet(os.path.join(folder, "linux"), args.model, args.options)
    print("\n".join(re.findall(r"^(?:exit|vm): .*", report, re.MULTILINE)))
    print(f"linux_ratio: instructions to user space: bare {alone}, under Trivet {ours}, "
          f"ratio {ours / alone:.4f} of {RATIO_MAX} at most")
    return int(ours > alone * RATIO_MAX)


if __name__ == "__main__":
    sys.exit(main())
