# SPDX-License-Identifier: MIT
"""Numbers as words, and words in columns."""


def time_text(ns, unit="ns"):
    """A time with three digits: 78ns, 1.45us, 12.3ms. Ticks stay ticks."""
    if unit != "ns":
        return f"{ns:.0f}"
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= 1e12:
            break
        if ns >= 0.9995 * size:
            return f"{ns / size:#.3g}".rstrip(".") + name
    return f"{ns:.0f}ns" if ns < 1e12 else f"{ns / 1e9:.0f}s"


def power_text(power, unit):
    """The upper end of a column: 2**power, in powers of two."""
    for shift, name in ((40, "T"), (30, "G"), (20, "M"), (10, "K")):
        if power >= shift:
            return f"<{1 << power - shift}{name}"
    return f"<{1 << power}" + ("" if unit == "ns" else "t")


def share(part, whole):
    """Percent."""
    return f"{100 * part / whole:.1f}%" if whole else "-"


def grid(rows, left=1):
    """Rows of words in columns: the first `left` to the left, all others to
    the right. The first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(word.ljust(width) if i < left else word.rjust(width)
                      for i, (word, width) in enumerate(zip(row, widths))
                      ).rstrip() for row in rows]
