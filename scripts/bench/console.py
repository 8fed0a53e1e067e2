# SPDX-License-Identifier: MIT
"""The serial console: bytes between the machine's COM1, a socket, and whoever
is watching, a terminal or two pipes. The bench connects to us, so that no byte
is lost in either direction: both benches take one only when the machine has
read the last. TCP, because a Unix socket holds no more than some 270 writes
of one byte, after which QEMU's UART drops what it cannot get rid of.
"""
import os
import re
import select
import socket
import sys
import termios
import time
import tty

from .bootfilter import BootFilter

CTRL_C = b"\x03"
CHUNK = 65536
OVERLAP = 1024  # a line that is looked for is no longer
ENDED, SEEN, NOT_LOADED, REFUSED, TIMED_OUT, INTERRUPTED = range(6)

# A CPU may be refused before the options are read: then Trivet says so and
# halts, and nothing but these words tells that the run is over. It has logged
# nothing then: the same words behind a line of the log may be a guest's.
REFUSAL = re.compile(rb"(?m)^run: outcome=refused[^\n]*\n")
REFUSAL_GRACE = 2.0
LOG_LINE = re.compile(rb"(?m)^\[ *\d+\.\d+\] cpu\d")


class Console:
    """One machine's console. Use as a context: leaving it gives the terminal
    back as it was, whatever happened."""

    def __init__(self, log=None, keys=True):
        self.log = log
        self.serial = bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.port = self.listener.getsockname()[1]
        self._machine = None
        self._filter = BootFilter()
        self._pending = b""
        self._at_line_start = True
        self._stdin = usable_stdin() if keys else None
        self._terminal = None
        if self._stdin is not None and os.isatty(self._stdin):
            self._terminal = termios.tcgetattr(self._stdin)

    def __enter__(self):
        if self._terminal:
            raw_keys(self._stdin)
        return self

    def __exit__(self, *_):
        if self._terminal:
            termios.tcsetattr(self._stdin, termios.TCSAFLUSH, self._terminal)
        self._show(self._filter.flush())
        if not self._at_line_start:
            write_all(b"\r\n" if self._terminal else b"\n")
        for end in (self._machine, self.listener):
            if end:
                end.close()

    @property
    def failure(self):
        """What GRUB said when it could not start Trivet, or None."""
        return self._filter.failure

    @property
    def loader_error(self):
        """GRUB's last error, from which it may have gone on, or None."""
        return self._filter.error

    def run(self, child, seconds, until=None):
        """Carry bytes until the bench ends, the time is over, the user says
        Ctrl-C, GRUB gives up, or COM1 says what the pattern matches."""
        end = time.monotonic() + seconds if seconds else None
        searched = 0
        refused = None
        while child.poll() is None:
            if end and time.monotonic() >= end:
                return TIMED_OUT
            if refused and time.monotonic() >= refused:
                return REFUSED
            if not self._step(0.1):
                return INTERRUPTED
            if self.failure:
                return NOT_LOADED
            if len(self.serial) == searched:
                continue
            start, searched = max(0, searched - OVERLAP), len(self.serial)
            if until and until.search(self.serial, start):
                return SEEN
            if (not refused and REFUSAL.search(self.serial, start)
                    and not LOG_LINE.search(self.serial)):
                refused = time.monotonic() + REFUSAL_GRACE
        while self._from_machine(0.05):
            pass
        return ENDED

    def _step(self, patience):
        reads, writes = [], []
        reads.append(self._machine or self.listener)
        if self._stdin is not None and len(self._pending) < CHUNK:
            reads.append(self._stdin)
        if self._machine and self._pending and self._filter.started:
            writes.append(self._machine)
        reads = [end for end in reads if end is not None]
        if not reads and not writes:
            time.sleep(patience)
            return True
        readable, writable, _ = select.select(reads, writes, [], patience)
        if self._stdin in readable and not self._from_user():
            return False
        if writable:
            self._to_machine()
        if self._machine in readable or self.listener in readable:
            self._from_machine(0)
        return True

    def _from_user(self):
        data = os.read(self._stdin, 4096)
        if not data:
            self._stdin = None
        if self._terminal and CTRL_C in data:
            return False
        self._pending += data
        return True

    def _to_machine(self):
        try:
            sent = self._machine.send(self._pending)
        except BlockingIOError:
            return
        except OSError:
            self._pending = b""  # it has gone: its own end will be told
            return
        self._pending = self._pending[sent:]

    def _from_machine(self, patience):
        """Take what the machine has sent; False when nothing came."""
        source = self._machine or self.listener
        if source is None:
            return False
        if not select.select([source], [], [], patience)[0]:
            return False
        if source is self.listener:
            self._machine, _ = self.listener.accept()
            self._machine.setblocking(False)
            self.listener.close()
            self.listener = None
            return True
        try:
            data = source.recv(CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        # They send byte by byte, and wait for our acknowledgment.
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not data:
            source.close()
            self._machine = None
            return False
        self.serial += data
        if self.log:
            self.log.write(data)
            self.log.flush()
        self._show(self._filter.feed(data))
        return True

    def _show(self, data):
        if data:
            self._at_line_start = data.endswith(b"\n")
            write_all(data)


def usable_stdin():
    """Standard input's number, or None where reading it makes no sense."""
    if sys.stdin is None:
        return None
    number = sys.stdin.fileno()
    if os.isatty(number) and os.tcgetpgrp(number) != os.getpgrp():
        return None  # in the background: a read would stop us
    return number


def raw_keys(number):
    """Each key to the machine at once and as it is; output stays as it was."""
    output = termios.tcgetattr(number)[1]
    tty.setraw(number, termios.TCSADRAIN)
    mode = termios.tcgetattr(number)
    mode[1] = output
    termios.tcsetattr(number, termios.TCSADRAIN, mode)


def write_all(data):
    """To standard output, past Python's buffers."""
    while data:
        data = data[os.write(1, data):]
