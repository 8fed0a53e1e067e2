#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot a kernel in QEMU without VMX, told of no runner, and see how it ends.

usage: onexit.py KERNEL poweroff|reboot|halt [--machine NAME] [--uefi]

Without VMX a run ends with a refusal, by the same code as any other. Status 0
when QEMU tells of the event that the option asks for; with halt there is none,
and the CPU sleeps with its interrupts off.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "scripts"))
sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from bench import process, qemu
from bench.qmp import Qmp

REASONS = {"poweroff": "guest-shutdown", "reboot": "guest-reset", "halt": None}
OUTCOME = b"run: outcome=refused"
EFLAGS_IF = 0x200
STAYS = 1.5  # longer than power_off() and power_reset() wait for an effect


class Ending(Exception):
    """It did not end as it should."""


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernel")
    parser.add_argument("onexit", choices=REASONS)
    parser.add_argument("--machine", default="q35")
    parser.add_argument("--uefi", action="store_true")
    return parser.parse_args()


def make_iso(args, iso):
    words = [os.path.join(TOP, "scripts", "image"), "-o", iso, "--options",
             f"onexit={args.onexit}", args.kernel]
    subprocess.run(words + ([] if args.uefi else ["--bios-only"]), check=True)


def command(args, iso, socket, serial):
    # no-reboot makes a reset an event of its own, no-shutdown keeps QEMU here
    # to tell of it.
    words = ["qemu-system-x86_64", "-nodefaults", "-display", "none",
             "-no-reboot", "-no-shutdown", "-machine", args.machine,
             "-accel", "tcg", "-cpu", "max", "-m", "256", "-vga", "std",
             "-cdrom", iso, "-serial", f"file:{serial}",
             "-qmp", f"unix:{socket},server=on,wait=off"]
    if args.uefi:
        words += ["-bios", next(filter(os.path.exists, qemu.FIRMWARE))]
    return words


def connect(socket, child):
    for _ in range(100):
        try:
            return Qmp(socket, 60)
        except OSError:
            if child.poll() is not None:
                break
            time.sleep(0.1)
    raise Ending("QEMU does not answer")


def reason_of(event):
    return event["data"].get("reason") if event else None


def see_halt(monitor, serial):
    """The machine runs, and its CPU does not."""
    while OUTCOME not in read(serial):
        if monitor.wait_for("SHUTDOWN", 0.1):
            raise Ending("ended before its last words")
    event = monitor.wait_for("SHUTDOWN", STAYS)
    if event:
        raise Ending(f"ended: {reason_of(event)}")
    text = monitor.ask("human-monitor-command",
                       **{"command-line": "info registers"})
    flags = re.search(r"[RE]FL=([0-9a-f]+)", text)
    if "HLT=1" not in text or not flags or int(flags[1], 16) & EFLAGS_IF:
        raise Ending(f"the CPU is not halted for good:\n{text}")


def see_end(monitor, serial, wanted):
    reason = reason_of(monitor.wait_for("SHUTDOWN", 60))
    if OUTCOME not in read(serial):
        raise Ending(f"ended without its last words: {reason}")
    if reason != wanted:
        raise Ending(f"ended with {reason}, not {wanted}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    args = parse()
    with tempfile.TemporaryDirectory(prefix="trivet-onexit.") as folder:
        iso, socket, serial, output = (os.path.join(folder, name) for name in
                                       ("iso", "qmp", "serial", "output"))
        open(serial, "wb").close()
        make_iso(args, iso)
        child = process.start(command(args, iso, socket, serial), output)
        try:
            monitor = connect(socket, child)
            if args.onexit == "halt":
                see_halt(monitor, serial)
            else:
                see_end(monitor, serial, REASONS[args.onexit])
        except (Ending, OSError) as error:
            print(read(serial).decode("utf-8", "replace")[-2000:])
            print(read(output).decode("utf-8", "replace"))
            sys.exit(f"onexit: {error}")
        finally:
            process.stop(child)
    print(f"onexit: {args.onexit} seen")


if __name__ == "__main__":
    main()
