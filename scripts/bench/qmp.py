# SPDX-License-Identifier: MIT
"""A word with a running QEMU, through its machine protocol's socket."""
import json
import socket


class Qmp:
    """A connection. Raises OSError or ValueError when QEMU does not play."""

    def __init__(self, path, seconds=5):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(seconds)
        self._socket.connect(path)
        self._lines = self._socket.makefile("rb")
        self._lines.readline()  # its greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """The answer to a command; events in between are passed over."""
        words = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(words).encode() + b"\n")
        while True:
            line = self._lines.readline()
            if not line:
                raise OSError("QEMU hung up")
            answer = json.loads(line)
            if "error" in answer:
                raise ValueError(answer["error"].get("desc", command))
            if "return" in answer:
                return answer["return"]

    def close(self):
        self._lines.close()
        self._socket.close()
