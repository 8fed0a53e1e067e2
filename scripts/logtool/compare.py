# SPDX-License-Identifier: MIT
"""Two traces, exit by exit, up to the first that differs. Each vCPU is
compared with itself: how vCPUs interleave says nothing."""
from collections import deque

from . import lines
from .record import Exit

FIELDS = tuple(key for key in lines.KEYS if key not in ("vm", "vcpu"))
TIMES = ("in", "out")


def value(one, field):
    """What is compared."""
    if field == "changes":
        return one.changes
    return getattr(one, lines.ATTRIBUTES.get(field, field))


class Side:
    """One of the two traces: exits of each vCPU as they are asked for."""

    def __init__(self, log, skip=()):
        self.log = log
        self.source = (one for one in log.exits() if one.reason not in skip)
        self.queues = {}  # (vm, vcpu) -> exits that are not compared yet

    def read(self):
        """One more exit into its queue; False at the end."""
        one = next(self.source, None)
        if one is None:
            return False
        self.queues.setdefault((one.vm, one.vcpu), deque()).append(one)
        return True

    def take(self, key, count):
        """Up to so many exits more of this vCPU."""
        while len(self.queues.setdefault(key, deque())) < count:
            if not self.read():
                break
        queue = self.queues[key]
        return [queue.popleft() for _ in range(min(count, len(queue)))]


class Compare:
    """Find the first divergence and show it."""

    def __init__(self, sides, fields, context):
        self.sides = sides
        self.fields = fields
        self.context = context
        self.same = {}    # (vm, vcpu) -> (count, the last few)

    def differ(self, one, two):
        """The fields in which two exits differ."""
        if not one or not two:
            return ["end"]
        return [field for field in self.fields
                if value(one, field) != value(two, field)]

    def run(self):
        """Lines that tell the difference, and whether there is one."""
        left, right = self.sides
        more = [True, True]
        while any(more):
            more = [side.read() if goes else False
                    for side, goes in zip(self.sides, more)]
            for key in sorted(left.queues.keys() & right.queues.keys()):
                while left.queues[key] and right.queues[key]:
                    one = left.queues[key].popleft()
                    two = right.queues[key].popleft()
                    fields = self.differ(one, two)
                    if fields:
                        return self.show(key, one, two, fields), True
                    count, last = self.same.setdefault(
                        key, [0, deque(maxlen=self.context)])
                    self.same[key][0] = count + 1
                    last.append(one)
        for key in sorted(left.queues.keys() | right.queues.keys()):
            one, two = (side.take(key, 1) for side in self.sides)
            if one or two:
                return self.show(key, *(part[0] if part else None
                                        for part in (one, two)),
                                 ["end"]), True
        count = sum(count for count, _ in self.same.values())
        return [f"the same: exits={count} vcpus={len(self.same)}"], False

    def show(self, key, one, two, fields):
        """The divergence, with what is before and after it."""
        left, right = self.sides
        count, last = self.same.get(key, (0, ()))
        lead = f"{key[0]} vcpu{key[1]}: "
        if fields == ["end"]:
            short = left if not one else right
            lead += f"{short.log.name} has {count} exits, all the same; " \
                    "the other goes on"
        else:
            lead += f"{count} exits are the same; the next differs in " \
                    + ", ".join(fields)
        out = [f"--- {left.log.name}", f"+++ {right.log.name}", lead]
        out += [f"  {self.words(same)}" for same in last]
        for sign, side, first in (("-", left, one), ("+", right, two)):
            if first:
                rest = side.take(key, self.context)
                out += [f"{sign} {self.words(other)}"
                        for other in [first, *rest]]
        return out

    def words(self, one: Exit):
        """An exit, with its times only if they are compared."""
        return lines.show(one, TIMES[0] in self.fields)


def choose_fields(times, ignore):
    """What is compared; ValueError for a name that is none."""
    fields = [*FIELDS, "changes"]
    unknown = [name for name in ignore if name not in fields]
    if unknown:
        raise ValueError(f"{unknown[0]}: no such field; there are "
                         + ", ".join(fields))
    return [field for field in fields if field not in ignore
            and (times or field not in TIMES)]
