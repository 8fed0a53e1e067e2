# SPDX-License-Identifier: MIT
"""The initramfs: busybox, /init, /keys and the kernel modules in loading order.

Knows the cpio "newc" format and where a module names what it needs. The archive
is not compressed: GRUB spends 11 instructions on a byte, unpacking more.
"""

import lzma
import pathlib
import re

from guests import newc

MODULES = ["kvm_intel", "ata_piix", "sr_mod", "isofs"]

# Cut off: checking the signatures takes Linux many seconds in Bochs.
SIGNATURE_MAGIC = b"~Module signature appended~\n"


def _module_bytes(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    if data.endswith(SIGNATURE_MAGIC):
        length = int.from_bytes(data[-len(SIGNATURE_MAGIC) - 4:][:4], "big")
        data = data[:-len(SIGNATURE_MAGIC) - 12 - length]
    return data


def modules_in_order(tree, wanted=MODULES):
    """[(name, bytes)] of WANTED and all they depend on, needed ones first."""
    files = {}
    for path in tree.rglob("*.ko*"):
        files[path.name.split(".ko")[0].replace("-", "_")] = path
    builtin = set()
    for path in tree.rglob("modules.builtin"):
        for line in path.read_text().splitlines():
            builtin.add(pathlib.Path(line).stem.replace("-", "_"))

    ordered = {}

    def visit(name):
        if name in ordered or name in builtin:
            return
        if name not in files:
            raise LookupError(f"kernel module {name} is missing in {tree}")
        data = _module_bytes(files[name])
        depends = re.search(rb"\0depends=([^\0]*)\0", data)
        for other in depends[1].decode().split(",") if depends else []:
            if other:
                visit(other.replace("-", "_"))
        ordered[name] = data

    for name in wanted:
        visit(name)
    return list(ordered.items())


def build(busybox, scripts, modules):
    """The archive: BUSYBOX is bytes, SCRIPTS too, by name, MODULES as above."""
    parts = [newc.entry(folder, newc.S_DIRECTORY) for folder in ("bin", "dev", "modules")]
    parts.append(newc.entry("dev/console", newc.S_DEVICE, device=(5, 1)))
    parts.append(newc.entry("bin/busybox", newc.S_FILE | 0o111, busybox))
    for name, data in scripts.items():
        parts.append(newc.entry(name, newc.S_FILE | 0o111, data))
    for number, (name, data) in enumerate(modules):
        parts.append(newc.entry(f"modules/{number:02}-{name}.ko", newc.S_FILE, data))
    return b"".join(parts) + newc.end()
