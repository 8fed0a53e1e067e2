# SPDX-License-Identifier: MIT
"""Where was the machine when it was stopped? An address, and the function and
line it belongs to when the kernel's symbols are at hand."""
import shutil
import subprocess


def describe(rip, kernel):
    """One phrase for the reader; `kernel` need not be an ELF file."""
    text = f"CPU 0 was at {rip:#x}"
    if not shutil.which("addr2line"):
        return text
    try:
        answer = subprocess.run(
            ["addr2line", "-f", "-s", "-e", kernel, f"{rip:#x}"],
            capture_output=True, text=True, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return text
    names = answer.stdout.split("\n")
    if answer.returncode or names[0] in ("", "??"):
        return text
    return f"{text}, {names[0]} ({names[1]})"
