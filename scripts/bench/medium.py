# SPDX-License-Identifier: MIT
"""The ISO that a bench boots: scripts/image, told what the run asks for."""
import os

IMAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "image")


def command(iso, bench, cmdline, modules, kernel):
    """Words that make it for this bench; modules are FILE[=LINE]."""
    # First: of a line that is too long Trivet sees the beginning.
    words = [IMAGE, "-o", iso, "--options", f"runner={bench.runner_option} {cmdline}".strip()]
    for module in modules:
        file, _, line = module.partition("=")
        words += ["--module", file, line or os.path.basename(file)]
    # Other firmware than the bench's own may be UEFI.
    if bench.name != "uefi" and not bench.args.bios:
        words.append("--bios-only")
    return words + [kernel]
