# SPDX-License-Identifier: MIT
"""The test harness behind scripts/test.

job      what every kind of test is to the harness
report   jobs run two at a time, one line each, and the counts at the end
program  tests that are programs: unit tests (cmocka), checks, scripts
machine  tests that boot Trivet and read its serial console
guests   the small programs in guest/ as such tests
"""
