# SPDX-License-Identifier: MIT
"""Statistics as text."""
from . import code, names
from .histogram import Histogram
from .stats import hottest

ASKED = ("IO", "CR_ACCESS", "EPT_VIOLATION", "MOV_DR", *names.KEYS)


def time_text(ns, unit="ns"):
    """A time with three digits: 78ns, 1.45us, 12.3ms. Ticks stay ticks."""
    if unit != "ns":
        return f"{ns:.0f}"
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= 1e12:
            break
        if ns >= 0.9995 * size:
            return f"{ns / size:#.3g}".rstrip(".") + name
    return f"{ns:.0f}ns" if ns < 1e12 else f"{ns / 1e9:.0f}s"


def power_text(power, unit):
    """The upper end of a column: 2**power, in powers of two."""
    for shift, name in ((40, "T"), (30, "G"), (20, "M"), (10, "K")):
        if power >= shift:
            return f"<{1 << power - shift}{name}"
    return f"<{1 << power}" + ("" if unit == "ns" else "t")


def share(part, whole):
    """Percent."""
    return f"{100 * part / whole:.1f}%" if whole else "-"


def grid(rows, left=1):
    """Rows of words in columns: the first `left` to the left, all others to
    the right. The first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(word.ljust(width) if i < left else word.rjust(width)
                      for i, (word, width) in enumerate(zip(row, widths))
                      ).rstrip() for row in rows]


def reason_rows(stats, vm, facts):
    """Exits by reason: the heading, then a row a reason, then all. The share
    of time leaves waiting out (HLT), the times themselves have it."""
    rows = stats.rows(vm)
    seconds = stats.seconds(vm, facts)
    count = sum(row.count for _, row in rows)
    ticks = sum(row.busy_ticks for _, row in rows)
    whole = Histogram()
    for _, row in rows:
        whole.merge(row.handler)
    yield ("reason", "count", "share", "rate/s", "time", "mean", "p50",
           "p99", "max")
    for reason, part, busy, handler in (
            [(reason, row.count, row.busy_ticks, row.handler)
             for reason, row in rows] + [("all", count, ticks, whole)]):
        times = (handler.mean, handler.percentile(50), handler.percentile(99),
                 handler.most)
        yield (reason, str(part), share(part, count),
               f"{part / seconds:.0f}" if seconds else "-",
               share(busy, ticks),
               *(time_text(facts.ns(int(value)), facts.unit)
                 if handler.count else "-" for value in times))


def vcpu_rows(stats, vm, facts):
    """Where each vCPU's time went."""
    yield "vcpu", "exits", "guest", "handlers", "waiting", "guest mean", "p50", "max"
    for (name, number), vcpu in sorted(stats.vcpus.items()):
        if name != vm:
            continue
        guest = vcpu.guest
        whole = guest.total + vcpu.handler_ticks + vcpu.wait_ticks
        yield (str(number), str(vcpu.count), share(guest.total, whole),
               share(vcpu.handler_ticks, whole), share(vcpu.wait_ticks, whole),
               *(time_text(facts.ns(int(value)), facts.unit)
                 if guest.count else "-"
                 for value in (guest.mean, guest.percentile(50), guest.most)))


def histogram_rows(stats, vm, facts):
    """Handler times: a row a reason, a column a power of two."""
    rows = [(reason, row.handler.log2(facts.ns))
            for reason, row in stats.rows(vm) if row.handler.count]
    powers = [power for _, counts in rows for power in counts]
    if not powers:
        return
    span = range(min(powers), max(powers) + 1)
    yield ("reason", *(power_text(power + 1, facts.unit) for power in span))
    for reason, counts in rows:
        yield (reason, *(str(counts.get(power, ".")) for power in span))


def place_rows(stats, vm, symbols, top):
    """The hottest addresses of each reason."""
    yield "reason", "rip", "symbol", "exits", "share"
    for reason, row in stats.rows(vm):
        for i, (rip, count) in enumerate(hottest(row.places, top)):
            yield (reason if not i else "", f"{rip:#x}",
                   symbols.name(rip) or "-", str(count),
                   share(count, row.count))


def detail_rows(stats, vm, top):
    """The most frequent accesses of the reasons whose key or qualification tells."""
    rows = []
    for reason, row in stats.rows(vm):
        counts = {}
        if reason in ASKED:
            for asked, count in row.details.items():
                text = names.detail(reason, *asked)
                counts[text] = counts.get(text, 0) + count
        rows += [(reason if not i else "", text, str(count),
                  share(count, row.count))
                 for i, (text, count) in enumerate(hottest(counts, top))]
    return [("reason", "what", "exits", "share")] + rows if rows else []


def counted_rows(facts):
    """Trivet's own count, from the end of the log."""
    keys = [key for key in ("mean", "min", "p50", "p99", "max")
            if any(key + "_ticks" in row for row in facts.counted)]
    yield "vm", "vcpu", "reason", "count", "share", "rate/s", "time", *keys
    for row in facts.counted:
        seconds = facts.seconds.get(row["vm"])
        times = [row.get(key + "_ns") if key + "_ns" in row
                 else facts.ns(row[key + "_ticks"])
                 if key + "_ticks" in row else None for key in keys]
        yield (row["vm"], str(row["vcpu"]), row["reason"], str(row["count"]),
               *(f"{row[key]:.1f}%" if key in row else "-"
                 for key in ("share",)),
               f"{row['count'] / seconds:.0f}" if seconds else "-",
               f"{row['time']:.1f}%" if "time" in row else "-",
               *("-" if value is None else time_text(value, facts.unit)
                 for value in times))


def heading(log, stats):
    """What was read, in a few lines."""
    facts, track = log.facts, log.track
    yield f"file       {log.name}"
    if facts.trivet:
        yield f"trivet     {facts.trivet}"
    if facts.cpu:
        yield f"cpu        {facts.cpu}"
    if facts.tsc_hz:
        yield f"tsc        {facts.tsc_hz} Hz"
    if facts.outcome:
        yield f"outcome    {facts.outcome}: {facts.why}"
    yield (f"records    exits={stats.count} vcpus={len(stats.vcpus)} "
           f"not_traced={max(0, track.missing)} seen_twice={track.again}")
    if log.report.warnings:
        yield f"warnings   {log.report.warnings}"


def render(log, stats, symbols, top):
    """All tables, as lines."""
    facts = log.facts
    yield from heading(log, stats)
    if facts.counted:
        yield from ("", "Counted by Trivet")
        yield from grid(list(counted_rows(facts)), 3)
    if facts.codes:
        yield from ("", "Code")
        yield from code.render(facts.codes, symbols)
    for vm in stats.machines:
        title = f"{vm}: " if len(stats.machines) > 1 else ""
        for text, rows, left in (
                ("exits by reason", reason_rows(stats, vm, facts), 1),
                ("time by vCPU", vcpu_rows(stats, vm, facts), 1),
                (f"handler times, by powers of two ({facts.unit})",
                 histogram_rows(stats, vm, facts), 1),
                ("hottest addresses", place_rows(stats, vm, symbols, top), 3),
                ("accesses", detail_rows(stats, vm, top), 2)):
            rows = list(rows)
            if len(rows) > 1:
                yield from ("", title + text if title else
                            text[0].upper() + text[1:])
                yield from grid(rows, left)
    if not stats.count and not facts.counted and not facts.codes:
        yield ""
        yield "No exits in it. Trivet's trace= and its report at the end give some."
