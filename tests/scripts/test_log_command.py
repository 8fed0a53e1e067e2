#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/trivet-log's command line, and the difference of two traces."""
import os
import pty
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
import tap

sys.path[:0] = [tap.SCRIPTS]
import logdata

SPOT = logdata.Spot("log-command")


def traces(change=None, **options):
    """Two logs of one run; change() may alter the second's exits."""
    SPOT.file("a.log", logdata.text(logdata.trace(50, **options)))
    exits = logdata.trace(50, **options)
    if change:
        exits = change(exits) or exits
    for one in exits:  # another computer: another time
        one.tsc_in += 5000
        one.tsc_out += 5000
    SPOT.file("b.log", logdata.text(exits))


def test_diff_of_the_same():
    traces()
    tap.same(SPOT.tool("diff", "a.log", "b.log"),
             (0, "the same: exits=50 vcpus=1\n", ""))
    SPOT.file("c.log", b"")
    tap.same(SPOT.tool("diff", "c.log", "c.log")[:2],
             (0, "the same: exits=0 vcpus=0\n"))
    status, out, _ = SPOT.tool("diff", "--times", "a.log", "b.log")
    tap.same(status, 1)
    tap.has(out, "vm0 vcpu0: 0 exits are the same; the next differs in in, out")


def test_diff_shows_the_first_divergence():
    def change(exits):
        exits[20].rip += 1
        exits[20].verdict = "AGAIN"
        exits[30].qual = 99
    traces(change)
    status, out, err = SPOT.tool("diff", "--context", "2", "a.log", "b.log")
    tap.same((status, err), (1, ""))
    lines = out.splitlines()
    tap.same(lines[:3], ["--- a.log", "+++ b.log", "vm0 vcpu0: 20 exits are "
                         "the same; the next differs in rip, verdict"])
    tap.same([(line[0], line.split(" n=")[1].split()[0]) for line in lines[3:]],
             [(" ", "18"), (" ", "19"), ("-", "20"), ("-", "21"), ("-", "22"),
              ("+", "20"), ("+", "21"), ("+", "22")])
    tap.lacks(out, " in=")
    out = SPOT.tool("diff", "--ignore", "rip,verdict", "a.log", "b.log")[1]
    tap.has(out, "30 exits are the same; the next differs in qual")
    tap.same(SPOT.tool("diff", "--ignore", "rip,qual,verdict", "a.log",
                       "b.log")[0], 0)


def test_diff_sees_register_changes():
    def change(exits):
        next(one for one in exits if one.changes).changes[1] = ("rax", 1, 2)
    traces(change)
    tap.has(SPOT.tool("diff", "a.log", "b.log")[1], "differs in changes")


def test_diff_of_traces_of_two_lengths():
    traces(lambda exits: exits[:40])
    for names, who in ((("a.log", "b.log"), "b.log"),
                       (("b.log", "a.log"), "b.log")):
        status, out, _ = SPOT.tool("diff", *names)
        tap.same(status, 1)
        tap.has(out, f"vm0 vcpu0: {who} has 40 exits, all the same; the other "
                "goes on")
        tap.has(out, ("- " if names[0] == "a.log" else "+ ")
                + "vm=vm0 vcpu=0 n=40 ")


def test_diff_leaves_reasons_out():
    def change(exits):
        late = logdata.Exit(**{name: getattr(exits[9], name) for name in
                               ("vm", "vcpu", "n", "tsc_in", "tsc_out")})
        late.reason = "EXTERNAL_INTERRUPT"
        late.tsc_in = late.tsc_out = exits[8].tsc_out + 1
        for one in exits[9:]:
            one.n += 1
        exits.insert(9, late)
    traces(change)
    tap.has(SPOT.tool("diff", "a.log", "b.log")[1], "9 exits are the same")
    tap.same(SPOT.tool("diff", "--skip", "EXTERNAL_INTERRUPT", "a.log",
                       "b.log")[0], 0)


def test_diff_compares_each_vcpu_with_itself():
    traces(lambda exits: sorted(exits, key=lambda one: (one.vcpu, one.n)),
           vcpus=3)
    tap.same(SPOT.tool("diff", "a.log", "b.log")[1],
             "the same: exits=150 vcpus=3\n")


def test_diff_of_damaged_traces_warns():
    traces()
    with open(os.path.join(SPOT.path, "b.log"), encoding="utf-8") as text:
        damaged = text.read().replace("n=7 ", "n=x ", 1)
    SPOT.file("b.log", damaged)
    status, out, err = SPOT.tool("diff", "a.log", "b.log")
    tap.same(status, 1)
    tap.has(out, "7 exits are the same; the next differs in n")
    tap.same(err, "trivet-log: b.log: line 8: skipped a record: n=x is no "
             "number\ntrivet-log: b.log: 1 warning\n")


