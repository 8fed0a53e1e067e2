# SPDX-License-Identifier: MIT
"""The monitor, typed at: guest/test_monitor.c shows what reaches the guest."""
import os
import random
import re

from harness.machine import TOP, Boot

KEY = "\x1d"  # Ctrl-]
PROMPT = r"trivet> $"
ENDED = r"quit ends the run\s+trivet> $"
DONE = r"\n(?s:.*)trivet> $"  # what a command says, and the next prompt


def guest(name):
    return os.path.join(TOP, "build", "guest", f"{name}.bin")


def boot(name, keys, expect, options="log=quiet", module="test_monitor", **how):
    return Boot(f"monitor/{name}", modules=[guest(module)], options=options,
                keys=keys, expect=expect, timeout=how.pop("timeout", 90), **how)


def commands(*lines):
    """Each typed when the one before has been answered."""
    first, *rest = lines
    return [(r"^ready:", KEY), (PROMPT, f"{first}\r")] + [
        (DONE, f"{line}\r") for line in rest]


def no_gap(log):
    """The guest's own clock must not have seen the pauses."""
    found = re.search(r"^longest gap: (\d+) us$", log, re.MULTILINE)
    if not found:
        return "it never told its longest gap"
    return None if int(found.group(1)) < 100000 else f"a pause showed: {found.group()}"


def noise(size):
    """Keys of all kinds but those that close the monitor or the run."""
    source = random.Random(7)
    return "".join(chr(source.choice([n for n in range(128) if n not in (3, 4, 29)]))
                   for _ in range(size))


def moves(*keys):
    return "".join(f"\x1b[{key}" for key in keys)


