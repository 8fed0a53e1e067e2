#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/trivet-log's parts: symbols, histograms, time series, numbers."""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import tap

sys.path[:0] = [tap.SCRIPTS]
import logdata
from logtool import charts, histogram, stats, symbols, table

SPOT = logdata.Spot("log-parts")


def test_symbols():
    for data in (logdata.elf(), logdata.elf(wide=False),
                 "".join(f"{address:016x} T {name}\n"
                         for name, address, _ in logdata.FUNCTIONS)
                 + "0000000000009000 t lonely_label\n0000000000007d52 D data\n"
                 "                 U missing\nffffffffff600000 A far\n"):
        names = symbols.Symbols()
        names.add(SPOT.file("names", data))
        for address, wanted in ((0x7c00, "guest_start"), (0x7bff, ""),
                                (0x7d52, "uart_write+0x12"),
                                (0x9001, "lonely_label+0x1"), (0x20000, "")):
            tap.same(names.name(address), wanted)
        names = symbols.Symbols()
        names.add(SPOT.file("names", data) + "@0xffffffff80000000")
        tap.same(names.name(0xffffffff80007d00), "idle_loop")
        tap.same(names.name(0x7d00), "")
    names = symbols.Symbols()
    names.add(SPOT.file("names", logdata.elf()))
    tap.same(names.name(0x8000), "")  # behind the last function's size


def test_symbols_are_those_of_nm():
    path = os.path.join(tap.TOP, "build", "guest", "bundled.elf")
    if not os.path.exists(path) or not shutil.which("nm"):
        raise tap.Skip("no bundled guest with symbols, or no nm")
    names = symbols.Symbols()
    names.add(path)
    listed = subprocess.run(["nm", path], check=True, capture_output=True)
    wanted = {}
    for line in listed.stdout.decode().splitlines():
        address, kind, name = line.split()
        if kind in "tTwW":
            wanted.setdefault(int(address, 16), set()).add(name)
    tap.same(set(names.table), set(wanted))
    for address, (_, name, _) in names.table.items():
        assert name in wanted[address], name


def test_symbols_that_are_none():
    SPOT.file("one.log", logdata.log(logdata.trace(1)))
    whole = logdata.elf()
    for data, why in ((b"\x7fELF", "damaged ELF"), (whole[:200], "damaged ELF"),
                      (b"\x7fELF\x02\x02" + whole[6:], "little-endian"),
                      (whole[:60] + b"\0\0" + whole[62:], "no symbols"),
                      (b"hello\n", "no symbols in it"), (b"", "no symbols")):
        SPOT.file("bad.elf", data)
        status, out, err = SPOT.tool("--symbols", "bad.elf", "one.log")
        tap.same((status, out, err.count("\n")), (2, "", 1), err)
        tap.has(err, why)
    tap.has(SPOT.tool("--symbols", "bad.elf@x", "one.log")[2], "offset is no number")
    tap.has(SPOT.tool("--symbols", "nowhere", "one.log")[2], "nowhere: No such file")
    for seed in range(300):
        dice, data = logdata.Dice(seed), bytearray(whole)
        data[dice.below(len(data))] = dice.below(256)
        try:
            symbols.Symbols().add(SPOT.file("bad.elf", bytes(data)))
        except symbols.Trouble:
            pass


def test_histogram_is_right_within_three_percent():
    dice = logdata.Dice(3)
    values = [dice.below(1 << 1 + dice.below(30)) for _ in range(3000)]
    whole = histogram.Histogram()
    for value in values:
        whole.add(value)
    values.sort()
    for percent in (1, 50, 90, 99, 100):
        exact = values[-(-len(values) * percent // 100) - 1]
        got = whole.percentile(percent)
        assert exact <= got <= exact * 1.032, (percent, exact, got)
    tap.same((whole.least, whole.most, whole.total, whole.count),
             (values[0], values[-1], sum(values), 3000))
    tap.same(sum(whole.log2().values()), 3000)
    small = histogram.Histogram()
    for value in (0, 1, 2, 3, 4):
        small.add(value)
    tap.same(small.log2(), {0: 2, 1: 2, 2: 1})
    tap.same(histogram.Histogram().percentile(99), 0)


def test_series_keeps_every_exit():
    series = stats.Series()
    for when in range(1000, 10000000, 997):
        series.add(when, "odd" if when % 2 else "even")
    assert series.length <= 2 * series.BINS
    tap.same(sum(map(sum, series.counts.values())), len(range(1000, 10000000, 997)))
    start = (5000000 - 1000) // series.width
    tap.same(sum(row[start] for row in series.counts.values()) > 0, True)


def test_numbers_for_people():
    tap.same([table.time_text(ns) for ns in (0, 999, 999.6, 9999.5, 99960,
                                             1e6, 2.5e9, 5e13)],
             ["0ns", "999ns", "1.00us", "10.0us", "100us", "1.00ms", "2.50s",
              "50000s"])
    for most in range(0, 3000, 7):
        marks = charts.steps(most)
        assert marks[-1] >= most and 2 <= len(marks) <= 6, most


if __name__ == "__main__":
    SPOT.clean()
    sys.exit(tap.main(globals()))
