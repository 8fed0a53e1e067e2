# SPDX-License-Identifier: MIT
"""The initramfs of a Linux guest: busybox, a first program that tells the
time, a shell on the serial console, and checks for those who ask for them."""
import os
import subprocess

from . import newc

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDERS = ("bin", "dev", "etc", "proc", "sys", "tmp")
SCRIPTS = {"start.sh": "etc/start", "checks.sh": "etc/checks"}
LINKS = ("sh", "cat", "mount")


def read(name):
    with open(os.path.join(HERE, name), "rb") as file:
        return file.read()


def compile_first(folder):
    """first.c as a program that needs nothing but the kernel."""
    path = os.path.join(folder, "first")
    compiler = os.environ.get("CC", "gcc").split()
    subprocess.run(
        compiler + ["-O2", "-static", "-nostdlib", "-ffreestanding", "-fno-pie",
                    "-no-pie", "-fno-stack-protector", "-fcf-protection=none",
                    "-mno-sse", "-Wl,-e,start,--build-id=none", "-s", "-o", path,
                    os.path.join(HERE, "first.c")], check=True)
    with open(path, "rb") as file:
        return file.read()


def build(busybox, first):
    """The archive, of two programs' bytes and the scripts beside this file."""
    parts = [newc.entry(name, newc.S_DIRECTORY) for name in FOLDERS]
    parts.append(newc.entry("dev/console", newc.S_DEVICE, device=(5, 1)))
    parts.append(newc.entry("bin/busybox", newc.S_FILE | 0o111, busybox))
    parts.append(newc.entry("init", newc.S_FILE | 0o111, first))
    for name, target in SCRIPTS.items():
        parts.append(newc.entry(target, newc.S_FILE | 0o111, read(name)))
    parts.append(newc.entry("etc/inittab", newc.S_FILE, read("inittab")))
    for name in LINKS:
        parts.append(newc.entry(f"bin/{name}", newc.S_LINK, b"busybox"))
    return b"".join(parts) + newc.end()
