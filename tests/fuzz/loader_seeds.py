#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write one small, correct file of each format, for tests/fuzz/fuzz_loader.c.

usage: loader_seeds.py FOLDER
"""
import pathlib
import struct
import sys

KNOBS = b"\x05\x03"  # 6 MiB, with an APIC, one more module


def bzimage():
    image = bytearray(0xa00 + 0x1000)
    header = struct.pack("<BHIHHHHHIHIHHBBHIIIIHBBIIIBBHIIQIIQQIII",
                         4, 0, 0x100, 0, 0, 0, 0xaa55, 0x6aeb, 0x53726448, 0x20f, 0, 0, 0x300,
                         0, 1, 0, 0x100000, 0, 0, 0, 0, 0, 0, 0, 0x7fffffff, 0x200000,
                         1, 21, 1, 2047, 0, 0, 0, 0, 0, 0x200000, 0x100000, 0, 0)
    image[0x1f1:0x1f1 + len(header)] = header
    return bytes(image)


def elf64(note):
    ident = b"\x7fELF\2\1\1".ljust(16, b"\0")
    header = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x200100, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x200000, 0x200000, 0x200, 0x2000, 4096)
    segments += struct.pack("<IIQQQQQQ", 4, 4, 176, 0, 0, len(note), 0, 4)
    return (ident + header + segments + note).ljust(0x200, b"\x90")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    note = struct.pack("<III4sQ", 4, 8, 18, b"Xen", 0x200100)
    multiboot1 = struct.pack("<III", 0x1badb002, 3, 0)
    flat = struct.pack("<IIIIIIII", 0x1badb002, 0x10003, 0, 0x100000, 0x100000, 0, 0x104000, 0x100020)
    tags = struct.pack("<HHIIIIIHHI", 10, 0, 24, 0x100000, 0xffffffff, 4096, 2, 0, 0, 8)
    multiboot2 = struct.pack("<IIII", 0xe85250d6, 0, 16 + len(tags), 0) + tags
    address = struct.pack("<HHIIIIIHHIIxxxxHHI", 2, 0, 24, 0x100000, 0x100000, 0, 0,
                          3, 0, 12, 0x100040, 0, 0, 8)
    flat2 = struct.pack("<IIII", 0xe85250d6, 0, 16 + len(address), 0) + address
    for name, data in {"linux": bzimage(), "pvh": elf64(note), "multiboot1": elf64(multiboot1),
                       "flat": flat.ljust(256, b"\x90"), "multiboot2": elf64(multiboot2),
                       "flat2": flat2.ljust(256, b"\x90"),
                       "disk": bytes(510) + b"\x55\xaa" + bytes(512)}.items():
        (folder / name).write_bytes(KNOBS + data)


if __name__ == "__main__":
    main()
