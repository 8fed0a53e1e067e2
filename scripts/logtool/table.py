# SPDX-License-Identifier: MIT
"""Statistics as text."""
from . import code, counted, names
from .histogram import Histogram
from .stats import hottest
from .words import grid, power_text, share, time_text

ASKED = ("IO", "CR_ACCESS", "EPT_VIOLATION", "MOV_DR", *names.KEYS)


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
    for title, rows, left in counted.tables(facts, symbols, top):
        yield from ("", title)
        yield from grid(rows, left)
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
