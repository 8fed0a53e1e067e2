# SPDX-License-Identifier: MIT
"""The code: lines of a state dump, as instructions. objdump reads them, where
it is installed."""
import os
import re
import shutil
import subprocess
import tempfile

MACHINES = {16: "i8086", 32: "i386", 64: "i386:x86-64"}
BYTES = re.compile(r"((?:[0-9a-f]{2})*)<([0-9a-f]{2})>((?:[0-9a-f]{2})*)")
LINE = re.compile(r" *([0-9a-f]+):\t([0-9a-f]{2}(?: [0-9a-f]{2})*) *\t(.*\S)")
TARGET = re.compile(r"(?:j[a-z]+|l?callw?|call[lq]) +0x([0-9a-f]+)$")
WRONG = re.compile(r"\(bad\)|\.byte")
WIDEST = 15  # bytes of an instruction


class Code:  # pylint: disable=too-few-public-methods
    """One code: line: where it is, and the bytes before and from there."""

    def __init__(self, row):
        self.vm, self.vcpu = row["vm"], int(row["vcpu"])
        self.mode = int(row["mode"])
        self.rip, self.linear = (int(row[key], 16) for key in ("rip", "linear"))
        if max(self.rip, self.linear) >> 64:
            raise ValueError("an address has more than 64 bits")
        if self.mode not in MACHINES:
            raise ValueError(f"mode={self.mode} is none of 16, 32, 64")
        self.before = self.after = b""
        if row["bytes"] == "-":
            return
        both = BYTES.fullmatch(row["bytes"])
        if not both:
            raise ValueError(f"bytes={row['bytes'][:20]} are no bytes")
        self.before = bytes.fromhex(both[1])
        self.after = bytes.fromhex(both[2] + both[3])


def disassemble(objdump, mode, start, data):
    """[(address, bytes as text, instruction)], the last one perhaps cut off."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        done = subprocess.run(
            [objdump, "-D", "-z", "-b", "binary", "-m", MACHINES[mode],
             f"--insn-width={WIDEST}",
             f"--adjust-vma={start & (1 << 64) - 1:#x}", file.name],
            check=True, capture_output=True, timeout=30,
            env={**os.environ, "LC_ALL": "C"})
    found = map(LINE.fullmatch, done.stdout.decode("utf-8", "replace").splitlines())
    return [(int(one[1], 16), one[2], one[3]) for one in found if one]


def instructions(objdump, code):
    """As disassemble(), with one that starts at RIP. Where those before it
    start is a guess: the first start that leads to RIP without nonsense."""
    after = disassemble(objdump, code.mode, code.rip, code.after)
    while len(after) > 1 and WRONG.search(after[-1][2]):
        del after[-1]
    for skip in range(min(len(code.before), WIDEST)):
        data = code.before[skip:]
        rows = disassemble(objdump, code.mode, code.rip - len(data), data)
        if not any(WRONG.search(row[2]) for row in rows):
            return rows + after
    return after


def heading(code, symbols):
    """Where it is."""
    name = symbols.name(code.linear)
    return (f"{code.vm} vcpu{code.vcpu}: {code.mode} bits, rip {code.rip:#x}, "
            f"linear {code.linear:#x}" + (f", {name}" if name else ""))


def listing(code, rows, symbols):
    """Its instructions as lines, with the names of what they jump to."""
    width = max(len(row[1]) for row in rows)
    base = code.linear - code.rip
    for address, data, text in rows:
        mark = ">" if address == code.rip else " "
        target = TARGET.search(text)
        name = symbols.name(base + int(target[1], 16)) if target else ""
        yield (f"{mark} {address:#x}  {data:{width}}  {text}"
               + (f" <{name}>" if name else ""))


def plain(code):
    """Its bytes as a line."""
    return " ".join(["  bytes", *(f"{byte:02x}" for byte in code.before),
                     f"<{code.after[0]:02x}>",
                     *(f"{byte:02x}" for byte in code.after[1:])])


def render(codes, symbols):
    """All of them as lines."""
    objdump = shutil.which("objdump")
    for code in codes:
        yield heading(code, symbols)
        if not code.after:
            yield "  nothing could be read there"
            continue
        rows = []
        if objdump:
            try:
                rows = instructions(objdump, code)
            except (OSError, subprocess.SubprocessError) as error:
                yield f"  objdump failed: {error}"
        yield from listing(code, rows, symbols) if rows else [plain(code)]
    if codes and not objdump:
        yield "objdump is not there: install binutils to see instructions"
