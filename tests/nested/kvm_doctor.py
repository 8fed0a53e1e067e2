# SPDX-License-Identifier: MIT
"""KVM's word on the VM-entry rules: what doctor= has tried on it.

KVM checks controls, host state, control registers, EFER, PAT, DR7 and injected
events itself, then loads MSRs, and leaves the rest of the guest's state to the
processor below. The doctor's list of MSRs fails before it gets there: such an
entry ends with exit reason 34 where the rules say 33. docs/doctor.md has the
judgment on the other differences.
"""

import re

OPTIONS = "log=warn doctor=400 seed=1"
LEAST = 250  # of 400, attempts on which both agree
LEFT_TO_THE_PROCESSOR = ("exit reason 80000021H (33), invalid guest state",
                         "exit reason 80000022H (34), MSR loading")
DISAGREE = re.compile(r'^doctor: disagree try=\d+ rules=\d+ first=(\S+) expected="(.*?)" '
                      r'processor="(.*?)"', re.MULTILINE)
CHANGES = re.compile(r"^doctor: disagree try=\d+ base=(.*)$", re.MULTILINE)
SUMMARY = re.compile(r"^doctor: tried=\d+ agreed=(\d+) disagreed=(\d+)", re.MULTILINE)


def accepted(rule, changes, verdicts):
    """Is this difference KVM's?"""
    if verdicts == LEFT_TO_THE_PROCESSOR:
        return rule.startswith(("guest_", "interruptibility_", "pending_debug_", "activity_"))
    if rule == "tsc_multiplier":
        return verdicts[1] == LEFT_TO_THE_PROCESSOR[1]
    return rule == "none" and changes.startswith("restricted GUEST_CS_ACCESS_RIGHTS ")


def problem(log):
    """What is wrong with a run of doctor= under KVM, or None."""
    summary = SUMMARY.search(log)
    if not summary:
        return "no summary of the doctor's"
    found = DISAGREE.findall(log)
    if len(found) != int(summary[2]):
        return f"{len(found)} disagreements told of {summary[2]}"
    for (rule, *verdicts), changes in zip(found, CHANGES.findall(log), strict=True):
        if not accepted(rule, changes, tuple(verdicts)):
            return f"KVM and the rules disagree on {rule}: {changes}"
    if int(summary[1]) < LEAST:
        return f"only {summary[1]} attempts agreed"
    return None
