# SPDX-License-Identifier: MIT
"""What a table or a page shows of many exits, gathered in one pass."""
from .histogram import Histogram


class Series:
    """Counts over time in a fixed number of bins, whatever the time's span:
    when it grows too long for them, two bins become one."""

    BINS = 120

    def __init__(self):
        self.start = None
        self.width = 64         # ticks in a bin
        self.counts = {}        # name -> [count]

    def add(self, when, name):
        """One event."""
        if self.start is None:
            self.start = when
        at = max(0, when - self.start) // self.width
        while at >= 2 * self.BINS:
            self.halve()
            at //= 2
        row = self.counts.setdefault(name, [])
        if at >= len(row):
            row.extend([0] * (at + 1 - len(row)))
        row[at] += 1

    def halve(self):
        """Two bins become one."""
        self.width *= 2
        for name, row in self.counts.items():
            row.append(0)
            self.counts[name] = [row[i] + row[i + 1]
                                 for i in range(0, len(row) - 1, 2)]

    @property
    def length(self):
        """How many bins are in use."""
        return max(map(len, self.counts.values()), default=0)


class Reason:
    """One exit reason of one machine."""

    def __init__(self):
        self.count = 0
        self.handler = Histogram()
        self.wait_ticks = 0  # of those in .handler
        self.places = {}  # rip -> count
        self.details = {}  # (key, qualification) -> count

    @property
    def busy_ticks(self):
        """In the handler, without waiting."""
        return self.handler.total - self.wait_ticks


class Vcpu:  # pylint: disable=too-few-public-methods
    """One virtual processor."""

    def __init__(self):
        self.count = 0
        self.first = self.last = None
        self.guest = Histogram()
        self.handler_ticks = self.wait_ticks = 0

    @property
    def span(self):
        """Ticks from its first exit to its last."""
        return self.last - self.first if self.count else 0


class Stats:
    """add() every exit."""

    def __init__(self):
        self.reasons = {}  # (vm, reason) -> Reason
        self.vcpus = {}    # (vm, vcpu) -> Vcpu
        self.series = Series()

    @property
    def count(self):
        """All exits."""
        return sum(vcpu.count for vcpu in self.vcpus.values())

    @property
    def machines(self):
        """Their names."""
        return sorted({vm for vm, _ in self.vcpus})

    def add(self, one):
        """One exit, as follow gives it."""
        key = one.vm, one.vcpu
        vcpu = self.vcpus.get(key)
        if not vcpu:
            vcpu = self.vcpus[key] = Vcpu()
            vcpu.first = one.tsc_in
        vcpu.count += 1
        vcpu.last = one.end
        key = one.vm, one.reason
        row = self.reasons.get(key)
        if not row:
            row = self.reasons[key] = Reason()
        row.count += 1
        row.places[one.rip] = row.places.get(one.rip, 0) + 1
        asked = one.key, one.qual
        row.details[asked] = row.details.get(asked, 0) + 1
        if one.guest_ticks is not None:
            vcpu.guest.add(one.guest_ticks)
        ticks = one.ticks
        if ticks is not None:
            row.handler.add(ticks)
            if one.verdict == "WAIT":
                vcpu.wait_ticks += ticks
                row.wait_ticks += ticks
            else:
                vcpu.handler_ticks += ticks
        self.series.add(one.tsc_in, one.reason)

    def rows(self, vm):
        """One machine's reasons, the most frequent first."""
        rows = [(reason, row) for (name, reason), row in self.reasons.items()
                if name == vm]
        return sorted(rows, key=lambda row: (-row[1].count, row[0]))

    def seconds(self, vm, facts):
        """How long the trace of a machine is; None if nobody knows."""
        spans = [vcpu for (name, _), vcpu in self.vcpus.items() if name == vm]
        ticks = max(one.last for one in spans) - min(one.first for one in spans)
        return ticks / facts.tsc_hz if facts.tsc_hz and ticks else None


def gather(log):
    """All of a log."""
    stats = Stats()
    for one in log.exits():
        stats.add(one)
    return stats


def hottest(counts, top):
    """The greatest of {key: count}, as [(key, count)]."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
