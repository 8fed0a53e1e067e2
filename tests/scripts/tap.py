# SPDX-License-Identifier: MIT
"""Tests of our scripts as functions, reported as TAP: main() runs each
test_* of a module, which fails by raising, and skips by raising Skip."""
import os
import subprocess
import traceback

TOP = os.path.normpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPTS = os.path.join(TOP, "scripts")
FOLDER = os.path.join(TOP, "build", "test", "script")


class Skip(Exception):
    """A test that makes no sense here."""


def main(names):
    os.makedirs(FOLDER, exist_ok=True)
    tests = [(name, test) for name, test in names.items()
             if name.startswith("test_") and callable(test)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for index, (name, test) in enumerate(tests, 1):
        try:
            test()
        except Skip as reason:
            print(f"ok {index} - {name} # SKIP {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {index} - {name}")
            print("# " + traceback.format_exc().replace("\n", "\n# "),
                  flush=True)
        else:
            print(f"ok {index} - {name}", flush=True)
    return 1 if failed else 0


def call(script, *words, stdin="", **environment):
    """Run one of our scripts to its end: status, and all that it said."""
    done = subprocess.run(
        [os.path.join(SCRIPTS, script), *words], input=stdin.encode(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        timeout=120, env={**os.environ, **environment})
    return done.returncode, done.stdout.decode("utf-8", "replace")


def same(got, wanted, context=""):
    if got != wanted:
        raise AssertionError(f"{got!r} is not {wanted!r}\n{context}")


def has(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in:\n{text}")


def lacks(text, part):
    if part in text:
        raise AssertionError(f"{part!r} is in:\n{text}")
