#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/trivet-log reads: both formats, and what is damaged in them."""
import io
import os
import re
import sys

sys.dont_write_bytecode = True
import tap

sys.path[:0] = [tap.SCRIPTS]
import logdata
from logtool import binlog, lines, names, source
from logtool.record import Exit

SPOT = logdata.Spot("log")
LINE = ("trace: vm=vm0 vcpu=0 n={n} in={i} out={o} reason=CPUID key=0x1 qual=0x0 "
        "rip=0x7d22 len=2 intr=0x0 idt=0x0 event=0x0 verdict=NEXT")


def read(data, run=1, limit=1000):
    """The exits of a file with this content, what was said, and the log."""
    log = source.Log(SPOT.file("input", data), run, limit=limit)
    log.report.err = io.StringIO()
    exits = list(log.exits())
    log.close()
    said = log.report.err.getvalue().replace(log.name, "FILE")
    return exits, said.replace("trivet-log: FILE: ", "").splitlines(), log


def shown(exits):
    """What can be compared."""
    return [lines.show(one) for one in exits]


def good(*numbers):
    """Lines of good records with these n, 1000 ticks apart."""
    return [LINE.format(n=n, i=1000 * n + 1000, o=1000 * n + 1100)
            for n in numbers]


def test_reasons_and_verdicts_are_the_hypervisors():
    with open(os.path.join(tap.TOP, "vmx", "exit_reason.h"),
              encoding="utf-8") as header:
        pairs = re.findall(r"^\tX\((\w+),\s*(\d+)\)", header.read(), re.M)
    tap.same(names.REASONS, {name: int(number) for name, number in pairs})
    with open(os.path.join(tap.TOP, "vmx", "vcpu_ops.h"),
              encoding="utf-8") as header:
        words = re.search(r"enum verdict \{ (.*?) \}", header.read())[1]
    tap.same([names.VERDICTS[word] for word in words.split(", ")], [0, 1, 2, 3])


def test_examples_of_the_document():
    with open(os.path.join(tap.TOP, "docs", "trace-format.md"),
              encoding="utf-8") as document:
        examples = [line for line in document if line.startswith("trace: ")]
    exits, said, _ = read(examples[0] + "".join(examples[1:]).replace(
        "n=17 in=123456 out=123550", "n=18 in=223456 out=223550").replace(
        "n=17", "n=18"))
    tap.same(said[:-1] + [one.n for one in exits], [17, 18])
    tap.same(exits[1].changes, [("rax", 1, 0x16)])


def test_text_round_trip():
    wanted = logdata.trace(50, vcpus=2)
    wanted[7].idt = wanted[8].intr = 0x80000b0e
    wanted[9].rip = wanted[9].qual = (1 << 64) - 1
    wanted[-1].tsc_out, wanted[-1].verdict = 0, "NONE"
    for options in ({}, {"prefix": True}, {"limit": 60}, {"limit": 128},
                    {"prefix": True, "limit": 90, "end": "\r\n"}):
        exits, said, _ = read(logdata.text(wanted, **options))
        tap.same(sorted(shown(exits)), sorted(shown(wanted)), options)
        tap.same(len(said), 1, said)
        tap.has(said[0], "--tsc-hz")


def test_binary_layout():
    one = Exit(vm="vm2", vcpu=1, n=0x1_0000_0003, tsc_in=0x1122334455667788,
               tsc_out=0x1122334455667799, reason="EPT_VIOLATION", key=0xfee00, qual=0x182,
               rip=0xffffffff80001000, length=3, intr=0x80000b0e, idt=0x80000020,
               event=0x80000021, verdict="AGAIN")
    tap.same(binlog.pack(one).hex(" ", 4), (
        "88776655 44332211 99776655 44332211 00100080 ffffffff 82010000 "
        "00000000 30000102 00ee0f00 03010000 0e0b0080 20000080 21000080 "
        "03000000 54524543"))
    tap.same(binlog.header(3500000000, 1).hex(" ", 8), (
        "5452495645545452 0100000040000000 00c39dd000000000 "
        "0100000000000000" + 4 * " 0000000000000000"))
    back = binlog.unpack(binlog.pack(one))
    one.n = 3
    tap.same(shown([back]), shown([one]))


def test_binary_round_trip():
    wanted = logdata.trace(2000, vcpus=3)  # more than one read
    for one in wanted:
        one.changes = []
        one.n += 0xfffffff0                # and over the end of 32 bits
    exits, said, log = read(logdata.binary(wanted))
    tap.same((said, log.facts.tsc_hz), ([], logdata.TSC_HZ))
    tap.same(sorted(shown(exits)), sorted(shown(wanted)))


def test_ring_is_sorted():
    wanted = logdata.trace(40)
    slots = [binlog.pack(one) for one in wanted]
    slots[3] = slots[3][:60] + bytes(4)    # being written
    empty = [binlog.EMPTY] * 5
    data = binlog.header(1000, binlog.RING) + b"".join(
        slots[25:] + empty + slots[:25])
    exits, said, _ = read(data)
    tap.same([one.n for one in exits], [n for n in range(40) if n != 3])
    tap.same(said, [f"byte {64 * 24}: passed over 64 bytes that are no record",
                    "1 warning"])


