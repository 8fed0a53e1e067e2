# SPDX-License-Identifier: MIT
"""The image that users get unpacks itself; the other tests boot the one with symbols."""
import os

from harness.machine import FOLDER, TOP, Boot

PACKED = os.path.join(TOP, "build", "trivet")
GREETING = r"boot: Trivet \d"
RUN = (GREETING, r"^guest: goodbye", r"^run: outcome=clean")
NO_VMX = (GREETING, r"missing: VMX ", r"^run: outcome=refused")


class Damaged(Boot):
    """One bit of the block is wrong."""

    def __init__(self, name, **how):
        super().__init__(name, kernel=os.path.join(FOLDER, name.replace("/", "-")),
                         status=4, reject=(GREETING,),
                         expect=(r"^trivet: the image is damaged",
                                 r'^run: outcome=refused reason="the image is damaged"'), **how)

    def run(self):
        os.makedirs(FOLDER, exist_ok=True)
        with open(PACKED, "rb") as file:
            image = bytearray(file.read())
        image[len(image) // 2] ^= 1
        with open(self.kernel, "wb") as file:
            file.write(image)
        return super().run()


TESTS = [
    Boot("packed/bochs", kernel=PACKED, expect=RUN),
    Boot("packed/4 CPUs", kernel=PACKED, cpus=4, expect=("online=4 found=4", *RUN[1:])),
    Boot("packed/64 MiB", kernel=PACKED, mem=64, expect=RUN),
    Boot("packed/qemu", kernel=PACKED, runner="qemu-tcg", expect=NO_VMX, status=4),
    Boot("packed/uefi", kernel=PACKED, runner="uefi", expect=NO_VMX, status=4),
    Damaged("packed/damaged", runner="qemu-tcg"),
]
