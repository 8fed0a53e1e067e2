# SPDX-License-Identifier: MIT
"""Trivet in gdb: trivet.py is what gdb loads, the rest is its parts.

image     what the image itself tells: symbols, enums, tables of names
memory    host memory by physical address, and how addresses relate
guests    machines and virtual CPUs, and which one is meant
vmcs      a vCPU's VMCS, as it was remembered
vcpu      a vCPU's registers, and what changed in them
exits     the flight recorder's ring
stats     the statistics of exits
walks     page walks: host, EPT, guest
printers  how our structs are printed
core      memory images (not in gdb: scripts/run uses it, and it is a tool)

Layouts, enums and names of flags come from the image's debug information and
its own tables: these scripts and the kernel cannot disagree about them.
"""
