# SPDX-License-Identifier: MIT
"""Guest addresses to names: from the symbol table of an ELF file (32 or 64
bits, little-endian), or a System.map."""
import bisect
import os
import re
import struct

from .source import Trouble

FAR = 1 << 16  # a symbol without a size reaches no farther than that
MAP_LINE = re.compile(r"([0-9a-fA-F]{4,16}) ([a-zA-Z?]) (\S+)")
# Of the ELF format: section types, symbol types, flags.
SYMTAB, DYNSYM = 2, 11
NOTYPE, FUNC, GNU_IFUNC = 0, 2, 10
EXECUTABLE = 4


class Symbols:
    """add() files; then name() addresses."""

    def __init__(self):
        self.table = {}   # address -> (size, name, rank)
        self.starts = None

    def add(self, path):
        """FILE or FILE@OFFSET: what is added to each of its addresses."""
        offset = 0
        if not os.path.exists(path) and "@" in path:
            path, _, text = path.rpartition("@")
            try:
                offset = int(text, 0)
            except ValueError:
                raise Trouble(f"{path}@{text}: the offset is no number") \
                    from None
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise Trouble(f"{path}: {error.strerror}") from error
        try:
            found = list(elf(data) if data[:4] == b"\x7fELF"
                         else system_map(data))
        except (struct.error, ValueError, IndexError) as error:
            raise Trouble(f"{path}: damaged ELF file: {error}") from error
        if not found:
            raise Trouble(f"{path}: no symbols in it: give an ELF file that "
                          "is not stripped, or a System.map")
        for address, size, name, rank in found:
            self.put((address + offset) & (1 << 64) - 1, size, name, rank)
        self.starts = None

    def put(self, address, size, name, rank):
        """Of several names of one place: the better kind, then one with a
        size, then the shorter."""
        old = self.table.get(address)
        if not old or ((rank, size > 0, -len(name), name)
                       > (old[2], old[0] > 0, -len(old[1]), old[1])):
            self.table[address] = size, name, rank

    def find(self, address):
        """(name, offset), or None."""
        if self.starts is None:
            self.starts = sorted(self.table)
        at = bisect.bisect_right(self.starts, address) - 1
        if at < 0:
            return None
        start = self.starts[at]
        size, name, _ = self.table[start]
        if address - start >= (size or FAR):
            return None
        return name, address - start

    def function(self, address):
        """A function's name, or the address."""
        found = self.find(address)
        return found[0] if found else f"{address:#x}"

    def name(self, address):
        """"name+0x12", or "" if there is none."""
        found = self.find(address)
        if not found:
            return ""
        return f"{found[0]}+{found[1]:#x}" if found[1] else found[0]


def system_map(data):
    """(address, size, name, rank) of its code."""
    for line in data.decode("utf-8", "replace").splitlines():
        match = MAP_LINE.fullmatch(line.strip())
        if match and match[2] in "tTwW":
            yield (int(match[1], 16), 0, match[3],
                   2 if match[2] in "TW" else 1)


def elf(data):
    """(address, size, name, rank) of its code."""
    if len(data) < 20 or data[4] not in (1, 2) or data[5] != 1:
        raise ValueError("neither 32 nor 64 bits, or not little-endian")
    wide = data[4] == 2
    if wide:
        start, = struct.unpack_from("<Q", data, 0x28)
        size, count = struct.unpack_from("<HH", data, 0x3a)
        form = struct.Struct("<IIQQQQIIQQ")
    else:
        start, = struct.unpack_from("<I", data, 0x20)
        size, count = struct.unpack_from("<HH", data, 0x2e)
        form = struct.Struct("<IIIIIIIIII")
    sections = [form.unpack_from(data, start + i * size) for i in range(count)]
    for kind in (SYMTAB, DYNSYM):
        found = [one for table in sections if table[1] == kind
                 for one in table_symbols(data, table, sections, wide)]
        if found:
            return found
    return []


def table_symbols(data, table, sections, wide):
    """The code's names in one symbol table."""
    _, _, _, _, start, size, link, _, _, _ = table
    _, _, _, _, names, names_size, _, _, _, _ = sections[link]
    text = data[names:names + names_size]
    form = struct.Struct("<IBBHQQ" if wide else "<IIIBBH")
    if start + size > len(data):
        raise ValueError("the symbol table is beyond its end")
    for words in form.iter_unpack(data[start:start + size // form.size
                                       * form.size]):
        if wide:
            name, info, _, section, value, length = words
        else:
            name, value, length, info, _, section = words
        kind, bind = info & 15, info >> 4
        if kind not in (NOTYPE, FUNC, GNU_IFUNC) or not name:
            continue
        if not 0 < section < len(sections) \
                or not sections[section][2] & EXECUTABLE:
            continue
        name = text[name:text.index(b"\0", name)].decode("utf-8", "replace")
        rank = (2 if kind != NOTYPE else 0) + (1 if bind else 0)
        yield value, length, name, rank
