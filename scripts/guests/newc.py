# SPDX-License-Identifier: MIT
"""The cpio format "newc", which Linux unpacks as its initramfs. Written here,
because only so a device node needs no root."""

S_DIRECTORY, S_DEVICE, S_FILE, S_LINK = 0o040755, 0o020600, 0o100644, 0o120777


def entry(name, mode, data=b"", device=(0, 0)):
    """One member; a link's data is where it leads."""
    path = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + path
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def end():
    return entry("TRAILER!!!", 0)
