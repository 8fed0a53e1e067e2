# SPDX-License-Identifier: MIT
"""The fuzzing guests with other seeds; their own seed runs with all guests. A
guest may be ended by its random code, honestly or not; Trivet may not, and the
processor must accept every VM entry."""
import os

from harness.job import Result
from harness.machine import TOP, Boot

GUESTS = os.path.join(TOP, "build", "guest")
FOLDER = os.path.join(TOP, "build", "test", "fuzz")
MARK = b"FUZZSEED"
OURS = ("outcome=panic", "VM entry failed", "not handled")
SEEDS = range(1, 13)


class Fuzz(Boot):
    """A guest with another seed."""

    def __init__(self, guest, seed, **how):
        self.guest = os.path.join(GUESTS, f"test_fuzz_{guest}.bin")
        self.seed = seed
        self.blob = os.path.join(FOLDER, f"{guest}-{seed:x}")
        super().__init__(
            f"fuzz/{guest}, seed {seed:x}", long=True, modules=[self.blob], options="log=warn",
            reject=OURS, expect=(rf"fuzz: seed={seed:x} run=0",
                                 r"^run: outcome=(clean|guest-fault)"), **how)

    def run(self):
        try:
            with open(self.guest, "rb") as file:
                blob = bytearray(file.read())
        except OSError as error:
            return Result.fail(f"{self.guest}: {error.strerror}")
        at = blob.find(MARK) + len(MARK)
        if at < len(MARK):
            return Result.fail(f"{self.guest}: no {MARK.decode()} in it")
        blob[at:at + 8] = self.seed.to_bytes(8, "little")
        os.makedirs(FOLDER, exist_ok=True)
        with open(self.blob, "wb") as file:
            file.write(blob)
        return super().run()


# Wild code may end its machine; a change of modes is not wild enough for that.
TESTS = [Fuzz("code", seed, status=(0, 1)) for seed in SEEDS] + [
    Fuzz("modes", seed) for seed in SEEDS]
