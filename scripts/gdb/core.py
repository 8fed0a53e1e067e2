#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a memory image that gdb takes as a core file of Trivet.

usage: core.py -o CORE KERNEL.elf DUMP            of QEMU's dump-guest-memory
       core.py -o CORE KERNEL.elf FILE@ADDRESS... pieces of memory

Then: gdb -x scripts/gdb/trivet.py KERNEL.elf CORE

ADDRESS is where the piece lies: an address of Trivet's, or a physical one
(below 2^47), which goes to where Trivet has physical memory mapped.
"""
import argparse
import os
import re
import struct
import sys

KERNEL_BASE, DIRECT_BASE = 0xffffffff80000000, 0xffff800000000000  # mm/layout.h
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
IDENT = b"\x7fELF\2\1\1" + bytes(9)
CORE, X86_64 = 4, 62
LOAD, NOTE = 1, 4
SYMTAB = 2
CHUNK = 1 << 20
PAGE = 4096
# struct user_regs_struct of <sys/user.h>: the registers of NT_PRSTATUS.
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax "
             "rip cs eflags rsp ss fs_base gs_base ds es fs gs").split()
PRSTATUS, PRSTATUS_SIZE, PRSTATUS_REGISTERS = 1, 336, 112


class Unusable(Exception):
    """A file that cannot be used, and why."""


class Elf:
    """A little-endian ELF64 file: its segments and symbols."""

    def __init__(self, path):
        with open(path, "rb") as file:
            head = file.read(HEADER.size)
            if len(head) < HEADER.size or head[:7] != IDENT[:7]:
                raise Unusable(f"{path} is no 64-bit ELF file")
            fields = HEADER.unpack(head)
            self.path, self.kind = path, fields[1]
            self.segments = self._table(file, fields[5], fields[10], SEGMENT)
            self.sections = self._table(file, fields[6], fields[12], SECTION)

    @staticmethod
    def _table(file, offset, count, form):
        file.seek(offset)
        data = file.read(count * form.size)
        return list(form.iter_unpack(data[:len(data) // form.size * form.size]))

    def begins(self, piece):
        """Is a piece at a segment's address what the segment is?"""
        for kind, _, offset, start, _, size, _, _ in self.segments:
            if kind == LOAD and start == piece.address:
                size = min(size, PAGE)
                return piece.read(size) == Piece(start, self.path, offset, size).read(size)
        return False

    def symbols(self):
        """Addresses by name; of static ones any that has the name."""
        found = {}
        with open(self.path, "rb") as file:
            for section in self.sections:
                if section[1] != SYMTAB:
                    continue
                names = self.sections[section[6]]
                file.seek(names[4])
                strings = file.read(names[5])
                file.seek(section[4])
                for symbol in SYMBOL.iter_unpack(file.read(section[5])):
                    end = strings.index(b"\0", symbol[0])
                    found[strings[symbol[0]:end].decode()] = symbol[4]
        return found


class Piece:
    """Bytes of a file, and the address that they have."""

    def __init__(self, address, path, offset=0, size=None):
        self.address, self.path, self.offset = address, path, offset
        self.size = os.path.getsize(path) if size is None else size

    def read(self, size):
        """Its first bytes; fewer if there are no more."""
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            return file.read(min(size, self.size))

    def part(self, start, end, base):
        """What lies in [start, end), at `base` above where it was; or None."""
        start, end = max(start, self.address), min(end, self.address + self.size)
        if start >= end:
            return None
        return Piece(base + start, self.path, self.offset + start - self.address,
                     end - start)


def mapped(kernel, pieces):
    """Physical pieces to where Trivet has them."""
    symbols = kernel.symbols()
    try:
        low, high = (symbols[name] - KERNEL_BASE
                     for name in ("image_text_start", "image_data_end"))
    except KeyError as error:
        raise Unusable(f"{kernel.path} has no symbol {error}: give build/trivet.elf"
                       ) from error
    for piece in pieces:
        if piece.address >> 47:
            yield piece
            continue
        for part in (piece.part(0, low, DIRECT_BASE), piece.part(low, high, KERNEL_BASE),
                     piece.part(high, 1 << 47, DIRECT_BASE)):
            if part:
                yield part