def test_damaged_text():
    first, last = good(1), good(9)
    for bad, why in (
            (LINE[:68], "no rip= in it"),
            (LINE.replace("0x7d22", "0x7dg2"), "rip=0x7dg2 is no number"),
            (LINE.replace("0x7d22", "0x7_d2"), "is no number"),
            (LINE.replace("len=2", "len=22"), "len=22 is longer"),
            (LINE.replace("CPUID", "CPXID"), "unknown reason CPXID"),
            (LINE.replace("NEXT", "NE..."), "unknown verdict NE..."),
            (LINE.replace("n={n}", "n=-5"), "n=-5 is no number"),
            (LINE.replace("{o}", "17"), "out=17 is before in=6000"),
            (LINE.replace("idt=0x0", "idt=0x1ffffffff"), "32 bits"),
            (LINE.replace("key=0x1", "key=0x123456789"), "32 bits"),
            (LINE.replace("key=0x1 ", ""), "no key= in it"),
            (LINE.replace("qual=0x0", "qual=0x" + "1" * 17), "64 bits"),
            (LINE.replace("idt=0x0", "rip=0x5"), "rip= comes twice"),
            (LINE.replace("idt", "xidt"), "no idt= in it"),
            (LINE.replace("qual=0x0", "qual=[  0.1] cpu1 vmx: hello=1"),
             "'0.1]' is not key=value"),
            (LINE + " rax=0x1->", "rax=0x1-> is no change"),
            (LINE + " rax=1->2", "is no change"),
            (LINE.replace("trace: vm", "tra e: vm"), "its start is damaged"),
            ("trace: vm=vm0 vcpu=0 n=2 verdict=NEXT", "does not go on with"),
            ("trace: vm=vm1 vcpu=0 n=2 verdict=NEXT", "is not here")):
        bad = bad.format(n=5, i=6000, o=6100)
        exits, said, _ = read("\n".join(first + [bad] + last) + "\n")
        tap.same([one.n for one in exits], [1, 9], bad)
        tap.same(len(said), 3, said)
        tap.has(said[0], "line 2: skipped a record: ")
        tap.has(said[0], why)
        tap.same(said[2], "1 warning")


def test_interleaved_text():
    one, two, three = good(1, 2, 3)
    exits, said, _ = read(f"{one} {two}\nguest: no end{three}\n")
    tap.same([exit_.n for exit_ in exits], [1, 2, 3])
    tap.same(said[0], "line 2: a record starts in the middle of the line")
    exits, said, _ = read(f"{one[:70]}{two}\n{three}\n")
    tap.same([exit_.n for exit_ in exits], [2, 3])
    tap.has(said[0], "line 1: skipped a record")
    # What only looks like a record is none.
    exits, said, _ = read(f"{one}\n[    0.1] cpu0 trace: reasons=CPUID every=3\n"
                          "exit: status=3\nrun: as fast as you can\n")
    tap.same((len(exits), len(said)), (1, 1))


def test_truncated_log():
    whole = logdata.log(logdata.trace(20))
    exits, said, log = read(whole)
    tap.same((len(exits), said, log.facts.outcome), (20, [], "clean"))
    at = whole.index("n=12 ") + 80
    exits, said, _ = read(whole[:at])
    tap.same(len(exits), 12)
    tap.same(said[0], "line 17: the log ends in the middle of a line")
    tap.has(said[1], "line 17: skipped a record: ")
    tap.same(said[2:], ["2 warnings"])
    _, said, _ = read(whole[:whole.index("vm0: 20 exits")])
    tap.same(said, ["line 24: the log ends before the run (no run: line)",
                    "1 warning"])
    _, said, log = read(whole.replace("count=", "cou=", 1).replace(
        "tsc_hz=2000000000", "tsc_hz=2e9"))
    tap.same(said[:2], ["line 2: skipped a damaged time: line: invalid literal "
                        "for int() with base 10: '2e9'",
                        "line 26: skipped a damaged exit: line: no count= in it"])
    tap.same(read(b"")[:2], ([], []))
    tap.same(read(bytes(200000))[:2], ([], [
        "line 4: the log ends in the middle of a line", "1 warning"]))


def test_times_that_cannot_be():
    text = good(0, 1, 2, 3, 4, 5)
    for number, bad, why in (
            (2, text[2].replace("in=3000 out=3100", "in=93000 out=93100"),
             "line 3: skipped a record: its time, in=93000, is after"),
            (3, text[3].replace("in=4000", "in=40"),
             "line 4: skipped a record: its time, in=40, is before")):
        exits, said, log = read("\n".join(text[:number] + [bad]
                                          + text[number + 1:]) + "\n")
        tap.same([one.n for one in exits],
                 [n for n in range(6) if n != number])
        tap.has(said[0], why)
        tap.same(log.track.missing, 1)
    # A clock that was set back costs two records, not all.
    again = [LINE.format(n=n, i=10 * n, o=10 * n + 5) for n in range(6, 12)]
    exits, said, _ = read("\n".join(text + again) + "\n")
    tap.same([one.n for one in exits], [0, 1, 2, 3, 4, 5, 8, 9, 10, 11])
    tap.has(said[2], "line 9: the time goes back and stays there")
    tap.same([one.guest_ticks for one in exits][:3], [None, 900, 900])


