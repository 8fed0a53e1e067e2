# SPDX-License-Identifier: MIT
"""One exit, as every reader gives it and every writer takes it."""
from . import names

U32, U64 = 1 << 32, 1 << 64


class Damage(ValueError):
    """What is wrong with a record, in a few words."""


class Exit:  # pylint: disable=too-many-instance-attributes,too-few-public-methods
    """The fields of docs/trace-format.md, and where the record was read."""

    __slots__ = ("vm", "vcpu", "n", "tsc_in", "tsc_out", "reason", "key",
                 "qual", "rip", "length", "intr", "idt", "event", "verdict",
                 "changes", "dumped", "where", "guest_ticks")

    def __init__(self, **fields):
        self.vm, self.vcpu = "vm0", 0
        self.n = self.tsc_in = self.tsc_out = self.qual = self.rip = 0
        self.key = self.length = self.intr = self.idt = self.event = 0
        self.reason, self.verdict = "CPUID", "NEXT"
        self.changes = []         # (name, old, new)
        self.dumped = False       # by the flight recorder
        self.where = 0            # line, or byte
        self.guest_ticks = None   # before this exit; filled in by follow
        for name, value in fields.items():
            setattr(self, name, value)

    @property
    def ticks(self):
        """In the handler; None if no entry has followed."""
        return self.tsc_out - self.tsc_in if self.tsc_out else None

    @property
    def end(self):
        """The last moment that is known of this exit."""
        return self.tsc_out or self.tsc_in


def check(one):
    """Raise Damage for what no processor and no writer of ours gives."""
    if one.tsc_out and one.tsc_out < one.tsc_in:
        raise Damage(f"out={one.tsc_out} is before in={one.tsc_in}")
    if one.length > 15:
        raise Damage(f"len={one.length} is longer than an instruction")
    if one.verdict not in names.VERDICTS:
        raise Damage(f"unknown verdict {one.verdict}")
    for name in ("n", "tsc_in", "tsc_out", "rip", "qual"):
        if not 0 <= getattr(one, name) < U64:
            raise Damage(f"{name} does not fit into 64 bits")
    for name in ("key", "intr", "idt", "event"):
        if not 0 <= getattr(one, name) < U32:
            raise Damage(f"{name} does not fit into 32 bits")
    return one
