# SPDX-License-Identifier: MIT
"""Bochs: a PC with VMX in software, for computers that have none.

Relies on two of its debugging ports, which Trivet uses only when told
`runner=bochs`: a 'D' to 8900H stops in the debugger, whose next command is
`q` (exit status 0), and a word N to 400H makes its BIOS panic with N in the
message.
"""
import os
import re
import shutil
import signal
import subprocess

from . import debug, outcome, process, where
from .base import Bench

MODEL = "corei7_skylake_x"
PORT_STATUS = 0x5400
ROMS = ("/usr/share/bochs/BIOS-bochs-latest",)
VGA_ROMS = (
    "/usr/share/vgabios/vgabios.bin",
    "/usr/share/bochs/VGABIOS-lgpl-latest",
    "/usr/share/bochs/VGABIOS-lgpl-latest.bin",
)

# fastboot: no 3 s wait for F12.  extension=none: GRUB's video modules crash
# in Bochs' VBE.  rfb with timeout=0: the one display that needs no terminal,
# no window and no viewer.  error: action=ask would hang without a terminal.
# reset_on_triple_fault=0: else a triple fault ends like a clean run.
CONFIG = """\
cpu: model={model}, count={cpus}, ips={ips}, reset_on_triple_fault=0, ignore_bad_msrs={bad_msrs}
memory: guest={mem}, host={mem}
romimage: file={rom}, options=fastboot
vgaromimage: file={vga_rom}
vga: extension=none
{drive}
clock: sync=none, time0=utc
{serial}
display_library: rfb, options="timeout=0"
log: {folder}/bochs.log
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
speaker: enabled=0
sound: driver=dummy
"""

# After `c`, each stop of the debugger reads on: after a clean end the rest is
# noise in a file, after a time-out it tells where the machine was.
COMMANDS = "c\nr\ncreg\nsreg\nu /4\nprint-stack 16\nq\n"

COMPLAINT = re.compile(r"^\d+[ep]\[")
# What Bochs calls an error and is none: exits, and probing for MSRs and fields.
EVERYDAY = re.compile(r"VMEXIT: EPT|(RD|WR)MSR: Unknown register|"
                      r"VMREAD: not supported field")
MESSAGE = re.compile(r"following message:\s*\n\s*(.*)")
RIP = re.compile(r"^rip: ([0-9a-f]{8}_[0-9a-f]{8})", re.MULTILINE)
BIOS_PANIC = re.compile(r"BIOS panic at rombios.c, line (\d+)")


def program():
    """Bochs with its debugger on: up to 2.7 it always is, since then it has
    to be asked for."""
    name = shutil.which("bochs-bin") or "bochs"
    answer = subprocess.run([name, "--help"], stdin=subprocess.DEVNULL,
                            capture_output=True, check=False)
    new = b"-debugger" in answer.stdout + answer.stderr
    return [name] + (["-debugger"] if new else [])


class Bochs(Bench):
    """One run of Bochs."""

    runner_option = "bochs"

    def __init__(self, args, folder):
        super().__init__(args, folder, "bochs", MODEL)

    def missing(self):
        """What keeps this bench from running, or None."""
        if not shutil.which("bochs-bin") and not shutil.which("bochs"):
            return "bochs is not installed"
        for files in (ROMS, VGA_ROMS):
            if not any(map(os.path.exists, files)):
                return f"Bochs' firmware {files[0]} is not installed"
        return None

    def command(self, iso, port):
        if self.args.media == "usb":
            raise outcome.Usage("--media usb: Bochs boots cd or disk only")
        with open(self.path("bochsrc"), "w", encoding="utf-8") as file:
            file.write(CONFIG.format(
                model=self.model, cpus=self.args.cpus,
                ips=self.args.ips, bad_msrs=self.args.bad_msrs,
                mem=self.args.mem, folder=self.folder,
                rom=self.args.bios or next(filter(os.path.exists, ROMS)),
                vga_rom=next(filter(os.path.exists, VGA_ROMS)),
                drive=self._drive(iso), serial=self._serial(port)))
        with open(self.path("commands"), "w", encoding="utf-8") as file:
            if self.args.core:
                file.write(debug.bochs_commands(self.args.image, self.folder,
                                                self.args.mem))
            file.write(COMMANDS)
        return program() + ["-q", "-f", self.path("bochsrc"),
                            "-rc", self.path("commands")]

    def verdict(self, status, serial):
        """What it means that Bochs ended with this status."""
        message = self._message()
        if status == 0:
            return outcome.from_port(outcome.CLEAN, serial)
        panic = BIOS_PANIC.search(message)
        if panic and int(panic.group(1)) & 0xff00 == PORT_STATUS:
            return outcome.from_port(int(panic.group(1)) - PORT_STATUS, serial)
        if "no resolution" in message:
            return outcome.Verdict(
                outcome.BENCH_FAILED, "triple fault of the whole machine")
        if "soft power off" in message or "Shutdown port" in message:
            return outcome.from_serial(serial) or outcome.Verdict(
                outcome.BENCH_FAILED, "powered off without a word")
        if "cpu directive malformed" in message:
            return outcome.Verdict(
                outcome.BAD_CONFIG, f"Bochs has no CPU model {self.model} "
                "(bochs-bin --help cpu lists them)")
        return outcome.Verdict(
            outcome.BENCH_FAILED, message or f"Bochs ended with status {status}")

    def where(self, child):
        """Stop a machine that hangs and tell where it was."""
        if not self.args.core:  # else it has been stopped already
            os.kill(child.pid, signal.SIGINT)
            process.wait(child, 3)
        found = RIP.search(self.read("output"))
        if not found:
            return ""
        return where.describe(int(found.group(1).replace("_", ""), 16),
                              self.args.image)

    def keep_memory(self, child):
        """Stop it and wait until the debugger has written what memory() reads."""
        os.kill(child.pid, signal.SIGINT)
        debug.wait_for_bochs(child, self.memory)

    def memory(self):
        """What --core has made the debugger write: pieces, and registers."""
        return debug.bochs_memory(self.args.image, self.folder, self.args.mem,
                                  self.read("output"))

    def complaints(self):
        """Lines of Bochs' log that say what the processor refused."""
        return [line for line in self.read("bochs.log").splitlines()
                if COMPLAINT.match(line) and not BIOS_PANIC.search(line)
                and not EVERYDAY.search(line)]

    def _message(self):
        found = MESSAGE.search(self.read("output"))
        return found.group(1).strip() if found else ""

    def _drive(self, iso):
        if self.args.media == "cd":
            return (f'ata0-master: type=cdrom, path="{iso}", status=inserted\n'
                    "boot: cdrom")
        # Bochs locks and writes disks: give it one of its own.
        disk = self.path("disk.img")
        shutil.copyfile(iso, disk)
        return (f'ata0-master: type=disk, mode=flat, path="{disk}"\n'
                "boot: disk")

    def _serial(self, port):
        lines = ["com1: enabled=0", "com2: enabled=0"]
        if not self.args.no_serial:
            lines[0] = ("com1: enabled=1, mode=socket-client, "
                        f"dev=127.0.0.1:{port}")
        if self.args.com2_log:
            lines[1] = f"com2: enabled=1, mode=file, dev={self.args.com2_log}"
        return "\n".join(lines)
