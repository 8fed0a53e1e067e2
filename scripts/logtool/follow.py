# SPDX-License-Identifier: MIT
"""Each vCPU's exits in order: what came twice is dropped, what has an
impossible time too, and the guest's time between two exits is filled in."""

FEW = 3  # so many impossible times in a row are a new clock, not damage


class Vcpu:  # pylint: disable=too-few-public-methods
    """What is known of one vCPU's exits so far."""

    def __init__(self):
        self.before = None  # the last exit that was given on
        self.held = None    # the one after it: the next shows if it is good
        self.top = -1       # highest n
        self.gap = 0        # exits missing before the last one
        self.back = 0       # impossible times in a row


class Track:
    """Give .follow() the records of a run."""

    def __init__(self, report, place="line"):
        self.report = report
        self.place = place
        self.vcpus = {}
        self.missing = 0    # exits that n tells of and that are not here
        self.again = 0      # records that came twice

    def follow(self, exits):
        """The same records, less what is wrong. One a vCPU is held back."""
        for one in exits:
            vcpu = self.vcpus.setdefault((one.vm, one.vcpu), Vcpu())
            if one.dumped and one.n <= vcpu.top:
                self.again += 1
            elif self.possible(vcpu, one):
                if vcpu.held:
                    yield self.give(vcpu)
                vcpu.held = one
                vcpu.top = max(vcpu.top, one.n)
        for vcpu in self.vcpus.values():
            if vcpu.held:
                yield self.give(vcpu)

    def warn(self, one, text):
        """About one record."""
        self.report.warn(f"{self.place} {one.where}", text)

    def possible(self, vcpu, one):
        """Does it come after those before it? It, or the one that is held,
        may have a damaged time."""
        held, before = vcpu.held, vcpu.before
        if not held or one.tsc_in >= held.end:
            vcpu.back = 0
            return True
        if (one.n, one.tsc_in, one.reason) == (held.n, held.tsc_in,
                                               held.reason):
            self.again += 1
            self.warn(one, f"skipped a record: n={one.n} comes twice")
            return False
        if before and one.tsc_in >= before.end:
            self.warn(held, f"skipped a record: its time, in={held.tsc_in}, "
                      "is after that of the next")
            vcpu.held = None
            vcpu.top = before.n
            return True
        vcpu.back += 1
        if vcpu.back < FEW:
            self.warn(one, f"skipped a record: its time, in={one.tsc_in}, is "
                      "before that of the last")
            return False
        self.warn(one, "the time goes back and stays there")
        vcpu.back = 0
        return True

    def give(self, vcpu):
        """Pass on the one that was held."""
        one, before = vcpu.held, vcpu.before
        vcpu.held, vcpu.before = None, one
        if not before:
            return one
        gap = one.n - before.n - 1
        if gap < 0:
            self.warn(one, f"n={one.n} after n={before.n}")
            self.missing -= vcpu.gap
            gap = 0
        elif not gap and before.tsc_out and one.tsc_in >= before.tsc_out:
            one.guest_ticks = one.tsc_in - before.tsc_out
        self.missing += gap
        vcpu.gap = gap
        return one
