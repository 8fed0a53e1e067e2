# SPDX-License-Identifier: MIT
"""Host memory by physical address. As in mm/layout.h: the image is linked at
KERNEL_BASE + physical, all other RAM is reached at direct_base + physical."""
import gdb

from . import image

KERNEL_BASE = 0xffffffff80000000
STACK_BASE = 0xffffb00000000000
WRONG = "not a virtual address of Trivet's image or direct map"


def direct_base():
    return int(image.value("direct_base"))


def image_range():
    """Physical start and end of what is mapped at KERNEL_BASE."""
    ends = [int(gdb.parse_and_eval(f"(unsigned long)&{name}"))
            for name in ("image_text_start", "image_data_end")]
    return [end - KERNEL_BASE for end in ends]


def to_virtual(physical):
    low, high = image_range()
    return physical + (KERNEL_BASE if low <= physical < high else direct_base())


def to_physical(virtual):
    """None for what only the page tables know: devices, stacks, nothing."""
    low, high = image_range()
    if low <= virtual - KERNEL_BASE < high:
        return virtual - KERNEL_BASE
    if direct_base() <= virtual < STACK_BASE:
        physical = virtual - direct_base()
        return None if low <= physical < high else physical
    return None


def read(virtual, length):
    return bytes(gdb.selected_inferior().read_memory(virtual, length))


def read_number(physical, size):
    """A little-endian number; None where there is no memory."""
    try:
        return int.from_bytes(read(to_virtual(physical), size), "little")
    except gdb.MemoryError:
        return None
