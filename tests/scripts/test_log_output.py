#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/trivet-log writes: tables, pages, and other programs' formats. With
UPDATE=1, tests/scripts/golden/ is made anew."""
import csv
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import tap

sys.path[:0] = [tap.SCRIPTS]
import logdata

SPOT = logdata.Spot("log-output")
GOLDEN = os.path.join(tap.TOP, "tests", "scripts", "golden")


def golden(name, *words):
    """It must say what the file says, and nothing else."""
    status, out, err = SPOT.tool(*words)
    tap.same((status, err), (0, ""), words)
    path = os.path.join(GOLDEN, name)
    if os.environ.get("UPDATE"):
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as text:
            text.write(out)
    with open(path, encoding="utf-8", newline="") as text:
        tap.same(out.splitlines(), text.read().splitlines(), name)
    return out


def inputs():
    """Two vCPUs with all that a log has, and names for them."""
    SPOT.file("two.log", logdata.log(logdata.trace(60, vcpus=2), prefix=True))
    SPOT.file("guest.elf", logdata.elf())


def test_golden_table():
    inputs()
    golden("log-table.txt", "two.log", "--symbols", "guest.elf")
    SPOT.file("counted.log", logdata.log(logdata.trace(30), traced=False))
    golden("log-counted.txt", "counted.log")


def test_golden_flame():
    inputs()
    out = golden("log-flame.txt", "--flame", "--symbols", "guest.elf", "two.log")
    tap.same(sum(int(line.split()[-1]) for line in out.splitlines()), 120)
    tap.has(out, "vm0;vcpu1;IO;uart_write ")
    ticks = SPOT.tool("--flame", "--weigh", "ticks", "two.log")[1]
    tap.same(sum(int(line.split()[-1]) for line in ticks.splitlines()),
             sum(one.ticks for one in logdata.trace(60, vcpus=2)))


def test_golden_csv():
    inputs()
    out = golden("log-csv.csv", "--csv", "--symbols", "guest.elf", "two.log")
    rows = list(csv.DictReader(out.splitlines()))
    wanted = logdata.trace(60, vcpus=2)
    tap.same(sorted((row["vcpu"], row["n"], row["in"], row["handler_ticks"])
                    for row in rows),
             sorted((str(one.vcpu), str(one.n), str(one.tsc_in), str(one.ticks))
                    for one in wanted))
    tap.same({row["symbol"] for row in rows if row["rip"] == "0x7d52"},
             {"uart_write+0x12"})


def test_golden_perfetto():
    inputs()
    out = golden("log-perfetto.json", "--perfetto", "--symbols", "guest.elf",
                 "two.log")
    events = json.loads(out)["traceEvents"]
    tap.same({(event["pid"], event["tid"], event["args"]["name"])
              for event in events if event["name"] == "thread_name"},
             {(1, 1000, "vcpu0"), (1, 1001, "vcpu1")})
    ends = {}
    for event in events:
        if event["ph"] != "X":
            continue
        start = round(event["ts"] * 1000)
        # Slices of one thread follow each other and never overlap.
        assert start >= ends.get(event["tid"], 0), event
        ends[event["tid"]] = start + round(event["dur"] * 1000)
    kinds = [event.get("cat") for event in events]
    tap.same((kinds.count("guest"), kinds.count("handler") + kinds.count("wait")),
             (118, 120))


def test_perfetto_of_nothing_is_json():
    status, out, err = SPOT.tool("--perfetto", "-", stdin=b"nothing\n")
    tap.same((status, json.loads(out)["traceEvents"]), (0, []))
    tap.has(err, "no exits in it")


def test_text_and_binary_are_each_others_inverse():
    trace = logdata.trace(300)
    for one in trace:
        one.changes = []
    SPOT.file("a.bin", logdata.binary(trace))
    tap.same(SPOT.tool("--text", "a.bin")[1], logdata.text(trace))
    tap.same(SPOT.tool("--binary", "-o", "b.bin", "a.bin"), (0, "", ""))
    with open(os.path.join(SPOT.path, "b.bin"), "rb") as copy:
        tap.same(copy.read() == logdata.binary(trace), True)


class Page(html.parser.HTMLParser):
    """Its tags must nest; what it shows is kept."""

    def __init__(self, text):
        super().__init__()
        self.columns = {}  # x -> [(y, height)], of the first picture
        self.open, self.ids, self.rects, self.cells = [], set(), {}, []
        self.links, self.tags = [], set()
        self.feed(text)
        self.close()
        tap.same(self.open, [])

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        words = dict(attrs)
        self.links += [value for name, value in attrs if name in
                       ("src", "href", "xlink:href", "style", "onload")]
        if "id" in words:
            assert words["id"] not in self.ids, words
            self.ids.add(words["id"])
        if tag == "rect":
            for side in ("x", "y", "width", "height"):
                assert 0 <= float(words[side]) < 10000, words
            if "shares" not in self.ids and float(words["y"]) < 230:
                self.columns.setdefault(words["x"], []).append(
                    (float(words["y"]), float(words["height"])))
            assert float(words["x"]) + float(words["width"]) <= 860.1, words
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        tap.same(self.open.pop(), tag)

    def handle_data(self, data):
        if self.open[-1:] == ["td"]:
            self.cells.append(data)
        elif self.open[-2:] == ["rect", "title"]:
            svg = max(i for i, tag in enumerate(self.open) if tag == "svg")
            self.rects.setdefault(svg, []).append(data)


def page(*words):
    """A page's text."""
    status, out, err = SPOT.tool("--html", *words)
    tap.same((status, err), (0, ""))
    return out


