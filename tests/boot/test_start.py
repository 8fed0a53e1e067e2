# SPDX-License-Identifier: MIT
"""Ways to start: media, firmware, memory, consoles, options."""
import os

from bench.qemu import FIRMWARE
from harness.machine import Boot

GREETING = r"boot: Trivet \d"
GOODBYE = r"^guest: goodbye"
CLEAN = r'^run: outcome=clean reason="'
REFUSED = r'^run: outcome=refused reason="'
BAD = r'^run: outcome=bad-config reason="'
RUN = (GREETING, GOODBYE, CLEAN)
NO_VMX = (GREETING, r"missing: VMX ", REFUSED)
LOG_LINE = r"^\[ *\d+\.\d+\]"


def refused(name, **how):
    """QEMU without KVM: all the way to C, and a polite no."""
    how.setdefault("runner", "qemu-tcg")
    return Boot(f"start/{name}", expect=NO_VMX, status=4, **how)


def bad_options(name, options, *expect):
    return Boot(f"options/{name}", options=options, expect=(*expect, BAD),
                reject=(GOODBYE,), status=2)


TESTS = [
    Boot("start/bochs cd", expect=RUN),
    Boot("start/bochs disk", expect=RUN, extra=("--media", "disk")),
    Boot("start/2 CPUs", cpus=2, expect=("online=2 found=2", *RUN[1:])),
    Boot("start/4 CPUs", cpus=4, expect=("online=4 found=4", *RUN[1:])),
    Boot("start/64 MiB", mem=64, expect=RUN),
    Boot("start/2 GiB", mem=2048, expect=RUN),
    # Nothing to read: the status alone tells.
    Boot("start/no serial port", extra=("--no-serial",)),
    Boot("start/lenient MSRs", expect=RUN, extra=("--bad-msrs", "1")),
    Boot("start/other clock", expect=RUN, extra=("--ips", "4000000")),

    refused("qemu cd"),
    refused("qemu disk", extra=("--media", "disk")),
    refused("qemu usb", extra=("--media", "usb")),
    refused("qemu old machine", extra=("--machine", "pc")),
    refused("qemu 2 CPUs", cpus=2),
    # The framebuffer is the firmware's, in the mode that is drawn fast.
    Boot("start/uefi cd", runner="uefi", status=4,
         expect=(GREETING, r"console: fb .* bpp=32 ", *NO_VMX[1:])),
    refused("qemu with other firmware",
            extra=("--bios", next(filter(os.path.exists, FIRMWARE), FIRMWARE[0]))),
    refused("uefi usb", runner="uefi", extra=("--media", "usb")),
    Boot("start/qemu no serial port", runner="qemu-tcg", status=4,
         extra=("--no-serial",)),

    Boot("options/help", options="help", status=0, reject=(GOODBYE,),
         expect=(r"^ *help", r"^ *log=", r"^ *onexit=", r"^ *mem=", CLEAN)),
    Boot("options/log=quiet", options="log=quiet", reject=(LOG_LINE,),
         expect=(GOODBYE, CLEAN)),
    Boot("options/log=debug", options="log=debug", expect=RUN),
    Boot("options/com2 at half speed", options="serial=0x2f8 baud=57600",
         extra=("--com2-log", "build/test/boot/com2"), reject=(GOODBYE,)),
    bad_options("unknown", "frobnicate=1", "frobnicate"),
    bad_options("no value", "baud=", "baud"),
    bad_options("not a number", "baud=fast", "baud", "fast"),
    bad_options("not a choice", "log=loud", "log", "loud"),
    bad_options("too large", "mem=99999999999999999999G", "mem"),
    Boot("options/recorder and guest do not fit together", mem=64, status=2,
         options="mem=59M recorder=65536",
         expect=(BAD + r"mem=60416K leaves \d+K, too little for the rest: give less, or a "
                 r"smaller recorder=",)),
    Boot("options/longer than there is room", options="mem=64M " * 300, status=2,
         expect=(BAD + r"Trivet's command line has 2\d{3} characters, there is room for 2047: "
                 "shorten it",)),
    bad_options("all of them told", "one=1 log=loud two", "one", "loud", "two"),
]
