#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The project's budgets, counted in Bochs: instructions of an exit, and until
the first VM entry, memory of our own for a 256 MiB guest, size of the stripped image."""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIRST_ENTRY_MAX = 5_000_000  # instructions, at log=quiet
GROWTH_MAX = 100_000  # of that, from 512 MiB to 2 GiB
OWN_MEMORY_MAX = 4096  # KiB
IMAGE_MAX = 300 * 1024


# Instructions of a round trip without recorder and statistics: what they were before
# there was a recorder, and the limits. Off, it may cost 2 more; on, 40.
EXITS = {"cpuid": (117, 120), "vmcall": (105, 110), "port_read": (143, 150)}
OFF_MAX = 2
WATCHED_MAX = 40


def boot(mem, options="", *extra):
    """What Trivet said, booted with so many MiB."""
    command = [os.path.join(TOP, "scripts", "run"), "--runner", "bochs", "--mem", str(mem),
               "--timeout", "120", "--cmdline", f"log=quiet mem=256M {options}", *extra,
               os.path.join(TOP, "build", "trivet")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        sys.exit(f"budgets: {mem} MiB {options}: status {done.returncode}\n{done.stdout[-2000:]}")
    return done.stdout


def bench(options):
    """Instructions of each kind of exit that the bench guest measures."""
    text = boot(512, options, "--module", os.path.join(TOP, "build", "guest", "bench.bin"))
    line = re.search(r"bench: (cpuid=.*) \(instructions\)", text).group(1)
    return {name: int(value) for name, value in (word.split("=") for word in line.split())}


def exits():
    """(what, value, limit) of each."""
    off, recorder, both = bench("recorder=off stats=off"), bench("stats=off"), bench("")
    for name, (before, limit) in EXITS.items():
        yield f"instructions of {name}, recorder=off stats=off", off[name], min(limit, before + OFF_MAX)
    yield "more with the recorder", recorder["cpuid"] - off["cpuid"], WATCHED_MAX
    yield "more with recorder and statistics", both["cpuid"] - off["cpuid"], WATCHED_MAX
    yield "less by stats=off, at least", recorder["cpuid"] + 10, both["cpuid"]


def first_entry(text):
    return int(re.search(r"first_entry_ticks=(\d+)", text).group(1))


def own_memory(text, guest_mib):
    """KiB at the most, of all owners but the guest, which has so many MiB."""
    owners = dict(re.findall(r'memory: owner="([^"]+)" now=\d+K peak=(\d+)K', text))
    guest = int(owners.pop("guest", 0))
    if guest != guest_mib * 1024:
        raise ValueError(f"the guest has {guest} KiB, not {guest_mib} MiB")
    return sum(int(peak) for peak in owners.values())


def leaks(text):
    """Owners that must have given everything back at the end."""
    left = dict(re.findall(r'memory: owner="([^"]+)" now=(\d+)K', text))
    return [name for name in ("vcpu", "records", "ept", "vm", "guest", "cpu") if int(left[name])]


def main():
    small, large = boot(512), boot(2048)
    figures = [
        *exits(),
        ("instructions to the first VM entry", first_entry(small), FIRST_ENTRY_MAX),
        ("more of them with 2 GiB than with 512 MiB",
         first_entry(large) - first_entry(small), GROWTH_MAX),
        ("KiB of our own for a 256 MiB guest", own_memory(small, 256), OWN_MEMORY_MAX),
        ("bytes of stripped image", os.path.getsize(os.path.join(TOP, "build", "trivet")),
         IMAGE_MAX),
        ("owners with frames left at the end", len(leaks(small)), 0),
    ]
    for name, value, limit in figures:
        print(f"budgets: {value:>9} of {limit:>9}: {name}")
    sys.exit(any(value > limit for _, value, limit in figures))


if __name__ == "__main__":
    main()
