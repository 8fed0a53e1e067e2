# SPDX-License-Identifier: MIT
"""The small programs in guest/ as tests. What a guest must say stands in
comments of its own source, one word and its text a line:

  EXPECT regex    the serial log has it, after the one before
  REJECT regex    the serial log has it nowhere
  OPTIONS words   Trivet's options                 (several lines add up)
  ARGS words      the module's command line        (likewise)
  STATUS n        how the run ends, see scripts/run      (default 0)
  MODEL name      CPU model; several lines: one test each
  CPUS n, MEM mib, RUNNER name, TIMEOUT s, DATA file (a second module)
  LONG            only with --long

build/guest/NAME.bin is the module for guest/NAME.S, guest/NAME.c or what is
in guest/NAME/. A guest without an EXPECT line is no test.
"""
import os
import re

from .machine import TOP, Boot

SOURCES = (".S", ".c", ".h")
LINE = re.compile(
    r"^[ \t]*(?:/\*|\*|//|#|;)?[ \t]*(EXPECT|REJECT|OPTIONS|ARGS|STATUS|MODEL"
    r"|CPUS|MEM|RUNNER|TIMEOUT|DATA|LONG)\b[ \t]*(.*?)[ \t]*(?:\*/)?[ \t]*$",
    re.MULTILINE)
LISTS = ("EXPECT", "REJECT", "OPTIONS", "ARGS", "MODEL", "DATA")


def guest_jobs(source=os.path.join(TOP, "guest"),
               build=os.path.join(TOP, "build", "guest")):
    jobs = []
    for name, files in sorted(find_guests(source).items()):
        words = read_words(files)
        if not words["EXPECT"]:
            continue
        models = words["MODEL"] or [""]
        for model in models:
            title = f"guest/{name}" + (f" {model}" if len(models) > 1 else "")
            jobs.append(make_job(title, os.path.join(build, f"{name}.bin"),
                                 model, words))
    return jobs


def find_guests(source):
    """Name -> source files."""
    guests = {}
    for entry in sorted(os.listdir(source) if os.path.isdir(source) else []):
        path = os.path.join(source, entry)
        stem, kind = os.path.splitext(entry)
        if os.path.isdir(path):
            guests[entry] = [os.path.join(path, file)
                             for file in sorted(os.listdir(path))
                             if file.endswith(SOURCES)]
        elif kind in (".S", ".c"):
            guests.setdefault(stem, []).append(path)
    return guests


def read_words(files):
    words = {name: [] for name in LISTS}
    for path in files:
        with open(path, encoding="utf-8") as file:
            for word, text in LINE.findall(file.read()):
                if word in LISTS:
                    words[word].append(text)
                elif words.setdefault(word, text) != text:
                    raise SystemExit(f"{path}: a second {word}: {text}")
    return words


def make_job(title, module, model, words):
    arguments = " ".join(words["ARGS"])
    modules = [f"{module}={arguments}" if arguments else module]
    modules += [os.path.join(TOP, data) for data in words["DATA"]]
    return Boot(
        title, model=model, modules=modules,
        runner=words.get("RUNNER", "bochs"),
        cpus=int(words.get("CPUS", 1)), mem=int(words.get("MEM", 512)),
        options=" ".join(words["OPTIONS"]), expect=words["EXPECT"],
        reject=words["REJECT"], status=int(words.get("STATUS", 0)),
        timeout=int(words.get("TIMEOUT", 120)), long="LONG" in words)
