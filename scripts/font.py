#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the framebuffer's font from a console font of the system.

usage: font.py [-o OUT.c] [FONT.psf[.gz]]

Writes C: glyphs for ASCII 20H to 7EH and one for all else, see kernel/font.h.
Without FONT takes the first of those that distributions have. Also a module:
tests/boot/screenshot.py reads the screen with the same glyphs.
"""
import gzip
import os
import struct
import sys

WIDTH, HEIGHT = 8, 16
FIRST, LAST = 0x20, 0x7e
UNKNOWN = 0x7f

CANDIDATES = (
    "/usr/share/consolefonts/Lat15-Terminus16.psf.gz",
    "/usr/share/consolefonts/Lat15-Fixed16.psf.gz",
    "/usr/share/kbd/consolefonts/eurlatgr.psfu.gz",
    "/usr/share/kbd/consolefonts/default8x16.psfu.gz",
    "/usr/lib/kbd/consolefonts/eurlatgr.psfu.gz",
    "/usr/lib/kbd/consolefonts/default8x16.psfu.gz",
)
MISSING = ("font.py: no console font found; install the package "
           "console-setup-linux (Debian, Ubuntu) or kbd (Fedora, Arch)")


class FontError(Exception):
    """A font that cannot be used; its text says which and why."""


def find():
    """The font of this computer."""
    for path in CANDIDATES:
        if os.path.exists(path):
            return path
    raise FontError(MISSING)


def load(path=None):
    """{code: 16 bytes} for FIRST..LAST and UNKNOWN."""
    path = path or find()
    try:
        with open(path, "rb") as file:
            data = file.read()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        glyphs, numbers = parse(data)
    except (OSError, EOFError, struct.error) as error:
        raise FontError(f"font.py: {path}: {error}") from error
    except FontError as error:
        raise FontError(f"font.py: {path}: {error}") from None
    font = {}
    for code in range(FIRST, LAST + 1):
        number = numbers.get(code, code) if numbers else code
        if number >= len(glyphs) or (numbers and code not in numbers):
            raise FontError(f"font.py: {path}: has no glyph for {chr(code)!r}")
        font[code] = glyphs[number]
    font[UNKNOWN] = frame()
    return font


def frame():
    """The sign for characters we have no glyph for: an empty box."""
    rows = [0] * HEIGHT
    rows[3] = rows[12] = 0x7e
    rows[4:12] = [0x42] * 8
    return bytes(rows)


def parse(data):
    """Glyphs in the font's order, and {code: glyph number} or None."""
    if data[:2] == b"\x36\x04":
        mode, height = data[2], data[3]
        count, offset, width, size = 512 if mode & 1 else 256, 4, 8, height
        table = read_table1 if mode & 6 else None
    elif data[:4] == b"\x72\xb5\x4a\x86":
        offset, flags, count, size, height, width = struct.unpack(
            "<6I", data[8:32])
        table = read_table2 if flags & 1 else None
    else:
        raise FontError("neither PSF1 nor PSF2")
    if (width, height) != (WIDTH, HEIGHT) or size != HEIGHT:
        raise FontError(f"{width}x{height} pixels, not {WIDTH}x{HEIGHT}")
    end = offset + count * size
    if len(data) < end:
        raise FontError("shorter than its header says")
    glyphs = [data[at:at + size] for at in range(offset, end, size)]
    return glyphs, table(data[end:]) if table else None


def read_table1(data):
    """PSF1: 16-bit codes; FFFFH ends a glyph, FFFEH starts sequences."""
    numbers, glyph, single = {}, 0, True
    for (code,) in struct.iter_unpack("<H", data[:len(data) & ~1]):
        if code == 0xffff:
            glyph, single = glyph + 1, True
        elif code == 0xfffe:
            single = False
        elif single:
            numbers.setdefault(code, glyph)
    return numbers


def read_table2(data):
    """PSF2: the same in UTF-8, with FFH and FEH."""
    numbers = {}
    for glyph, entry in enumerate(data.split(b"\xff")):
        for char in entry.split(b"\xfe")[0].decode("utf-8", "replace"):
            numbers.setdefault(ord(char), glyph)
    return numbers


def source(font, path):
    """The C file."""
    lines = [f"/* Made by scripts/font.py from {os.path.basename(path)}. */",
             '#include "kernel/font.h"', "",
             "const u8 font_glyphs[FONT_GLYPHS][FONT_HEIGHT] = {"]
    for code in sorted(font):
        rows = ", ".join(f"0x{row:02x}" for row in font[code])
        lines.append(f"\t[0x{code:02x} - FONT_FIRST] = {{ {rows} }},")
    return "\n".join(lines + ["};", ""])


def main(words):
    out = None
    if words[:1] == ["-o"] and len(words) > 1:
        out, words = words[1], words[2:]
    if len(words) > 1 or (words and words[0].startswith("-")):
        sys.exit(__doc__)
    try:
        path = words[0] if words else find()
        text = source(load(path), path)
    except FontError as error:
        sys.exit(str(error))
    if out:
        with open(out, "w", encoding="ascii") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
