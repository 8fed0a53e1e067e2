#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trivet-log and Trivet's own statistics, as stats=full prints them."""
import sys

sys.dont_write_bytecode = True
import tap

sys.path[:0] = [tap.SCRIPTS]
import logdata

SPOT = logdata.Spot("log-counted")

HEAD = f"""\
[    0.000000] cpu0 boot: Trivet 0.1 loader="GRUB 2.06" options="stats=full"
[    0.052761] cpu0 time: tsc_hz={logdata.TSC_HZ} measured={logdata.TSC_HZ}
"""
ROW = ("exit: vm=vm0 vcpu=0 reason=IO count={} share=90.0% time=80.0% mean_ticks=200 "
       "mean_ns=100 min_ticks=140 p50_ticks=255 p99_ticks=255 max_ticks=900")
BY = "vm=vm0 vcpu=0 reason=IO "
FINER = f"""\
exit-histogram: {BY}of=handler sum=9000 min=140 max=900 log2=7:60,8:20
exit-histogram: {BY}of=handler sum=9000 min=140 max=900 log2=9:10
exit-histogram: {BY}of=guest sum=5000 min=50 max=99 log2=5:50,6:40
exit-key: {BY}key="port=0x3fd in" count=30 ticks=3000 min_ticks=140 p50_ticks=140
exit-key: {BY}key="port=0x3f8 out" count=60 ticks=6000 min_ticks=150 p50_ticks=150
exit-rip: {BY}rip=0x7d52 samples=3
exit-rip: {BY}rip=0x9000 samples=6
"""
END = 'run: outcome=clean reason="done"\n'


def full(*counts):
    """A log in which the statistics were printed so often."""
    said = [f"vm0: {count} exits in 0.080 s, 9000 ticks in handlers\n"
            + ROW.format(count) + "\n" + FINER for count in counts]
    SPOT.file("full.log", HEAD + "".join(said) + END)
    SPOT.file("guest.elf", logdata.elf())
    status, out, err = SPOT.tool("--symbols", "guest.elf", "full.log")
    tap.same((status, err), (0, ""))
    return out


def cells(text, title):
    """The rows of a table, as lists of words."""
    lines = text.split(f"\n{title}\n")[1].split("\n\n")[0].splitlines()
    return [line.split() for line in lines]


def test_rate_of_its_own():
    """A log without tsc_hz: the means tell it, and all times have one unit."""
    SPOT.file("quiet.log", ROW.format(90) + "\n" + END)
    status, out, err = SPOT.tool("quiet.log")
    tap.same((status, err), (0, ""))
    tap.same(cells(out, "Counted by Trivet")[1][-5:], ["100ns", "70ns", "127ns", "127ns", "450ns"])


def test_finer_rows():
    out = full(90)
    tap.has(out, "  mean   min  p50<=  p99<=    max\n")
    tap.same(cells(out, "Counted by Trivet: what they were about")[1:],
             [["IO", "port=0x3f8", "out", "60", "66.7%", "50ns", "75ns", "75ns", "-", "-"],
              ["port=0x3fd", "in", "30", "33.3%", "50ns", "70ns", "70ns", "-", "-"]])
    # 2 GHz: a tick is half a nanosecond. Both lines of the histogram count.
    tap.same(cells(out, "Counted by Trivet: handler times, by powers of two (ns)"),
             [["reason", "<128", "<256", "<512"], ["IO", "60", "20", "10"]])
    tap.same(cells(out, "Counted by Trivet: guest times before them (ns)"),
             [["reason", "<32", "<64"], ["IO", "50", "40"]])
    tap.same(cells(out, "Counted by Trivet: hottest addresses, sampled")[1:],
             [["IO", "0x9000", "lonely_label", "6", "66.7%"],
              ["0x7d52", "uart_write+0x12", "3", "33.3%"]])


def test_what_was_said_last_counts():
    once = full(90)
    tap.same(full(10, 50, 90), once)
    SPOT.tool("--html", "-o", "page.html", "full.log")
    with open(SPOT.path + "/page.html", encoding="utf-8") as text:
        tap.has(text.read(), "<dt>exits</dt><dd>90</dd>")


def test_page_without_records():
    full(90)
    status, out, err = SPOT.tool("--html", "--symbols", "guest.elf", "full.log")
    tap.same((status, err), (0, ""))
    for part in ('<svg id="latency-counted"', '<svg id="places-counted"', "uart_write+0x12",
                 "port=0x3f8 out"):
        tap.has(out, part)


def test_damage():
    for line, why in (
            (f'exit-key: {BY}key="port=0x80 out" count=', "no count= in it"),
            (f"exit-histogram: {BY}of=handler sum=1 log2=7:56,8", " is no number"),
            (f"exit-histogram: {BY}of=handler sum=1 log2=7:56,64:1", "2^64 is no time"),
            (f"exit-rip: {BY}rip=0x7c00 samples=" + "9" * 400, "9 is no number"),
            ("exit-rip: vm=vm0 vcpu=0 reason=HLT rip=0x7c00 samples=1",
             "its exit: line is not here")):
        SPOT.file("bad.log", HEAD + ROW.format(5) + "\n" + line + "\n" + END)
        status, out, err = SPOT.tool("bad.log")
        tap.same(status, 0)
        tap.has(err, "line 4: skipped a damaged exit-")
        tap.has(err, why)
        tap.has(out, "Counted by Trivet")


if __name__ == "__main__":
    SPOT.clean()
    sys.exit(tap.main(globals()))
