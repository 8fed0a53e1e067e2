# SPDX-License-Identifier: MIT
"""The tracer and the flight recorder in whole runs: golden traces, the three
places a trace goes to, and scripts/trivet-log reading each of them."""
import filecmp
import os
import subprocess
import sys

from harness.job import Job, Result, tail
from harness.machine import FOLDER, KERNEL, TOP, Boot

GUESTS = os.path.join(TOP, "build", "guest")
CLEAN = r"^run: outcome=clean"


def path(name):
    return os.path.join(FOLDER, f"trace-{name}")


def script(name, *words):
    """A script of ours: its status, and all that it said."""
    done = subprocess.run(
        [sys.executable, os.path.join(TOP, "scripts", name), *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False, timeout=300)
    return done.returncode, done.stdout.decode(errors="replace")


def without_warnings(file, *wanted):
    """What is wrong with what trivet-log makes of a file, or None."""
    status, said = script("trivet-log", file)
    if status or "warning" in said:
        return f"trivet-log {os.path.basename(file)}:\n{said[:2000]}"
    missing = [words for words in wanted if words not in said]
    return f"trivet-log does not say {missing}:\n{said[:2000]}" if missing else None


class Twice(Job):
    """The bundled guest from one image, run twice: the logs and what came on
    COM2 are the same, byte by byte."""

    suite = "boot"
    weight = 200

    def __init__(self, name, words, wanted):
        super().__init__(f"trace/twice the same, {name}")
        self.stem = name
        self.words = words
        self.wanted = wanted

    def run(self):
        os.makedirs(FOLDER, exist_ok=True)
        iso = path(self.stem + ".iso")
        status = subprocess.run(
            [os.path.join(TOP, "scripts", "image"), "-o", iso, "--bios-only",
             "--options", f"log=quiet runner=bochs {self.words}", KERNEL],
            check=False, stdout=subprocess.DEVNULL).returncode
        if status:
            return Result.fail("no image could be made")
        for turn in "12":
            open(path(self.stem + turn + ".com2"), "wb").close()
            status, said = script(
                "run", "--runner", "bochs", "--timeout", "100",
                "--serial-log", path(self.stem + turn + ".log"),
                "--com2-log", path(self.stem + turn + ".com2"), iso)
            if status:
                return Result.fail(f"run {turn} ended with {status}", tail(said))
        wrong = self.judge()
        return Result.fail("see below", tail(wrong)) if wrong else Result(1)

    def judge(self):
        """What is wrong, or None."""
        for kind in (".log", ".com2"):
            one, two = (path(self.stem + turn + kind) for turn in "12")
            if not filecmp.cmp(one, two, shallow=False):
                _, said = script("trivet-log", "diff", one, two)
                return f"{one} and {two} differ\n{said}"
        kind = ".com2" if "to=com2" in self.words else ".log"
        if kind == ".log" and os.path.getsize(path(self.stem + "1.com2")):
            return "something came on COM2"
        return without_warnings(path(self.stem + "1" + kind), *self.wanted)


def read_log(name, *wanted):
    """A check of a Boot's serial log."""
    def check(_log):
        return without_warnings(os.path.join(FOLDER, f"{name}.serial"), *wanted)
    return check


def bad(name, words, *expect):
    return Boot(f"trace/bad {name}", options=f"log=quiet trace={words}",
                status=2, expect=(*expect, r"^run: outcome=bad-config reason="))


TESTS = [
    Twice("text", "trace=on,regs,!port=0x3f8-0x3ff",
          ("CPUID", "leaf 0x40000000", "msr 0xc0000080")),
    Twice("binary", "trace=all,to=com2",
          ("exits=598", "not_traced=0", "EXTERNAL_INTERRUPT")),
    # A ring does not slow the guest down, and is printed at the end.
    Boot("trace/ring", options="log=quiet trace=all,last=100,to=ring",
         expect=(r"^guest: goodbye", r"^trace: .* n=\d+ .* reason=VMCALL .*STOP",
                 r"^trace: .*written=100 kept=0 lost=0$", CLEAN),
         check=read_log("trace-ring", "exits=100")),
    # When it is done, the guest goes on untraced.
    Boot("trace/first", options="log=quiet trace=cpuid,first=2",
         expect=(r"n=\d+ .*key=0x0 ", r"n=\d+ .*key=0x40000000 ",
                 r"^trace: vcpu=0 to=log passed=2 written=2 ", CLEAN),
         reject=(r"key=0x40000010 ",)),
    # Without COM2 it is refused; so is what is misspelt.
    bad("com2", "to=com2",
        r"(?=^run: .*trace: 'to=com2': nothing answers; use to=log or to=ring)"),
    bad("word", "cpuidd", r'^trace: "cpuidd": no exit reason and no other word'),
    bad("recorder", "on recorder=off stats=off",
        r"(?=^run: .*trace: the flight recorder is off; start with recorder=256)"),
    # The flight recorder, of a guest that comes to a bad end.
    Boot("trace/last exits", modules=[os.path.join(GUESTS, "test_triple.bin")],
         options="log=quiet", status=1,
         expect=(r"^record: vm=vm0 vcpu=0 n=0 .*reason=IO key=0x3f8 ",
                 r"^record: .*reason=TRIPLE_FAULT .*verdict=STOP$",
                 r"^last exits of vcpu 0, of \d+ ",
                 r"^  12 IO \(OUT 1 byte to port 0x3f8\) rip=0x7c.. NEXT guest=\d+ handler=",
                 r"^  \d+ TRIPLE_FAULT rip=0x7c.. STOP guest=\d+$"),
         check=read_log("trace-last-exits", "TRIPLE_FAULT")),
]
