# SPDX-License-Identifier: MIT
"""gdb on a machine that QEMU holds before its first instruction."""
import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading

BREAK_AT = "kernel_main"
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
    extras = os.path.join(os.path.dirname(__file__), "..", "gdb", "trivet.py")
    words = ["gdb", "-q", kernel, "-ex", "set architecture i386:x86-64"]
    if os.path.exists(extras):
        words += ["-ex", f"source {os.path.abspath(extras)}"]
    return words + ["-ex", f"target remote 127.0.0.1:{port}",
                    "-ex", f"hbreak {BREAK_AT}", "-ex", "continue"]


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


def default_sigint():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
