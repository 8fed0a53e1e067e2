#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bugs put into a running Trivet, to see that it dies well.

usage: panics.py KERNEL [WORD...]

The image is the one that users get: QEMU stops it at a function through its
gdb stub, and other instructions are poked in there. Prints TAP; with words
only the cases that have one of them in their name.
"""
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [os.path.join(TOP, "scripts"), os.path.join(TOP, "tests", "scripts")]
sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
import tap
from bench import process
from gdbstub import Stub

PROLOGUE = bytes.fromhex("55" "4889e5")  # push %rbp; mov %rsp, %rbp
UD2 = bytes.fromhex("0f0b")
CALL_ITSELF = bytes.fromhex("e8f7ffffff")  # with the prologue
CALL = 5  # bytes
RDI = 5
PANICKED = 2 * 0x13 + 1  # what QEMU makes of status 3 at its exit port
REFUSED = 2 * 0x14 + 1
NON_CANONICAL = "48b80000000000008000"  # movabs, to RAX

# At the start of smp_start(), or of the function that is named: the
# instructions, and what must be said, in this order.
AT = "smp_start"
CASES = {
    "UD2": ("0f0b", r"#UD invalid opcode", r"^ +rip .*rsp", r"^ +rflags ", r"^ +cr0 "),
    "division by zero": ("31c931d2f7f1", r"#DE divide error"),
    "breakpoint": ("cc", r"#BP breakpoint"),
    "null pointer": ("31c08b00", r"#PF page fault: read of 0000000000000000, not mapped",
                     r"cr2 0000000000000000 is in: "),
    "non-canonical": (NON_CANONICAL + "8b00", r"#GP general protection"),
    "write to text": ("c605f9ffffff00",
                      r"#PF page fault: write of ffffffff80\w+, not permitted"),
    "execution of the stack": (
        "ffd4", r"#PF page fault: execution of \w+, not permitted", r"rip \w+ is in: .*stack"),
    "call of a null pointer": (
        "31c0ffd0", r"#PF page fault: execution of 0{16}, not mapped",
        r"^backtrace:\n +0{16} \?"),
    "endless recursion": ("e8f7ffffff", r"#DF double fault",
                          r"cr2 \w+ is in: .*guard page",
                          r"\.\.\. \d+ times|and \d+ more"),
    "stack pointer lost": ("31e4" "50", r"#DF double fault"),
    "low memory": ("b800700000" "8800", r"#PF page fault: write of 0000000000007000"),
}


class Machine:
    """One machine, stopped before its first instruction."""

    def __init__(self, kernel, iso, cpus=1):
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="trivet-panics.")
        self.serial = os.path.join(self.folder.name, "serial")
        self.kernel = kernel
        stub = os.path.join(self.folder.name, "gdb")
        self.child = process.start([
            "qemu-system-x86_64", "-nodefaults", "-display", "none", "-S",
            "-no-reboot", "-machine", "q35", "-accel", "tcg", "-cpu", "max",
            "-m", "256", "-smp", str(cpus), "-cdrom", iso,
            "-serial", f"file:{self.serial}",
            "-device", "isa-debug-exit,iobase=0x501,iosize=2",
            "-chardev", f"socket,id=gdb,path={stub},server=on,wait=off",
            "-gdb", "chardev:gdb"], os.path.join(self.folder.name, "output"))
        self.stub = Stub(stub)

    def run_to(self, name):
        self.stub.run_to(symbols(self.kernel)[name])

    def poke(self, name, code):
        """Make this all that a function does, but for its stack frame;
        returns where that is."""
        address = symbols(self.kernel)[name]
        self.stub.poke(address, PROLOGUE + code)
        return address + len(PROLOGUE)

    def end(self):
        """Run to the end: QEMU's exit status and what the machine said."""
        self.stub.go()
        process.wait(self.child, 30)
        with open(self.serial, encoding="utf-8", errors="replace") as file:
            said = file.read().replace("\r", "")
        return self.child.poll(), said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        process.stop(self.child)
        self.stub.close()
        self.folder.cleanup()


def symbols(kernel):
    if not symbols.known:
        lines = subprocess.run([os.environ.get("NM", "nm"), kernel], text=True,
                               check=True, capture_output=True).stdout
        for line in lines.splitlines():
            address, _, name = line.split()
            symbols.known[name] = int(address, 16)
    return symbols.known


