# SPDX-License-Identifier: MIT
"""Many times in little room: counts by powers of two, each cut into 32, so
that a percentile is right within 3 percent."""

SUB_BITS = 5
SUB = 1 << SUB_BITS


def bucket(value):
    """Below 64 each value has its own."""
    shift = max(0, value.bit_length() - SUB_BITS - 1)
    return (shift << SUB_BITS) + (value >> shift)


def bounds(index):
    """The least and the greatest value of a bucket."""
    if index < 2 * SUB:
        return index, index
    shift = (index >> SUB_BITS) - 1
    low = (index - (shift << SUB_BITS)) << shift
    return low, low + (1 << shift) - 1


class Histogram:
    """add() values; then count, total, least, most, mean, percentile."""

    def __init__(self):
        self.buckets = {}
        self.count = self.total = self.most = 0
        self.least = None

    def add(self, value):
        """One more value, an integer of 0 or more."""
        index = bucket(value)
        self.buckets[index] = self.buckets.get(index, 0) + 1
        self.count += 1
        self.total += value
        self.most = max(self.most, value)
        self.least = value if self.least is None else min(self.least, value)

    def merge(self, other):
        """All values of another."""
        for index, count in other.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + count
        self.count += other.count
        self.total += other.total
        self.most = max(self.most, other.most)
        if other.least is not None:
            self.least = (other.least if self.least is None
                          else min(self.least, other.least))

    @property
    def mean(self):
        """0 without values."""
        return self.total / self.count if self.count else 0

    def percentile(self, percent):
        """The value that so many percent do not exceed; 0 without values."""
        left = -(-self.count * percent // 100)
        for index in sorted(self.buckets):
            left -= self.buckets[index]
            if left <= 0:
                return max(self.least, min(bounds(index)[1], self.most))
        return 0

    def log2(self, convert=int):
        """{k: count of values v with 2**k <= v < 2**(k+1)}; k = 0 has 0 too.
        `convert` changes the unit first."""
        out = {}
        for index, count in self.buckets.items():
            low, high = bounds(index)
            power = max(0, convert((low + high) // 2).bit_length() - 1)
            out[power] = out.get(power, 0) + count
        return out
