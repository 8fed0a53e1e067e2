# SPDX-License-Identifier: MIT
"""A file on the host to records: which of the two formats it has, what was
wrong with it, how far we are."""
import os
import stat
import sys
import time

from . import binlog, follow, textlog
from .counted import Counted

HEAD = 1 << 16


class Trouble(Exception):
    """What ends the program: one line for the user."""


class Report:
    """Warnings of one file on standard error, and the progress bar."""

    BAR_FROM = 8 << 20  # bytes: smaller files are read at once
    WIDTH = 30

    def __init__(self, name, size=0, limit=50, err=None):
        self.name = name
        self.size = size
        self.limit = limit
        self.err = err or sys.stderr
        self.warnings = 0
        self.notes = []
        self.done = 0
        self.drawn = None
        self.shown = size >= self.BAR_FROM and self.err.isatty()
        self.next = 0

    def warn(self, where, text):
        """One line: something in the file is damaged."""
        self.warnings += 1
        if self.warnings <= self.limit:
            self.say(f"{where}: {text}")
        elif self.warnings == self.limit + 1:
            self.say("more warnings are counted only (--warnings N)")

    def note(self, text):
        """One line that is no damage."""
        self.notes.append(text)
        self.say(text)

    def say(self, text):
        """Above the bar, if there is one."""
        self.clear()
        print(f"trivet-log: {self.name}: {text}", file=self.err)

    def step(self, size):
        """So many bytes more were read."""
        self.done += size
        if self.shown and self.done >= self.next:
            self.next = self.done + self.size // 200
            self.draw()

    def draw(self):
        """The bar, at most ten times a second."""
        now = time.monotonic()
        if self.drawn is not None and now - self.drawn < 0.1:
            return
        self.drawn = now
        part = min(1, self.done / self.size)
        full = int(part * self.WIDTH)
        print(f"\r{self.name[-40:]}: [{'#' * full:{self.WIDTH}}] {part:4.0%}",
              end="", file=self.err, flush=True)

    def clear(self):
        """Take the bar off the line."""
        if self.drawn is not None:
            print("\r\x1b[K", end="", file=self.err, flush=True)
            self.drawn = None

    def close(self):
        """The last line: how many warnings."""
        self.clear()
        if self.warnings:
            word = "warning" if self.warnings == 1 else "warnings"
            self.say(f"{self.warnings} {word}")


class Facts:  # pylint: disable=too-many-instance-attributes,too-few-public-methods
    """What a log tells beside its records."""

    def __init__(self, tsc_hz=None):
        self.given_hz = tsc_hz
        self.tsc_hz = tsc_hz
        self.trivet = self.cpu = self.outcome = self.why = ""
        self.seconds = {}   # vm -> seconds that it ran
        self.counted = Counted()
        self.machines, self.memory = [], []
        self.codes = []     # of dumps
        self.exits = 0
        self.missing_run = None

    def set_tsc_hz(self, tsc_hz):
        """As the file says it; the command line knows better."""
        self.tsc_hz = self.given_hz or tsc_hz or None

    def ns(self, ticks):
        """Ticks in nanoseconds; in ticks if nobody knows their rate."""
        return ticks * 1000000000 // self.tsc_hz if self.tsc_hz else ticks

    @property
    def unit(self):
        """What ns() gives."""
        return "ns" if self.tsc_hz else "ticks"


class Log:
    """One file: .exits() once, then .facts and .track are complete."""

    def __init__(self, path, run=1, tsc_hz=None, limit=50):
        self.path = path
        try:
            self.file = (os.fdopen(0, "rb", HEAD, closefd=False)
                         if path == "-" else open(path, "rb", HEAD))
            size = os.fstat(self.file.fileno())
            head = self.file.peek(HEAD)[:HEAD]
        except OSError as error:
            raise Trouble(f"{path}: {error.strerror}") from error
        size = size.st_size if stat.S_ISREG(size.st_mode) else 0
        self.name = "standard input" if path == "-" else path
        self.report = Report(self.name, size, limit)
        self.facts = Facts(tsc_hz)
        kind = binlog.BinaryTrace if binlog.is_binary(head) else textlog.TextLog
        self.reader = kind(self.file, self.report, self.facts, run)
        self.track = follow.Track(self.report,
                                  "byte" if kind is binlog.BinaryTrace else "line")

    def exits(self):
        """The records of the run, each vCPU's in order, with guest_ticks."""
        try:
            yield from self.track.follow(self.reader.exits())
        except OSError as error:
            raise Trouble(f"{self.name}: {error.strerror}") from error
        if self.facts.missing_run is not None:
            raise Trouble(f"{self.name}: --run {self.reader.wanted}: it has "
                          f"{self.facts.missing_run}")
        if not self.facts.tsc_hz:
            self.facts.set_tsc_hz(self.facts.counted.tsc_hz())
        if self.facts.exits and not self.facts.tsc_hz:
            self.report.note("nothing tells the rate of the time-stamp "
                             "counter: times are in ticks (--tsc-hz N)")

    def close(self):
        """Say how many warnings there were."""
        self.report.close()
        if self.path != "-":
            self.file.close()
