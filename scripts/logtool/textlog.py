# SPDX-License-Identifier: MIT
"""A serial log, line by line: its records, and what else it tells."""
import re

from . import lines
from .code import Code
from .record import Damage

LINE_MAX = 1 << 16
RECORD = re.compile(rb"(trace|record): (?=vm=)")
BEFORE = re.compile(rb"(\[ *\d+\.\d+\] cpu\d+ )?")  # what may stand before it
START = re.compile(rb"^\[ *\d+\.\d+\] cpu\d+ boot: Trivet ")
TOTAL = re.compile(r"^(\S+): (\d+) exits in (\d+\.\d+) s\b")
# The other lines of interest: subject, and how what it says starts.
FACTS = {"time": "tsc_hz=", "boot": "Trivet ", "preflight": "cpu=",
         "log": "warning: ", "exit": "vm=", "exit-key": "vm=",
         "exit-histogram": "vm=", "exit-rip": "vm=", "run": "outcome=",
         "memory": "", "vm": "name=", "code": "vm="}
TICKS = ("mean_ns", "mean_ticks", "min_ticks", "p50_ticks", "p99_ticks",
         "max_ticks")


def ticks_of(row):
    """The times of a row of Trivet's own count."""
    return {key: lines.natural(row[key]) for key in TICKS if key in row}


class TextLog:
    """Give .exits() to whoever wants records; then .facts is complete."""

    def __init__(self, file, report, facts, run=1):
        self.file = file
        self.report = report
        self.facts = facts
        self.wanted = run
        self.run = 1       # the run that is being read
        self.booted = self.busy = self.cut = False
        self.number = 0    # of the line
        self.pending = {}  # (vm, vcpu) -> (words, changes, line, dumped)

    def exits(self):
        """Every record of the run, each vCPU's in the order of the log."""
        while True:
            line = self.file.readline(LINE_MAX)
            if not line:
                self.end()
                break
            self.number += 1
            self.report.step(len(line))
            if self.starts_next(line):
                break
            self.busy |= b": vm=" in line
            if self.run == self.wanted:
                if not line.endswith(b"\n") and len(line) < LINE_MAX:
                    self.cut = True
                    self.report.warn(f"line {self.number}", "the log ends in "
                                     "the middle of a line")
                yield from self.take(line)
        for key in list(self.pending):
            yield from self.flush(key)

    def starts_next(self, line):
        """Does this line start the run after the one that is wanted?"""
        if not START.match(line):
            return False
        if not self.booted and not self.busy:
            self.booted = True
        elif self.run == self.wanted:
            self.report.note(f"line {self.number}: another run starts here: "
                             f"--run {self.run + 1} reads it")
            return True
        else:
            self.run += 1
        return False

    def end(self):
        """After the last line: what is missing."""
        if self.run < self.wanted:
            self.facts.missing_run = self.run
        elif self.booted and not self.facts.outcome and not self.cut:
            self.report.warn(f"line {self.number}",
                             "the log ends before the run (no run: line)")

    def take(self, line):
        """A line: records, of which one is complete by now, or a fact."""
        marks = list(RECORD.finditer(line)) if b": vm=" in line else ()
        if not marks:
            if b" verdict=" in line and b" in=" in line:
                self.skip(self.number, "its start is damaged")
            else:
                self.take_fact(line)
            return
        if BEFORE.match(line).end() != marks[0].start():
            self.report.warn(f"line {self.number}",
                             "a record starts in the middle of the line")
        ends = [mark.start() for mark in marks[1:]] + [len(line)]
        for mark, end in zip(marks, ends):
            yield from self.take_record(line[mark.end():end],
                                        mark[1] == b"record")

    def take_record(self, text, dumped):
        """A record, or a further line of one."""
        try:
            words, changes = lines.split(text.decode("utf-8", "replace"))
        except Damage as damage:
            self.skip(self.number, damage)
            return
        key = words.get("vm"), words.get("vcpu")
        first = self.pending.get(key)
        if "in" in words or not first:
            yield from self.flush(key)
            if "in" in words:
                self.pending[key] = words, changes, self.number, dumped
            else:
                self.skip(self.number, "goes on with a record that is not here")
            return
        twice = [word for word in words
                 if word in first[0] and word not in ("vm", "vcpu", "n")]
        if words.get("n") != first[0].get("n") or twice:
            self.skip(self.number, "does not go on with the record before it")
            return
        first[0].update(words)
        first[1].extend(changes)

    def flush(self, key):
        """The record that waited for its further lines."""
        words = self.pending.pop(key, None)
        if not words:
            return
        try:
            one = lines.build(*words)
        except Damage as damage:
            self.skip(words[2], damage)
            return
        self.facts.exits += 1
        yield one

    def skip(self, number, why):
        """A record that is of no use."""
        self.report.warn(f"line {number}", f"skipped a record: {why}")

    def take_fact(self, line):
        """A line that is not a record."""
        if b"=" not in line and b" exits in " not in line:
            return
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        match = re.match(r"\[ *\d+\.\d+\] cpu\d+ ", text)
        rest = text[match.end():] if match else text
        subject, _, said = rest.partition(": ")
        if said.startswith(FACTS.get(subject, "\n")):
            try:
                getattr(self, "take_" + subject.replace("-", "_"))(said)
            except KeyError as error:
                self.damaged(subject, f"no {error.args[0]}= in it")
            except ValueError as error:
                self.damaged(subject, error)
            return
        total = TOTAL.match(rest)
        if total:
            self.facts.seconds[total[1]] = float(total[3])

    def damaged(self, subject, why):
        """A line of ours that cannot be read."""
        self.report.warn(f"line {self.number}",
                         f"skipped a damaged {subject}: line: {why}")

    def take_time(self, said):
        """The time-stamp counter's rate."""
        self.facts.set_tsc_hz(int(lines.facts(said)["tsc_hz"]))

    def take_boot(self, said):
        """Which Trivet this was."""
        self.facts.trivet = said

    def take_preflight(self, said):
        """The processor's name."""
        self.facts.cpu = lines.facts(said)["cpu"]

    def take_log(self, said):
        """What the log says that it lost."""
        if " lost " in said:
            self.report.note(f"line {self.number}: {said}")

    def take_exit(self, said):
        """A row of Trivet's own count."""
        row = lines.facts(said)
        out = {"vm": row["vm"], "vcpu": int(row["vcpu"]),
               "reason": row["reason"], "count": lines.natural(row["count"])}
        for key in ("share", "time"):
            if key in row:
                out[key] = float(row[key].rstrip("%"))
        out.update(ticks_of(row))
        self.facts.counted.add(out)

    def take_exit_key(self, said):
        """A finer row of it."""
        row = lines.facts(said)
        self.facts.counted.add_key(row, ticks_of(row))

    def take_exit_histogram(self, said):
        """How long handlers, or the guest before them, took."""
        self.facts.counted.add_histogram(lines.facts(said))

    def take_exit_rip(self, said):
        """Where in the guest they come from."""
        self.facts.counted.add_place(lines.facts(said))

    def take_code(self, said):
        """The bytes at a vCPU's RIP, from a dump of its state."""
        self.facts.codes.append(Code(lines.facts(said)))

    def take_run(self, said):
        """How it ended."""
        row = lines.facts(said)
        self.facts.outcome = row["outcome"]
        self.facts.why = row.get("reason", "")

    def take_memory(self, said):
        """One owner of memory."""
        self.facts.memory.append(said)

    def take_vm(self, said):
        """One machine's numbers."""
        self.facts.machines.append(said)
