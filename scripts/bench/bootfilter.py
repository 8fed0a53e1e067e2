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
        self._error = b"no reason given"
        self._booting = False
        self._held = b""

    def feed(self, data):
        if self.started:
            return data
        text = ESCAPE.sub(b"", self._held + data)
        half = HALF_ESCAPE.search(text)
        cut = half.start() if half else len(text)
        text, escape = text[:cut], text[cut:]

        shown = b""
        while text and not self.started:
            line, newline, rest = text.partition(b"\n")
            if self._is_trivet(line, bool(newline)):
                self.started = True
                return shown + text + escape
            if not newline:
                break
            if ERROR.search(line):
                self._error = ERROR.search(line).group()
            if GAVE_UP in line:
                self.failure = self._error.decode("ascii", "replace")
            if line.strip():
                shown += line.strip() + b"\r\n"
            self._booting = self._booting or LAST_OF_GRUB in line
            text = rest
        self._held = text + escape
        return shown

    def flush(self):
        """What is still held back, when no more will come."""
        held, self._held = self._held, b""
        return held

    def _is_trivet(self, line, complete):
        line = line.lstrip()
        if BANNER.match(line):
            return True
        if not self._booting or not line:
            return False
        if any(line.startswith(word) for word in OF_GRUB):
            return False
        return complete or not any(word.startswith(line) for word in OF_GRUB)
