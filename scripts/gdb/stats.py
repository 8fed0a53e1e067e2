# SPDX-License-Identifier: MIT
"""The statistics of exits as a table, with the records that the kernel has
not added to them yet. The numbers are those of machine/stats_report.c."""
import gdb

from . import exits, guests, image

OTHER = 0xffffffff
KEYS_SHOWN = 6


class Times:
    """A struct stats_times."""

    def __init__(self, raw=None):
        self.sum, self.min, self.max = 0, (1 << 64) - 1, 0
        self.bucket = [0] * 64
        if raw is not None:
            self.sum, self.min, self.max = (int(raw[name])
                                            for name in ("sum", "min", "max"))
            self.bucket = [int(raw["bucket"][i]) for i in range(64)]

    @property
    def count(self):
        return sum(self.bucket)

    @property
    def mean(self):
        return self.sum // self.count if self.count else 0

    def add(self, ticks):
        self.sum += ticks
        self.min, self.max = min(self.min, ticks), max(self.max, ticks)
        self.bucket[max(ticks.bit_length() - 1, 0)] += 1

    def merge(self, other):
        self.sum += other.sum
        self.min, self.max = min(self.min, other.min), max(self.max, other.max)
        self.bucket = [a + b for a, b in zip(self.bucket, other.bucket)]

    def percentile(self, permille):
        """The upper end of the bucket, but never beyond the greatest."""
        rank, seen = max((self.count * permille + 999) // 1000, 1), 0
        for i, number in enumerate(self.bucket):
            seen += number
            if seen >= rank:
                return min(self.max, (2 << i) - 1)
        return self.max


class Cells(dict):
    """(reason, key) to (in the handler, before that in the guest)."""

    def __missing__(self, subject):
        self[subject] = Times(), Times()
        return self[subject]

    def of_reason(self, reason):
        both = Times(), Times()
        for (one, _), times in self.items():
            if one == reason:
                both[0].merge(times[0])
                both[1].merge(times[1])
        return both


def read(vcpu):
    """All cells, complete."""
    state, cells = vcpu["recorder"], Cells()
    if not int(state["stats"]):
        raise image.Unavailable("there are no statistics (stats=off)")
    raw = state["stats"].dereference()
    for i in range(1, int(raw["count"])):  # the first is nobody's
        cell = raw["cells"][i]
        subject = int(cell["subject"])
        cells[subject & 0xffff, subject >> 32] = (Times(cell["handler"]),
                                                  Times(cell["guest"]))
    resumed, at = int(state["resumed"]), state["taken"]
    while int(at) < int(state["next"]):
        one = exits.Record(at.dereference())
        subject = one.number, one.key
        if subject not in cells and (one.number, OTHER) in cells:
            subject = one.number, OTHER
        cells[subject][0].add(one.tsc_out - one.tsc_in)
        cells[subject][1].add(one.tsc_in - resumed)
        resumed, at = one.tsc_out, at + 1
    return cells


def line(name, handler, guest, whole, scale):
    share = 100 * handler.count / whole.count if whole.count else 0
    time = 100 * handler.sum / whole.sum if whole.sum else 0
    numbers = (handler.min, handler.mean, handler.percentile(500),
               handler.percentile(990), handler.max, guest.mean, guest.percentile(500))
    return (f"{name:<26} {handler.count:>9} {share:>5.1f}% {time:>5.1f}% "
            + " ".join(f"{int(number * scale):>9}" for number in numbers))


def tsc_hz():
    try:
        return int(image.value("tsc_hz", "kernel/time.c"))
    except (image.Unavailable, gdb.MemoryError):
        return 0


def show(keys=None):
    """stats [N]: exits by reason, and for each the N (6) ports, MSRs, CPUID leaves, ...
    that took the most time: how many and how long"""
    most = KEYS_SHOWN if keys is None else image.number_of(keys, "number")
    guest = guests.chosen()
    cells, frequency = read(guest.vcpu), tsc_hz()
    reasons = {reason: cells.of_reason(reason)
               for reason in {subject[0] for subject in cells}}
    whole = Times()
    for handler, _ in reasons.values():
        whole.merge(handler)
    unit, scale = ("ns", 1e9 / frequency) if frequency else ("ticks", 1)
    yield f"{guest.name}: {whole.count} exits, {whole.sum} ticks in handlers"
    if not whole.count:
        return
    yield (f"{'times in ' + unit:<26} {'count':>9} {'share':>6} {'time':>6} "
           + " ".join(f"{word:>9}" for word in (
               "min", "mean", "p50<=", "p99<=", "max", "guest", "p50<=")))
    for reason, both in sorted(reasons.items(), key=lambda item: -item[1][0].sum):
        name = exits.reason_name(reason)
        yield line(name, *both, whole, scale)
        found = sorted(((times, key) for (one, key), times in cells.items()
                        if one == reason), key=lambda item: -item[0][0].sum)
        for times, key in found[:most]:
            text = "others" if key == OTHER else exits.key_text(name, key)
            if text:
                yield line(f"  {text}", *times, whole, scale)
        if len(found) > most:
            yield f"  and {len(found) - most} more"
