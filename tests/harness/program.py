# SPDX-License-Identifier: MIT
"""Tests that are programs: those that print TAP (cmocka's, and our scripts'),
counted case by case, and those whose exit status is all (77: left out)."""
import os
import re

from bench import process

from .job import Job, Result, tail

SKIPPED = 77
PLAN = re.compile(r"^1\.\.(\d+)", re.MULTILINE)
CASE = re.compile(r"^(ok|not ok)\b[ \t]*\d*(.*)$", re.MULTILINE)
SKIP = re.compile(r"#\s*skip", re.IGNORECASE)


class Program(Job):
    """A command that passes by its exit status."""

    def __init__(self, suite, name, command, folder, seconds=600, long=False):
        super().__init__(name)
        self.suite = suite
        self.command = command
        self.log = os.path.join(folder, name.replace("/", "-") + ".log")
        self.seconds = seconds
        self.long = long
        self.weight = 1000 if long else 0

    def environment(self):
        return dict(os.environ)

    def run(self):
        os.makedirs(os.path.dirname(self.log), exist_ok=True)
        child = process.start(self.command, self.log, env=self.environment())
        ended = process.wait(child, self.seconds)
        process.stop(child)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            text = log.read()
        if not ended:
            return Result.fail(f"time-out after {self.seconds} s", tail(text))
        return self.judge(child.returncode, text)

    def judge(self, status, text):
        if status == SKIPPED:
            last = text.strip().splitlines()
            return Result.skip(last[-1] if last else "")
        if status:
            return Result.fail(f"status {status}", tail(text))
        return Result(passed=1)


class Tap(Program):
    """A program that prints TAP: each case counts."""

    def environment(self):
        return dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP")

    def judge(self, status, text):
        result = Result()
        for word, rest in CASE.findall(text):
            if SKIP.search(rest):
                result.skipped += 1
            elif word == "ok":
                result.passed += 1
            else:
                result.failed += 1
        planned = sum(map(int, PLAN.findall(text)))
        seen = result.passed + result.failed + result.skipped
        result.note = f"{result.passed} of {max(planned, seen)}"
        # A crash says nothing of the cases that it kept from running.
        if planned > seen:
            result.failed += planned - seen
        elif (status or not seen) and not result.failed:
            result.failed += 1
        if result.failed:
            result.note += f", status {status}"
            result.details = tail(text, 40)
        return result


def unit_jobs(build, folder):
    """build/unit/COMPILER/**/test_*: every unit test program there is."""
    jobs = []
    for compiler in sorted(list_folders(os.path.join(build, "unit"))):
        top = os.path.join(build, "unit", compiler)
        for where, folders, files in os.walk(top):
            folders.sort()
            for file in sorted(files):
                path = os.path.join(where, file)
                if file.startswith("test_") and "." not in file \
                        and os.access(path, os.X_OK):
                    name = f"{compiler}/{os.path.relpath(path, top)}"
                    jobs.append(Tap("unit", name, [os.path.abspath(path)],
                                    os.path.join(folder, "unit")))
    return jobs


def list_folders(path):
    if not os.path.isdir(path):
        return []
    return [name for name in os.listdir(path)
            if os.path.isdir(os.path.join(path, name))]


def check_jobs(checks, folder):
    """--check NAME COMMAND, as the Makefile lists them."""
    return [Program("check", name, ["sh", "-c", command],
                    os.path.join(folder, "check"))
            for name, command in checks]
