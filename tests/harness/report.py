# SPDX-License-Identifier: MIT
"""Jobs run a few at a time, one line each as they end, and the counts."""
import concurrent.futures
import sys
import time
import traceback

from .job import Result

COLORS = {"ok": "32", "FAILED": "31", "skipped": "33"}


class Report:
    """Runs jobs and keeps count, for all and for each suite."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.colors = out.isatty()
        self.suites = {}
        self.failures = []
        self.done = 0
        self.total = 0

    def run(self, jobs, workers):
        self.total = len(jobs)
        ordered = sorted(jobs, key=lambda job: -job.weight)
        pool = concurrent.futures.ThreadPoolExecutor(workers)
        try:
            running = {pool.submit(timed, job): job for job in ordered}
            for future in concurrent.futures.as_completed(running):
                result, seconds = future.result()
                self._take(running[future], result, seconds)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def close(self):
        """The end of the report; returns the exit status."""
        for suite, sums in sorted(self.suites.items()):
            self._line(f"{suite:>8}  {sums.passed} ok, {sums.failed} not, "
                       f"{sums.skipped} left out, {sums.seconds:.0f} s")
        for name in self.failures:
            self._line(f"{self._color('FAILED')}  {name}")
        passed, failed, skipped = (
            sum(getattr(sums, what) for sums in self.suites.values())
            for what in ("passed", "failed", "skipped"))
        text = f"{passed} passed, {failed} failed"
        self._line(text + (f", {skipped} skipped" if skipped else ""))
        return 0 if passed and not failed else 1

    def _take(self, job, result, seconds):
        sums = self.suites.setdefault(job.suite, Sums())
        sums.add(result, seconds)
        self.done += 1
        word = ("FAILED" if result.failed else
                "skipped" if result.skipped and not result.passed else "ok")
        digits = len(str(self.total))
        count = f"{self.done:{digits}}/{self.total}"
        note = f"  {result.note}" if result.note else ""
        self._line(f"{count} {self._color(word)} {seconds:6.1f} s  "
                   f"{job.suite}: {job.name}{note}")
        if result.failed:
            self.failures.append(f"{job.suite}: {job.name}{note}")
            if result.details:
                self._line(result.details)

    def _color(self, word):
        text = f"{word:7}"
        return f"\x1b[{COLORS[word]}m{text}\x1b[0m" if self.colors else text

    def _line(self, text):
        print(text, file=self.out, flush=True)


class Sums:
    """What one suite came to."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.seconds = 0.0

    def add(self, result, seconds):
        self.passed += result.passed
        self.failed += result.failed
        self.skipped += result.skipped
        self.seconds += seconds


def timed(job):
    start = time.monotonic()
    try:
        result = job.run()
    except Exception:  # pylint: disable=broad-except
        # A test that cannot be run is a failed test, not the end of all.
        result = Result.fail("the test itself broke", traceback.format_exc())
    return result, time.monotonic() - start
