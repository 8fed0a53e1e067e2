# SPDX-License-Identifier: MIT
"""What firmware and GRUB print before Trivet does.

They clear the screen and move the cursor: on a user's own terminal only their
text is wanted. And they would swallow input meant for Trivet, so it matters
when they are done: `started`.
"""
import re

ESCAPE = re.compile(rb"\x1b(?:\[[0-9;?=]*[@-~]|[()#][0-9A-Z]|[^\[()#])")
HALF_ESCAPE = re.compile(rb"\x1b(?:\[[0-9;?=]*|[()#])?\Z")

# Trivet's banner, or a log line of its own; with log=quiet there is neither,
# so after GRUB's last line anything that GRUB does not say.
BANNER = re.compile(rb"Trivet\b|\[ *[0-9]+\.[0-9]+\]")
LAST_OF_GRUB = b"Booting `"
OF_GRUB = (b"error:", b"WARNING:", b"Press any key", b"Loading ", b"Welcome to",
           b"Failed to boot")
GAVE_UP = b"Failed to boot"
ERROR = re.compile(rb"error: [^\r\n]*")


class BootFilter:
    """Bytes in as they come, bytes out as the user should see them."""

    def __init__(self):
        self.started = False
        self.failure = None  # what GRUB said when it gave up
        self.error = None  # its last error; it may have gone on all the same
        self._booting = False
        self._held = b""

    def feed(self, data):
        if self.started:
            return data
        self._held += data
        shown = b""
        while self._held:
            raw, newline, rest = self._held.partition(b"\n")
            line = ESCAPE.sub(b"", HALF_ESCAPE.sub(b"", raw))
            if self._is_trivet(line, bool(newline)):
                self.started = True
                self._held = b""
                return shown + ESCAPE.sub(b"", raw).lstrip() + newline + rest
            if not newline:
                break
            shown += self._loader_line(line.strip())
            self._held = rest
        return shown

    def _loader_line(self, line):
        """A whole line that is not Trivet's, as it is to be shown."""
        error = ERROR.search(line)
        if error:
            self.error = error.group().decode("ascii", "replace")
        if GAVE_UP in line:
            self.failure = self.error or "no reason given"
        self._booting = self._booting or LAST_OF_GRUB in line
        return line + b"\r\n" if line else b""

    def flush(self):
        """What is still held back, when no more will come."""
        held, self._held = self._held, b""
        return ESCAPE.sub(b"", HALF_ESCAPE.sub(b"", held))

    def _is_trivet(self, line, complete):
        line = line.lstrip()
        if BANNER.match(line):
            return True
        if not self._booting or not line:
            return False
        if any(line.startswith(word) for word in OF_GRUB):
            return False
        return complete or not any(word.startswith(line) for word in OF_GRUB)
