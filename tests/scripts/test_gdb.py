#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands and printers of scripts/gdb on the memory that Bochs kept of a
run of the bundled guest. What they say is compared with what the run itself
said, and with what was loaded."""
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
import tap
from gdbtool import found, gdb, main, run
# pylint: disable=wrong-import-position,wrong-import-order
from gdb import core

GUEST = os.path.join(tap.TOP, "build", "guest", "bundled.bin")
GUEST_AT = 0x7c00
V = "vm_list->cpus[0].vcpu"


def bundled():
    return run("bundled", "bochs", "log=quiet mem=16M stats=full")


def ask(command):
    return gdb(bundled()[0], command)[0]


def test_exits_are_those_that_the_run_reported():
    said = bundled()[1]
    count = int(found(r"^vm0: (\d+) exits in", said))
    text = ask("trivet exits 20")
    tap.has(text, f"vm0 vcpu0: {count} exits, 256 of them kept")
    rows = [line.split() for line in text.splitlines() if line.split()[0].isdigit()]
    tap.same([int(row[0]) for row in rows], list(range(count - 20, count)), text)
    # The last words of the guest, then its farewell.
    tap.same(rows[-1][3:4] + rows[-1][5:], ["VMCALL", "STOP", "call=0x2"], text)
    tap.same(rows[-1][2], "-", text)
    tap.same(rows[-2][3:4] + rows[-2][5:], ["IO", "NEXT", "port=0x3f8", "out"], text)


def test_exits_have_what_their_reasons_have():
    text = ask("trivet exits 256")
    found(r"(EXTERNAL_INTERRUPT \S+ +AGAIN +vector=0xf0; "
          r"intr vector 240, external interrupt)$", text)
    # The timer's, injected after the wait.
    tap.same(len(re.findall(r"HLT .* WAIT +then vector 32, external interrupt$",
                            text, re.MULTILINE)), 3, text)
    # Of ports the columns tell all; HLT has no qualification, whatever is there.
    tap.lacks(text, "qualification=")


def test_statistics_are_those_that_the_run_reported():
    said = bundled()[1]
    short, text = gdb(bundled()[0], "trivet stats", "trivet stats 100")
    tap.has(short, "  and ")
    tap.lacks(text, "  and ")
    counts = re.findall(r"^exit: .* reason=(\S+) count=(\d+) share=(\S+)% time=(\S+)%",
                        said, re.MULTILINE)
    if len(counts) < 5:
        raise AssertionError(said)
    for reason, count, share, time in counts:
        row = found(rf"^({reason} .*)", text).split()
        tap.same(row[1], count, text)
        for mine, its in zip(row[2:4], (share, time)):  # it cuts off, we round
            if abs(float(mine.rstrip("%")) - float(its)) > 0.11:
                raise AssertionError(f"{row} and {share} {time}")
    for key, count in re.findall(r'^exit-key: .* key="([^"]+)" count=(\d+)', said,
                                 re.MULTILINE):
        tap.same(found(rf"^  {re.escape(key)} +(\d+) ", text), count, text)


def test_statistics_have_the_ticks_that_the_run_reported():
    said = bundled()[1]
    cells = gdb(bundled()[0], *(f"print {V}->recorder.stats->cells[{i}].handler"
                                for i in range(1, 6)))
    for text in cells:
        count, ticks, low, half, most, high = re.search(
            r"count=(\d+) sum=(\d+) min=(\d+) mean=\d+ p50=(\d+) p99=(\d+) max=(\d+)",
            text).groups()
        tap.has(said, f"count={count} ticks={ticks} min_ticks={low} p50_ticks={half} "
                f"p99_ticks={most} max_ticks={high}")


def test_vmcs_agrees_with_the_recorder_and_the_ept():
    whole, one, exit_text, ept = gdb(bundled()[0], "trivet vmcs", "trivet vmcs entry",
                                     "trivet exits 1", "trivet ept 0")
    rip = int(found(r"GUEST_RIP += (0x\w+)", whole), 16)
    tap.same(f"{rip:#x}", found(r"VMCALL +(0x\w+)", exit_text), whole)
    tap.same(int(found(r"EPT_POINTER += (0x\w+)", whole), 16),
             int(found(r"eptp=(0x\w+)", ept), 16))
    tap.has(whole, "no exit since")
    tap.has(whole, "EXIT_REASON                  = 0x00000012  VMCALL")
    tap.has(whole, "on:  external-interrupt exiting, NMI exiting")
    tap.same(re.findall(r"^group (\w+):", whole, re.MULTILINE),
             ["guest", "host", "execution", "exit", "entry", "info"])
    tap.same(re.findall(r"^group (\w+):", one, re.MULTILINE), ["entry"])
    tap.has(one, "on:  load debug controls, IA-32e mode guest")
    tap.lacks(one, "GUEST_RIP")
    # Bochs does not have it: it must not be shown as 0.
    tap.lacks(whole, "TERTIARY")
    tap.has(whole, "INSTRUCTION_ERROR            = 0x00000000\n")


def test_walks_lead_to_the_guest():
    walk, ept = gdb(bundled()[0], f"trivet walk {GUEST_AT:#x}", f"trivet ept {GUEST_AT:#x}")
    tap.has(walk, "paging=4-level cr3=0x1000,")
    tap.has(walk, "PDE   gpa=0x3000 entry=0x00000000000000e3 P RW A D PS\n")
    tap.has(walk, f"result: gpa={GUEST_AT:#x} page=2M\n")
    result = found(r"ept: (mapped .*)", walk)
    tap.has(ept, f"result: {result}")
    hpa, here = re.fullmatch(r"mapped hpa=(\w+) size=4K here=(\w+)", result).groups()
    with open(GUEST, "rb") as file:
        start = file.read(16)
    memory, virtual, physical = gdb(bundled()[0], f"x/16xb {here}",
                                    f"trivet p2v {hpa}", f"trivet v2p {here}")
    tap.same(bytes(int(one, 16) for one in re.findall(r"\t(0x\w\w)", memory)), start)
    tap.has(virtual, here)
    tap.has(physical, f"= hpa {hpa} (by the layout)")


def test_walks_that_lead_nowhere():
    far, wrong, other, unused, hole = gdb(
        bundled()[0], "trivet walk 0x7fff00000000", "trivet walk 0x1234000000000000",
        "trivet walk 0 0x800000", "trivet ept 0x800000", "trivet ept 0xd0000000")
    tap.has(far, "result: not present")
    tap.has(wrong, "result: not canonical")
    tap.has(other, "result: the table at gpa=0x800000 is not in RAM")
    tap.has(unused, "result: RAM, cleared and mapped at its first use")
    tap.has(unused, "unused-RAM WB")
    tap.has(hole, "result: no memory")
    tap.has(hole, "entry=0x0000000000000000 not present")
    tap.has(gdb(bundled()[0], "trivet ept 0xfee00000")[0], "R W APIC-page WB")


def test_addresses_of_the_host():
    symbol, stack, options, walk, nothing, hole, left_out = gdb(
        bundled()[0], "print &options", "trivet v2p 0xffffb00000001000",
        "trivet v2p &options", "trivet host-walk &options", "trivet v2p 0x1000",
        "trivet v2p 0xffff800000110000",
        "trivet host-walk 0xffff800000110000")
    address = int(found(r"(0xffffffff\w+) <options>", symbol), 16)
    physical = f"hpa {address - core.KERNEL_BASE:#x}"
    tap.has(options, f"{address:#x} = {physical} (by the layout)")
    tap.has(walk, f"result: {physical.replace(' ', '=')} page=4K")
    tap.has(stack, "(by the host's page tables)")
    for text in nothing, hole:
        tap.has(text, "the host's page tables do not map it")
    # The image's frames are not in the direct map a second time.
    tap.has(left_out, "result: not mapped")


def test_vcpu_and_machine():
    text = ask("trivet vcpu")
    tap.has(text, "vm0 vcpu0, number 0: not loaded; power-off: hypercall")
    tap.has(text, "pending: nothing; attention: none")
    tap.has(text, "rax=0000000000000002")  # the number of the hypercall
    tap.has(text, "[PE ET NW CD PG]")
    tap.has(text, "cs   selector=0018 base=0000000000000000 limit=ffffffff rights=0a09b")
    tap.has(text, "last exit: VMCALL")


def patched(path, address, data):
    """A copy of a core file with other bytes at an address."""
    copy = os.path.join(tap.FOLDER, "patched.core")
    shutil.copyfile(path, copy)
    for kind, _, offset, start, _, size, _, _ in core.Elf(path).segments:
        if kind == core.LOAD and start <= address < start + size:
            with open(copy, "r+b") as file:
                file.seek(offset + address - start)
                file.write(data)
    return copy


def test_register_differences():
    path = bundled()[0]
    address = int(found(r"(0x\w+)", ask(f"print &{V}->regs.rbx")), 16)
    other = patched(path, address, (0x1234).to_bytes(8, "little"))
    first, again, _, changed = gdb(path, "trivet regs-diff", "trivet regs-diff",
                                   f"core-file {other}", "trivet regs-diff")
    tap.has(first, "nothing to compare with yet")
    tap.has(again, "0 changed, 0 exits later")
    tap.has(changed, "1 changed, 0 exits later")
    tap.has(changed, "\n  rbx=0x0->0x1234\n")


def test_printers():
    record, vmcs, event, options, boot, vcpu = gdb(
        bundled()[0], f"print {V}->recorder.next[-1]", f"print {V}->vmcs",
        f"print {V}->events.next", "print options", "print 'kernel/main.c'::boot",
        f"print *{V}")
    tap.has(record, "exit VMCALL rip=")
    tap.has(record, "STOP call=0x2")
    found(r"= (hpa 0x\w+000)$", vmcs)
    tap.has(event, "= no event")
    tap.has(options, "console = CONSOLE_SERIAL | CONSOLE_VGA | CONSOLE_FB")
    tap.has(options, "load = not given")
    tap.has(options, "guest_memory = 16777216")
    tap.has(boot, "ranges[0] = 0x0 to 0x9f000 usable")
    tap.has(boot, "cmdline='runner=bochs log=quiet mem=16M stats=full'")
    tap.has(vcpu, "vcpu0, power-off: hypercall")


def test_complaints_are_one_line():
    for command, words in (
            ("trivet nonsense", "trivet nonsense: there is none; there are vcpu, "),
            ("trivet vmcs nonsense", "group nonsense: there are guest, host, "),
            ("trivet vcpu 7", "vCPU 7: there are 0 to 0"),
            ("trivet walk", "usage: trivet walk GVA [CR3]"),
            ("trivet ept nonsense", 'gpa nonsense: No symbol "nonsense"')):
        text = ask(command)
        tap.same(text.count("\n"), 1, text)
        tap.has(text, words)
    nothing = gdb(None, "trivet vcpu", "trivet exits")
    for text in nothing:
        tap.has(text, "there is no virtual machine")
    # All commands are there, with a line each.
    tap.same(len(ask("trivet").splitlines()), 10)


def test_backtrace_from_registers_that_bochs_told():
    text = ask("backtrace")
    found(r"(#0 +vm_report \(vm=)", text)
    tap.has(text, "kernel_main (magic=")


if __name__ == "__main__":
    sys.exit(main(globals()))
