# SPDX-License-Identifier: MIT
"""One HTML page that needs nothing else: charts, then the same as tables."""
from html import escape

from . import charts, counted, table
from .stats import hottest

STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1d232b;
  --soft: #66707c; --grid: #dfe3e8; --card: #f6f8fa; --c0: #3366cc;
  --c1: #dd6b20; --c2: #2f9e68; --c3: #c2347a; --c4: #7b52c4; --c5: #b8930a;
  --c6: #1699b5; --c7: #8a939d; }
@media (prefers-color-scheme: dark) { :root { --back: #14181d;
  --text: #e3e7ec; --soft: #98a2ad; --grid: #303740; --card: #1c2229;
  --c0: #6d9bf1; --c1: #f0924e; --c2: #58c48d; --c3: #ec6fa8; --c4: #a888ea;
  --c5: #d9b93d; --c6: #4cc3dc; --c7: #87909a; } }
body { background: var(--back); color: var(--text); margin: 2em auto;
  max-width: 900px; padding: 0 1em; font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5em; margin-bottom: 0; }
h2 { font-size: 1.1em; margin: 2em 0 .5em; }
p, dl, caption { color: var(--soft); }
dl.figures { display: flex; flex-wrap: wrap; gap: .8em; }
dl.figures div { background: var(--card); border-radius: 6px;
  padding: .5em 1em; }
dl.figures dd { color: var(--text); font-size: 1.3em; margin: 0; }
svg { display: block; width: 100%; height: auto; font-size: 12px; }
svg text { fill: var(--text); } svg .small { font-size: 10.5px; }
svg line { stroke: var(--grid); }
.scroll, pre { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  font-size: .9em; }
th, td { padding: .15em .8em .15em 0; text-align: right;
  border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
.l1 td:nth-child(-n+1), .l1 th:nth-child(-n+1), .l2 td:nth-child(-n+2),
.l2 th:nth-child(-n+2), .l3 td:nth-child(-n+3), .l3 th:nth-child(-n+3)
  { text-align: left; }
code { font-family: ui-monospace, monospace; }
""" + "\n".join(f".c{i} {{ fill: var(--c{i}); }}" for i in range(charts.COLORS))
OTHER = charts.COLORS - 1


class Page:
    """The parts of the page, in order."""

    def __init__(self, log, stats, symbols, top):
        self.log, self.stats, self.symbols, self.top = log, stats, symbols, top
        self.facts = log.facts
        self.out = []
        self.colors = self.choose_colors()

    def choose_colors(self):
        """The most frequent reasons get a color of their own."""
        counts = {}
        for (_, reason), row in self.stats.reasons.items():
            counts[reason] = counts.get(reason, 0) + row.count
        for row in () if counts else self.facts.counted:
            counts[row["reason"]] = (counts.get(row["reason"], 0)
                                     + row["count"])
        return {reason: color for color, (reason, _) in
                enumerate(hottest(counts, OTHER))}

    def color(self, reason):
        """A reason's color."""
        return self.colors.get(reason, OTHER)

    def add(self, title, body, note=""):
        """A section."""
        self.out.append(f"<section><h2>{escape(title)}</h2>")
        if note:
            self.out.append(f"<p>{escape(note)}</p>")
        self.out += [body, "</section>"]

    def add_table(self, title, rows, left=1):
        """Rows of words; the first row is the heading."""
        rows = list(rows)
        if len(rows) < 2:
            return
        head, *body = [[escape(word) for word in row] for row in rows]
        lines = [f'<div class="scroll"><table class="l{left}"><thead><tr>'
                 + "".join(f"<th>{word}</th>" for word in head)
                 + "</tr></thead><tbody>"]
        lines += ["<tr>" + "".join(f"<td>{word}</td>" for word in row)
                  + "</tr>" for row in body]
        self.add(title, "\n".join(lines) + "</tbody></table></div>")

    def figures(self):
        """The numbers that are looked for first."""
        facts, stats = self.facts, self.stats
        count = stats.count or sum(row["count"] for row in facts.counted)
        pairs = [("exits", f"{count:,}")]
        for vm in stats.machines:
            seconds = stats.seconds(vm, facts)
            if seconds:
                pairs += [(f"{vm}: traced", f"{seconds:.3f} s"),
                          (f"{vm}: exits/s", charts.short(
                              sum(row.count for _, row in stats.rows(vm))
                              / seconds))]
        for vm, seconds in facts.seconds.items():
            pairs.append((f"{vm}: ran", f"{seconds:.3f} s"))
        if facts.outcome:
            pairs.append(("outcome", facts.outcome))
        pairs.append(("warnings", str(self.log.report.warnings)))
        return ('<dl class="figures">' + "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
            for name, value in pairs) + "</dl>")

    def over_time(self):
        """Exits over time, by reason."""
        series, layers, other = self.stats.series, [], []
        for reason, counts in series.counts.items():
            if reason in self.colors:
                layers.append((self.colors[reason], reason, counts))
            else:
                other.append(counts)
        if other:
            length = max(map(len, other))
            layers.append((OTHER, "other", [
                sum(row[i] for row in other if i < len(row))
                for i in range(length)]))

        def when(column):
            return table.time_text(self.facts.ns(int(column * series.width)),
                                   self.facts.unit)

        self.add("Exits over time", charts.stacked(
            "over-time", "Exits over time, by reason", sorted(layers), when),
            f"A column is {when(1)}. Zero is the first exit.")

    def shares(self):
        """Share of exits, and of handler time, by reason."""
        counts, times = {}, {}
        for (_, reason), row in self.stats.reasons.items():
            counts[reason] = counts.get(reason, 0) + row.count
            times[reason] = times.get(reason, 0) + row.busy_ticks
        for row in () if counts else self.facts.counted:
            reason = row["reason"]
            counts[reason] = counts.get(reason, 0) + row["count"]
            times[reason] = (times.get(reason, 0)
                             + row["count"] * row.get("mean_ticks", 0))
        whole, ticks = sum(counts.values()) or 1, sum(times.values())
        rows = []
        for reason, count in hottest(counts, 24):
            values = [(self.color(reason), count / whole,
                       f"{count} of {whole} exits")]
            if ticks:
                part = times[reason] / ticks
                spent = table.time_text(self.facts.ns(times[reason]),
                                        self.facts.unit)
                values.append((OTHER, part, f"{spent} in the handler"))
            rows.append((reason, values))
        self.add("Share by reason", charts.bars(
            "shares", "Share of exits and of handler time, by reason", rows),
            "In color: of all exits. In gray: of all time in handlers, "
            "without waiting.")

    def latencies(self, vm, prefix):
        """Handler and guest times, by powers of two."""
        rows = [(reason, row.handler.log2(self.facts.ns))
                for reason, row in self.stats.rows(vm) if row.handler.count]
        rows += [(f"guest, vcpu{number}", vcpu.guest.log2(self.facts.ns))
                 for (name, number), vcpu in sorted(self.stats.vcpus.items())
                 if name == vm and vcpu.guest.count]
        if not rows:
            return

        def axis(power):
            return table.time_text(1 << power, self.facts.unit)

        self.add(prefix + "Latency", charts.histograms(
            f"latency-{vm}", f"{vm}: handler times by reason", rows, axis,
            self.color), "From exit to entry (for HLT that is the wait), and in "
            "the guest between exits. Each row has a scale of its own.")

    def places(self, vm, prefix):
        """The addresses with the most exits."""
        counts = {}
        rows = self.stats.rows(vm)
        for reason, row in rows:
            for rip, count in row.places.items():
                counts[rip, reason] = counts.get((rip, reason), 0) + count
        whole = sum(row.count for _, row in rows) or 1
        bars = []
        for (rip, reason), count in hottest(counts, max(self.top, 12)):
            bars.append((self.place_name(rip), [(self.color(reason), count / whole,
                                                 f"{reason} at {rip:#x}: {count} exits")]))
        self.add(prefix + "Hottest addresses", charts.bars(
            f"places-{vm}", f"{vm}: addresses with the most exits", bars, 290),
            "Colors are those of the reasons.")

    def counted_charts(self):
        """Of a log without records: what Trivet itself has counted."""
        handlers, guest = (counted.sums(self.facts, of) for of in ("handler", "guest"))
        rows = list(handlers.items())
        rows += [(f"guest, {reason}", counts) for reason, counts in guest.items()]
        if rows:
            self.add("Latency", charts.histograms(
                "latency-counted", "Handler times by reason, and the guest's before",
                rows, lambda power: table.time_text(1 << power, self.facts.unit),
                lambda words: self.color(words.removeprefix("guest, "))),
                "Counted by Trivet. From exit to the handler's end, without a wait, and in "
                "the guest before the exit. Each row has a scale of its own.")
        self.counted_places()

    def counted_places(self):
        """The addresses with the most samples, each reason weighed by its exits."""
        bars = {}
        whole = sum(row["count"] for row in self.facts.counted) or 1
        for row in self.facts.counted:
            samples = sum(count for _, count in row["places"]) or 1
            for rip, count in row["places"]:
                key = rip, row["reason"]
                bars[key] = (bars.get(key, 0)
                             + count / samples * row["count"] / whole)
        rows = [(self.place_name(rip), [(self.color(reason), part,
                                         f"{reason} at {rip:#x}")])
                for (rip, reason), part in hottest(bars, max(self.top, 12))]
        if rows:
            self.add("Hottest addresses", charts.bars(
                "places-counted", "Addresses with the most exits, sampled", rows, 290),
                "Counted by Trivet, by samples. Colors are those of the reasons.")

    def place_name(self, rip):
        """A name for an address that is not too long."""
        name = self.symbols.name(rip) or f"{rip:#x}"
        return name if len(name) < 40 else name[:18] + "..." + name[-18:]

    def render(self):
        """The page, as text."""
        facts, stats = self.facts, self.stats
        title = f"Exits of {self.log.name}"
        subtitle = " · ".join(filter(None, (facts.trivet, facts.cpu, facts.why)))
        self.out += [f"<h1>{escape(title)}</h1>", f"<p>{escape(subtitle)}</p>",
                     self.figures()]
        if stats.count:
            self.over_time()
        if stats.count or facts.counted:
            self.shares()
        else:
            self.out.append("<p>No exits in it.</p>")
        for vm in stats.machines:
            prefix = f"{vm}: " if len(stats.machines) > 1 else ""
            self.latencies(vm, prefix)
            self.places(vm, prefix)
            self.add_table(prefix + "Exits by reason",
                           table.reason_rows(stats, vm, facts))
            self.add_table(prefix + "Time by vCPU",
                           table.vcpu_rows(stats, vm, facts))
            self.add_table(prefix + "Hottest addresses by reason",
                           table.place_rows(stats, vm, self.symbols, self.top), 3)
            self.add_table(prefix + "Accesses",
                           table.detail_rows(stats, vm, self.top), 2)
        if not stats.count:
            self.counted_charts()
        for title, rows, left in counted.tables(facts, self.symbols, self.top):
            self.add_table(title, rows, left)
        told = facts.machines + facts.memory
        if told:
            self.add("Machine and memory", "<pre><code>"
                     + escape("\n".join(told)) + "</code></pre>")
        return "\n".join([
            "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
            "</head><body>", *self.out, "</body></html>", ""])
