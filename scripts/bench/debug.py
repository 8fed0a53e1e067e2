# SPDX-License-Identifier: MIT
"""gdb on a machine that QEMU holds before its first instruction, and on the
memory that a run left behind (--core)."""
import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time

from gdb import core
from . import outcome, process

BREAK_AT = "kernel_main"
EXTRAS = os.path.join(os.path.dirname(__file__), "..", "gdb", "trivet.py")
# The memory is kept where a run begins to tell how it ended, or where it was
# stopped; and once more at the next VM exit or the end, in case that was in a
# guest, whose page tables lead elsewhere.
ENDS = ("vm_report", "outcome_end")
TIMES = 2
KEPT = "idtr:"  # Bochs says it last, each time
USUAL_PORT = 1234


def free_port():
    """gdb's usual port, or another one when that is taken."""
    for port in (USUAL_PORT, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return probe.getsockname()[1]
        except OSError:
            continue
    raise OSError("no free TCP port")


def qemu_words(port):
    return ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]


def gdb_command(kernel, port):
    """hbreak: GRUB would overwrite a breakpoint planted in memory."""
    return ["gdb", "-q", kernel, "-ex", "set architecture i386:x86-64",
            "-x", os.path.abspath(EXTRAS),
            "-ex", f"target remote 127.0.0.1:{port}",
            "-ex", f"hbreak {BREAK_AT}", "-ex", "continue"]


def check_core(kernel):
    """--core needs to know where in the kernel things are."""
    try:
        symbols = core.Elf(kernel).symbols()
    except (core.Unusable, OSError) as error:
        raise outcome.Usage(f"--core: {error}") from error
    if not set(ENDS) <= set(symbols):
        raise outcome.Usage(f"--core: {kernel} has no symbols: give build/trivet.elf")


def bochs_pieces(kernel, folder, mem, time_of):
    """(address, length, file) of what is to be kept. Behind the end of what
    is mapped Bochs stops by itself: at the firmware's memory, at the stack's
    guard page."""
    symbols = core.Elf(kernel).symbols()
    text, guard, stack, end = (symbols[f"image_{name}"] for name in (
        "text_start", "stack_guard", "stack_start", "data_end"))
    above = end - core.KERNEL_BASE
    return [(start, length, os.path.join(folder, f"memory{time_of}{number}"))
            for number, (start, length) in enumerate((
                (text, guard - text), (stack, end - stack),
                (core.DIRECT_BASE, 0xa0000),
                (core.DIRECT_BASE + above, (mem << 20) - above)))]


def bochs_commands(kernel, folder, mem):
    """What its debugger does for --core, up to where it would let go on."""
    symbols = core.Elf(kernel).symbols()
    lines = [f"lb {symbols[name]:#x}" for name in ENDS]
    for time_of in range(TIMES):
        lines += ["c"]
        lines += [f'writemem "{path}" {start:#x} {length:#x}' for start, length, path
                  in bochs_pieces(kernel, folder, mem, time_of)]
        lines += ["r", "sreg", "vmexitbp"]
        # It has no word for "all".
        lines += [f"bpd {number}" for number in range(1, 1 + len(ENDS))]
    return "\n".join(lines) + "\n"


def bochs_memory(kernel, folder, mem, said):
    """Pieces and registers of the first time that Trivet's memory was seen."""
    for time_of, words in enumerate(said.split(KEPT)[:-1]):
        pieces = [core.Piece(start, path) for start, _, path
                  in bochs_pieces(kernel, folder, mem, time_of) if os.path.exists(path)]
        if pieces and core.Elf(kernel).begins(pieces[0]):
            return ([piece for piece in pieces if piece.size],
                    core.registers_note(core.bochs_registers(words)))
    return [], b""


def wait_for_bochs(child, kept):
    """Until the memory was kept, or it has ended, or has had a minute."""
    end = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < end and not kept()[0]:
        time.sleep(0.1)


def save_core(path, kernel, bench):
    """Make the core file of what the bench has kept; a complaint, or None."""
    pieces, notes = bench.memory()
    try:
        core.write(path, core.Elf(kernel), pieces, notes)
    except (core.Unusable, OSError) as error:
        return f"--core: no memory image: {error}"
    return None


def session(child, com1, kernel, port, say):
    """gdb in the foreground, the serial console's output behind it."""
    command = gdb_command(kernel, port)
    if not shutil.which("gdb"):
        say("gdb is not installed; from where there is one:")
        say(shlex.join(command))
        com1.run(child, 0)
        return
    behind = threading.Thread(target=com1.run, args=(child, 0), daemon=True)
    behind.start()
    # Ctrl-C is gdb's: it stops the machine, not this session.
    mine = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        subprocess.run(command, check=False, preexec_fn=default_sigint)
    finally:
        signal.signal(signal.SIGINT, mine)
        # The console is the thread's as long as the machine runs.
        process.stop(child)
        behind.join()


def default_sigint():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
