# SPDX-License-Identifier: MIT
"""The flight recorder's ring, read as recorder_get() in vmx/recorder.c does:
a record has more fields than its reason fills in."""
import gdb

from . import guests, image

USUAL = 10
NO_VERDICT = 255
# vmx/record.h: bits of record_plan[].
DETAILS, QUALIFICATION, INTR, IDT, LENGTH = 0x8000, 1, 2, 4, 8
KEY_IN = 1 << 16
VALID = 1 << 31
EVENT_TYPES = ("external interrupt", "", "NMI", "hardware exception",
               "software interrupt", "privileged software exception",
               "software exception", "other event")
NAMED_TYPES = (2, 3, 5, 6)
KEYS = {"CPUID": "leaf", "VMCALL": "call", "RDMSR": "msr", "WRMSR": "msr",
        "XSETBV": "xcr", "EXCEPTION_NMI": "vector", "EXTERNAL_INTERRUPT": "vector",
        "VIRTUALIZED_EOI": "vector", "TASK_SWITCH": "tss", "APIC_ACCESS": "register",
        "APIC_WRITE": "register", "EPT_VIOLATION": "page",
        "EPT_MISCONFIGURATION": "page"}


def reason_name(number):
    return image.enum_name("exit_reason", number, "EXIT_")


def hexadecimal(number):
    """As Trivet prints it."""
    return f"{number:#x}" if number else "0"


def key_text(reason, key):
    """What the exit was about, as record_key_text() says it."""
    if reason in KEYS:
        name = KEYS[reason]
        return f"{name}={hexadecimal(key << 12 if name == 'page' else key)}"
    if reason == "IO":
        port = hexadecimal(key & 0xffff)
        return f"port={port} {'in' if key & KEY_IN else 'out'}"
    if reason == "CR_ACCESS":
        return ("write cr{}", "read cr{}", "clts", "lmsw")[key >> 4 & 3].format(key & 15)
    if reason == "MOV_DR":
        return f"{'read' if key & 16 else 'write'} dr{key & 7}"
    return ""


def event_text(info, error=0):
    """Interruption information in words; "" for none."""
    if not info & VALID:
        return ""
    vector, kind = info & 0xff, info >> 8 & 7
    names = image.names(image.inner("exception_name", "names"))
    named = vector < len(names) and names[vector] and kind in NAMED_TYPES
    text = f"{names[vector]} ({vector})" if named else f"vector {vector}"
    text += f", {EVENT_TYPES[kind]}"
    return text + (f", error {error:#x}" if info & 1 << 11 else "")


class Record:  # pylint: disable=too-many-instance-attributes
    """One exit; what its reason does not have is 0."""

    def __init__(self, raw, n=None, is_open=False):
        number = int(raw["reason"])
        table = image.value("record_plan", "vmx/record.c")
        plan = int(table[number]) if number <= table.type.range()[1] else 0
        if not plan & DETAILS:
            plan = LENGTH
        self.n = int(raw["n"]) if n is None else n
        self.tsc_in, self.tsc_out = int(raw["in"]), int(raw["out"])
        self.rip, self.reason = int(raw["rip"]), reason_name(number)
        self.number, self.key = number, int(raw["key"])
        self.qual = int(raw["qualification"]) if plan & QUALIFICATION else 0
        self.intr = int(raw["intr"]) if plan & INTR else 0
        self.idt = int(raw["idt"]) if plan & IDT else 0
        both = int(raw["length_verdict"])
        self.length = both & 0xff if plan & LENGTH else 0
        self.verdict = both >> 8 & 0xff
        self.event = int(raw["event"]) if int(raw["n"]) == self.n & 0xffffffff else 0
        if is_open:
            self.tsc_out, self.verdict = 0, NO_VERDICT

    @property
    def ticks(self):
        return self.tsc_out - self.tsc_in if self.tsc_out else None

    @property
    def words(self):
        """What the columns have no room for."""
        found = [key_text(self.reason, self.key)]
        if self.qual and self.reason not in ("IO", "CR_ACCESS", "MOV_DR"):
            found.append(f"qualification={self.qual:#x}")
        for what, info in (("intr", self.intr), ("while delivering", self.idt),
                           ("then", self.event)):
            if info & VALID:
                found.append(f"{what} {event_text(info)}")
        return "; ".join(word for word in found if word)

    @property
    def verdict_name(self):
        if self.verdict == NO_VERDICT:
            return "NONE"
        return image.enum_name("verdict", self.verdict)


class Ring:
    """A vCPU's recorder."""

    def __init__(self, vcpu):
        self.state = vcpu["recorder"]
        if not int(self.state["ring"]):
            raise image.Unavailable("the flight recorder is off (recorder=off)")
        self.size = int(self.state["end"] - self.state["ring"])
        page = gdb.lookup_type("struct exit_record").sizeof
        within = (int(self.state["next"]) & 0xfff) // page
        self.total = int(self.state["page_n"]) + within

    @property
    def is_open(self):
        """Is an exit being handled? Its slot was the oldest one's."""
        last = self.state["end"] if int(self.state["next"]) == int(
            self.state["ring"]) else self.state["next"]
        before = int((last - 1)["in"]) if self.total else 0
        return int(self.state["next"]["in"]) > before

    @property
    def first(self):
        """The oldest that is kept."""
        return 0 if self.total < self.size else self.total - self.size + self.is_open

    def _slot(self, n):
        return (self.state["ring"] + n % self.size).dereference()

    def get(self, n):
        """None: there is no such record. `total` is the exit being handled."""
        if not self.first <= n <= self.total:
            return None
        if n == self.total and not self.is_open:
            return None
        return Record(self._slot(n), n, n == self.total)

    def since(self, tsc):
        """How many exits are younger, in words; "" for none."""
        n = self.total - 1
        while n >= self.first and int(self._slot(n)["in"]) > tsc:
            n -= 1
        count = self.total - 1 - n
        if not count:
            return ""
        more = "more than " if n < self.first > 0 else ""
        return f"{more}{count} exit{'s' if count > 1 else ''} ago"


def show(count=None):
    """exits [N]: the last N exits (10) of the flight recorder, decoded"""
    guest = guests.chosen()
    ring = Ring(guest.vcpu)
    wanted = USUAL if count is None else image.number_of(count, "number")
    if wanted > ring.size:
        wanted = ring.size
    yield (f"{guest.name}: {ring.total} exits, {ring.total - ring.first} of them kept;"
           " times in ticks")
    yield (f"{'n':>9} {'guest':>9} {'handler':>9} {'reason':<18} {'rip':<18} "
           f"{'verdict':<7} what")
    before = ring.get(max(ring.total - wanted, ring.first) - 1)
    for n in range(max(ring.total - wanted, ring.first), ring.total + 1):
        one = ring.get(n)
        if not one:
            break
        guest_ticks = (one.tsc_in - before.tsc_out
                       if before and before.tsc_out else "-")
        handler = "-" if one.ticks is None else one.ticks
        yield (f"{n:>9} {guest_ticks:>9} {handler:>9} {one.reason:<18} "
               f"{one.rip:<#18x} {one.verdict_name:<7} {one.words}").rstrip()
        before = one
