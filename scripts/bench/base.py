# SPDX-License-Identifier: MIT
"""What the benches have in common: arguments, and a folder of their own."""
import os


class Bench:
    """One run. A subclass says how to start (command), what an end means
    (verdict), where a machine hangs (where) and what else it saw
    (complaints)."""

    def __init__(self, args, folder, name, model):
        self.args = args
        self.folder = folder
        self.name = name
        self.model = args.model or model

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        """A file that the bench may have written, or nothing."""
        try:
            with open(self.path(name), encoding="utf-8",
                      errors="replace") as file:
                return file.read()
        except OSError:
            return ""
