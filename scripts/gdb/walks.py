# SPDX-License-Identifier: MIT
"""Where addresses lead: the host's tables and EPT as mm/walker_lookup.c walks
them, a guest's as vmx/guest_walk.c does, but without judging permissions."""
from . import guests, image, memory, vmcs

ADDRESS = ((1 << 52) - 1) & ~0xfff
ENTRY_BITS = ("P", "RW", "US", "PWT", "PCD", "A", "D", "PS", "G")
PTE_BITS = ENTRY_BITS[:7] + ("PAT", "G")
EPT_BITS = ("R", "W", "X", ".", ".", ".", "ignore-PAT", "large", "A", "D", ".",
            "unused-RAM")
EPT_SHOWN = 0xbc7  # without the memory type
EPT_RWX = 7
LEVELS = ("", "PTE", "PDE", "PDPTE", "PML4E")
PAGING, LONG_MODE, PAE, PSE = 1 << 31, 1 << 10, 1 << 5, 1 << 4
TYPES = ("UC", "WC", "?", "?", "WT", "WP", "WB", "UC-")
NX = 1 << 63


class Table:
    """A struct table: entries by its format."""

    def __init__(self, table):
        if not int(table["format"]):
            raise image.Unavailable("the tables have not been made yet")
        form = table["format"].dereference()
        self.root = int(table["root"])
        self.present, self.kept, self.leaf, self.address = (
            int(form[name]) for name in ("present", "kept", "leaf", "address"))
        self.levels, self.physical = int(form["levels"]), bool(form["physical"])

    def walk(self, address):
        """Steps (level, where the entry is, entry), and the result: (address,
        size, whether mapped), or None."""
        steps, table, width = [], self.root, 12 + 9 * self.levels
        if address >> width not in (0, 0 if self.physical else (1 << 64 - width) - 1):
            return steps, None
        for level in range(self.levels, 0, -1):
            shift = 12 + 9 * (level - 1)
            at = table + (address >> shift & 511) * 8
            entry = memory.read_number(at, 8)
            if entry is None:
                raise image.Unavailable(
                    f"the level {level} table at {at:#x} is not in this memory")
            steps.append((level, at, entry))
            if not entry & (self.present | self.kept):
                return steps, None
            if level == 1 or entry & self.leaf:
                size = 1 << shift
                found = (entry & self.address) + (address & (size - 1))
                return steps, (found, size, bool(entry & self.present))
            table = entry & self.address
        return steps, None


def size_text(size):
    return f"{size >> 30}G" if size >> 30 else f"{size >> 20}M" if size >> 20 else f"{size >> 10}K"


def entry_line(level, where, entry, last, size=8):
    """An entry of IA-32 paging, the host's or a guest's."""
    words = image.bits(entry & 0x1ff, PTE_BITS if level == 1 else ENTRY_BITS)
    if not entry & 1:
        words = ["not present"]
    elif size == 8 and entry & NX:
        words.append("NX")
    target = "" if last else f" -> {entry & (ADDRESS if size == 8 else 0xfffff000):#x}"
    return (f"  {LEVELS[level]:<5} {where} entry={entry:#0{2 * size + 2}x} "
            f"{' '.join(words)}{target}")


# ---- The host's -------------------------------------------------------------------

def host_table():
    return Table(image.value("host", "mm/host_map.c"))


def host(address):
    """host-walk ADDRESS: how the host's page tables map an address"""
    address = image.number_of(address, "address")
    steps, found = host_table().walk(address)
    yield f"host: va={address:#x}"
    for i, (level, at, entry) in enumerate(steps):
        yield entry_line(level, f"hpa={at:#x}", entry, i == len(steps) - 1)
    if found:
        yield f"  result: hpa={found[0]:#x} page={size_text(found[1])}"
    else:
        yield "  result: not mapped"


def p2v(address):
    """p2v ADDRESS: where the host has a physical address mapped"""
    address = image.number_of(address, "address")
    low, high = memory.image_range()
    which = "image" if low <= address < high else "direct map, if that is RAM"
    yield f"hpa {address:#x} = {memory.to_virtual(address):#x} ({which})"


def v2p(address):
    """v2p ADDRESS: the physical address of one of the host's"""
    address = image.number_of(address, "address")
    physical, how = memory.to_physical(address), "by the layout"
    if physical is None:
        found, how = host_table().walk(address)[1], "by the host's page tables"
        if not found:
            raise image.Unavailable(f"{address:#x} is {memory.WRONG}, and the "
                                    "host's page tables do not map it")
        physical = found[0]
    yield f"{address:#x} = hpa {physical:#x} ({how})"


# ---- A guest's --------------------------------------------------------------------

def ept_table(guest):
    return Table(guest.vcpu["ept"].dereference()["table"])


def read_guest(table, gpa, size):
    """A number in guest RAM; None where that is not (yet) RAM."""
    found = table.walk(gpa)[1]
    return memory.read_number(found[0], size) if found and found[2] else None