def test_page_is_whole_and_needs_nothing():
    inputs()
    text = page("--symbols", "guest.elf", "two.log")
    seen = Page(text)
    tap.same(seen.ids, {"over-time", "shares", "latency-vm0", "places-vm0"})
    tap.same(seen.links, [])
    for part in ("script", "link", "img", "iframe", "object"):
        assert part not in seen.tags, part
    for part in ("http", "url(", "@import", "nan", "inf "):
        tap.lacks(text.lower(), part)
    tips = [tip for tips in seen.rects.values() for tip in tips]
    # Every exit is in one column over time, and in one of its reason.
    over = [re.fullmatch(r"[\d.]+[mun]?s: (\d+) (\w+)", tip) for tip in tips]
    tap.same(sum(int(match[1]) for match in over if match), 120)
    for parts in seen.columns.values():  # stacked without gap or overlap
        parts.sort()
        for (top, height), (below, _) in zip(parts, parts[1:]):
            assert abs(top + height - below) < 0.3, parts
    columns = [re.fullmatch(r"(\w+): \S+ to \S+: (\d+) \([\d.]+%\)", tip)
               for tip in tips]
    tap.same(sum(int(match[2]) for match in columns if match), 120)
    tap.has(text, "uart_write+0x12")
    tap.same("uart_write+0x12" in seen.cells, True)


def test_page_shows_names_as_they_are():
    evil = '<script>alert("1")</script>'
    functions = ((evil, 0x7c00, 0x1000),)
    SPOT.file("evil.elf", logdata.elf(functions=functions))
    SPOT.file("e&v <b>.log", logdata.log(logdata.trace(9)).replace(
        "vm0: power-off", "<i>vm0</i>"))
    seen = Page(page("--symbols", "evil.elf", "e&v <b>.log"))
    assert not seen.tags & {"script", "i", "b"}, seen.tags
    tap.same(any(evil in cell for cell in seen.cells), True)


def test_page_of_little():
    for name, data in (("empty", ""), ("noise", "hello\n" * 9),
                       ("one", logdata.log(logdata.trace(1))),
                       ("counted", logdata.log(logdata.trace(30),
                                               traced=False))):
        SPOT.file(name, data)
        Page(page(name))
    SPOT.file("machines", logdata.text(logdata.trace(5)) + logdata.text(
        logdata.trace(5, machine="vm1")))
    seen = Page(page("--tsc-hz", "1000", "machines"))
    tap.same({"latency-vm0", "latency-vm1"} <= seen.ids, True)


def test_page_in_a_browser():
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if not browser:
        raise tap.Skip("no Chromium here")
    inputs()
    path = os.path.join(SPOT.path, "page.html")
    tap.same(SPOT.tool("--html", "-o", path, "--symbols", "guest.elf", "two.log"),
             (0, "", ""))
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", "--enable-logging=stderr",
         "--user-data-dir=" + os.path.join(SPOT.path, "profile"), "--dump-dom",
         "file://" + path], check=False, capture_output=True, timeout=110)
    dom, said = done.stdout.decode(), done.stderr.decode("utf-8", "replace")
    tap.same(done.returncode, 0, said)
    for part in ('<svg id="over-time"', '<svg id="shares"', "uart_write+0x12",
                 '<svg id="latency-vm0"', '<svg id="places-vm0"', "</html>"):
        tap.has(dom, part)
    tap.lacks(said, ":CONSOLE")
    with open(path, encoding="utf-8") as text:
        tap.same(dom.count("<rect"), text.read().count("<rect"))


if __name__ == "__main__":
    SPOT.clean()
    sys.exit(tap.main(globals()))
