# SPDX-License-Identifier: MIT
"""Kernels of Debian's packages, unchanged: Linux to a shell and to poweroff,
memtest86+ until its tests progress, Xen until it finds no dom0."""
import os
import subprocess
import sys
import threading

from boot.budgets import OWN_MEMORY_MAX, own_memory
from boot.linux_log import WRONG, WRONG_BUT_RETBLEED, content, content_but_retbleed
from harness.job import Result, tail
from harness.machine import FOLDER, TOP, Boot
from harness.program import SKIPPED, Program

GUESTS = os.path.join(TOP, "build", "guests")
KEY = "\x1d"  # Ctrl-]
PROMPT = r"guest:/# "
MONITOR = r"trivet> $"
USUAL = (r"^Trivet guest: user space tsc=\d+", r"^Trivet guest: checks done",
         r'^run: outcome=clean reason="vm0: power-off: ACPI S5"')
MAKING = threading.Lock()  # two tests may want the same kernel


def prepare(name):
    """Have scripts/guest make it; a Result when it cannot."""
    log = os.path.join(FOLDER, f"guest-{name}.log")
    os.makedirs(FOLDER, exist_ok=True)
    with MAKING, open(log, "w+", encoding="utf-8") as out:
        kernel = os.path.join(GUESTS, name, "kernel")
        script = os.path.join(TOP, "scripts", "guest")
        made = os.path.exists(kernel) and os.path.getmtime(kernel) > os.path.getmtime(script)
        status = 0 if made else subprocess.run(
            [sys.executable, script, name], stdin=subprocess.DEVNULL, stdout=out,
            stderr=out, check=False).returncode
        out.seek(0)
        said = out.read()
    if status == SKIPPED:
        return Result.skip((said.strip().splitlines() or ["no kernel"])[-1])
    return Result.fail(f"scripts/guest {name}: status {status}", tail(said)) if status else None


class Guest(Boot):
    """One of those kernels, prepared when it is its turn."""

    def __init__(self, name, kernel, line, **how):
        files = [f"{os.path.join(GUESTS, kernel, 'kernel')}={line}"]
        if kernel.startswith("linux"):
            files.append(os.path.join(GUESTS, kernel, "initrd"))
        super().__init__(name, modules=files, **how)
        self.guest = kernel

    def run(self):
        return prepare(self.guest) or super().run()


class Beside(Program):
    """A program that boots Linux under us and on the bare machine."""

    def __init__(self, name, long=False):
        super().__init__("boot", f"linux/{name}",
                         [os.path.join(TOP, "tests", "boot", f"linux_{name}.py")],
                         FOLDER, 1800, long)

    def run(self):
        return prepare("linux") or super().run()


class Stick(Boot):
    """Linux in the hybrid ISO, as `make usb GUEST=linux` makes it, put in as a disk."""

    def __init__(self, name, line, **how):
        super().__init__(name, kernel=os.path.join(FOLDER, "stick.iso"),
                         extra=("--media", "disk"), **how)
        kernel, initrd = (os.path.join(GUESTS, "linux", file) for file in ("kernel", "initrd"))
        self.image = [os.path.join(TOP, "scripts", "image"), "-o", self.kernel,
                      "--module", kernel, line, "--module", initrd, "initrd",
                      os.path.join(TOP, "build", "trivet")]

    def run(self):
        missing = prepare("linux")
        if missing:
            return missing
        if subprocess.run(self.image, check=False).returncode:
            return Result.fail("no image could be made")
        return super().run()


def content_and_small(log):
    """The same, of one with 512 MiB; and what Trivet took for itself."""
    try:
        kib = own_memory(log, 512)
    except ValueError as error:
        return str(error)
    if kib > OWN_MEMORY_MAX:
        return f"{kib} KiB of our own for a guest of 512 MiB; limit {OWN_MEMORY_MAX}"
    return content(log)


def linux(name, kernel, model="", timeout=900, **how):
    return Guest(f"linux/{name}", kernel, "console=ttyS0 trivet.test", model=model,
                 options="log=warn", timeout=timeout, reject=WRONG, check=content,
                 expect=USUAL, **how)


TESTS = [
    # By hand: a shell that echoes and calculates, the monitor over it, the checks, poweroff.
    Guest("linux/shell", "linux", "console=ttyS0", mem=768, options="log=warn mem=512M", timeout=900,
          keys=[(PROMPT, "echo $((6*7))\r"), (r"^42\r?\n", KEY), (MONITOR, "vm\r"),
                (r"paused, (?s:.*)" + MONITOR, KEY), (r"", "/etc/checks\r"),
                (r"^Trivet guest: checks done", "poweroff\r")],
          expect=(r"^Trivet guest: user space tsc=\d+", r"guest:/# \S*echo \$\(\(6\*7\)\)$",
                  r"^42$", r"^vm0: paused, ", r"trivet> ", r"^Trivet guest: checks done",
                  r"guest:/# \S*poweroff$",
                  r'^run: outcome=clean reason="vm0: power-off: ACPI S5"'),
          reject=WRONG, check=content_and_small),
    Stick("linux/stick", "console=ttyS0 trivet.test", timeout=900, long=True, expect=USUAL,
          reject=WRONG_BUT_RETBLEED, check=content_but_retbleed),
    linux("generic", "linux-generic", timeout=1500, long=True),
    linux("haswell", "linux", "corei7_haswell_4770", long=True),
    linux("tigerlake", "linux", "tigerlake", long=True),
    Guest("memtest86+", "memtest", "console=ttyS0,115200", options="log=warn mem=8M",
          extra=("--until", r"#5  \["), timeout=300,
          expect=(r"#0  \[", r"Status: Testing", r"#3  \[", r"#4  \[", r"#5  \["),
          reject=(r"Errors: +[1-9]",)),
    Guest("xen", "xen", "xen com1=115200,8n1 console=com1", options="log=warn",
          expect=(r"^\(XEN\) Xen version ", r"Command line: com1=115200,8n1 console=com1$",
                  r"dom0 kernel not specified", r'^run: outcome=clean reason="vm0: reset')),
    Beside("complaints"),
    Beside("ratio", long=True),
]
