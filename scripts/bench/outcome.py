# SPDX-License-Identifier: MIT
"""How a run can end: exit statuses, their words, and the line Trivet prints.

The numbers 0..4 are Trivet's own (enum outcome, kernel/outcome.h) and arrive
through a port of the bench; the others are the bench's.
"""
import re

CLEAN, GUEST_FAULT, BAD_CONFIG, PANIC, REFUSED, BENCH_FAILED = range(6)
TIMEOUT = 124
INTERRUPTED = 130

WORDS = {
    CLEAN: "clean end",
    GUEST_FAULT: "guest stopped by a fault of its own",
    BAD_CONFIG: "bad configuration (an option or a module)",
    PANIC: "panic in Trivet",
    REFUSED: "machine refused",
    BENCH_FAILED: "bench failed",
    TIMEOUT: "time-out",
    INTERRUPTED: "interrupted",
}

NAMES = {
    b"clean": CLEAN, b"guest-fault": GUEST_FAULT, b"bad-config": BAD_CONFIG,
    b"panic": PANIC, b"refused": REFUSED,
}

# GRUB's last line ends in "\n\r".
LINE = re.compile(rb'(?m)^\r*run: outcome=([a-z-]+)(?: reason="([^"\r\n]*)")?')


class Usage(Exception):
    """The command line cannot be carried out: status BAD_CONFIG."""


class Verdict:
    """A status and what is known about its reason."""

    def __init__(self, status, reason=""):
        self.status = status
        self.reason = reason

    def words(self, seconds):
        text = f"{WORDS[self.status]} after {seconds:.1f} s"
        return f"{text}: {self.reason}" if self.reason else text


def from_serial(log):
    """The verdict that Trivet's own last words give, or None."""
    found = LINE.findall(log)
    if not found or found[-1][0] not in NAMES:
        return None
    name, reason = found[-1]
    return Verdict(NAMES[name], reason.decode("utf-8", "replace"))


def from_port(status, log):
    """A status that came through a port of the bench. Ports cannot be reached
    by a guest, so they win over the serial log, which gives the reason."""
    said = from_serial(log)
    if not CLEAN <= status <= REFUSED:
        return Verdict(BENCH_FAILED, f"unknown end-of-run status {status}")
    if said and said.status == status:
        return said
    return Verdict(status)
