# SPDX-License-Identifier: MIT
"""The VM-entry rules against Bochs, and what is said when an entry fails."""
from boot import doctor
from harness.machine import Boot, read


class Doctor(Boot):
    """So many mutated entries; each verdict and each rule's name is compared."""

    def __init__(self, name, count, seed, **more):
        super().__init__(
            f"doctor/{name}", options=f"log=debug doctor={count} seed={seed}",
            expect=("^doctor: tried=", "^run: outcome=clean"),
            entry_failures=True, **more)
        self.least = count * 8 // 10

    def _judge(self, status, log):
        return super()._judge(status, log) or doctor.judge(
            self.least, log, read(self.bench))


TESTS = [
    Doctor("few", 480, 1),
    Doctor("few, tigerlake", 320, 2, model="tigerlake"),
    Doctor("many", 12500, 3, timeout=900, long=True),
    # Every entry of a whole run is legal by the rules, as the processor finds.
    Boot("doctor/check=on", options="check=on", reject=("check=on:",),
         expect=("^guest: goodbye", "^run: outcome=clean")),
]
