# SPDX-License-Identifier: MIT
"""What a Linux guest's log must not say, and what scripts/guests/checks.sh has told in it."""
import re

# What a kernel that is content never says.
WRONG = (
    r"\bBUG\b", r"WARNING", r"Call Trace", r"unchecked MSR", r"Firmware Bug",
    r"nobody cared", r"[Ss]purious (8259A|interrupt:)", r"No irq handler", r"MP-BIOS bug",
    r"soft lockup|hard LOCKUP|rcu.*stall|blocked for more than",
    r"Unable to calibrate|calibration failed|Marking clocksource|tsc: .*[Ff]ail|TSC.*unstable",
    r"ACPI (BIOS )?(Error|Exception)", r"check: .*FAILED", r"\bstuck:",
)
# Complaints of the kernel at level "warning" that are right, and why.
COMPLAINTS = (
    r"acpi PNP0A03:00: fail to add MMCONFIG information",  # as on the bare machine: there is none
    r"i8042: PNP: PS/2 appears to have AUX port disabled",  # true: there is no mouse
)
# Right as well where the processor is Bochs' and runner=bochs does not say so.
RETBLEED = r"RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable"
WRONG_BUT_RETBLEED = tuple(r"(?<!RETBleed: )WARNING" if one == "WARNING" else one for one in WRONG)
CHECKS = 10  # lines that scripts/guests/checks.sh prints


def content(log, also_right=()):
    """What is wrong with a Linux that has told of itself, or None."""
    checks = re.findall(r"^check: .* (ok|FAILED)$", log, re.MULTILINE)
    if len(checks) != CHECKS:
        return f"{len(checks)} checks instead of {CHECKS}"
    for line in re.findall(r"^complaint: (.*)$", log, re.MULTILINE):
        if not any(re.match(one, line) for one in (*COMPLAINTS, *also_right)):
            return f"Linux complains: {line}"
    return None


def content_but_retbleed(log):
    return content(log, (RETBLEED,))
