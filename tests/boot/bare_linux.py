# SPDX-License-Identifier: MIT
"""Debian's Linux without us: the same kernel and initramfs, booted by GRUB in the same Bochs."""
import os
import re
import subprocess
import types

from bench import console, process
from bench.bochs import Bochs

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNEL_AT = 0x1000000  # where GRUB puts it, and jumps to
GRUB = """\
serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
menuentry bare {{
\tlinux /boot/kernel {line}
\tinitrd /boot/initrd
}}
"""


def guest():
    """The folder with Debian's kernel and our initrd; made if it is not there."""
    folder = os.path.join(TOP, "build", "guests", "linux")
    if not os.path.exists(os.path.join(folder, "kernel")):
        subprocess.run([os.path.join(TOP, "scripts", "guest"), "linux"], check=True)
    return folder


class Bare(Bochs):
    """A computer that stops once, at the kernel's entry, to tell the time."""

    def command(self, iso, port):
        words = super().command(iso, port)
        with open(self.path("commands"), "w", encoding="utf-8") as file:
            file.write(f"pb {KERNEL_AT:#x}\nc\nptime\ndel 1\nc\nq\n")
        return words


def make_iso(files, line, folder):
    tree = os.path.join(folder, "iso", "boot")
    os.makedirs(os.path.join(tree, "grub"))
    for name in ("kernel", "initrd"):
        os.link(os.path.join(files, name), os.path.join(tree, name))
    with open(os.path.join(tree, "grub", "grub.cfg"), "w", encoding="utf-8") as file:
        file.write(GRUB.format(line=line))
    iso = os.path.join(folder, "bare.iso")
    subprocess.run(
        ["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "--fonts=", "--locales=", "--themes=",
         "--install-modules=iso9660 linux serial normal configfile terminal part_msdos",
         "-o", iso, os.path.join(folder, "iso")], check=True, capture_output=True)
    return iso


def boot(files, line, folder, model, seconds, until):
    """Boot the kernel and initrd below `files` with `line` until COM1 says what the pattern
    matches, in a `folder` on the same file system. Its serial text, and the instructions up to
    the kernel's entry (None: not seen)."""
    args = types.SimpleNamespace(
        model=model, cpus=1, mem=512, ips=20000000, bad_msrs=1, bios=None, media="cd",
        no_serial=False, com2_log=None, core=None, image="")
    bench = Bare(args, folder)
    iso = make_iso(files, line, folder)
    with console.Console(keys=False) as com1:
        child = process.start(bench.command(iso, com1.port), os.path.join(folder, "output"))
        try:
            com1.run(child, seconds, until)
        finally:
            process.stop(child)
        text = bytes(com1.serial).decode(errors="replace")
    entry = re.search(r"^ptime: (\d+)", bench.read("output"), re.MULTILINE)
    return text, int(entry.group(1)) if entry else None
