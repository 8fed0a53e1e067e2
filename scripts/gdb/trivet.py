# SPDX-License-Identifier: MIT
"""What gdb loads: gdb -x scripts/gdb/trivet.py build/trivet.elf [MEMORY-IMAGE]"""
import importlib.util
import os
import sys

import gdb


def load():
    """The parts beside this file, as a package of a name of its own."""
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.dont_write_bytecode = True
    for name in [n for n in sys.modules if n.partition(".")[0] == "trivet_gdb"]:
        del sys.modules[name]  # loaded again: perhaps they have changed
    spec = importlib.util.spec_from_file_location(
        "trivet_gdb", os.path.join(folder, "__init__.py"),
        submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    sys.modules["trivet_gdb"] = package
    spec.loader.exec_module(package)
    return {name: importlib.import_module(f"trivet_gdb.{name}")
            for name in ("image", "vmcs", "vcpu", "exits", "stats", "walks",
                         "printers")}


PARTS = load()
COMMANDS = {}


class Prefix(gdb.Command):
    """Look at Trivet's machines: "trivet" lists what there is.

Works on a stopped machine (make debug) and on memory images. What is said of
the VMCS is as of the last time that the vCPU was unloaded or remembered: the
processor alone can read the VMCS that it runs with."""

    def __init__(self):
        super().__init__("trivet", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError(f"trivet {argument.split()[0]}: there is none; "
                               f"there are {', '.join(COMMANDS)}")
        for name, function in COMMANDS.items():
            usage, _, text = function.__doc__.partition(": ")
            print(f"trivet {usage:<17} {' '.join(text.split())}")


class Leaf(gdb.Command):
    """One of the commands; its function's first words are its usage."""

    def __init__(self, name, function):
        self.__doc__ = f"trivet {function.__doc__}"
        self._function = function
        super().__init__(f"trivet {name}", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        try:
            for line in self._function(*words):
                print(line)
        except PARTS["image"].Unavailable as error:
            raise gdb.GdbError(str(error)) from error
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"{error}: not in this memory image, or the "
                               "CPU is in its guest, or before its host_map_init()"
                               ) from error
        except TypeError as error:
            if "positional argument" not in str(error):
                raise
            usage = self._function.__doc__.partition(": ")[0]
            raise gdb.GdbError(f"usage: trivet {usage}") from error


def start():
    COMMANDS.update({
        "vcpu": PARTS["vcpu"].show, "vmcs": PARTS["vmcs"].show,
        "exits": PARTS["exits"].show, "stats": PARTS["stats"].show,
        "regs-diff": PARTS["vcpu"].differences,
        "walk": PARTS["walks"].guest, "ept": PARTS["walks"].ept,
        "host-walk": PARTS["walks"].host,
        "p2v": PARTS["walks"].p2v, "v2p": PARTS["walks"].v2p,
    })
    Prefix()
    for name, function in COMMANDS.items():
        Leaf(name, function)
    PARTS["printers"].register()
    print(f"trivet: commands {', '.join(COMMANDS)}; \"trivet\" explains them")


start()
