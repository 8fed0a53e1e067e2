# SPDX-License-Identifier: MIT
"""Trivet's own statistics, from its report: as said the last time."""
from .lines import natural
from .words import power_text, share, time_text

TIMES = ("mean", "min", "p50", "p99", "max")
# Percentiles are the upper ends of powers of two.
HEADS = dict(zip(TIMES, ("mean", "min", "p50<=", "p99<=", "max")))


class Counted:
    """Rows by machine, vCPU and reason; what is finer belongs to its row."""

    def __init__(self):
        self.rows = {}

    def __iter__(self):
        return iter(self.rows.values())

    def __len__(self):
        return len(self.rows)

    def tsc_hz(self):
        """The rate of the time-stamp counter, as the longest mean tells it; or None."""
        means = [(row["mean_ticks"], row["mean_ns"]) for row in self
                 if row.get("mean_ticks") and row.get("mean_ns")]
        if not means:
            return None
        ticks, ns = max(means)
        return ticks * 1000000000 // ns

    def add(self, row):
        """A reason: what was said of it before, by the monitor, is old."""
        row.update(keys=[], places=[], histograms={})
        name = row["vm"], row["vcpu"], row["reason"]
        self.rows.pop(name, None)
        self.rows[name] = row

    def of(self, fields):
        """The row that a finer line belongs to."""
        try:
            return self.rows[fields["vm"], int(fields["vcpu"]), fields["reason"]]
        except KeyError as error:
            raise ValueError("its exit: line is not here") from error

    def add_key(self, fields, ticks):
        """What exits of a reason were about: a port, an MSR, a page."""
        one = {"what": fields["key"], "count": natural(fields["count"]),
               "ticks": natural(fields["ticks"])}
        one.update(ticks)
        self.of(fields)["keys"].append(one)

    def add_histogram(self, fields):
        """How many took 2**n to 2**(n+1) - 1 ticks; it may go on in further lines."""
        counts = self.of(fields)["histograms"].setdefault(fields["of"], {})
        for pair in fields["log2"].split(","):
            power, _, count = pair.partition(":")
            if natural(power) > 63:
                raise ValueError(f"2^{power} is no time")
            counts[int(power)] = counts.get(int(power), 0) + natural(count)

    def add_place(self, fields):
        """Samples of the guest's RIP."""
        self.of(fields)["places"].append((int(fields["rip"], 16) & 0xffffffffffffffff,
                                          natural(fields["samples"])))


def powers(counts, ns):
    """A histogram of ticks as one of what ns() makes of them."""
    out = {}
    for power, count in counts.items():
        other = max(0, ns(3 << power >> 1).bit_length() - 1)
        out[other] = out.get(other, 0) + count
    return out


def sums(facts, of):
    """{reason: histogram} of all machines and vCPUs together."""
    out = {}
    for row in facts.counted:
        for power, count in powers(row["histograms"].get(of, {}), facts.ns).items():
            counts = out.setdefault(row["reason"], {})
            counts[power] = counts.get(power, 0) + count
    return out


def times_of(row, facts, count):
    """The columns of TIMES; None where nothing is said."""
    for key in TIMES:
        if key + "_ns" in row:
            yield row[key + "_ns"]
        elif key + "_ticks" in row:
            yield facts.ns(row[key + "_ticks"])
        elif key == "mean" and count and "ticks" in row:
            yield facts.ns(row["ticks"] // count)
        else:
            yield None


def words_of(times, facts):
    """As they stand in a table."""
    return ["-" if value is None else time_text(value, facts.unit) for value in times]


def reason_rows(facts):
    """A row a reason."""
    used = [i for i, key in enumerate(TIMES)
            if any(key + "_ticks" in row for row in facts.counted)]
    yield ("vm", "vcpu", "reason", "count", "share", "rate/s", "time",
           *(HEADS[TIMES[i]] for i in used))
    for row in facts.counted:
        seconds = facts.seconds.get(row["vm"])
        times = list(times_of(row, facts, row["count"]))
        yield (row["vm"], str(row["vcpu"]), row["reason"], str(row["count"]),
               f"{row['share']:.1f}%" if "share" in row else "-",
               f"{row['count'] / seconds:.0f}" if seconds else "-",
               f"{row['time']:.1f}%" if "time" in row else "-",
               *words_of([times[i] for i in used], facts))


def key_rows(facts, top):
    """What took the most time, inside each reason."""
    yield ("reason", "what", "count", "share", *HEADS.values())
    for row in facts.counted:
        keys = sorted(row["keys"], key=lambda one: -one["ticks"])[:top]
        for i, one in enumerate(keys):
            yield (row["reason"] if not i else "", one["what"], str(one["count"]),
                   share(one["count"], row["count"]),
                   *words_of(times_of(one, facts, one["count"]), facts))


def histogram_rows(facts, of):
    """A row a reason, a column a power of two."""
    rows = sums(facts, of)
    span = [power for counts in rows.values() for power in counts]
    if not span:
        return
    span = range(min(span), max(span) + 1)
    yield ("reason", *(power_text(power + 1, facts.unit) for power in span))
    for reason, counts in rows.items():
        yield (reason, *(str(counts.get(power, ".")) for power in span))


def place_rows(facts, symbols, top):
    """Where in the guest the exits of each reason come from."""
    yield "reason", "rip", "symbol", "samples", "share"
    for row in facts.counted:
        whole = sum(count for _, count in row["places"])
        places = sorted(row["places"], key=lambda one: (-one[1], one[0]))[:top]
        for i, (rip, count) in enumerate(places):
            yield (row["reason"] if not i else "", f"{rip:#x}", symbols.name(rip) or "-",
                   str(count), share(count, whole))


def tables(facts, symbols, top):
    """All of them that say something: (title, rows, columns to the left)."""
    unit = facts.unit
    for title, rows, left in (
            ("Counted by Trivet", reason_rows(facts), 3),
            ("Counted by Trivet: what they were about", key_rows(facts, top), 2),
            (f"Counted by Trivet: handler times, by powers of two ({unit})",
             histogram_rows(facts, "handler"), 1),
            (f"Counted by Trivet: guest times before them ({unit})",
             histogram_rows(facts, "guest"), 1),
            ("Counted by Trivet: hottest addresses, sampled",
             place_rows(facts, symbols, top), 3)):
        rows = list(rows)
        if len(rows) > 1:
            yield title, rows, left
