# SPDX-License-Identifier: MIT
"""The local APIC and the I/O APIC behave the same, whatever of them the
processor virtualizes: all but the delivery (as the guests run by themselves in
Bochs), all, TPR and the page (ivy_bridge), nothing."""
import os

from harness.machine import TOP, Boot

PARTLY = "corei7_ivy_bridge_3770k"


def same(guest, name, **how):
    return Boot(f"apicv/{guest} {name}", modules=[os.path.join(TOP, "build", "guest", f"{guest}.bin")],
                expect=(r"checks: \d+, failed: 0", "outcome=clean"), **how)


TESTS = [
    same(guest, how, **words)
    for guest in ("test_lapic", "test_ioapic", "test_timer", "test_interrupts", "test_step")
    for how, words in (("off", {"options": "apicv=off"}), ("on", {"options": "apicv=on"}),
                       ("in part", {"model": PARTLY}))
]