TESTS = [
    boot("looks", commands("vm", "regs", "vmcs guest", "x/4xb 0x7c00", "x/s gva:0x7c00",
                           "gva $rip", "ept 0x7c00", "stats", "stats IO", "exits 5", "quit"),
         [r"vm0: paused at rip=0x[0-9a-f]+; help lists the commands",
          r"^vm0: paused, \d+\.\d+ s of its time, ram=262144K",
          r"^  rip=[0-9a-f]{16} rsp=", r"GUEST_ES_SELECTOR",
          r"^0x0000000000007c00: 0xfa 0x31 0xc0 0x8e$", r"^0x0000000000007c00: \"",
          r"result: gpa=0x", r"result: mapped hpa=0x", r"reason=IO count=\d+",
          r"exit-histogram: .*reason=IO", r"IO .*\n(.*\n){3}.*IO ",
          r'^run: outcome=clean reason="vm0: stopped on request: quit in the monitor"']),
    boot("acts", commands("step 3", "step 1", "inject vector 0x40", "cont") + [
        (r"^event: vector=64 error=0", "inject nmi\r"),
        (r"^event: vector=2 error=0", "inject exception 14 2 0x1234\r"),
        (r"^event: vector=14 error=2 cr2=1234$", "pause\r"), (DONE, f"vm\r{KEY}x{KEY}{KEY}q")],
         [r"paused at rip=0x[0-9a-f]+ after 3 exit\(s\)", r"after 1 exit\(s\)", r"vector=14",
          r"^key: <78>$", r"^key: <1d>$", r"^key: <71>$", r"longest gap",
          r"run: outcome=clean"], check=no_gap, reject=[r"key: <70>"]),
    boot("a guest that exits all the time", [
        (r"^ready:", "s"), (r"^storing$", KEY), (PROMPT, "cont\r"), (DONE, "pause\r"), (DONE, "quit\r")],
         [r"^run: outcome=clean"]),
    boot("a guest that exits all the time, unwatched", [
        (r"^ready:", "s"), (r"^storing$", KEY), (PROMPT, "quit\r")],
         [r"^run: outcome=clean"], options="log=quiet recorder=off stats=off"),
    boot("a guest that floods the console, unwatched", [
        (r"^flood: .*\n(.*\n){9}", KEY), (PROMPT, "quit\r")],
         [r"^run: outcome=clean"], module="test_flood", options="log=quiet recorder=off stats=off",
         check=lambda log: "it came too late" if log.count("flood:") > 100 else None),
    boot("edits", commands("xm" + moves("D") + "\x7fv" + moves("3~") + "m",
                           moves("A"), "re\t\x15hel\tst\x01\x1bOF\x7ftep", "quit"),
         [r"vm0: paused, ", r"vm0: paused, ", r"step \[N\]: ", r"run: outcome=clean"]),
    boot("traces", commands("trace", "trace io,first=2", "step 4", "trace", "trace off", "trace", "quit"),
         [r"^trace: off$", r"^trace: vm=vm0 .*\n(?s:.*)trace: vm=vm0 ", r"^trace: vcpu=0 to=log passed=2 written=2",
          r"^trace: vcpu=0 to=log passed=2", r"^trace: off$", r"run: outcome=clean"]),
    boot("mistakes", commands("frob", "x/9i 0", "x 0xffffffffffff", "step some", "inject vector 999",
                              "vmcs gust", "stats foo", "log loud", "gva", "vm now", "quit"),
         [r'^"frob": unknown command; help lists all$', r'^"/9i": not N, format and unit',
          r'^"0xffffffffffff": no RAM', r'^"some": not a number', r'^"999": not a vector',
          r'^"gust": no such group; write one of guest', r'^"foo": no exit reason',
          r'^"loud": no level', r'^"gva": needs an argument', r'^"now": too much; write vm',
          r"run: outcome=clean"]),
    boot("hostile", [(r"^ready:", KEY), (PROMPT, "x" * 10000 + "\r"),
                     (r"too long", noise(10000) + "\x15cont\r\x15"),
                     (PROMPT, noise(3000) + "\x15quit\r")],
         [r"too long: no command needs more than", r"run: outcome=clean"],
         reject=[r"panic"]),
    boot("a hot key behind a flood", [(r"^spin: now", "x" * 1500 + KEY), (PROMPT, "quit\r")],
         [r"run: outcome=clean"], module="test_spin"),
    boot("wakes who sleeps for ever", [
        (r"^ready:", f"h{KEY}"), (PROMPT, "cont\r"), (ENDED, "cont\r"),
        (DONE, "inject nmi\r"), (PROMPT, "cont\r"), (r"woke up", f"{KEY}q")],
         [r"^sleeping", r"waits for ever: HLT with interrupts off .*; quit ends the run",
          r'^"cont": the guest waits for an event; inject one', r"^event: vector=2",
          r"^woke up", r"run: outcome=clean"]),
    boot("keeps who fell", [
        (r"^ready:", f"f{KEY}"), (PROMPT, "cont\r"), (ENDED, "vm\r"), (DONE, "step\r"),
        (DONE, "inject nmi\r"), (DONE, "quit\r")],
         [r"^falling", r"^vm0: triple fault: at RIP .*; quit ends the run", r"^vm0: triple fault, \d",
          r'^"step": the guest has stopped for good', r'^"inject": the guest has stopped for good',
          r"outcome=guest-fault .*triple fault"],
         status=1),
    boot("paused at start", [(PROMPT, "exits\r"), (DONE, "quit\r")],
         [r"vm0: paused at rip=0x7c00;"], reject=[r"^ready"], options="log=quiet paused"),
    boot("another key", [(r"^ready", KEY), (r"key: <1d>", "\x14"), (PROMPT, "reboot\r")],
         [r'^run: outcome=clean reason="vm0: reset: asked for in the monitor"'],
         options="log=quiet monitor=^T"),
    boot("off", [(r"^ready", KEY + "q")], [r"key: <1d>", r"key: <71>", r"outcome=clean"],
         options="log=quiet monitor=off", reject=[r"trivet> "]),
    boot("no recorder", commands("exits", "stats", "step 5", "vm", "quit"),
         [r'^"exits": the flight recorder is off; boot with recorder=256', r"exits in \d",
          r"after 5 exit", r"watch=nothing exits=[1-9]", r"outcome=clean"], options="log=quiet recorder=off stats=off"),
    boot("hints while it runs", commands("step 20000", "stats", "quit"),
         [r"trivet> stats\n(?s:.*)^hint: vm=vm0 vcpu=0 port=0x3fd in \(16550A\): \d{5} exits, "
          r"(?s:.*)trivet> quit"]),
    boot("a guest that spins", [(r"^spin: now", KEY), (PROMPT, "step 2\r"), (DONE, "quit\r")],
         [r"after 2 exit", r"outcome=clean"], module="test_spin"),
]
