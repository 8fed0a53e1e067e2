# SPDX-License-Identifier: MIT
"""Exits for other programs: spreadsheets, flame graphs, ui.perfetto.dev, and
our own two formats. Each is written while the trace is read."""
import csv
import json

from . import binlog, lines, names

COLUMNS = ("vm", "vcpu", "n", "in", "out", "handler_ticks", "handler_ns",
           "guest_ticks", "guest_ns", "reason", "detail", "key", "qual", "rip",
           "symbol", "len", "intr", "idt", "event", "verdict", "changes")


def write_csv(log, out, symbols):
    """A row an exit. What is not known is empty."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rate = log.facts

    def times(ticks):
        if ticks is None:
            return "", ""
        return ticks, rate.ns(ticks) if rate.tsc_hz else ""

    for one in log.exits():
        rows.writerow((
            one.vm, one.vcpu, one.n, one.tsc_in, one.tsc_out,
            *times(one.ticks), *times(one.guest_ticks), one.reason,
            names.detail(one.reason, one.key, one.qual), f"{one.key:#x}",
            f"{one.qual:#x}", f"{one.rip:#x}", symbols.name(one.rip), one.length,
            f"{one.intr:#x}", f"{one.idt:#x}", f"{one.event:#x}", one.verdict,
            " ".join(f"{name}={old:#x}->{new:#x}"
                     for name, old, new in one.changes)))


def write_flame(log, out, symbols, weigh="exits"):
    """Folded stacks: vm;vcpu;reason;symbol, and how many exits (or how many
    ticks in handlers) it had."""
    counts = {}
    for one in log.exits():
        key = one.vm, one.vcpu, one.reason, one.rip
        weight = 1 if weigh == "exits" else one.ticks or 0
        counts[key] = counts.get(key, 0) + weight
    folded = {}
    for (vm, vcpu, reason, rip), count in counts.items():
        # A frame ends at a semicolon, a stack at its last space.
        name = symbols.function(rip).replace(";", ":").replace(" ", "_")
        stack = f"{vm};vcpu{vcpu};{reason};{name}"
        folded[stack] = folded.get(stack, 0) + count
    for stack in sorted(folded):
        if folded[stack]:
            out.write(f"{stack} {folded[stack]}\n")


def microseconds(ns):
    """As the format wants it, without a float's rounding."""
    return f"{ns // 1000}.{ns % 1000:03d}"


class Perfetto:
    """Chrome's trace-event JSON: a process a machine, a thread a vCPU, slices
    for guest and handlers."""

    def __init__(self, log, out, symbols):
        self.log, self.out, self.symbols = log, out, symbols
        self.ids = {}  # (vm, vcpu) -> (pid, tid)
        self.comma = ""

    def event(self, text):
        """One element of the list."""
        self.out.write(self.comma + text)
        self.comma = ",\n"

    def number(self, one):
        """pid and tid of a vCPU, told when it is seen first. A thread with
        the number of its process would be taken for its main thread."""
        key = one.vm, one.vcpu
        if key in self.ids:
            return self.ids[key]
        known = {vm: pid for (vm, _), (pid, _) in self.ids.items()}
        pid = known.get(one.vm, len(set(known)) + 1)
        self.ids[key] = pid, 1000 * pid + one.vcpu
        for kind, name, value in (
                ("process_name", "name", one.vm),
                ("thread_name", "name", f"vcpu{one.vcpu}"),
                ("thread_sort_index", "sort_index", one.vcpu)):
            self.event(json.dumps({
                "ph": "M", "name": kind, "pid": pid,
                "tid": self.ids[key][1], "args": {name: value}}))
        return self.ids[key]

    def slice(self, ids, begin, end, name, kind, args=None):
        """From begin to end, in ticks. The length is that of the rounded
        ends, so that neighbors neither overlap nor part."""
        first = self.log.facts.ns(begin)
        length = self.log.facts.ns(end) - first
        words = {"name": name, "cat": kind, "ph": "X", "pid": ids[0],
                 "tid": ids[1]}
        if args:
            words["args"] = args
        self.event(json.dumps(words)[:-1] + f', "ts": {microseconds(first)}, '
                   f'"dur": {microseconds(length)}}}')

    def write(self):
        """The whole file."""
        self.out.write('{"displayTimeUnit": "ns", "traceEvents": [\n')
        for one in self.log.exits():
            ids = self.number(one)
            if one.guest_ticks is not None:
                self.slice(ids, one.tsc_in - one.guest_ticks, one.tsc_in,
                           "guest", "guest")
            args = {"n": one.n, "rip": f"{one.rip:#x}",
                    "qual": f"{one.qual:#x}", "verdict": one.verdict}
            for name, value in (
                    ("symbol", self.symbols.name(one.rip)),
                    ("detail", names.detail(one.reason, one.key, one.qual)),
                    ("intr", one.intr), ("idt", one.idt),
                    ("event", one.event)):
                if value:
                    args[name] = (f"{value:#x}" if isinstance(value, int)
                                  else value)
            if one.changes:
                args["changed"] = {name: f"{old:#x}->{new:#x}"
                                   for name, old, new in one.changes}
            kind = "wait" if one.verdict == "WAIT" else "handler"
            self.slice(ids, one.tsc_in, one.end, one.reason, kind, args)
        self.out.write("\n]}\n")


def write_text(log, out):
    """As lines of the log."""
    for one in log.exits():
        out.write("\n".join(lines.write(one)) + "\n")


def write_binary(log, out):
    """As a binary trace, without register changes."""
    exits = log.exits()
    first = next(exits, None)  # the rate is known once there is a record
    out.write(binlog.header(log.facts.tsc_hz or 0))
    if first:
        out.write(binlog.pack(first))
    for one in exits:
        out.write(binlog.pack(one))
