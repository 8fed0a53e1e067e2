# SPDX-License-Identifier: MIT
"""Numbers that must not grow; see budgets.py."""
import os

from harness.program import Program

HERE = os.path.dirname(os.path.abspath(__file__))
LOGS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "test", "boot")

TESTS = [Program("boot", "budgets", [os.path.join(HERE, "budgets.py")], LOGS, 300, False)]