def ept_result(found):
    if not found:
        return "no memory"
    hpa, size, mapped = found
    if not mapped:
        return f"RAM, cleared and mapped at its first use hpa={hpa:#x} size={size_text(size)}"
    return f"mapped hpa={hpa:#x} size={size_text(size)} here={memory.to_virtual(hpa):#x}"


def ept(address):
    """ept GPA: the EPT walk of a guest-physical address; "here" is where gdb can look"""
    guest = guests.chosen()
    gpa, table = image.number_of(address, "gpa"), ept_table(guest)
    steps, found = table.walk(gpa)
    yield f"ept: {guest.name} gpa={gpa:#x} eptp={int(guest.vcpu['ept']['eptp']):#x}"
    for level, at, entry in steps:
        words = image.bits(entry & EPT_SHOWN, EPT_BITS) if entry else ["not present"]
        if entry & EPT_RWX:  # reserved and open: the frame that stands for the APIC's page
            words = ["APIC-page" if word == "unused-RAM" else word for word in words]
        if entry and (level == 1 or entry & table.leaf):
            words.append(TYPES[entry >> 3 & 7])
        target = f" -> {entry & table.address:#x}" if entry else ""
        yield (f"  level {level} hpa={at:#x} entry={entry:#018x} "
               f"{' '.join(words)}{target}")
    yield f"  result: {ept_result(found)}"


class Paging:
    """A guest's paging mode: what its walk depends on."""

    def __init__(self, remembered, cr3):
        cr0, cr4 = remembered.cr0, remembered.cr4
        self.cr3 = remembered.get("GUEST_CR3") if cr3 is None else cr3
        self.long = bool(remembered.get("GUEST_EFER") & LONG_MODE)
        self.pse = bool(cr4 & PSE)
        self.size = 8 if self.long or cr4 & PAE else 4
        self.levels = 4 if self.long else 2
        self.top = None
        if not cr0 & PAGING:
            self.name = "none"
        elif self.long:
            self.name = "4-level"
        elif cr4 & PAE:
            self.name = "PAE"
            self.top = [remembered.get(f"GUEST_PDPTE{i}") for i in range(4)]
        else:
            self.name = "32-bit"

    def steps(self, gva, read):
        """(level, where, entry) each, then the result: gpa and page size, a
        complaint as a string."""
        width = 9 if self.size == 8 else 10
        table = self.cr3 & (ADDRESS if self.long else 0xfffff000)
        if self.top:
            top = self.top[gva >> 30 & 3]
            yield 3, f"register {gva >> 30 & 3}", top
            if not top & 1:
                yield "not present"
                return
            table = top & ADDRESS
        for level in range(self.levels, 0, -1):
            shift = 12 + width * (level - 1)
            at = table + (gva >> shift & (1 << width) - 1) * self.size
            entry = read(at, self.size)
            if entry is None:
                yield f"the table at gpa={at:#x} is not in RAM"
                return
            yield level, f"gpa={at:#x}", entry
            if not entry & 1:
                yield "not present"
                return
            large = level in (2, 3) and entry & 1 << 7 and (self.size == 8 or self.pse)
            if level == 1 or large:
                yield self.leaf(entry, shift, gva), 1 << shift
                return
            table = entry & (ADDRESS if self.size == 8 else 0xfffff000)

    def leaf(self, entry, shift, gva):
        within = (1 << shift) - 1
        page = entry & (ADDRESS if self.size == 8 else 0xfffff000) & ~within
        if self.size == 4 and shift == 22:
            page |= (entry >> 13 & 0xff) << 32  # PSE-36
        return page | gva & within


def guest_lines(paging, gva, table):
    """The lines of a walk; returns the guest-physical address, or None."""
    if paging.name == "none":
        yield "  result: no paging"
        return gva
    if paging.long and gva >> 47 not in (0, (1 << 17) - 1):
        yield "  result: not canonical"
        return None
    found = list(paging.steps(gva, lambda gpa, size: read_guest(table, gpa, size)))
    end = found.pop()
    for i, (level, where, entry) in enumerate(found):
        last = i == len(found) - 1
        yield entry_line(level, where, entry, last, paging.size)
    if isinstance(end, str):
        yield f"  result: {end}"
        return None
    yield f"  result: gpa={end[0]:#x} page={size_text(end[1])}"
    return end[0]


def guest(address, cr3=None):
    """walk GVA [CR3]: the guest's page walk of an address, then EPT's; paging mode and CR3
    are as of the last stop"""
    one = guests.chosen()
    remembered = vmcs.Remembered(one)
    paging = Paging(remembered, cr3 and image.number_of(cr3, "cr3"))
    gva = image.number_of(address, "gva")
    if not paging.long:
        gva &= 0xffffffff
    yield (f"walk: {one.name} gva={gva:#x} paging={paging.name} cr3={paging.cr3:#x}, "
           f"{remembered.when}")
    gpa = yield from guest_lines(paging, gva, ept_table(one))
    if gpa is not None:
        yield f"  ept: {ept_result(ept_table(one).walk(gpa)[1])}"
