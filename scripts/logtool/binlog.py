# SPDX-License-Identifier: MIT
"""The binary trace: a header, then records of 64 bytes, found again by their
marks after bytes were lost."""
import struct

from . import names
from .record import Damage, Exit, check

MAGIC = b"TRIVETTR"
VERSION = 1
SIZE = 64
RING = 1
HEADER = struct.Struct("<8sIIQI36x")
RECORD = struct.Struct("<QQQQIIIIIIII")
MARK = 0x43455254
MARK_BYTES = MARK.to_bytes(4, "little")
EMPTY = bytes(SIZE)
assert HEADER.size == SIZE and RECORD.size == SIZE


def header(tsc_hz, flags=0):
    """The first 64 bytes of a trace."""
    return HEADER.pack(MAGIC, VERSION, SIZE, tsc_hz, flags)


def pack(one):
    """An Exit as 64 bytes. Its register changes are left out."""
    number = int(one.vm[2:]) if one.vm[2:].isdecimal() else 0
    return RECORD.pack(
        one.tsc_in, one.tsc_out, one.rip, one.qual,
        names.reason_number(one.reason) | (one.vcpu & 255) << 16
        | (number & 255) << 24, one.key,
        one.length | names.VERDICTS[one.verdict] << 8, one.intr, one.idt,
        one.event, one.n & 0xffffffff, MARK)


def unpack(data, where=0):
    """64 bytes as an Exit; Damage if they are none."""
    (tsc_in, tsc_out, rip, qual, who, key, how, intr, idt, event, n,
     mark) = RECORD.unpack(data)
    if mark != MARK or how >> 16:
        raise Damage("not a record")
    verdict = names.VERDICT_NAMES.get(how >> 8 & 255, str(how >> 8 & 255))
    return check(Exit(
        vm=f"vm{who >> 24}", vcpu=who >> 16 & 255, n=n, tsc_in=tsc_in,
        tsc_out=tsc_out, reason=names.reason_name(who & 0xffff), key=key,
        qual=qual, rip=rip, length=how & 255, intr=intr, idt=idt, event=event,
        verdict=verdict, where=where))


def is_binary(head):
    """Is a file that starts with these bytes a binary trace?"""
    mark = head.find(MARK_BYTES)
    return (MAGIC in head or mark >= 0
            and head[mark + SIZE:mark + SIZE + 4] == MARK_BYTES)


class BinaryTrace:
    """Give .exits() to whoever wants records."""

    def __init__(self, file, report, facts, run=1):
        self.file = file
        self.report = report
        self.facts = facts
        self.wanted = run
        self.run = 0
        self.flags = 0
        self.where = 0     # of self.data[0]
        self.data = b""
        self.last = {}     # (vm, vcpu) -> n, whole

    def exits(self):
        """Every record of the run; of a ring, sorted by time."""
        records = self.records()
        first = next(records, None)
        if first and self.flags & RING:
            yield from sorted([first, *records], key=lambda one: one.tsc_in)
        elif first:
            yield first
            yield from records
        if self.run < self.wanted:
            self.facts.missing_run = self.run

    def fill(self, size):
        """Have so many bytes at hand, if there are so many."""
        while len(self.data) < size:
            more = self.file.read(max(size, 1 << 16))
            if not more:
                return False
            self.report.step(len(more))
            self.data += more
        return True

    def drop(self, size):
        """Go on behind so many bytes."""
        self.data = self.data[size:]
        self.where += size

    def records(self):
        """As they are in the file."""
        while self.fill(SIZE):
            if self.data.startswith(MAGIC):
                if self.run == self.wanted:
                    self.report.note(f"byte {self.where}: another run starts "
                                     f"here: --run {self.run + 1} reads it")
                    return
                self.open_run()
                self.drop(SIZE)
                continue
            size = len(self.data) // SIZE * SIZE
            at = 0
            while at < size:
                data = self.data[at:at + SIZE]
                if data[60:] != MARK_BYTES and data != EMPTY:
                    break
                if not self.run:
                    self.run = 1
                    self.report.warn(f"byte {self.where}", "no header before "
                                     "the first record: give --tsc-hz")
                if data != EMPTY and self.run == self.wanted:
                    yield from self.take(data, self.where + at)
                at += SIZE
            self.drop(at)
            if at < size and not self.data.startswith(MAGIC):
                self.find()
        if self.data:
            self.report.warn(f"byte {self.where}", "the trace ends in the "
                             f"middle of a record ({len(self.data)} bytes)")

    def open_run(self):
        """A header."""
        _, version, size, tsc_hz, self.flags = HEADER.unpack(self.data[:SIZE])
        self.run += 1
        self.last.clear()
        if (version, size) != (VERSION, SIZE):
            self.report.warn(f"byte {self.where}", f"version {version} with "
                             f"{size} bytes a record: read as version "
                             f"{VERSION} with {SIZE}")
        if self.run == self.wanted:
            self.facts.set_tsc_hz(tsc_hz)

    def take(self, data, where):
        """One record, with its number counted on."""
        try:
            one = unpack(data, where)
        except Damage as damage:
            self.report.warn(f"byte {where}", f"skipped a record: {damage}")
            return
        last = self.last.get((one.vm, one.vcpu), one.n)
        one.n += last & ~0xffffffff
        if one.n < last - (1 << 31):
            one.n += 1 << 32
        self.last[one.vm, one.vcpu] = one.n
        self.facts.exits += 1
        yield one

    def find(self):
        """Pass over what is no record, up to the next record or header."""
        start = self.where
        self.fill(3 * SIZE)
        at = self.place(SIZE)
        while at is None:
            # A mark or a header may lie across two reads.
            self.drop(max(0, len(self.data) - SIZE))
            if not self.fill(len(self.data) + 1):
                at = len(self.data)
                break
            at = self.place(len(self.data))
        self.drop(at)
        self.report.warn(f"byte {start}", f"passed over {self.where - start} "
                         "bytes that are no record")

    def place(self, guess):
        """Where the next record or header starts in the bytes at hand: at
        `guess` if a mark agrees, else behind the next mark."""
        if self.data[guess + SIZE - 4:guess + SIZE] == MARK_BYTES:
            return guess
        magic = self.data.find(MAGIC)
        mark = self.data.find(MARK_BYTES)
        places = [at for at in (magic, mark + 4 if mark >= 0 else -1)
                  if at >= 0]
        return min(places) if places else None
