# SPDX-License-Identifier: MIT
"""A hard disk's image with one FAT partition that SYSLINUX boots from."""
import glob
import os
import struct
import subprocess

SECTOR = 512
FIRST = 2048  # sector of the partition
HEADS, TRACK = 16, 63
FAT16_LBA = 0x0e
# Debian's, Fedora's and Arch's places.
FOLDERS = ("/usr/lib/syslinux/modules/bios", "/usr/lib/syslinux/mbr", "/usr/share/syslinux",
           "/usr/lib/syslinux/bios")
TOOLS = dict(os.environ, MTOOLS_SKIP_CHECK="1", PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")


def syslinux_file(name):
    """One of SYSLINUX's own."""
    for folder in FOLDERS:
        for path in glob.glob(os.path.join(folder, name)):
            return path
    raise FileNotFoundError(f"no {name} of SYSLINUX's")


def tool(*words):
    subprocess.run(words, check=True, env=TOOLS, stdin=subprocess.DEVNULL)


def syslinux_disk(path, mib, config, files):
    """`files`: paths by the names that they have on the disk."""
    sectors = mib * 2048 - FIRST
    with open(syslinux_file("mbr.bin"), "rb") as file:
        code = file.read()[:440]
    beyond = b"\xfe\xff\xff"  # cylinders, heads and sectors cannot tell it
    entry = struct.pack("<B3sB3sII", 0x80, beyond, FAT16_LBA, beyond, FIRST, sectors)
    with open(path, "wb") as disk:
        disk.write(code.ljust(446, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa")
        disk.truncate(mib << 20)
    partition = f"{path}@@{FIRST * SECTOR}"
    tool("mformat", "-i", partition, "-T", str(sectors), "-h", str(HEADS), "-s", str(TRACK),
         "-H", str(FIRST), "::")
    text = path + ".cfg"
    with open(text, "w", encoding="ascii") as file:
        file.write(config)
    for name, source in {"syslinux.cfg": text, **files}.items():
        tool("mcopy", "-i", partition, source, "::" + name)
    tool("syslinux", "--install", "--offset", str(FIRST * SECTOR), path)
