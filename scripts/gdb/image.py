# SPDX-License-Identifier: MIT
"""What the image tells of itself: symbols, types, enums, names of flags."""
import gdb


class Unavailable(Exception):
    """What cannot be shown, and why, in one line."""


def value(name, file=None):
    """A variable; `file` is where it is defined: for static ones, and for
    arrays that others know without their size."""
    try:
        return gdb.parse_and_eval(f"'{file}'::{name}" if file else name)
    except gdb.MemoryError:
        raise
    except gdb.error as error:
        raise Unavailable(f"{error}: is this build/trivet.elf, with debug "
                          "information?") from error


def inner(function, name):
    """A static variable inside of a function."""
    return gdb.parse_and_eval(f"{function}::{name}")


def string(char_array):
    """A name in the image; "" for none. An array may fill its room."""
    if char_array.type.code == gdb.TYPE_CODE_PTR:
        return char_array.string() if int(char_array) else ""
    return char_array.string(length=-1).partition("\0")[0]


class Memo(dict):
    """What was computed once for a key."""

    def __init__(self, compute):
        super().__init__()
        self._compute = compute

    def __missing__(self, key):
        self[key] = self._compute(key)
        return self[key]


def read_enum(name):
    fields = gdb.lookup_type(f"enum {name}").fields()
    return {field.enumval: field.name for field in fields}


ENUMS = Memo(read_enum)


def enum_name(name, number, prefix=""):
    """"CPUID" for exit_reason, 10, "EXIT_"; the number where there is none."""
    full = ENUMS[name].get(int(number))
    return full.removeprefix(prefix) if full else str(int(number))


def enum_values(name, prefix=""):
    return {text.removeprefix(prefix): number
            for number, text in ENUMS[name].items()}


def pointer(address, type_name):
    """The struct at an address."""
    return gdb.Value(address).cast(
        gdb.lookup_type(type_name).pointer()).dereference()


def names(array):
    """A list of the image's: strings, "" for those that are not there."""
    low, high = array.type.range()
    return [string(array[i]) for i in range(low, high + 1)]


def bits(number, words):
    """Names of the bits that are set. `words` from bit 0 up; "" and "." are
    none, and neighbors without one go together: "bits 28-31". "1" is a bit
    that always is."""
    found, bit = [], 0
    while number >> bit:
        if number >> bit & 1:
            name = words[bit] if bit < len(words) else ""
            if name not in ("", "."):
                found += [name] if name != "1" else []
            else:
                first = bit
                while (number >> (bit + 1) & 1 and
                       (bit + 1 >= len(words) or words[bit + 1] in ("", "."))):
                    bit += 1
                found.append(f"bit {bit}" if bit == first
                             else f"bits {first}-{bit}")
        bit += 1
    return found


def number_of(text, what):
    """What the user typed: a number, or an expression of gdb's."""
    try:
        found = gdb.parse_and_eval(text)
        if found.type.code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY,
                               gdb.TYPE_CODE_STRUCT):
            found = found.address
        return int(found) & 0xffffffffffffffff
    except gdb.error as error:
        raise Unavailable(f"{what} {text}: {error}") from error
