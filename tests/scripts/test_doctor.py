#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/vmcs-doctor: verdicts, JSON, statuses; the document made of the rules."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import tap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TOP, "scripts", "vmcs-doctor")
SEED = os.path.join(TOP, "tests", "fuzz", "seeds", "kvm.txt")


def doctor(*words, text=""):
    return subprocess.run([TOOL, *words], input=text, capture_output=True,
                          text=True, check=False, cwd=TOP)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def test_good_dump():
    run = doctor("--model", "corei7_haswell_4770", "--quiet", SEED)
    check(run.returncode == 0, f"status {run.returncode}: {run.stdout}")
    check(" 0 violated" in run.stdout, run.stdout)
    # A dump of KVM does not have them: that must not count as passed.
    check("not checked" in run.stdout and "msr_bitmap" in run.stdout, run.stdout)


def test_bad_dump():
    with open(SEED, encoding="utf-8") as file:
        text = file.read().replace("CS=0010 SS", "CS=0013 SS")
    run = doctor("--model", "corei7_haswell_4770", "-", text=text)
    check(run.returncode == 1, f"status {run.returncode}")
    for part in ("host_cs_selector", "HOST_CS_SELECTOR = 0x13",
                 "must be 0: 0-1", "legal by this rule, here: HOST_CS_SELECTOR = 0x10",
                 "error 8"):
        check(part in run.stdout, f"{part!r} is not in: {run.stdout}")


def test_as_json():
    run = doctor("--json", "-", text="GUEST_RFLAGS = 0x8\nnobody knows = this\n")
    answer = json.loads(run.stdout)
    check(run.returncode == 1, f"status {run.returncode}")
    check({one["rule"] for one in answer["violated"]}
          == {"guest_rflags_reserved", "guest_rflags_one"}, run.stdout)
    check(answer["fields_read"] == 1 and answer["unknown_lines"] == 1, run.stdout)
    check("pin_allowed" in answer["not_checked"], run.stdout)
    check(answer["violated"][0]["fields"] == {"GUEST_RFLAGS": "0x8"}, run.stdout)
    check("-:2: skipped" in run.stderr, run.stderr)


def test_statuses():
    check(doctor("-", text="nothing\n").returncode == 3, "nothing found")
    check(doctor().returncode == 2, "no file")
    check(doctor("/nowhere/dump").returncode == 2, "no such file")
    check(doctor("--model", "z80", SEED).returncode == 2, "no such model")
    check(doctor("--physical-bits", "99", SEED).returncode == 2, "a bad width")
    check(doctor("--msr", "0x480", SEED).returncode == 2, "no value")
    check(doctor("--help").returncode == 0, "help")


def test_given_msrs():
    run = doctor("--msr", "0x486=0x80000021", "--msr", "0x487=0xffffffff", "-",
                 text="HOST_CR0 = 0x80000001\n")
    check(run.returncode == 1 and "host_cr0_fixed" in run.stdout
          and "5 (NE)" in run.stdout, run.stdout)
    run = doctor("-", text="HOST_CR0 = 0x80000001\n")
    check(run.returncode == 0 and "not checked: " in run.stdout, run.stdout)


def test_document():
    with open(os.path.join(TOP, "docs", "vm-entry-checks.md"), encoding="utf-8") as file:
        text = file.read()
    check(text == doctor("--markdown").stdout,
          "docs/vm-entry-checks.md is not what the rules say: make docs/vm-entry-checks.md")
    rules = re.findall(r"^### (\S+)$", text, re.MULTILINE)
    check(len(rules) == len(set(rules)) > 250, f"{len(rules)} rules")


if __name__ == "__main__":
    sys.exit(tap.main(globals()))
