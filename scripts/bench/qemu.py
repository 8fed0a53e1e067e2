# SPDX-License-Identifier: MIT
"""QEMU: with KVM the fast bench, where the computer has nested VMX to give;
with TCG a PC without VMX, good for the way to C and for UEFI.

Relies on -device isa-debug-exit at 501H, which Trivet uses only when told
`runner=qemu`: a byte N makes QEMU's exit status 2N+1.
"""
import os
import re
import shutil
import time

from . import outcome, where
from .base import Bench
from .qmp import Qmp
from gdb import core

PORT_STATUS = 0x10
FIRMWARE = (
    "/usr/share/ovmf/OVMF.fd",
    "/usr/share/OVMF/OVMF.fd",
    "/usr/share/edk2/ovmf/OVMF.fd",
    "/usr/share/edk2-ovmf/x64/OVMF.fd",
    "/usr/share/edk2/x64/OVMF.4m.fd",
)
DRIVES = {
    "cd": ["-cdrom", "{}"],
    "disk": ["-drive", "if=ide,format=raw,snapshot=on,file={}"],
    "usb": ["-drive", "if=none,id=stick,format=raw,snapshot=on,file={}",
            "-device", "qemu-xhci", "-device",
            "usb-storage,drive=stick,bootindex=0"],
}


class Qemu(Bench):
    """One run of QEMU."""

    runner_option = "qemu"

    def __init__(self, args, folder, name):
        super().__init__(args, folder, name,
                         "host,+vmx" if name == "qemu" else "max")
        self.kvm = name == "qemu"
        self.uefi = name == "uefi"

    def missing(self):
        """What keeps this bench from running, or None."""
        if not shutil.which("qemu-system-x86_64"):
            return "qemu-system-x86_64 is not installed"
        if self.uefi and not any(map(os.path.exists, FIRMWARE)):
            return "OVMF, UEFI for QEMU, is not installed"
        return None

    def machine(self, iso):
        """The computer itself: all but where its lines lead to."""
        words = [
            "-nodefaults", "-display", "none",
            "-no-reboot", "-machine", self.args.machine,
            "-accel", "kvm" if self.kvm else "tcg", "-vga", "std",
            "-cpu", self.model, "-m", str(self.args.mem),
            "-smp", str(self.args.cpus),
            "-device", "isa-debug-exit,iobase=0x501,iosize=2",
        ]
        if self.uefi or self.args.bios:
            words += ["-bios", self.args.bios
                      or next(filter(os.path.exists, FIRMWARE))]
        # A comma ends a file's name in -drive unless it is doubled.
        name = iso if self.args.media == "cd" else iso.replace(",", ",,")
        return words + [word.replace("{}", name)
                        for word in DRIVES[self.args.media]]

    def command(self, iso, port):
        command = [
            "qemu-system-x86_64", *self.machine(iso), "-monitor", "none",
            "-qmp", f"unix:{self.path('qmp')},server=on,wait=off",
        ]
        if self.args.no_serial:
            command += ["-serial", "none"]
        else:
            command += ["-chardev", "socket,id=com1,host=127.0.0.1,"
                        f"port={port}", "-serial", "chardev:com1"]
        if self.args.com2_log:
            command += ["-serial", f"file:{self.args.com2_log}"]
        if not self.kvm:
            command += ["-d", "cpu_reset,guest_errors",
                        "-D", self.path("qemu.log")]
        return command

    def verdict(self, status, serial):
        """What it means that QEMU ended with this status."""
        if status > 0 and status & 1 and status >> 1 >= PORT_STATUS:
            return outcome.from_port((status >> 1) - PORT_STATUS, serial)
        if status == 0:
            if "Triple fault" in self.read("qemu.log"):
                return outcome.Verdict(
                    outcome.BENCH_FAILED, "triple fault of the whole machine")
            return outcome.from_serial(serial) or outcome.Verdict(
                outcome.BENCH_FAILED,
                "machine reset or powered off without a word")
        if "unable to find CPU model" in self._last_words():
            return outcome.Verdict(
                outcome.BAD_CONFIG, f"QEMU has no CPU model {self.model} "
                "(qemu-system-x86_64 -cpu help lists them)")
        return outcome.Verdict(
            outcome.BENCH_FAILED,
            self._last_words() or f"QEMU ended with status {status}")

    def where(self, _child):
        """Tell where a machine that hangs is."""
        try:
            qmp = Qmp(self.path("qmp"))
            text = qmp.ask("human-monitor-command",
                           **{"command-line": "info registers"})
            qmp.close()
        except (OSError, ValueError):
            return ""
        found = re.search(r"[RE]IP=([0-9a-f]+)", text)
        if not found:
            return ""
        return where.describe(int(found.group(1), 16), self.args.image)

    def keep_memory(self, _child):
        """For memory(): by physical address, whatever the CPUs are doing."""
        end = time.monotonic() + 10  # it may have only just started
        while not os.path.exists(self.path("qmp")) and time.monotonic() < end:
            time.sleep(0.05)
        qmp = Qmp(self.path("qmp"), 300)
        qmp.ask("stop")
        qmp.ask("dump-guest-memory", paging=False,
                protocol=f"file:{self.path('dump')}")
        qmp.close()

    def memory(self):
        """What keep_memory() has kept: pieces, and notes."""
        if not os.path.exists(self.path("dump")):
            return [], b""
        return core.from_dump(core.Elf(self.path("dump")))

    def save_screen(self, path):
        """The screen as a picture, PNG if the name ends so, else PPM."""
        qmp = Qmp(self.path("qmp"))
        kind = {"format": "png"} if path.endswith(".png") else {}
        qmp.ask("screendump", filename=os.path.abspath(path), **kind)
        qmp.close()

    def complaints(self):
        """What QEMU said, and what it thinks the machine did wrong."""
        lines = [line for line in self.read("output").splitlines()
                 if "terminating on signal" not in line]  # that was us
        lines += [line for line in self.read("qemu.log").splitlines()
                  if re.match(r"Triple fault|Invalid|.*unassigned", line)
                  # The firmware looks for a TPM.
                  and "addr 0xFED4" not in line]
        return lines

    def _last_words(self):
        lines = self.read("output").strip().splitlines()
        return lines[-1] if lines else ""
