# SPDX-License-Identifier: MIT
"""What every kind of test is to the harness: a job with a result."""


class Result:
    """Counts of one job; a job is often one test, a unit test program many."""

    def __init__(self, passed=0, failed=0, skipped=0, note="", details=""):
        self.passed = passed
        self.failed = failed
        self.skipped = skipped
        self.note = note        # a few words for the job's line
        self.details = details  # lines shown when something failed

    @staticmethod
    def skip(note):
        return Result(skipped=1, note=note)

    @staticmethod
    def fail(note, details=""):
        return Result(failed=1, note=note, details=details)


class Job:
    """One line of the report. `suite` groups jobs, `long` ones wait for
    --long, `weight` orders them: heavy first keeps both processors busy."""

    suite = "?"
    long = False
    weight = 0

    def __init__(self, name):
        self.name = name

    def run(self):
        """A Result. Runs in a thread of the report's."""
        raise NotImplementedError


def tail(text, lines=30):
    """The last lines of a log, indented for the report."""
    kept = text.replace("\r", "").splitlines()
    dropped = len(kept) - lines
    head = [f"    ... {dropped} lines before"] if dropped > 0 else []
    return "\n".join(head + [f"    {line}" for line in kept[-lines:]])
