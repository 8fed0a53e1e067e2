# SPDX-License-Identifier: MIT
"""The machines and their virtual CPUs, and the one that is looked at."""
import gdb

from . import image

CHOSEN = [0]  # of all(): "trivet vcpu N" changes it


class Guest:
    """A vCPU and the machine that it belongs to, as gdb's values."""

    def __init__(self, number, vm, vcpu):
        self.number, self.vm, self.vcpu = number, vm, vcpu

    @property
    def name(self):
        return f"{image.string(self.vm['name'])} vcpu{int(self.vcpu['index'])}"


def all_guests():
    """In the order in which they were made."""
    machines, at = [], image.value("vm_list")
    while int(at):
        machines.insert(0, at.dereference())
        at = at["next"]
    pairs = [(vm, cpu) for vm in machines for cpu in image_range(vm["cpus"])]
    return [Guest(number, vm, cpu["vcpu"].dereference())
            for number, (vm, cpu) in enumerate(pairs)]


def image_range(array):
    low, high = array.type.range()
    return [array[i] for i in range(low, high + 1) if int(array[i]["vcpu"])]


def chosen(text=None):
    """The vCPU that was asked for, now or the last time."""
    try:
        guests = all_guests()
    except gdb.MemoryError as error:
        raise image.Unavailable("there is no memory to look at: \"make debug\", "
                                "or load a memory image") from error
    if not guests:
        raise image.Unavailable(
            "there is no virtual machine: none has been made yet, or they are "
            "gone again (without VMX, as in QEMU's TCG, none is ever made)")
    number = CHOSEN[0] if text is None else image.number_of(text, "vCPU")
    if number >= len(guests):
        raise image.Unavailable(f"vCPU {number}: there are 0 to {len(guests) - 1}")
    CHOSEN[0] = number
    return guests[number]
