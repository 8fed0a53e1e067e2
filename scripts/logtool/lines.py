# SPDX-License-Identifier: MIT
"""One line of the log: a record's words to an Exit and back. A record may
go on in further lines; textlog puts them together."""
import re

from . import names
from .record import Damage, Exit, check

# The words of a record, in the order in which they are written.
KEYS = ("vm", "vcpu", "n", "in", "out", "reason", "key", "qual", "rip",
        "len", "intr", "idt", "event", "verdict")
HEX = {"key", "qual", "rip", "intr", "idt", "event"}
ATTRIBUTES = {"in": "tsc_in", "out": "tsc_out", "len": "length"}
# How each number must look: Python would take 1_0 and +1 as well.
FORMS = {10: re.compile(r"[0-9]+").fullmatch,
         16: re.compile(r"0x[0-9a-f]+").fullmatch}
NUMBERS = [(key, ATTRIBUTES.get(key, key), 16 if key in HEX else 10)
           for key in KEYS if key not in ("vm", "reason", "verdict")]
CHANGE = re.compile(r"(0x[0-9a-f]+)->(0x[0-9a-f]+)", re.ASCII)
REGISTER = re.compile(r"(guest\.)?[a-z][a-z0-9]*(\.[a-z]+)?", re.ASCII)
FACT = re.compile(r'([a-z][\w-]*)=("[^"]*"|\S+)')


def split(text):
    """The words of a record: ({key: value}, [change])."""
    words, changes = {}, []
    for word in text.split():
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise Damage(f"{word[:20]!r} is not key=value")
        if "->" in value:
            changes.append(change(key, value))
        elif key in words:
            raise Damage(f"{key}= comes twice")
        else:
            words[key] = value
    return words, changes


def change(name, value):
    """A register's change."""
    both = CHANGE.fullmatch(value)
    if not both or not REGISTER.fullmatch(name):
        raise Damage(f"{name}={value[:40]} is no change of a register")
    return name, int(both[1], 16), int(both[2], 16)


def build(words, changes, where=0, dumped=False):
    """The Exit that these words tell; Damage if they do not."""
    missing = [key for key in KEYS if key not in words]
    if missing:
        raise Damage(f"no {missing[0]}= in it")
    one = Exit(vm=words["vm"], reason=words["reason"], changes=changes,
               verdict=words["verdict"], where=where, dumped=dumped)
    for key, attribute, base in NUMBERS:
        value = words[key]
        if not FORMS[base](value):
            raise Damage(f"{key}={value[:20]} is no number")
        setattr(one, attribute, int(value, base))
    try:
        names.reason_number(one.reason)
    except ValueError as error:
        raise Damage(str(error)) from error
    return check(one)


def show(one, times=True):
    """An Exit's words, in order; without in and out if not times."""
    words = []
    for key in KEYS:
        if not times and key in ("in", "out"):
            continue
        value = getattr(one, ATTRIBUTES.get(key, key))
        words.append(f"{key}={value:#x}" if key in HEX else f"{key}={value}")
    words += [f"{name}={old:#x}->{new:#x}" for name, old, new in one.changes]
    return " ".join(words)


def write(one, limit=0):
    """An Exit as one line, or as lines of at most `limit` characters."""
    start = "record: " if one.dumped else "trace: "
    line = start + show(one)
    if not limit or len(line) <= limit:
        return [line]
    words = line.split()
    again = " ".join(words[:4])
    lines, line = [], again
    for word in words[4:]:
        if len(line) + 1 + len(word) > limit and line != again:
            lines.append(line)
            line = again
        line += " " + word
    return lines + [line]


def facts(text):
    """The key=value words of any other line; quotes are taken off."""
    return {key: value.strip('"') for key, value in FACT.findall(text)}


def natural(text):
    """A number of 64 bits, decimal; ValueError if it is none."""
    if not FORMS[10](text) or int(text) >> 64:
        raise ValueError(f"{text[:24]} is no number")
    return int(text)
