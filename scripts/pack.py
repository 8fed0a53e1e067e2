#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pack the linked image: the 32-bit start stays plain, the kernel becomes one
LZ4 block that the start unpacks (boot/unpack.c).

usage: pack.py IN.elf OUT

Segments stay where they are, for the loader to reserve them, but the kernel's
have no bytes in the file. One more segment, behind the image, holds the block;
struct boot_packed, which lies just before the entry point, tells of it.
"""
import struct
import subprocess
import sys

KERNEL_BASE = 0xFFFFFFFF80000000  # as boot/trivet.lds
PAGE = 4096
WORD = 8

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")  # Elf64_Ehdr
PHDR = struct.Struct("<IIQQQQQQ")  # Elf64_Phdr
PT_LOAD, PF_R = 1, 4

PACKED = struct.Struct("<5Q")  # struct boot_packed
FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3

FRAME_START = bytes.fromhex("04224d1860")  # magic; version 1, no sizes, no checksums
FRAME_HEADER = 7  # these, the largest size of a block, a checksum of the header
FRAME_END = bytes(4)


class Segment:
    """A PT_LOAD: where its bytes go and what they are."""

    def __init__(self, flags, virt, phys, memsz, data):
        self.flags, self.virt, self.phys, self.memsz, self.data = flags, virt, phys, memsz, data

    def header(self, offset):
        return PHDR.pack(PT_LOAD, self.flags, offset, self.virt, self.phys, len(self.data),
                         self.memsz, 1)


def align(number, to):
    return -(-number // to) * to


def read_segments(image):
    """(entry point, segments in order)"""
    _, _, _, _, entry, phoff, _, _, _, _, count, _, _, _ = EHDR.unpack_from(image)
    segments = []
    for i in range(count):
        kind, flags, offset, virt, phys, filesz, memsz, _ = \
            PHDR.unpack_from(image, phoff + i * PHDR.size)
        if kind != PT_LOAD:
            sys.exit(f"pack.py: program header {i} has type {kind:#x}, not PT_LOAD")
        segments.append(Segment(flags, virt, phys, memsz, image[offset:offset + filesz]))
    return entry, segments


def join(segments):
    """Their bytes as they lie in memory, up to a whole word."""
    start = segments[0].phys
    data = b""
    for segment in segments:
        data = data.ljust(segment.phys - start, b"\0") + segment.data
    return data.ljust(align(len(data), WORD), b"\0")


def compress(data):
    """The one block in the frame that lz4 makes."""
    frame = subprocess.run(["lz4", "-q", "-12", "-B7", "--no-frame-crc"], input=data, check=True,
                           stdout=subprocess.PIPE).stdout
    size, = struct.unpack_from("<I", frame, FRAME_HEADER)
    block = frame[FRAME_HEADER + 4:-len(FRAME_END)]
    if not frame.startswith(FRAME_START) or not frame.endswith(FRAME_END) or size != len(block):
        sys.exit("pack.py: lz4 made something else than one compressed block")
    return block


def checksum(data):
    value = FNV_START
    for word, in struct.iter_unpack("<Q", data):
        value = (value ^ word) * FNV_PRIME % 2**64
    return value


def pack(entry, segments):
    """The segments of the packed image."""
    boot = segments[0]
    kernel = [segment for segment in segments if segment.virt >= KERNEL_BASE]
    data = join(kernel)
    block = compress(data)
    end = align(kernel[-1].phys + kernel[-1].memsz, PAGE)

    at = entry - boot.virt - PACKED.size
    if any(boot.data[at:at + PACKED.size]):
        sys.exit("pack.py: there is no empty struct boot_packed before the entry point")
    packed = PACKED.pack(kernel[0].phys, len(data), end, len(block), checksum(data))
    boot.data = boot.data[:at] + packed + boot.data[at + PACKED.size:]
    for segment in kernel:
        segment.data = b""
    return segments + [Segment(PF_R, end, end, align(len(block), PAGE), block)]


def write_image(ident, entry, segments):
    """An ELF file without sections; the ELF header's first fields are `ident`'s."""
    headers, body = b"", b""
    start = EHDR.size + len(segments) * PHDR.size
    for segment in segments:
        body = body.ljust(align(len(body), WORD), b"\0")
        headers += segment.header(start + len(body))
        body += segment.data
    kind, machine, version = struct.unpack_from("<HHI", ident, 16)
    return EHDR.pack(ident[:16], kind, machine, version, entry, EHDR.size, 0, 0, EHDR.size,
                     PHDR.size, len(segments), 0, 0, 0) + headers + body


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        image = file.read()
    entry, segments = read_segments(image)
    packed = write_image(image[:EHDR.size], entry, pack(entry, segments))
    with open(sys.argv[2], "wb") as file:
        file.write(packed)


if __name__ == "__main__":
    main()
