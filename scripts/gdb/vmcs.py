# SPDX-License-Identifier: MIT
"""A vCPU's VMCS, out of v->remembered: see vcpu_remember() in vmx/vcpu.h."""
import textwrap

from . import exits, guests, image

GROUPS = ("guest", "host", "execution", "exit", "entry", "info")
DIGITS = (4, 16, 8, 16)  # by width: enum vmcs_width
KINDS = {1: "info", 2: "guest", 3: "host"}
CONTROLS = {"PIN_CONTROLS": "pin", "PROC_CONTROLS": "proc",
            "PROC_CONTROLS2": "proc2", "EXIT_CONTROLS": "exit",
            "ENTRY_CONTROLS": "entry"}
# Fields whose bits have the names of another one's.
LIKE = {"HOST_CR0": "GUEST_CR0", "CR0_READ_SHADOW": "GUEST_CR0",
        "CR0_GUEST_HOST_MASK": "GUEST_CR0", "HOST_CR4": "GUEST_CR4",
        "CR4_READ_SHADOW": "GUEST_CR4", "CR4_GUEST_HOST_MASK": "GUEST_CR4",
        "HOST_EFER": "GUEST_EFER"}
FLAGS = ("GUEST_CR0", "GUEST_CR4", "GUEST_EFER", "GUEST_RFLAGS",
         "GUEST_DEBUGCTL", "GUEST_INTERRUPTIBILITY", "GUEST_PENDING_DEBUG")


class Remembered:
    """A VMCS, as it was left."""

    def __init__(self, guest):
        self.guest = guest
        self.tsc = int(guest.vcpu["remembered_tsc"])
        if not self.tsc:
            raise image.Unavailable(f"{guest.name}: its VMCS was never remembered")
        known = guest.vcpu["remembered"]["known"]["word"]
        values = guest.vcpu["remembered"]["value"]
        self.fields = {
            name: int(values[index])
            for name, index in image.enum_values("vmcs_index", "VMCS_AT_").items()
            if int(known[index // 64]) >> index % 64 & 1}

    def get(self, name):
        """A field's value; 0 where the CPU does not have it."""
        return self.fields.get(name, 0)

    @property
    def when(self):
        """How old this is, in exits, as far as the recorder tells."""
        since = "it may have run since" if int(self.guest.vcpu["cpu"]) else "not loaded since"
        try:
            since = exits.Ring(self.guest.vcpu).since(self.tsc) or "no exit since"
        except image.Unavailable:
            pass
        return f"as of the last stop, TSC {self.tsc}; {since}"

    @property
    def cr0(self):
        return self._merged("CR0")

    @property
    def cr4(self):
        return self._merged("CR4")

    def _merged(self, name):
        """As the guest reads it."""
        owned = int(self.guest.vcpu[f"{name.lower()}_guest_owned"])
        return (self.get(f"GUEST_{name}") & owned
                | self.get(f"{name}_READ_SHADOW") & ~owned)


def flag_names(field):
    """Of a field that is made of flags; None for others."""
    name = LIKE.get(field, field)
    if name not in FLAGS:
        return None
    index = image.enum_values("vmcs_index", "VMCS_AT_")[name]
    table = image.value("fields", "vmx/entry_bits.c")
    for row in range(table.type.range()[1] + 1):
        if int(table[row]["first"]) <= index <= int(table[row]["last"]):
            return image.string(table[row]["names"]).split()
    return []


def flags(field, value):
    return " ".join(image.bits(value, flag_names(field)))


def group_of(name, encoding):
    """Controls are told apart by their names: encodings do not."""
    kind = KINDS.get(encoding >> 10 & 3)
    if kind:
        return kind
    prefix = name.partition("_")[0].lower()
    return prefix if prefix in ("exit", "entry") else "execution"


def meaning(remembered, name, value):
    """Words behind a value, or nothing."""
    if flag_names(name):
        return flags(name, value)
    if name == "EXIT_REASON":
        return exits.reason_name(value & 0xffff) + (
            ", VM-entry failure" if value >> 31 & 1 else "")
    if name in ("EXIT_INTERRUPTION_INFO", "IDT_VECTORING_INFO",
                "ENTRY_INTERRUPTION_INFO"):
        error = (name[:-len("INFO")] + "ERROR_CODE").replace(
            "ENTRY_INTERRUPTION_ERROR", "ENTRY_EXCEPTION_ERROR")
        return exits.event_text(value, remembered.get(error))
    return ""


def controls(name, value):
    """Lines that tell which controls are on and which are off."""
    words = image.names(image.value(CONTROLS[name], "vmx/control_names.c"))
    on = [word for bit, word in enumerate(words) if word and value >> bit & 1]
    off = [word for bit, word in enumerate(words) if word and not value >> bit & 1]
    lines = []
    for what, found in (("on: ", on), ("off:", off)):
        lines += textwrap.wrap(", ".join(found), 110, initial_indent=f"      {what} ",
                               break_on_hyphens=False,
                               subsequent_indent=" " * 11)
    return lines


def show(group=None):
    """vmcs [GROUP]: the VMCS as it was remembered, all of it or one group of guest,
    host, execution, exit, entry, info"""
    if group is not None and group not in GROUPS:
        raise image.Unavailable(f"group {group}: there are {', '.join(GROUPS)}")
    guest = guests.chosen()
    remembered = Remembered(guest)
    encodings = image.enum_values("vmcs_field", "VMCS_")
    yield f"vmcs: {guest.name}, {remembered.when}"
    for one in GROUPS if group is None else (group,):
        yield f"group {one}:"
        for name, value in remembered.fields.items():
            encoding = encodings[name]
            if group_of(name, encoding) != one:
                continue
            digits = DIGITS[encoding >> 13 & 3]
            words = meaning(remembered, name, value)
            yield f"  {name:<28} = {value:#0{digits + 2}x}  {words}".rstrip()
            if name in CONTROLS:
                yield from controls(name, value)
