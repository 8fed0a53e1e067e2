#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/trivet-log and the code: lines of state dumps."""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import tap

sys.path[:0] = [tap.SCRIPTS]
import logdata

SPOT = logdata.Spot("log-code")
LINE = "code: vm=vm0 vcpu=0 mode={} rip={:#x} linear={:#x} bytes={}\n"
# push %rax; mov $0x40003000,%eax; movb $0x12,(%rax); call to 100H further on; half a call
BYTES = "50b800300040<c6>0012e800010000e800"


def code(text, *words, path=None):
    """What --code says to a log with this text."""
    SPOT.file("serial.log", text)
    environment = dict(os.environ, **({"PATH": path} if path else {}))
    done = subprocess.run(
        [sys.executable, os.path.join(tap.SCRIPTS, "trivet-log"), "--code",
         *words, "serial.log"], check=False, capture_output=True,
        cwd=SPOT.path, timeout=120, env=environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def need_objdump():
    if not shutil.which("objdump"):
        raise tap.Skip("no objdump here")


def squeezed(text):
    """Lines without the width of their columns."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_instructions_of_64_bits():
    need_objdump()
    status, out, err = code(LINE.format(64, 0x7d10, 0x7d10, BYTES))
    tap.same((status, err), (0, ""))
    tap.same(squeezed(out), [
        "vm0 vcpu0: 64 bits, rip 0x7d10, linear 0x7d10",
        "0x7d0a 50 push %rax",
        "0x7d0b b8 00 30 00 40 mov $0x40003000,%eax",
        "> 0x7d10 c6 00 12 movb $0x12,(%rax)",
        "0x7d13 e8 00 01 00 00 call 0x7e18"])


def test_names_of_places():
    need_objdump()
    SPOT.file("guest.elf", logdata.elf())
    out = code(LINE.format(64, 0x7d10, 0x7d10, BYTES), "--symbols",
               "guest.elf")[1]
    tap.has(out, "linear 0x7d10, idle_loop+0x10\n")
    tap.has(out, "call   0x7e18 <probe_cpu+0x18>\n")
    # In real mode a name goes by the linear address.
    out = code(LINE.format(16, 0x10, 0x7d10, "<e8>000190"), "--symbols",
               "guest.elf")[1]
    tap.same(squeezed(out)[1:], ["> 0x10 e8 00 01 call 0x113 <probe_cpu+0x13>",
                                 "0x13 90 nop"])


def test_modes():
    need_objdump()
    for mode, wanted in ((16, "inc %ax"), (32, "inc %eax"), (64, "rex")):
        out = squeezed(code(LINE.format(mode, 5, 5, "<40>"))[1])
        tap.same(out[1], f"> 0x5 40 {wanted}")
    out = code(LINE.format(64, (1 << 64) - 2, (1 << 64) - 2, "90<90>90"))[1]
    tap.has(out, "> 0xfffffffffffffffe  90  nop\n")


def test_the_bytes_before_are_a_guess_that_fits():
    need_objdump()
    # From its start it would go over RIP: mov $imm32 that takes the ud2 in.
    out = squeezed(code(LINE.format(64, 0x100, 0x100, "b8cccc<0f>0b90"))[1])
    tap.same(out[1:], ["0xfe cc int3", "0xff cc int3", "> 0x100 0f 0b ud2",
                       "0x102 90 nop"])
    # Nothing fits: then from RIP on.
    out = squeezed(code(LINE.format(64, 0x100, 0x100, "b8<0f>0b"))[1])
    tap.same(out[1:], ["> 0x100 0f 0b ud2"])


def test_without_objdump():
    status, out, err = code(LINE.format(64, 0x7d10, 0x7d10, "50<c6>0012"),
                            path="/nowhere")
    tap.same((status, err), (0, ""))
    tap.same(out.splitlines()[1:], [
        "  bytes 50 <c6> 00 12",
        "objdump is not there: install binutils to see instructions"])


def test_nothing_to_see():
    status, out, err = code(LINE.format(64, 0, 0, "-"))
    tap.same((status, err), (0, ""))
    tap.has(out, "nothing could be read there")
    status, out, err = code("no line of ours\n")
    tap.same((status, out), (0, ""))
    tap.has(err, "no code: line in it")


def test_damaged_lines():
    good = LINE.format(32, 1, 1, "<90>")
    for bad, why in ((good.replace("mode=32", "mode=31"), "mode=31 is none of"),
                     (good.replace("rip=0x1", "rip=0x1g"), "invalid literal"),
                     (good.replace("rip=0x1", "rip=0x1" + "0" * 16),
                      "more than 64 bits"),
                     (good.replace("<90>", "9<0>"), "are no bytes"),
                     (good.replace("<90>", "9090"), "are no bytes"),
                     (good.replace(" linear=0x1", ""), "no linear= in it")):
        status, out, err = code(good + bad)
        tap.same(status, 0)
        tap.has(err, "line 2: skipped a damaged code: line: ")
        tap.has(err, why)
        tap.same(out.count("vm0 vcpu0"), 1)


def test_it_is_in_the_tables_too():
    whole = logdata.log(logdata.trace(5)).replace(
        "vm: name=", LINE.format(64, 0x7d10, 0x7d10, BYTES) + "vm: name=", 1)
    SPOT.file("whole.log", whole)
    status, out, err = SPOT.tool("whole.log")
    tap.same((status, err), (0, ""))
    tap.has(out, "\nCode\nvm0 vcpu0: 64 bits, rip 0x7d10")
    tap.has(out, "\nExits by reason\n")


def test_the_dump_of_a_guest():
    """A line as vmx/dump_code.c prints it, in a log with times before it."""
    with open(os.path.join(tap.TOP, "tests", "unit", "vmx", "test_dump_code.c"),
              encoding="utf-8") as source:
        tap.has(source.read(), '"code: vm=vm0 vcpu=0 mode=64 rip=0x6020 '
                'linear=0x6020 bytes="')
    out = code("[    0.012345] cpu0 " + LINE.format(64, 1, 1, "<f4>"))[1]
    tap.has(out, "vm0 vcpu0: 64 bits, rip 0x1, linear 0x1")


if __name__ == "__main__":
    SPOT.clean()
    sys.exit(tap.main(globals()))