symbols.known = {}


def in_order(said, *patterns):
    at = 0
    for pattern in patterns:
        found = re.compile(pattern, re.MULTILINE).search(said, at)
        if not found:
            raise AssertionError(f"never said, or too early: {pattern}\n{said}")
        at = found.end()


def panicked(ended, cpu, patterns, *backtrace):
    status, said = ended
    tap.same(status, PANICKED, said)
    in_order(said, rf"^panic on cpu{cpu}: ", r"^ +cr2 +\w{16} +cr3 \w{16}")
    in_order(said, *patterns)
    in_order(said, r"^backtrace:", *backtrace, r"^recent log:", r"\] cpu0 boot: Trivet ",
             r'^run: outcome=panic reason="')
    tap.same(said.count("run: outcome="), 1, said)


def test_of(code, patterns):
    def test(machine):
        machine.run_to(AT)
        machine.poke(AT, bytes.fromhex(code))
        panicked(machine.end(), 0, patterns, rf"{AT}\+0x", r"kernel_main\+0x")
    return test


def test_panic_itself(machine):
    """As a call of panic() does it: without a trap frame."""
    machine.run_to(AT)
    behind = machine.poke(AT, bytes(CALL) + b"a bug of ours\0") + CALL
    distance = symbols(machine.kernel)["panic"] - behind
    machine.poke(AT, b"\xe8" + distance.to_bytes(4, "little", signed=True))
    machine.stub.register(RDI, behind)
    panicked(machine.end(), 0, (r"panic on cpu0: a bug of ours$",), rf"{AT}\+0x",
             r"kernel_main\+0x")


def test_panic_in_a_panic(machine):
    machine.run_to(AT)
    machine.poke(AT, UD2)
    machine.poke("panic_dump_backtrace_trap", UD2)
    status, said = machine.end()
    tap.same(status, PANICKED, said)
    in_order(said, r"^panic on cpu0: #UD", r"^panic during the panic: #UD",
             r'^run: outcome=panic reason="#UD')


def poke_another_cpu(machine, code):
    machine.run_to("smp_enter")
    machine.run_to("apic_init")
    machine.poke("apic_init", code)


def test_panic_on_another_cpu(machine):
    poke_another_cpu(machine, UD2)
    panicked(machine.end(), 1, (r"panic on cpu1: #UD",), r"apic_init\+0x", r"smp_enter\+0x")


def test_overflow_on_another_cpu(machine):
    poke_another_cpu(machine, CALL_ITSELF)
    panicked(machine.end(), 1, (r"#DF double fault", r"cr2 \w+ is in: .*guard page"),
             r"apic_init\+0x", r"\.\.\. \d+ times", r"smp_enter\+0x")


def test_machine_check(machine):
    machine.run_to(AT)
    machine.stub.monitor("mce 0 9 0xbd00000000000000 0x5 0x1234000 0x8c")
    panicked(machine.end(), 0, (r"#MC machine check: .*mcg_status=0x5",), rf"{AT}\+0")


def test_nmi_does_no_harm(machine):
    machine.run_to(AT)
    machine.stub.monitor("nmi")
    status, said = machine.end()
    tap.same(status, REFUSED, said)
    in_order(said, r"traps: .*NMI of unknown origin", r"^run: outcome=refused")


def tests():
    found = {name: (test_of(code, patterns), 1)
             for name, (code, *patterns) in CASES.items()}
    for name, test in globals().items():
        if name.startswith("test_") and name != "test_of":
            cpus = 2 if "another_cpu" in name else 1
            found[name[5:].replace("_", " ")] = test, cpus
    return found


def main():
    kernel, words = sys.argv[1], sys.argv[2:]
    chosen = {name: how for name, how in tests().items()
              if not words or any(word in name for word in words)}
    with tempfile.TemporaryDirectory(prefix="trivet-panics.") as folder:
        iso = os.path.join(folder, "trivet.iso")
        subprocess.run([os.path.join(TOP, "scripts", "image"), "-o", iso, "--bios-only",
                        "--options", "runner=qemu", kernel], check=True)

        def started(test, cpus):
            with Machine(kernel, iso, cpus) as machine:
                test(machine)

        return tap.main({
            f"test_{name}": lambda how=how: started(*how)
            for name, how in chosen.items()})


if __name__ == "__main__":
    sys.exit(main())
