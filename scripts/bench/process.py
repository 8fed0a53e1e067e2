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


LIVE = set()


def start(command, output, stdin=subprocess.DEVNULL, env=None):
    """Start a program, all it says into a file. Must be called in a thread
    that lives as long as the child may."""
    with open(output, "wb") as out:
        # A session of its own keeps the terminal's Ctrl-C from it: Bochs
        # would take that for a debugger stop.
        # pylint: disable=subprocess-popen-preexec-fn
        child = subprocess.Popen(
            command, stdin=stdin, stdout=out, stderr=subprocess.STDOUT,
            env=env, start_new_session=True, preexec_fn=die_with_parent)
    LIVE.add(child)
    return child


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
    LIVE.discard(child)


def stop_all(patience=5.0):
    """End whatever other threads have started."""
    for child in list(LIVE):
        stop(child, patience)


def wait(child, seconds):
    """True once the child has ended, after at most so many seconds."""
    end = time.monotonic() + seconds
    while child.poll() is None:
        if time.monotonic() >= end:
            return False
        time.sleep(0.01)
    return True
