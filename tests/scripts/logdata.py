# SPDX-License-Identifier: MIT
"""Traces for the tests of scripts/trivet-log, made from a seed, and a guest's
ELF file with a few functions. Nothing here comes from a real run."""
import os
import shutil
import struct
import subprocess

import tap

from logtool import binlog, lines
from logtool.record import Exit

TSC_HZ = 2000000000
FUNCTIONS = (("guest_start", 0x7c00, 0x100), ("idle_loop", 0x7d00, 0x40),
             ("uart_write", 0x7d40, 0x80), ("probe_cpu", 0x7e00, 0x200))
# reason, key, qualification, rip, length, usual ticks in the handler, verdict
KINDS = (
    ("IO", 0x3f8, 0x3f80000, 0x7d52, 1, 1400, "NEXT"),
    ("IO", 0x3f8, 0x3f80000, 0x7d52, 1, 1500, "NEXT"),
    ("IO", 0x103fd, 0x3fd0008, 0x7d58, 1, 700, "NEXT"),
    ("CPUID", 1, 0, 0x7e22, 2, 80, "NEXT"),
    ("CPUID", 0x80000008, 0, 0x7f00, 2, 90, "NEXT"),
    ("RDMSR", 0xc0000080, 0, 0x7e30, 2, 150, "NEXT"),
    ("EPT_VIOLATION", 0xfee00, 0x182, 0x7c80, 3, 5000, "AGAIN"),
    ("HLT", 0, 0, 0x7d10, 1, 200000, "WAIT"),
    ("CR_ACCESS", 0, 0x0, 0x9000, 3, 260, "NEXT"),
)


class Spot:
    """A test's folder, where the tool is run: no path is in what it says."""

    def __init__(self, name):
        self.path = os.path.join(tap.FOLDER, name)

    def clean(self):
        """Empty."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path)

    def file(self, name, data):
        """Make a file; its path."""
        path = os.path.join(self.path, name)
        with open(path, "wb") as out:
            out.write(data if isinstance(data, bytes) else data.encode())
        return path

    def tool(self, *words, stdin=b""):
        """trivet-log's status, standard output and standard error."""
        done = subprocess.run(
            [os.path.join(tap.SCRIPTS, "trivet-log"), *words], input=stdin,
            check=False, capture_output=True, timeout=120, cwd=self.path)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


class Dice:  # pylint: disable=too-few-public-methods
    """Numbers that are the same with every Python: golden files need it."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        """0 .. limit - 1"""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407
                      ) % (1 << 64)
        return (self.state >> 33) % limit


def trace(count=200, seed=1, vcpus=1, machine="vm0"):
    """A machine's exits, its vCPUs' in order of time."""
    dice = Dice(seed)
    exits = []
    for vcpu in range(vcpus):
        now = 1000000 + 1000 * vcpu
        for number in range(count):
            kind = KINDS[dice.below(len(KINDS))]
            reason, key, qual, rip, length, ticks, verdict = kind
            now += 200 + dice.below(20000)
            ticks += dice.below(ticks)
            one = Exit(vm=machine, vcpu=vcpu, n=number, tsc_in=now,
                       tsc_out=now + ticks, reason=reason, key=key, qual=qual,
                       rip=rip, length=length, verdict=verdict)
            if reason == "HLT":
                one.event = 0x80000020
            if reason == "CPUID":
                one.changes = [("guest.rcx", 0, number),
                               ("rax", number, 0x16), ("rip", rip, rip + 2)]
            exits.append(one)
            now += ticks
    return sorted(exits, key=lambda one: one.tsc_in)


def text(exits, limit=0, prefix=False, end="\n"):
    """As lines of the tracer."""
    out = []
    for one in exits:
        seconds = one.tsc_in / TSC_HZ
        before = f"[{seconds:12.6f}] cpu{one.vcpu} " if prefix else ""
        out += [before + line + end for line in lines.write(one, limit)]
    return "".join(out)


def log(exits, traced=True, **options):
    """A whole serial log around them; without them if not traced."""
    head = ('[    0.000000] cpu0 boot: Trivet 0.1 loader="GRUB 2.06" '
            'options="trace=all"\r\n'
            f"[    0.052761] cpu0 time: tsc_hz={TSC_HZ} measured={TSC_HZ} "
            "by=PM timer\r\n"
            '[    0.067672] cpu0 preflight: cpu="A Processor <3 & more>" '
            "family=6\r\n"
            "guest: hello from real mode\r\r\n")
    counts = {}
    for one in exits:
        counts[one.reason] = counts.get(one.reason, 0) + 1
    tail = f"vm0: {len(exits)} exits in 0.080 s, 842515 ticks in handlers\r\n"
    for reason, count in counts.items():
        tail += (f"exit: vm=vm0 vcpu=0 reason={reason} count={count} "
                 f"share={100 * count / len(exits):.1f}% time=1.5% "
                 "mean_ticks=78 mean_ns=39\r\n")
    tail += ("vm: name=vm0 ram=262144K touched=44K\r\n"
             'memory: owner="stack" now=48K peak=48K\r\n'
             'run: outcome=clean reason="vm0: power-off: hypercall"\r\n')
    if traced:
        head += text(exits, end="\r\n", **options)
    return head + tail


def binary(exits, flags=0):
    """As a binary trace."""
    return binlog.header(TSC_HZ, flags) + b"".join(map(binlog.pack, exits))


def elf(wide=True, functions=FUNCTIONS):
    """An ELF file that has nothing but its symbols: sections are none, code,
    symbols, names. One name is data's, one has no size."""
    names, symbols = b"\0", []
    for name, address, size in functions:
        symbols.append((len(names), address, size, 2 | 1 << 4, 1))
        names += name.encode() + b"\0"
    symbols.append((len(names), 0x9000, 0, 0, 1))
    names += b"lonely_label\0"
    symbols.append((len(names), 0x7d52, 4, 1, 2))  # an object elsewhere
    symbols.append((len(names), 0x7d53, 0, 0, 2))  # without a type, too
    names += b"data\0"
    symbol = struct.Struct("<IBBHQQ" if wide else "<IIIBBH")
    table = bytes(symbol.size)
    for name, address, size, info, section in symbols:
        table += (symbol.pack(name, info, 0, section, address, size) if wide
                  else symbol.pack(name, address, size, info, 0, section))
    start = 64 if wide else 52
    section = struct.Struct("<IIQQQQIIQQ" if wide else "<IIIIIIIIII")
    at_names = start + len(table)
    at_sections = at_names + len(names)
    sections = [(0,) * 10,
                (0, 1, 4 | 2, 0x7c00, 0, 0, 0, 0, 16, 0),
                (0, 2, 0, 0, start, len(table), 3, 0, 8, symbol.size),
                (0, 3, 0, 0, at_names, len(names), 0, 0, 1, 0)]
    head = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH" if wide else "<HHIIIIIHHHHHH", 2, 62,
                        1, 0x7c00, 0, at_sections, 0, start, 0, 0,
                        section.size, len(sections), 3)
    return head + table + names + b"".join(section.pack(*one)
                                           for one in sections)
