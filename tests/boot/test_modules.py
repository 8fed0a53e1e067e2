# SPDX-License-Identifier: MIT
"""Modules that are no good guests. None may hurt more than itself."""
import os
import random

from harness.machine import TOP, Boot

FOLDER = os.path.join(TOP, "build", "test", "modules")
BAD = r'^run: outcome=bad-config reason="'
FAULT = r'^run: outcome=guest-fault reason="'

# lidt of a table without entries, int3: no handler, no double fault's either.
TRIPLE_FAULT = bytes.fromhex("0f011e067c" "cc" "000000000000")


def blob(name, data=b"", size=None):
    """A module file; with `size` the rest is a hole."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as file:
        file.write(data)
        if size:
            file.truncate(size)
    return path


def noise(seed, size):
    return random.Random(seed).randbytes(size)


TESTS = [
    Boot("module/empty", modules=[blob("empty")], expect=(BAD,), status=2),
    Boot("module/empty initrd",
         modules=[os.path.join(TOP, "build", "guest", "test_multiboot2.bin"), blob("none")],
         expect=(r"loader: warning: vm0: module 2 is empty",), status=(0, 1)),
    Boot("module/command line too long", modules=[blob("wordy") + "=" + "word " * 500],
         expect=(BAD + r"module 1: its command line has 24\d\d characters, there is room for 2047: "
                 "shorten it",), status=2),
    Boot("module/too many", modules=[blob(f"one{i}", b"x") for i in range(18)],
         expect=(BAD + r"18 modules were given, there is room for 16: leave out some",), status=2),
    Boot("module/triple fault at once", modules=[blob("triple", TRIPLE_FAULT)],
         expect=(r"triple fault", FAULT), status=1),
    Boot("module/larger than the machine", mem=64, status=2,
         modules=[blob("large", size=96 << 20)]),
    Boot("module/1 GiB", mem=2048, status=2, long=True, timeout=900,
         modules=[blob("huge", size=1 << 30)], expect=(BAD,)),
    Boot("module/loaded over the end", options="load=0xfffff000",
         modules=[blob("page", bytes(8192))], expect=(BAD,), status=2),
] + [
    # What noise does is not known, but it ends with the guest, not with us.
    Boot(f"module/noise {seed}", modules=[blob(f"noise{seed}", noise(seed, 4096))],
         timeout=15, status=(0, 1, 124), reject=("outcome=panic",),
         expect=("boot: Trivet",))
    for seed in range(4)
]