def test_help_and_wrong_words():
    for words in (("--help",), ("diff", "--help")):
        status, out, err = SPOT.tool(*words)
        tap.same((status, err), (0, ""))
        assert max(map(len, out.splitlines())) <= 100
    SPOT.file("a.log", logdata.log(logdata.trace(5)))
    for words, why in (((), "FILE"), (("--html", "--csv", "a.log"), "not allowed"),
                       (("--run", "0", "a.log"), "invalid number value"),
                       (("nowhere",), "nowhere: No such file or directory"),
                       (("--run", "2", "a.log"), "--run 2: it has 1"),
                       ((".",), "Is a directory"),
                       (("-o", "no/where", "a.log"), "No such file"),
                       (("-o", "a.log", "a.log"), "is what is read"),
                       (("diff", "a.log"), "FILE"),
                       (("diff", "--skip", "NO", "a.log", "a.log"), "--skip NO"),
                       (("diff", "--ignore", "x", "a.log", "a.log"), "field")):
        status, out, err = SPOT.tool(*words)
        tap.same((status, out), (2, ""), words)
        tap.has(err, why)
        tap.lacks(err, "Traceback")


def test_output_is_whole_or_not_there():
    SPOT.file("a.log", logdata.log(logdata.trace(5)))
    SPOT.file("old", "old")
    tap.same(SPOT.tool("-o", "old", "--run", "7", "a.log")[0], 2)
    with open(os.path.join(SPOT.path, "old"), encoding="utf-8") as text:
        tap.same(text.read(), "old")
    tap.same([name for name in os.listdir(SPOT.path) if ".new" in name], [])
    tap.same(SPOT.tool("-o", "old", "a.log"), (0, "", ""))
    with open(os.path.join(SPOT.path, "old"), encoding="utf-8") as text:
        tap.same(text.read(), SPOT.tool("a.log")[1])
    # What is no plain file is written, not replaced. Only things of our own
    # are tried: a tool that gets it wrong would take /dev/null away.
    path = os.path.join(SPOT.path, "pipe")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    tap.same(SPOT.tool("-o", "pipe", "a.log"), (0, "", ""))
    tap.has(os.read(reader, 1 << 16).decode(), "outcome    clean")
    os.close(reader)
    tap.same(stat.S_ISFIFO(os.stat(path).st_mode), True)
    os.symlink("/dev/stdout", os.path.join(SPOT.path, "link"))
    tap.has(SPOT.tool("-o", "link", "a.log")[1], "outcome    clean")
    os.symlink("old", os.path.join(SPOT.path, "to-old"))
    tap.same(SPOT.tool("-o", "to-old", "--flame", "a.log"), (0, "", ""))
    tap.same(os.path.islink(os.path.join(SPOT.path, "to-old")), True)
    with open(os.path.join(SPOT.path, "old"), encoding="utf-8") as text:
        tap.has(text.read(), "vm0;vcpu0;")


def test_standard_input_and_a_reader_that_leaves():
    text = logdata.log(logdata.trace(5)).encode()
    SPOT.file("a.log", text)
    tap.same(SPOT.tool("-", stdin=text)[1],
             SPOT.tool("a.log")[1].replace("a.log", "standard input"))
    trace = logdata.binary(logdata.trace(4000))
    tap.has(SPOT.tool("-", stdin=trace)[1], "exits=4000")
    SPOT.file("long.bin", trace)
    done = subprocess.run(
        f"{tap.SCRIPTS}/trivet-log --csv long.bin | head -n 1", shell=True,
        check=False, capture_output=True, cwd=SPOT.path, timeout=60)
    tap.same((done.stdout.count(b"\n"), done.stderr), (1, b""))


def test_warnings_are_counted():
    SPOT.file("bad.log", "trace: vm=vm0 vcpu=0 n=0 in=x\n" * 100)
    status, _, err = SPOT.tool("bad.log")
    tap.same((status, err.count("\n")), (0, 52))
    tap.has(err, "trivet-log: bad.log: 100 warnings\n")
    tap.same(SPOT.tool("--warnings", "0", "bad.log")[2].count("\n"), 2)


def test_progress_is_shown_on_a_terminal_only():
    records = b"".join(map(logdata.binlog.pack, logdata.trace(1000)))
    SPOT.file("big.bin", logdata.binary([]) + bytes(9 << 20) + records)
    status, out, err = SPOT.tool("--flame", "big.bin")
    tap.same((status, err), (0, ""))
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        raise tap.Skip(error) from error
    with open(os.path.join(SPOT.path, "out"), "wb") as text:
        with subprocess.Popen([f"{tap.SCRIPTS}/trivet-log", "--flame",
                               "big.bin"], cwd=SPOT.path, stdout=text,
                              stderr=theirs) as child:
            os.close(theirs)
            said = b""
            while True:
                try:
                    more = os.read(ours, 4096)
                except OSError:
                    break
                if not more:
                    break
                said += more
    os.close(ours)
    tap.same(child.returncode, 0)
    tap.has(said.decode(), "\rbig.bin: [")
    tap.same(said.decode().endswith("\r\x1b[K"), True)
    with open(os.path.join(SPOT.path, "out"), encoding="utf-8") as text:
        tap.same(text.read(), out)


if __name__ == "__main__":
    SPOT.clean()
    sys.exit(tap.main(globals()))
