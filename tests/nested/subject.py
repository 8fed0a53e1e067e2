# SPDX-License-Identifier: MIT
"""What is booted in QEMU: a guest in the image that scripts/run makes for its
QEMU, the keys that are typed, and what has to come of it.
"""

import os
import re
import subprocess
import sys
import types

from bench import medium, outcome
from bench.qemu import FIRMWARE, Qemu
from boot import linux_log
import kvm_doctor

# As scripts/run has them by itself.
MACHINE = {"machine": "q35", "mem": 512, "cpus": 1, "model": "", "media": "cd", "bios": None}


class Subject:
    """One guest. `expect` are patterns of lines in this order, `reject` of
    lines that must not come; `check` is a function of the log that returns
    what is wrong with it; `refusals`: KVM has to refuse entries, else it must
    not; `uefi` is a firmware, by its path here, in the place
    of QEMU's own; `seconds` limits QEMU, by the clock of the Linux in
    between, `timeout` all of it, by the clock on the wall."""

    def __init__(self, name, *, expect, seconds, timeout, keys, cmdline="", line=None,
                 reject=(), check=None, refusals=False, uefi=None):
        self.name = name
        self.cmdline = cmdline
        self.line = line  # of the guest's kernel; None: the bundled guest
        self.seconds = seconds
        self.timeout = timeout
        self.expect = expect
        self.reject = reject
        self.check = check
        self.refusals = refusals
        self.typist = keys
        self.roms = [uefi] if uefi else []
        machine = dict(MACHINE, bios=uefi and os.path.basename(uefi))
        self.bench = Qemu(types.SimpleNamespace(**machine), os.devnull, "qemu")  # which has no logs

    def keys(self, here):
        """The script that types."""
        return (here / f"keys-{self.typist}.sh").read_bytes()

    def machine(self, iso):
        """QEMU's options, the same as scripts/run's but for the console's."""
        return " ".join(self.bench.machine(iso))

    def make_iso(self, iso, image, root, vmlinuz):
        """The ISO of Trivet's IMAGE and the guest."""
        modules = []
        if self.line is not None:
            script = [sys.executable, root / "scripts/guest", "linux"]
            subprocess.run(script + ["-o", iso.parent, "--kernel", vmlinuz], check=True)
            made = iso.parent / "linux"
            modules = [f"{made / 'kernel'}={self.line}", str(made / "initrd")]
        subprocess.run(medium.command(iso, self.bench, self.cmdline, modules, image),
                       check=True)

    def problem(self, lines, status, refused):
        """What is wrong with a QEMU that said these lines and ended so, and the
        entries that KVM refused; or None."""
        if bool(refused) != self.refusals:
            return f"KVM refused VM entries: {(refused or ['none'])[0]}"
        log = "\n".join(lines)
        verdict = self.bench.verdict(status, log.encode())
        if verdict.status != outcome.CLEAN:
            return f"QEMU's status {status}: {outcome.WORDS[verdict.status]}: {verdict.reason}"
        if not status:
            return "QEMU's machine went off or reset, and no status came through the port"
        start = 0
        for pattern in self.expect:
            found = re.compile(pattern, re.MULTILINE).search(log, start)
            if not found:
                return f"never said: {pattern}"
            start = found.end()
        for pattern in self.reject:
            found = re.search(pattern, log)
            if found:
                return f"said: {found.group()}"
        return self.check(log) if self.check else None


def linux(name, **how):
    """Debian's kernel, to a shell and to poweroff."""
    return Subject(
        name, line="console=ttyS0", keys="linux", reject=linux_log.WRONG_BUT_RETBLEED,
        check=linux_log.content_but_retbleed, **how,
        expect=(r"hypervisor=KVMKVMKVM", r"^Trivet guest: user space tsc=\d+",
                r"guest:/# \S*echo \$\(\(6\*7\)\)$", r"^42$",
                r"^Trivet guest: checks done", r"guest:/# \S*poweroff$",
                r"reboot: Power down",
                r'^run: outcome=clean reason="vm0: power-off: ACPI S5"'))


SUBJECTS = {one.name: one for one in (
    Subject("bundled", cmdline="paused", keys="bundled", seconds=6, timeout=600,
            expect=(r"vm0: (paused|running), \d+\.\d+ s of its time", r"^guest: goodbye",
                    r'^run: outcome=clean reason="vm0: power-off: hypercall"')),
    Subject("doctor", cmdline=kvm_doctor.OPTIONS, keys="none", seconds=30, timeout=600,
            expect=(r'^run: outcome=clean reason="doctor=\d+ has been done"',),
            check=kvm_doctor.problem, refusals=True),
    linux("linux", seconds=60, timeout=1500),
    linux("linux-uefi", seconds=90, timeout=1700,
          uefi=next(filter(os.path.exists, FIRMWARE), FIRMWARE[0])),
)}