def from_dump(dump):
    """Pieces, by physical address, and notes of a dump that QEMU made."""
    notes = b""
    with open(dump.path, "rb") as file:
        for kind, _, offset, _, _, size, _, _ in dump.segments:
            if kind == NOTE:
                file.seek(offset)
                notes += file.read(size)
    return [Piece(physical, dump.path, offset, size)
            for kind, _, offset, _, physical, size, _, _ in dump.segments
            if kind == LOAD], notes


def registers_note(values):
    """A CPU's registers, as the kernel of a core file would write them."""
    data = bytearray(PRSTATUS_SIZE)
    struct.pack_into(f"<{len(REGISTERS)}Q", data, PRSTATUS_REGISTERS,
                     *(values.get(name, 0) for name in REGISTERS))
    return struct.pack("<III8s", 5, len(data), PRSTATUS, b"CORE") + bytes(data)


def bochs_registers(text):
    """Of the first "r" and "sreg" in what Bochs' debugger said."""
    found = {}
    for name, value in re.findall(
            r"^(r\w\w?|eflags|[c-gs]s) ?:? ?(?:0x)?([0-9a-f_]+)", text, re.MULTILINE):
        found.setdefault(name, int(value.replace("_", ""), 16))
    return found


def copy(piece, out):
    """Zeros become holes: most of a computer's memory was never used."""
    with open(piece.path, "rb") as file:
        file.seek(piece.offset)
        left = piece.size
        while left:
            data = file.read(min(CHUNK, left))
            if not data:
                raise Unusable(f"{piece.path} is cut short")
            left -= len(data)
            if data.count(0) == len(data):
                out.seek(len(data), os.SEEK_CUR)
            else:
                out.write(data)


def write(path, kernel, pieces, notes=b""):
    """The core file. `pieces` in any order; `notes` are an ELF note segment."""
    pieces = sorted(mapped(kernel, pieces), key=lambda piece: piece.address)
    if not pieces:
        raise Unusable("there is no memory in it")
    count = 1 + len(pieces)
    at = HEADER.size + count * SEGMENT.size
    table = [SEGMENT.pack(NOTE, 0, at, 0, 0, len(notes), 0, 4)]
    at += len(notes)
    places = []
    for piece in pieces:
        at = (at + PAGE - 1) & -PAGE
        places.append(at)
        table.append(SEGMENT.pack(LOAD, 7, at, piece.address, 0, piece.size,
                                  piece.size, PAGE))
        at += piece.size
    with open(path, "wb") as out:
        out.write(HEADER.pack(IDENT, CORE, X86_64, 1, 0, HEADER.size, 0, 0,
                              HEADER.size, SEGMENT.size, count, 0, 0, 0))
        out.write(b"".join(table) + notes)
        for place, piece in zip(places, pieces):
            out.seek(place)
            copy(piece, out)
        out.truncate(at)


def read_piece(text):
    path, sign, address = text.rpartition("@")
    if not sign:
        raise Unusable(f"{text}: give FILE@ADDRESS")
    return Piece(int(address, 16), path)


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/gdb/core.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", required=True, metavar="CORE", dest="out")
    parser.add_argument("kernel", metavar="KERNEL.elf")
    parser.add_argument("inputs", nargs="+", metavar="DUMP or FILE@ADDRESS")
    args = parser.parse_args()
    try:
        kernel = Elf(args.kernel)
        notes = b""
        if len(args.inputs) == 1 and "@" not in args.inputs[0]:
            pieces, notes = from_dump(Elf(args.inputs[0]))
        else:
            pieces = [read_piece(text) for text in args.inputs]
        write(args.out, kernel, pieces, notes)
    except (Unusable, OSError, ValueError) as error:
        sys.exit(f"core.py: {error}")


if __name__ == "__main__":
    main()
