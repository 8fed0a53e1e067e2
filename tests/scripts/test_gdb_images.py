#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Memory images of all kinds, and a machine that QEMU holds, in scripts/gdb."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import tap
from gdbtool import KERNEL, found, gdb, main, run
# pylint: disable=wrong-import-position,wrong-import-order
from gdb import core

GUEST = os.path.join(tap.TOP, "build", "guest", "bundled.bin")
MONITOR_KEY = "\x1d"  # Ctrl-]
SPIN = os.path.join(tap.TOP, "build", "guest", "test_spin.bin")


def test_a_guest_that_runs():
    """Stopped from outside: its last exits are not in the statistics yet."""
    path, said = run("spin", "bochs", "log=quiet mem=16M", "--module", SPIN,
                     "--until", "spin: now")
    tap.has(said, "--until was seen")
    exits, vcpu, stats = gdb(path, "trivet exits 2", "trivet vcpu", "trivet stats")
    count = int(found(r"^vm0 vcpu0: (\d+) exits, ", exits))
    if count < len("spin: now"):
        raise AssertionError(exits)
    tap.has(stats, f"vm0 vcpu0: {count} exits, ")
    tap.has(stats, "  port=0x3f8 out ")
    tap.has(vcpu, "loaded on cpu0; still running")
    # Since its creation nothing has unloaded it.
    found(rf"(as of the last stop, TSC \d+; {count} exits ago)", vcpu)


def test_a_guest_that_the_monitor_holds():
    """A pause remembers the VMCS."""
    path, said = run("held", "bochs", "log=quiet mem=16M", "--module", SPIN,
                     "--until", "paused at rip=0x[0-9a-f]+;", stdin=MONITOR_KEY)
    rip = int(found(r"paused at rip=(0x\w+);", said), 16)
    vmcs, trace = gdb(path, "trivet vmcs", "backtrace")
    tap.same(int(found(r"GUEST_RIP += (0x\w+)", vmcs), 16), rip, vmcs)
    tap.has(vmcs, "no exit since")
    tap.has(trace, "monitor_poll (v=")
    tap.has(trace, "kernel_main (magic=")


def test_qemu_at_a_time_out():
    firmware = os.path.join(tap.FOLDER, "hangs.bin")
    with open(firmware, "wb") as file:
        file.write((bytes(0xfff0) + b"\xeb\xfe").ljust(1 << 16, b"\0"))
    path, said = run("qemu", "qemu-tcg", "", "--bios", firmware, status=124, seconds="1")
    tap.has(said, "run: time-out")
    tap.has(gdb(path, "trivet vcpu")[0], "there is no virtual machine")


def test_a_machine_that_qemu_holds():
    """What `make debug` does, with gdb's commands typed in."""
    dump = os.path.join(tap.FOLDER, "held.dump")
    commands = ("trivet v2p kernel_main\ntrivet vcpu\ntbreak vmx_init\ncontinue\nbacktrace 2\n"
                "trivet host-walk kernel_main\ntrivet p2v 0x300000\n"
                f"monitor dump-guest-memory {dump}\nkill\n")
    status, said = tap.call("run", "--debug", "--mem", "64", "--timeout", "100", KERNEL,
                            stdin=commands, HOME=tap.FOLDER, DEBUGINFOD_URLS="")
    tap.same(status, 0, said)
    tap.lacks(said, "Traceback")
    tap.has(said, "trivet: commands vcpu, vmcs, exits, ")
    tap.has(said, "Breakpoint 1, kernel_main (")
    address = int(found(r"(0xffffffff\w+) = hpa", said), 16)
    tap.has(said, f"{address:#x} = hpa {address - core.KERNEL_BASE:#x} (by the layout)")
    tap.has(said, "there is no virtual machine")
    found(r"(vmx_init \(\) at vmx/vmx.c)", said)
    tap.has(said, f"host: va={address:#x}\n")
    found(rf"(  result: hpa={address - core.KERNEL_BASE:#x} page=4K)", said)
    tap.has(said, "hpa 0x300000 = 0xffff800000300000 (direct map, if that is RAM)")


def test_a_dump_of_qemu():
    """Of the machine above, made by hand."""
    dump, path = (os.path.join(tap.FOLDER, f"held.{what}") for what in ("dump", "core"))
    if not os.path.exists(dump):
        raise AssertionError("there is no dump")
    subprocess.run([os.path.join(tap.SCRIPTS, "gdb", "core.py"), "-o", path, KERNEL,
                    dump], check=True)
    trace, option, guest, walk = gdb(path, "backtrace", "print options.runner",
                                     "trivet vcpu", "trivet host-walk &options")
    tap.has(trace, "#0  vmx_init ()")
    tap.has(trace, "kernel_main (magic=")
    tap.has(option, "= RUNNER_QEMU")
    tap.has(guest, "there is no virtual machine: none has been made yet")
    found(r"(result: hpa=0x\w+ page=4K)", walk)


def test_core_complaints():
    tool = os.path.join(tap.SCRIPTS, "gdb", "core.py")
    out = os.path.join(tap.FOLDER, "none.core")
    for words, complaint in (
            ((GUEST, "x@0"), "is no 64-bit ELF file"),
            ((KERNEL, "missing@0"), "No such file"),
            ((KERNEL, "a", "b"), "a: give FILE@ADDRESS"),
            ((KERNEL, KERNEL + "@zero"), "invalid literal")):
        done = subprocess.run([tool, "-o", out, *words], check=False, text=True,
                              capture_output=True, timeout=60)
        tap.same(done.returncode, 1, done.stderr)
        tap.same(done.stderr.count("\n"), 1, done.stderr)
        tap.has(done.stderr, complaint)


def test_a_run_needs_the_symbols():
    for image, complaint in (("trivet", "trivet has no symbols: give build/trivet.elf"),
                             ("guest/bundled.bin", "is no 64-bit ELF file"),
                             ("missing", "No such file")):
        status, said = tap.call("run", "--runner", "bochs", "--core", "none", "--timeout",
                                "60", os.path.join(tap.TOP, "build", image))
        tap.same(status, 2, said)
        tap.has(said, complaint)
        tap.lacks(said, "Traceback")


def test_core_of_physical_memory():
    """Raw physical memory: the image's frames go to where the image is."""
    raw = os.path.join(tap.FOLDER, "raw")
    image = core.Elf(KERNEL)
    with open(raw, "wb") as out, open(KERNEL, "rb") as file:
        for _, _, offset, _, physical, size, _, _ in image.segments:
            file.seek(offset)
            out.seek(physical)
            out.write(file.read(size))
        out.seek(0x300000)
        out.write(b"direct map")
    path = os.path.join(tap.FOLDER, "raw.core")
    subprocess.run([os.path.join(tap.SCRIPTS, "gdb", "core.py"), "-o", path, KERNEL,
                    f"{raw}@0"], check=True)
    text, base = gdb(path, "x/s 0xffff800000300000", "print/x direct_base")
    tap.has(text, '"direct map"')
    tap.has(base, "= 0xffff800000000000")


if __name__ == "__main__":
    sys.exit(main(globals()))
