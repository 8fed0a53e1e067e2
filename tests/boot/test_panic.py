# SPDX-License-Identifier: MIT
"""Bugs of our own, put in from outside; see panics.py."""
import os
import sys

from harness.machine import FOLDER, KERNEL
from harness.program import Tap

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "panics.py")

TESTS = [Tap("boot", "panics", [sys.executable, TOOL, KERNEL], FOLDER, 300)]
