#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot our ISO under nested KVM: Bochs > Linux with kvm_intel > QEMU > Trivet > guest.

Status 0: the guest did what it should (subject.py), QEMU ended with the status
of a clean run, and KVM refused VM entries only where it should. 77: skipped,
with the reason. Anything else: failed, with the log's tail. Takes one to five
minutes on an idle core; all that it makes is below build/nested.
"""

import argparse
import fcntl
import pathlib
import re
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path += [str(ROOT / "scripts"), str(ROOT / "tests")]
# pylint: disable=wrong-import-position
import cdrom
import initramfs
from bochs import Bochs
from guests import debian
from subject import SUBJECTS

FOLDER = ROOT / "build/nested"
SKIPPED = 77
TOOLS = {"bochs-bin": "bochs", "qemu-system-x86_64": "qemu-system-x86",
         "grub-mkrescue": "grub-pc-bin grub-common xorriso mtools",
         "xorriso": "xorriso", "apt-get": "apt", "ldd": "libc-bin"}

# Each shortens the start, but for clearcpuid: Bochs gives the size of a compacted
# XSAVE area wrong, for which Linux would turn off XSAVE as a whole.
LINUX_OPTIONS = ("console=ttyS0,115200 quiet mitigations=off nokaslr "
                 "cryptomgr.notests clearcpuid=xsaves,xsavec")

def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--guest", choices=list(SUBJECTS), default="bundled",
                        help="what Trivet boots (%(default)s)")
    parser.add_argument("--kernel", default=ROOT / "build/trivet.elf",
                        help="image to put on the ISO (build/trivet.elf)")
    parser.add_argument("--iso", help="boot this ISO instead of making one")
    parser.add_argument("--dry-run", action="store_true",
                        help="make the CD, do not run it")
    parser.add_argument("--timeout", type=int, metavar="SECONDS",
                        help="of the whole run (depends on the guest)")
    parser.add_argument("--inner-timeout", type=int, metavar="SECONDS",
                        help="of QEMU, by the clock of the Linux in between; a "
                        "busy second of it takes about 50 (depends on the guest)")
    parser.add_argument("--model", default="corei7_skylake_x",
                        help="CPU model of Bochs (%(default)s)")
    parser.add_argument("--ips", type=int, default=20000000,
                        help="clock of that CPU (%(default)s)")
    parser.add_argument("--linux", default="", metavar="OPTIONS",
                        help="more options for the Linux in between")
    parser.add_argument("--qemu", default="", metavar="OPTIONS",
                        help="more options for QEMU")
    return parser.parse_args()


def make_iso(options, subject, folder, vmlinuz):
    """The ISO under test, as path."""
    if options.iso:
        return pathlib.Path(options.iso)
    if not pathlib.Path(options.kernel).exists():
        sys.exit(f"nested: {options.kernel} is missing; run make first")
    iso = folder / "trivet.iso"
    subject.make_iso(iso, options.kernel, ROOT, vmlinuz)
    return iso


def make_cd(options, subject, folder):
    """The CD for Bochs, as path."""
    for tool, package in TOOLS.items():
        if not shutil.which(tool):
            raise debian.Unavailable(f"{tool} is missing: apt-get install {package}")
    with open(FOLDER / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two may run at a time, one may download
        kernel = debian.real_name("linux-image-cloud-amd64",
                                  r"linux-image-\d.*-cloud-amd64")
        tree = debian.unpack(kernel, FOLDER)
        busybox, = debian.unpack("busybox-static", FOLDER).rglob("bin/busybox")
    vmlinuz, = tree.glob("boot/vmlinuz-*")
    init = (HERE / "init.sh").read_text()
    init = init.replace("@QEMU_OPTIONS@",
                        f"{subject.machine('/cd/trivet.iso')} {options.qemu}")
    init = init.replace("@SECONDS@", str(options.inner_timeout or subject.seconds))
    archive = initramfs.build(busybox.read_bytes(),
                              {"init": init.encode(), "keys": subject.keys(HERE)},
                              initramfs.modules_in_order(tree))
    cd = folder / "nested.iso"
    cdrom.build(cd, vmlinuz, archive, shutil.which("qemu-system-x86_64"),
                subject.roms, make_iso(options, subject, folder, vmlinuz),
                f"{LINUX_OPTIONS} {options.linux}")
    print(f"nested: {cd.relative_to(ROOT)}: {cd.stat().st_size >> 20} MB, "
          f"initramfs {len(archive) >> 20} MB, {kernel}")
    return cd


def run(options, subject, folder, cd):
    """Run it; the serial lines, the wall time, how it ended."""
    seen = []
    with Bochs(folder, cd, options.model, options.ips, 1024) as machine:
        for line in machine.lines(options.timeout or subject.timeout):
            seen.append(line)
            print(f"{machine.elapsed():6.1f} {line}", flush=True)
            if line == "nested: end":
                return seen, machine.elapsed(), ""
        seconds, last_words = machine.elapsed(), machine.last_words()
        seen += machine.stop().splitlines()
        return seen, seconds, last_words


def between(lines, first, last):
    """The lines after the one that begins with FIRST, before LAST's."""
    begins = [next((n for n, line in enumerate(lines) if line.startswith(words)), len(lines))
              for words in (first, last)]
    return lines[begins[0] + 1:begins[1]]


def verdict(seen, last_words, subject):
    """What is wrong with these serial lines, or None."""
    for line in seen:
        match = re.match(r"nested: qemu exit status (\d+)", line)
        if match:
            status = int(match[1])
            break
    else:
        return f"QEMU did not end; Bochs: {last_words}"
    if "nested: end" not in seen:
        return f"Linux' report is not complete; Bochs: {last_words}"
    refused = between(seen, "nested: refused VM entries:", "nested: kvm messages:")
    said = between(seen, "nested: qemu starts", "nested: qemu exit")
    return subject.problem(said, status, refused)


def main():
    options = arguments()
    # So that Bochs never outlives us: its "with" block must get to its end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    subject = SUBJECTS[options.guest]
    folder = FOLDER / f"run-{subject.name}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        cd = make_cd(options, subject, folder)
    except (debian.Unavailable, LookupError) as reason:
        print(f"nested: skipped: {reason}")
        return SKIPPED
    if options.dry_run:
        return 0
    seen, seconds, last_words = run(options, subject, folder, cd)
    problem = verdict(seen, last_words, subject)
    if problem:
        print(f"nested: FAILED after {seconds:.0f} s: {problem}; the log ends:")
        print("\n".join(seen[-40:]))
        return 1
    print(f"nested: passed in {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
