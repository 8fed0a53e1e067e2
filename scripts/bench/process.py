# SPDX-License-Identifier: MIT
"""Child processes that never outlive us: a group of their own, killed by the
kernel when we die and by stop() when we are done."""
import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def start(command, output):
    """Start a bench: nothing on its standard input, all it says into a file."""
    with open(output, "wb") as out:
        # A session of its own keeps the terminal's Ctrl-C from it: Bochs
        # would take that for a debugger stop.
        # pylint: disable=subprocess-popen-preexec-fn
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent)


def stop(child, patience=1.0):
    """End the whole group, politely first, and reap the child."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, how)
        except ProcessLookupError:
            break
        if wait(child, patience):
            continue  # the leader is gone; SIGKILL still finds stragglers
    child.wait()


def wait(child, seconds):
    """True once the child has ended, after at most so many seconds."""
    end = time.monotonic() + seconds
    while child.poll() is None:
        if time.monotonic() >= end:
            return False
        time.sleep(0.01)
    return True
