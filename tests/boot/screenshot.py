#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot an ISO in QEMU without VMX and read its screen.

usage: screenshot.py ISO-or-KERNEL [--uefi|--bios] --expect REGEX...
                     [--options WORDS] [--no-serial] [--vga TYPE]
                     [--timeout S] [--keep FILE.ppm]

A kernel is put into an ISO first, with the options. Looks at the screen again and again until every REGEX is found in one of its
lines (status 0) or the time is over (status 1, with what was on the screen).
A graphics screen is read by comparing each cell with the font's glyphs,
pixel by pixel; VGA text by reading video memory. The machine has no
isa-debug-exit and stays as it is when it powers off: what a run says last can
be looked at.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "scripts"))
sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
import font
from bench import process, qemu
from bench.qmp import Qmp

MAX_COLUMNS, MAX_ROWS = 240, 75  # kernel/screen.h
TEXT_WIDTH, TEXT_HEIGHT, TEXT_ADDRESS = 80, 25, 0xb8000
TEXT_PICTURES = ((720, 400), (640, 400))
UNKNOWN, NO_GLYPH = "\N{WHITE SQUARE}", "\N{REPLACEMENT CHARACTER}"


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("image", metavar="ISO-or-KERNEL")
    add("--options", default="", metavar="WORDS", help="with a kernel only")
    firmware = parser.add_mutually_exclusive_group()
    firmware.add_argument("--uefi", action="store_true")
    firmware.add_argument("--bios", action="store_true", help="the default")
    add("--expect", action="append", nargs="+", required=True, metavar="REGEX")
    add("--no-serial", action="store_true", help="a machine without COM1")
    add("--vga", default="std", metavar="TYPE", help="as QEMU's -vga")
    add("--timeout", type=float, default=60, metavar="S")
    add("--keep", metavar="FILE.ppm", help="the last picture")
    args = parser.parse_args()
    args.expect = [re.compile(text) for texts in args.expect for text in texts]
    return args


def make_iso(args, folder):
    """The image itself, or an ISO made around it."""
    with open(args.image, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return args.image
    iso = os.path.join(folder, "screen.iso")
    words = [os.path.join(TOP, "scripts", "image"), "-o", iso, "--options",
             args.options, args.image]
    if not args.uefi:
        words.append("--bios-only")
    subprocess.run(words, check=True)
    return iso


def command(args, iso, socket, serial):
    words = [
        "qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot",
        "-no-shutdown", "-machine", "q35", "-accel", "tcg", "-cpu", "max",
        "-m", "256", "-vga", args.vga, "-cdrom", iso,
        "-qmp", f"unix:{socket},server=on,wait=off",
    ]
    if not args.no_serial:
        words += ["-serial", f"file:{serial}"]
    if args.uefi:
        words += ["-bios", next(filter(os.path.exists, qemu.FIRMWARE))]
    return words


def read_ppm(path):
    """Width, height and the red byte of each pixel: our text is gray."""
    with open(path, "rb") as file:
        data = file.read()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not header:
        raise ValueError(f"{path}: not a picture")
    width, height = int(header.group(1)), int(header.group(2))
    pixels = data[header.end():]
    if len(pixels) != 3 * width * height:
        raise ValueError(f"{path}: cut short")
    return width, height, pixels[0::3]


def read_graphics(width, height, pixels, glyphs):
    """The lines of text in a picture."""
    scale = 1
    while (width // (font.WIDTH * scale) > MAX_COLUMNS
           or height // (font.HEIGHT * scale) > MAX_ROWS):
        scale += 1
    cell_width, cell_height = font.WIDTH * scale, font.HEIGHT * scale
    ink = bytes(bytearray([48]) + bytearray([49]) * 255)  # dark "0", else "1"
    bits = pixels.translate(ink)
    lines = []
    for top in range(0, height - cell_height + 1, cell_height):
        rows = [bits[at:at + width] for at in
                range(top * width, (top + cell_height) * width, width)]
        if any(row != rows[i - i % scale] for i, row in enumerate(rows)):
            rows = [b""] * cell_height  # no text is drawn like that
        line = ""
        for left in range(0, width - cell_width + 1, cell_width):
            cell = [row[left:left + cell_width] for row in rows[::scale]]
            line += glyphs.get(squeeze(cell, scale), NO_GLYPH)
        lines.append(line.rstrip())
    return lines


def squeeze(cell, scale):
    """The glyph's 16 bytes, or None when pixels of one dot differ."""
    glyph = bytearray()
    for row in cell:
        dots = row[::scale]
        if not dots or any(row[i::scale] != dots for i in range(scale)):
            return None
        glyph.append(int(dots, 2))
    return bytes(glyph)


def read_text(monitor):
    """The lines of VGA text in video memory."""
    size = TEXT_WIDTH * TEXT_HEIGHT
    answer = monitor.ask("human-monitor-command", **{
        "command-line": f"xp /{size}xh {TEXT_ADDRESS:#x}"})
    cells = [int(word, 16) & 0xff for line in answer.splitlines()
             for word in line.partition(":")[2].split()]
    text = "".join(chr(c) if 32 <= c < 127 else UNKNOWN for c in cells)
    return [text[at:at + TEXT_WIDTH].rstrip()
            for at in range(0, size, TEXT_WIDTH)]


def look(monitor, picture, glyphs):
    """What kind of screen it is, and its lines."""
    monitor.ask("screendump", filename=picture)
    width, height, pixels = read_ppm(picture)
    if (width, height) in TEXT_PICTURES:
        return "text", read_text(monitor)
    return (f"graphics {width}x{height}",
            read_graphics(width, height, pixels, glyphs))


def connect(socket, child):
    for _ in range(100):
        if child.poll() is not None:
            break
        try:
            return Qmp(socket, 20)
        except OSError:
            time.sleep(0.1)
    raise OSError("QEMU does not answer")


def watch(args, folder, child, monitor):
    """Until all is seen or the time is over: kind, lines, what is missing."""
    glyphs = {}
    for code, rows in sorted(font.load().items()):
        glyphs.setdefault(rows, UNKNOWN if code == font.UNKNOWN else chr(code))
    picture = args.keep or os.path.join(folder, "screen.ppm")
    end = time.monotonic() + args.timeout
    while True:
        over = time.monotonic() >= end or child.poll() is not None
        kind, lines = look(monitor, os.path.abspath(picture), glyphs)
        missing = [regex for regex in args.expect
                   if not any(map(regex.search, lines))]
        if over or not missing:
            return kind, lines, missing
        time.sleep(0.5)


def main():
    args = parse()
    with tempfile.TemporaryDirectory(prefix="trivet-screen.") as folder:
        socket, serial, output = (os.path.join(folder, name)
                                  for name in ("qmp", "serial", "output"))
        try:
            iso = make_iso(args, folder)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"screenshot: {error}")
        child = process.start(command(args, iso, socket, serial), output)
        try:
            kind, lines, missing = watch(args, folder, child,
                                         connect(socket, child))
        except (OSError, ValueError, font.FontError) as error:
            with open(output, encoding="utf-8", errors="replace") as file:
                sys.exit(f"screenshot: {error}\n{file.read()}".rstrip())
        finally:
            process.stop(child)
    if missing:
        print("\n".join(lines).rstrip())
        for regex in missing:
            print(f"screenshot: {kind}: not on the screen: {regex.pattern}")
        return 1
    print(f"screenshot: {kind}: {len(args.expect)} lines found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
