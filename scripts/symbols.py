#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the table of function names that a panic's backtrace uses.

usage: symbols.py NM KERNEL OUT.S            the table, as assembly
       symbols.py --check NM KERNEL OUT.S    fail unless KERNEL still has that table

The image is linked twice: without the table, then with the table made from
the first link. The table comes after the code, so that no function moves;
--check on the second link proves it. Format: struct symbol_table in
kernel/symbols.h.
"""

import subprocess
import sys

TEXT_START = "image_text_start"
TEXT_END = "image_text_end"
SIZE_MAX = 24 * 1024


def read_symbols(nm, kernel):
    """All symbols of the image as (address, type, name), by address."""
    out = subprocess.run([nm, "-n", kernel], check=True, capture_output=True, text=True).stdout
    symbols = []
    for line in out.splitlines():
        words = line.split()
        if len(words) == 3:
            symbols.append((int(words[0], 16), words[1], words[2]))
    return symbols


def functions(symbols):
    """The bounds of the code and its functions: one name an address, in order."""
    bounds = {name: address for address, _, name in symbols if name in (TEXT_START, TEXT_END)}
    if len(bounds) != 2:
        sys.exit(f"symbols.py: the image has no {TEXT_START} or no {TEXT_END}")
    start, end = bounds[TEXT_START], bounds[TEXT_END]
    names = {}
    for address, kind, name in symbols:
        if kind not in "tTwW" or not start <= address < end or name in bounds:
            continue
        # What the compiler adds (.isra.0, .part.0, .cold) tells a reader nothing.
        name = name.split(".")[0]
        # A global name says more than a local one at the same place.
        if name and (address not in names or kind == "T"):
            names[address] = name
    return start, end, sorted(names.items())


def make_table(nm, kernel):
    """The table as assembly text."""
    start, end, table = functions(read_symbols(nm, kernel))
    if not table:
        sys.exit(f"symbols.py: {kernel} has no functions")
    size = 12 + 4 * (len(table) + 1) + sum(len(name) + 1 for _, name in table)
    if size > SIZE_MAX:
        sys.exit(f"symbols.py: the table needs {size} bytes, more than {SIZE_MAX}")
    lines = [
        "/* Made by scripts/symbols.py from the first link. */",
        '\t.section .symbols, "a", @progbits',
        "\t.balign 8",
        f"\t.quad {start:#x}",
        f"\t.long {len(table)}",
    ]
    lines += [f"\t.long {address - start:#x}" for address, _ in table]
    lines += [f"\t.long {end - start:#x}"]
    lines += [f'\t.asciz "{name}"' for _, name in table]
    lines += ['\t.section .note.GNU-stack, "", @progbits']
    return "\n".join(lines) + "\n"


def main():
    """Do what the command line says."""
    args = sys.argv[1:]
    check = args[:1] == ["--check"]
    if check:
        args = args[1:]
    if len(args) != 3:
        sys.exit(__doc__)
    nm, kernel, out = args
    table = make_table(nm, kernel)
    if not check:
        with open(out, "w", encoding="ascii") as file:
            file.write(table)
        return
    with open(out, encoding="ascii") as file:
        if file.read() != table:
            sys.exit(f"symbols.py: the second link moved functions: {kernel} does not match {out}")


if __name__ == "__main__":
    main()
