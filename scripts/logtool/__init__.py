# SPDX-License-Identifier: MIT
"""What scripts/trivet-log is made of. In reading order: names, record; lines,
textlog, binlog, source (a file to records); follow (each vCPU in order);
histogram, stats; symbols; code; table, export, charts, page, compare; cli."""
