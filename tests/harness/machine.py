# SPDX-License-Identifier: MIT
"""Tests that boot Trivet in a bench and read its serial console."""
import os
import re
import subprocess
import sys
import time

from bench import outcome, process

from .job import Job, Result, tail

TOP = os.path.normpath(os.path.join(os.path.dirname(__file__), "..", ".."))
KERNEL = os.path.join(TOP, "build", "trivet.elf")
FOLDER = os.path.join(TOP, "build", "test", "boot")

# A failed VM entry is a bug of ours, whatever became of the run.
ENTRY_FAILURE = re.compile(r"VMFAIL|VMENTER FAIL")


class Boot(Job):
    """One boot. `expect` are patterns found in the serial log in this order,
    `reject` ones found nowhere; `keys` are (pattern, text) pairs, the text
    typed once the pattern has come; `check` is a function of the serial log
    that returns what is wrong with it, or nothing; `status` may be several."""

    suite = "boot"

    def __init__(self, name, *, runner="bochs", cpus=1, mem=512, model="",
                 options="", modules=(), expect=(), reject=(), status=0,
                 timeout=120, long=False, keys=(), check=None, extra=(),
                 kernel=KERNEL, entry_failures=False):
        super().__init__(name)
        self.runner = runner
        self.words = ["--runner", runner, "--cpus", str(cpus),
                      "--mem", str(mem), "--timeout", str(timeout),
                      "--cmdline", options]
        if model:
            self.words += ["--model", model]
        for module in modules:
            self.words += ["--module", module]
        self.words += list(extra) + [kernel]
        self.kernel = kernel
        self.expect = compile_all(name, expect)
        self.reject = compile_all(name, reject)
        self.keys = list(zip(compile_all(name, [key for key, _ in keys]),
                             [text for _, text in keys]))
        self.statuses = status if isinstance(status, tuple) else (status,)
        self.timeout = timeout
        self.long = long
        self.check = check
        self.entry_failures = entry_failures
        self.weight = 100 + timeout
        stem = re.sub(r"[^\w.=-]+", "-", name)
        self.serial = os.path.join(FOLDER, f"{stem}.serial")
        self.bench = os.path.join(FOLDER, f"{stem}.bench")
        self.output = os.path.join(FOLDER, f"{stem}.run")

    def run(self):
        if not os.path.exists(self.kernel):
            return Result.fail(f"{self.kernel} has not been built")
        os.makedirs(FOLDER, exist_ok=True)
        for path in (self.serial, self.bench):
            open(path, "wb").close()
        status = self._boot()
        log = read(self.serial).replace("\r", "")
        said = read(self.output).strip().splitlines()
        wrong = self._judge(status, log)
        if wrong:
            return Result.fail(wrong, "\n".join([
                tail(log), "    -- " + (said[-1] if said else "no word"),
                f"    -- all of it: {os.path.relpath(self.serial, TOP)}"]))
        return Result(passed=1)

    def _boot(self):
        """scripts/run's exit status."""
        command = [sys.executable, os.path.join(TOP, "scripts", "run"),
                   "--serial-log", self.serial, "--bench-log", self.bench]
        child = process.start(command + self.words, self.output,
                              stdin=subprocess.PIPE)
        try:
            self._type(child)
            # It has its own time-out, and needs a while to clean up.
            process.wait(child, self.timeout + 60)
        finally:
            process.stop(child, 5)
        return child.returncode

    def _type(self, child):
        """Type each text when its pattern has come after the last one's."""
        start = 0
        for pattern, text in self.keys:
            while child.poll() is None:
                found = pattern.search(read(self.serial), start)
                if found:
                    start = found.end()
                    send(child, text)
                    break
                time.sleep(0.05)
        child.stdin.close()

    def _judge(self, status, log):
        """What is wrong, in words, or None."""
        if status not in self.statuses:
            words = outcome.WORDS.get(status, "?")
            wanted = " or ".join(map(str, self.statuses))
            return f"ended with {status} ({words}), not {wanted}"
        start = 0
        for pattern in self.expect:
            found = pattern.search(log, start)
            if not found:
                again = " (it came, but too early)" if pattern.search(log) else ""
                return f"never said: {pattern.pattern}{again}"
            start = found.end()
        for pattern in self.reject:
            found = pattern.search(log)
            if found:
                return f"said: {found.group()}"
        found = ENTRY_FAILURE.search(read(self.bench))
        if found and not self.entry_failures:
            return f"the processor refused an entry, see {self.bench}"
        return self.check(log) if self.check else None


def send(child, text):
    try:
        child.stdin.write(text.encode())
        child.stdin.flush()
    except BrokenPipeError:
        pass  # it has ended: the patterns will tell


def compile_all(name, patterns):
    try:
        return [re.compile(one, re.MULTILINE) for one in patterns]
    except re.error as error:
        raise SystemExit(f"{name}: pattern {error.pattern}: {error}") from error


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
