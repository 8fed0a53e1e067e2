# SPDX-License-Identifier: MIT
"""The CD that Bochs boots: GRUB, Linux, QEMU with its libraries, our ISO.

QEMU stays on the CD and out of the initramfs because Linux then reads only the
pages of its 50 MB that are used. Knows GRUB, ldd and which ROMs QEMU asks for.
"""

import pathlib
import re
import shutil
import subprocess

GRUB = "/usr/lib/grub/i386-pc"
GRUB_MODULES = "iso9660 linux serial normal configfile terminal part_msdos"
ROM_FOLDERS = ["/usr/share/seabios", "/usr/share/qemu", "/usr/lib/ipxe/qemu"]
ROMS = ["bios-256k.bin", "vgabios-stdvga.bin", "kvmvapic.bin"]

GRUB_CONFIG = """\
serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
menuentry nested {{
	linux /boot/vmlinuz {options}
	initrd /boot/initramfs
}}
"""


def _copy_qemu(qemu, folder, more_roms):
    libraries = folder / "lib"
    libraries.mkdir(parents=True)
    shutil.copy(qemu, folder / "qemu-system-x86_64")
    listing = subprocess.run(["ldd", qemu], text=True, capture_output=True,
                             check=True).stdout
    for path in re.findall(r"(/\S+) \(0x", listing):
        if "/ld-linux" in path:
            shutil.copy(path, folder / "ld.so")
        else:
            shutil.copy(path, libraries)
    roms = folder / "rom"
    roms.mkdir()
    for name in ROMS:
        for place in ROM_FOLDERS:
            if (pathlib.Path(place) / name).exists():
                shutil.copy(pathlib.Path(place) / name, roms)
                break
        else:
            raise LookupError(f"{name}: not found; install seabios")
    for path in more_roms:
        if not pathlib.Path(path).exists():
            raise LookupError(f"{path}: not found; install ovmf")
        shutil.copy(path, roms)


def build(output, vmlinuz, initramfs, qemu, more_roms, iso, options):
    """Write the CD to OUTPUT; OPTIONS is Linux's command line."""
    folder = output.with_suffix(".tree")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "boot/grub").mkdir(parents=True)
    (folder / "boot/grub/grub.cfg").write_text(
        GRUB_CONFIG.format(options=options))
    shutil.copy(vmlinuz, folder / "boot/vmlinuz")
    (folder / "boot/initramfs").write_bytes(initramfs)
    shutil.copy(iso, folder / "trivet.iso")
    _copy_qemu(qemu, folder / "qemu", more_roms)
    subprocess.run(
        ["grub-mkrescue", "-d", GRUB, "--fonts=", "--locales=", "--themes=",
         f"--install-modules={GRUB_MODULES}", "-o", output, folder],
        check=True, capture_output=True)
    shutil.rmtree(folder)