def test_numbers_that_go_back_or_come_twice():
    text = good(0, 1, 2, 3)
    _, said, log = read("\n".join(text[:2] + [text[1]] + text[2:]) + "\n")
    tap.has(said[0], "line 3: skipped a record: n=1 comes twice")
    tap.same(log.track.again, 1)
    text[1] = text[1].replace("n=1 ", "n=1001 ")
    exits, said, log = read("\n".join(text) + "\n")
    tap.same((len(exits), said[0]), (4, "line 3: n=2 after n=1001"))
    tap.same(log.track.missing, 0)
    # The recorder's dump of what was traced is no news, its last exit is.
    text = good(0, 1, 2) + [line.replace("trace", "record")
                            for line in good(1, 2, 3) + good(2, 3)]
    exits, said, log = read("\n".join(text) + "\n")
    tap.same([one.n for one in exits], [0, 1, 2, 3])
    tap.same((len(said), log.track.again), (1, 4))
    # The guest's time is unknown across a gap.
    exits, _, log = read("\n".join(good(0, 1, 5, 6)) + "\n")
    tap.same([one.guest_ticks for one in exits], [None, 900, None, 900])
    tap.same(log.track.missing, 3)


def test_runs_of_one_log():
    text = "noise\n" + "".join(logdata.log(logdata.trace(count, seed=count))
                               for count in (5, 6, 7))
    for run, count in ((1, 5), (2, 6), (3, 7)):
        exits, said, _ = read(text, run)
        tap.same(len(exits), count)
        tap.same([line for line in said if "another run" not in line], [])
        tap.same(len(said), 1 if run < 3 else 0)
    trace = b"".join(logdata.binary(logdata.trace(count)) for count in (5, 6))
    tap.same([len(read(trace, run)[0]) for run in (1, 2)], [5, 6])
    for data in (text, trace):
        try:
            read(data, 4)
        except source.Trouble as trouble:
            tap.has(str(trouble), "--run 4: it has ")
        else:
            raise AssertionError("a run that is not there was read")


def test_damaged_binary():
    whole = logdata.binary(logdata.trace(100))
    at = 64 + 64 * 50
    flipped = bytearray(whole)
    flipped[at + 62] ^= 1
    late = bytearray(whole)
    late[at:at + 8] = b"\xff" * 8
    for data, lost, where, why in (
            (whole[:at + 10] + whole[at + 13:], {50}, at, "passed over 61 bytes"),
            (whole[:at + 10] + b"xyz" + whole[at + 10:], {50}, at,
             "passed over 67 bytes"),
            (whole[:at] + whole[at + 5 * 64 + 30:], set(range(50, 56)), at,
             "passed over 34 bytes"),
            (bytes(flipped), {50}, at, "passed over 64 bytes"),
            (bytes(late), {50}, at, "is before in="),
            (b"noise" + whole, set(), 0, "passed over 5 bytes"),
            (whole[:-20], {99}, 64 + 64 * 99, "the trace ends in the middle"),
            (whole[64:], set(), 0, "no header before the first record"),
            (whole[:8] + b"\x02" + whole[9:], set(), 0, "version 2 with 64")):
        exits, said, _ = read(data)
        tap.same([one.n for one in exits],
                 [n for n in range(100) if n not in lost], why)
        tap.has(said[0], f"byte {where}: ")
        tap.has(said[0], why)
    # What is looked for may lie across two reads of 64 KiB.
    for size in range(65536 - 136, 65536 - 120):
        exits, said, _ = read(whole[:64] + bytes([7]) * size + whole[64:])
        tap.same(len(exits), 99)
        tap.same(said, [f"byte 64: passed over {size + 64} bytes that are no "
                        "record", "1 warning"])


def test_any_damage_is_survived():
    """Bytes changed, lost and put in anywhere: what was not touched is read."""
    exits = logdata.trace(120, vcpus=2)
    for whole in (logdata.log(exits, prefix=True, limit=150).encode(),
                  logdata.binary(exits)):
        for seed in range(150):
            dice, data = logdata.Dice(seed), bytearray(whole)
            for _ in range(5):
                at, junk = dice.below(len(data)), dice.below(256)
                how = dice.below(4)
                data[at:at + (0, 1, 1, dice.below(40))[how]] = \
                    bytes([junk]) if how != 1 else b""
            found, said, _ = read(bytes(data))
            # Besides its own record, a wrong time can cost two others.
            if (len(found) < len(exits) - 5 * 3
                    and "another run" not in str(said)):
                raise AssertionError(f"seed {seed}: {len(found)}: {said}")


if __name__ == "__main__":
    SPOT.clean()
    sys.exit(tap.main(globals()))
