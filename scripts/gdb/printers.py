# SPDX-License-Identifier: MIT
"""How gdb prints our structs: "print *v", "info locals", "finish", ..."""
import gdb
import gdb.printing

from . import exits, image, stats, vcpu

ADDRESSES = ("hpa_t", "gpa_t", "gva_t")


class Fields:
    """All fields of a struct but the bulky ones; a title before them."""

    bulky = ()

    def __init__(self, val):
        self.val = val

    def to_string(self):
        return self.title()

    def title(self):
        """One line, or None."""

    def children(self):
        for field in self.val.type.fields():
            if field.name not in self.bulky:
                name = field.name or "(anonymous)"
                yield name, self.val[field]


class Address:
    """gpa_t, hpa_t, gva_t: hexadecimal, and which kind."""

    def __init__(self, val):
        self.val = val

    def to_string(self):
        kind = self.val.type.strip_typedefs
        return f"{self.val.type.unqualified().name[:3]} {int(self.val.cast(kind())):#x}"


class Vcpu(Fields):
    """struct vcpu without the VMCS ("trivet vmcs") and the old counters."""

    bulky = ("remembered", "counters")

    def title(self):
        return f"vcpu{int(self.val['index'])}, {vcpu.stop_text(self.val)}"


class Record:
    """struct exit_record, as "trivet exits" shows it."""

    def __init__(self, val):
        self.one = exits.Record(val)

    def to_string(self):
        one = self.one
        ticks = "" if one.ticks is None else f" ticks={one.ticks}"
        return (f"exit {one.reason} rip={one.rip:#x} in={one.tsc_in}{ticks} "
                f"{one.verdict_name} {one.words}").rstrip()


class Times:
    """struct stats_times in short."""

    def __init__(self, val):
        self.times = stats.Times(val)

    def to_string(self):
        one = self.times
        if not one.count:
            return "no exits"
        return (f"count={one.count} sum={one.sum} min={one.min} mean={one.mean} "
                f"p50={one.percentile(500)} p99={one.percentile(990)} max={one.max}")


class Event:
    """struct vcpu_event in words."""

    def __init__(self, val):
        self.val = val

    def to_string(self):
        info = int(self.val["info"])
        return exits.event_text(info, int(self.val["error"])) or "no event"


class Frames:
    """struct frame_stats: owners by name."""

    def __init__(self, val):
        self.val = val

    def to_string(self):
        return f"{int(self.val['total_bytes']) >> 10}K"

    def children(self):
        names = image.names(image.inner("frame_owner_name", "names"))
        for owner, name in enumerate(names):
            now, peak = int(self.val["bytes"][owner]), int(self.val["peak"][owner])
            if now or peak:
                yield name, f"{now >> 10}K, peak {peak >> 10}K"


class BootInfo:
    """struct boot_info: what is there, of its long tables."""

    def __init__(self, val):
        self.val = val

    def to_string(self):
        return (f"loader={image.string(self.val['loader'])!r} "
                f"cmdline={image.string(self.val['cmdline'])!r}")

    def children(self):
        for i in range(int(self.val["range_count"])):
            one = self.val["ranges"][i]
            start, length = int(one["start"]), int(one["length"])
            kind = image.enum_name("boot_memory", one["type"], "BOOT_MEMORY_")
            yield f"ranges[{i}]", f"{start:#x} to {start + length:#x} {kind.lower()}"
        for i in range(int(self.val["module_count"])):
            one = self.val["modules"][i]
            yield (f"modules[{i}]", f"{int(one['start']):#x} length {int(one['length']):#x} "
                   f"{image.string(one['cmdline'])!r}")


class Options(Fields):
    """struct options: sets and special values in words."""

    def children(self):
        for name, value in super().children():
            if name == "console":
                names = image.ENUMS["option_console"]
                words = [text for bit, text in names.items()
                         if int(value) & bit == bit and bit & (bit - 1) == 0]
                yield name, " | ".join(words) or "0"
            elif name in ("load", "entry") and int(value) == (1 << 64) - 1:
                yield name, "not given"
            else:
                yield name, value


class Image(Fields):
    """struct vmcs_image: how many fields; "trivet vmcs" shows them."""

    def title(self):
        words = self.val["known"]["word"]
        known = sum(int(words[i]).bit_count()
                    for i in range(words.type.range()[1] + 1))
        return f"{known} fields known"

    def children(self):
        return iter(())


STRUCTS = {"vcpu": Vcpu, "exit_record": Record, "stats_times": Times,
           "vcpu_event": Event, "frame_stats": Frames, "boot_info": BootInfo,
           "options": Options, "vmcs_image": Image}


def lookup(val):
    """gdb asks for each value that it prints."""
    kind = val.type.unqualified()
    if kind.name in ADDRESSES and kind.code == gdb.TYPE_CODE_TYPEDEF:
        return Address(val)
    kind = kind.strip_typedefs().unqualified()
    printer = STRUCTS.get(kind.tag) if kind.code == gdb.TYPE_CODE_STRUCT else None
    return printer(val) if printer else None


def register():
    lookup.name, lookup.enabled = "trivet", True
    gdb.printing.register_pretty_printer(None, lookup, replace=True)
