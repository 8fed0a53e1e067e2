# SPDX-License-Identifier: MIT
"""Charts as SVG text. Colors and fonts are classes that page.py's style
defines, so that they follow the reader's light or dark setting."""
from html import escape

COLORS = 8          # classes c0 .. c7; the last one is for "other"
WIDTH = 860
LEFT, RIGHT = 70, 10


def number(value):
    """A coordinate."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def short(value):
    """A count for an axis: 950, 1.2k, 34M."""
    for size, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.3g}"


def svg(name, height, parts, label):
    """The whole picture."""
    return "\n".join([
        f'<svg id="{name}" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {WIDTH} {number(height)}">',
        f"<title>{escape(label)}</title>", *parts, "</svg>"])


def text(left, top, words, anchor="start", kind=""):
    """Words at a place."""
    kind = f' class="{kind}"' if kind else ""
    return (f'<text x="{number(left)}" y="{number(top)}" '
            f'text-anchor="{anchor}"{kind}>{escape(words)}</text>')


def box(place, color, tip):
    """A bar, with what it is told when the mouse is on it."""
    left, top, width, height = map(number, place)
    return (f'<rect x="{left}" y="{top}" width="{width}" height="{height}" '
            f'class="c{color}"><title>{escape(tip)}</title></rect>')


def line(left, top, right, bottom):
    """A line of the grid."""
    return (f'<line x1="{number(left)}" y1="{number(top)}" '
            f'x2="{number(right)}" y2="{number(bottom)}"/>')


def steps(most):
    """Round numbers from 0 up to at least `most`: at most six."""
    step = 1
    for step in (digit * 10 ** power for power in range(20)
                 for digit in (1, 2, 5)):
        if most <= 5 * step:
            break
    return range(0, -(-max(most, 1) // step) * step + 1, step)


def legend(names, top):
    """Which color is which; (parts, height)."""
    parts, left = [], LEFT
    for color, name in names:
        width = 24 + 7.5 * len(name)
        if left + width > WIDTH - RIGHT:
            left, top = LEFT, top + 18
        parts.append(f'<rect x="{number(left)}" y="{number(top - 9)}" '
                     f'width="10" height="10" class="c{color}"/>')
        parts.append(text(left + 15, top, name))
        left += width
    return parts, top + 10


def stacked(name, label, layers, unit):
    """Columns over time. layers: [(color, name, [count])]; unit: (how long a
    column is, as text for an axis, given its index)."""
    length = max(len(counts) for _, _, counts in layers)
    sums = [sum(counts[i] for _, _, counts in layers if i < len(counts))
            for i in range(length)]
    marks = steps(max(sums))
    height, top = 220, 10
    scale = height / marks[-1]
    width = (WIDTH - LEFT - RIGHT) / length
    parts = []
    for mark in marks:
        y = top + height - mark * scale
        parts += [line(LEFT, y, WIDTH - RIGHT, y),
                  text(LEFT - 6, y + 4, short(mark), "end")]
    for i in range(length):
        y = top + height
        for color, layer, counts in layers:
            count = counts[i] if i < len(counts) else 0
            if count:
                y -= count * scale
                parts.append(box((LEFT + i * width, y, max(width - 0.5, 0.5),
                                  count * scale), color,
                                 f"{unit(i)}: {count} {layer}"))
    for i in range(5):
        parts.append(text(LEFT + i * (WIDTH - LEFT - RIGHT) / 4,
                          top + height + 18, unit(i * length / 4),
                          "middle" if 0 < i < 4 else "end" if i else "start"))
    more, bottom = legend([layer[:2] for layer in layers], top + height + 42)
    return svg(name, bottom, parts + more, label)


def bars(name, label, rows, left=230):
    """Horizontal bars. rows: [(words, [(color, part of 1, tip)])]."""
    parts, top = [], 6
    room = WIDTH - left - 90
    for words, values in rows:
        parts.append(text(left - 8, top + 6 + 6 * len(values), words, "end"))
        for color, part, tip in values:
            parts.append(box((left, top, max(part * room, 1), 11), color, tip))
            parts.append(text(left + part * room + 6, top + 9.5,
                              f"{100 * part:.1f}%", kind="small"))
            top += 12
        top += 8
    return svg(name, top, parts, label)


def histograms(name, label, rows, axis, color_of):
    """A small column chart for each row on one common axis of powers of two.
    rows: [(words, {power: count})]; axis: a power's words."""
    powers = [power for _, counts in rows for power in counts]
    first, last = min(powers), max(powers)
    left, height = 190, 46
    right = WIDTH - RIGHT - 16  # half of the last power is beyond it
    width = (right - left) / (last - first + 1)
    parts, top = [], 4
    for words, counts in rows:
        most, whole = max(counts.values()), sum(counts.values())
        bottom = top + height
        parts += [line(left, bottom, right, bottom),
                  text(left - 8, bottom - 4, words, "end")]
        for power, count in sorted(counts.items()):
            tall = max(1, count * (height - 6) / most)
            parts.append(box((left + (power - first) * width + 0.5,
                              bottom - tall, width - 1, tall), color_of(words),
                             f"{words}: {axis(power)} to {axis(power + 1)}: "
                             f"{count} ({100 * count / whole:.1f}%)"))
        top = bottom + 6
    every = -(-(last - first + 2) // 14)
    for power in range(first, last + 2, every):
        parts.append(text(left + (power - first) * width, top + 12,
                          axis(power), "middle", "small"))
    return svg(name, top + 20, parts, label)
