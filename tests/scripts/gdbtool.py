# SPDX-License-Identifier: MIT
"""What the tests of scripts/gdb share: memory images, and gdb in batch mode."""
import os
import re
import shutil
import subprocess
import sys

import tap

sys.path.insert(0, tap.SCRIPTS)

KERNEL = os.path.join(tap.TOP, "build", "trivet.elf")
RUNS = {}  # name: (core file, what the run said)


def run(name, runner, options, *words, status=0, seconds="100", stdin=""):
    """A run that leaves a memory image; made once."""
    if name not in RUNS:
        path = os.path.join(tap.FOLDER, f"{name}.core")
        got, said = tap.call("run", "--runner", runner, "--mem", "64", "--timeout",
                             seconds, "--core", path, "--cmdline", options,
                             *words, KERNEL, stdin=stdin)
        tap.same(got, status, said)
        tap.has(said, "run: memory image: gdb -x scripts/gdb/trivet.py")
        RUNS[name] = path, said.replace("\r", "")
    return RUNS[name]


def gdb(path, *commands):
    """What gdb says to each command: a list of texts."""
    words = ["gdb", "-nx", "-batch", "-x", os.path.join(tap.SCRIPTS, "gdb", "trivet.py")]
    for command in commands:
        words += ["-ex", "echo ====\\n", "-ex", command]
    done = subprocess.run(words + [KERNEL] + ([path] if path else []), check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=100)
    texts = done.stdout.decode("utf-8", "replace").split("====\n")
    tap.lacks(done.stdout.decode("utf-8", "replace"), "Traceback")
    return texts[1:]


def found(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        raise AssertionError(f"{pattern!r} does not match in:\n{text}")
    return match[1]


def main(names):
    """The tests of a module, where there is a gdb."""
    if not shutil.which("gdb"):
        print("1..0 # SKIP gdb is not installed")
        return 0
    return tap.main(names)
