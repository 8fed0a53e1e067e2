# SPDX-License-Identifier: MIT
"""A word with a running QEMU, through its machine protocol's socket."""
import json
import select
import socket
import time


class Qmp:
    """A connection. Raises OSError or ValueError when QEMU does not play."""

    def __init__(self, path, seconds=5):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(seconds)
        self._socket.connect(path)
        self._events = []
        self._rest = b""
        self._line()  # its greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """The answer to a command; events in between are kept."""
        words = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(words).encode() + b"\n")
        while True:
            answer = self._line()
            if "error" in answer:
                raise ValueError(answer["error"].get("desc", command))
            if "return" in answer:
                return answer["return"]
            self._events.append(answer)

    def wait_for(self, name, seconds):
        """The first event of that name that nobody has asked for yet; None
        when it does not come in time."""
        end = time.monotonic() + seconds
        while True:
            for event in self._events:
                if event.get("event") == name:
                    self._events.remove(event)
                    return event
            left = max(0, end - time.monotonic())
            if not self._rest and not select.select([self._socket], [], [], left)[0]:
                return None
            self._events.append(self._line())

    def close(self):
        self._socket.close()

    def _line(self):
        """The next thing that QEMU says."""
        while b"\n" not in self._rest:
            data = self._socket.recv(65536)
            if not data:
                raise OSError("QEMU hung up")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)
