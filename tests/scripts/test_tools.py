#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/image, scripts/setup, scripts/usb, and the harness itself."""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import tap

sys.path[:0] = [tap.SCRIPTS, os.path.join(tap.TOP, "tests")]
from bench import choose
from bench.bootfilter import BootFilter
from harness import guests, machine, program

SPOT = os.path.join(tap.FOLDER, "tools")


def file(name, text=""):
    path = os.path.join(SPOT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def image(*words):
    return tap.call("image", *words, TMPDIR=SPOT)


def inside(iso, path):
    """The text of a file in an ISO."""
    out = os.path.join(SPOT, "extracted")
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", iso, "-extract",
                    path, out], check=True, capture_output=True)
    with open(out, encoding="utf-8") as text:
        return text.read()


def test_image_writes_options_and_modules_as_they_are():
    kernel, guest = file("kernel"), file("guest", "I am a guest")
    iso = os.path.join(SPOT, "a b.iso")
    status, said = image("-o", iso, "--options", 'a=$x;b "c" {d} #e & f|g',
                         "--module", guest, "root=/dev/sda1 x='y'",
                         "--module", guest, "", "--bios-only", kernel)
    tap.same((status, said), (0, ""))
    config = inside(iso, "/boot/grub/grub.cfg")
    tap.has(config, "multiboot2 /boot/trivet "
            r"a=\$x\;b \"c\" \{d\} \#e \& f\|g" + "\n")
    tap.has(config, r"module2 /boot/module0 root=/dev/sda1 x=\'y\'" + "\n")
    tap.has(config, "module2 /boot/module1 \n")
    tap.same(inside(iso, "/boot/module1"), "I am a guest")


def test_make_iso_takes_what_make_run_takes():
    guest, initrd = file("guest.bin", "I am a guest"), file("more.cpio", "more")
    for words, wanted, unwanted in (
            ((f"GUEST={guest}", "ARGS=a=1 b", f"INITRD={initrd}", "CMDLINE=log=debug"),
             ("multiboot2 /boot/trivet log=debug\n", "module2 /boot/module0 a=1 b\n",
              "module2 /boot/module1 more.cpio\n"), ()),
            ((f"GUEST={guest}",), ("multiboot2 /boot/trivet\n", "module0 guest.bin\n"),
             ("log=debug", "module1")),
            ((), ("multiboot2 /boot/trivet\n",), ("log=debug", "module"))):
        done = subprocess.run(
            ["make", "-C", tap.TOP, "iso", *words], capture_output=True, text=True, check=False,
            env={name: value for name, value in os.environ.items() if name != "MAKEFLAGS"})
        tap.same(done.returncode, 0, done.stderr)
        config = inside(os.path.join(tap.TOP, "build", "trivet.iso"), "/boot/grub/grub.cfg")
        for one in wanted:
            tap.has(config, one)
        for one in unwanted:
            tap.lacks(config.partition("menuentry")[2], one)


def test_image_refuses_what_it_cannot_do():
    kernel = file("kernel")
    for words in ((), ("-o", "x.iso"), (kernel,), ("-o", "x.iso", "/nowhere"),
                  ("-o",), ("-o", "x.iso", "--module", kernel),
                  ("-o", "x.iso", "--module", "/nowhere", "", kernel),
                  ("-o", "x.iso", "--modul", kernel), ("--frob", kernel),
                  ("-o", "x.iso", kernel, kernel),
                  ("-o", "x.iso", "--config", kernel, kernel)):
        status, said = image(*words)
        tap.same(status, 2, f"{words}: {said}")
        tap.has(said, "image: ")
    tap.same([name for name in os.listdir(SPOT) if name.endswith(".iso.new")],
             [])


def tools(name, *commands):
    """A PATH with these commands only."""
    folder = os.path.join(SPOT, name)
    os.makedirs(folder, exist_ok=True)
    for command in commands:
        os.symlink(shutil.which(command), os.path.join(folder, command))
    return folder


def test_setup_names_all_that_is_missing_for_three_distributions():
    path = tools("bare", "sh", "cat", "env", "id", "gcc", "make", "ld", "python3")
    status, said = tap.call("setup", "run", PATH=path, RUNNER="bochs")
    tap.same(status, 1, said)
    for line in ("  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install "
                 "--no-install-recommends ", "  Fedora:          sudo dnf ",
                 "  Arch:            sudo pacman "):
        tap.has(said, line)
    for package in ("grub-common", "xorriso", "mtools", "bochs bochs-term"):
        tap.has(said, package)
    for package in (" gcc ", " qemu", " clang"):
        tap.lacks(said, package)


def test_setup_asks_for_the_bench_that_is_wanted():
    path = tools("bare2", "sh", "cat", "env", "id")
    for runner, wanted in (("qemu", "qemu-system-x86"),
                           ("uefi", "qemu-system-x86"), ("auto", "bochs")):
        _, said = tap.call("setup", "run", PATH=path, RUNNER=runner)
        tap.has(said, wanted)
    tap.same(tap.call("setup", "run", RUNNER="vbox")[0], 2)
    tap.same(tap.call("setup", "everything")[0], 2)
    tap.same(tap.call("setup", "build", CC="no-such-cc -m64")[0], 2)


def test_setup_installs_with_apt_when_it_may():
    path = tools("apt", "sh", "cat", "env", "ln")
    log = os.path.join(SPOT, "apt.log")
    for name, text in (
            ("id", "echo 0"), ("apt-cache", "exit 100"),
            ("apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{log}\n'
             'case "$*" in *install*) for t in xorriso mformat grub-mkrescue '
             f'python3; do ln -sf /bin/sh {path}/$t; done;; esac')):
        fake = file(f"apt/{name}", f"#!/bin/sh\n{text}\n")
        os.chmod(fake, 0o755)
    status, said = tap.call("setup", "image", PATH=path)
    tap.same(status, 0, said)
    tap.has(said, "setup: installing them with apt-get")
    with open(log, encoding="utf-8") as lines:
        tap.same(lines.read().splitlines(), [
            "noninteractive -q update",
            "noninteractive -q -y --no-install-recommends install "
            "python3 grub-common xorriso mtools"])
    tap.same(tap.call("setup", "image", PATH=path), (0, ""))


def test_usb_shows_sticks_only():
    for name, removable, size in (("sda", 0, 1000000), ("sdb", 1, 30000000),
                                  ("sdc", 1, 0), ("sr0", 1, 9000)):
        file(f"sys/{name}/removable", f"{removable}\n")
        file(f"sys/{name}/size", f"{size}\n")
    file("sys/sdb/device/vendor", "Acme    \n")
    status, said = tap.call("usb", file("stick.iso", "x" * 4096),
                            SYS_BLOCK=os.path.join(SPOT, "sys"))
    tap.same(status, 0, said)
    tap.has(said, "/dev/sdb       15360 MB  Acme")
    tap.has(said, "of=/dev/sdb bs=4M")
    for name in ("sda", "sdc", "sr0"):
        tap.lacks(said, f"/dev/{name} ")


def test_probe_sees_that_tcg_has_no_vmx():
    tap.same(choose.probe(SPOT, ["-accel", "tcg", "-cpu", "max"]),
             "a probe machine under KVM got no usable VMX")
    tap.has(choose.probe(SPOT, ["-cpu", "no-such-cpu"]), "no usable VMX")


def test_boot_filter():
    screen = (b"\x1bc\x1b[2J\x1b[1;1H  GRUB loading.\r\n\r\n"
              b"\x1b[0;30;47m  Booting `Trivet'\r\n\r\n")
    for rest, wanted in (
            (b"[    0.000000] cpu0 boot: Trivet\r\n\x1b[1mguest",
             b"[    0.000000] cpu0 boot: Trivet\r\n\x1b[1mguest"),
            (b"error: out of memory.\r\n[    0.1] x\r\n",
             b"error: out of memory.\r\n[    0.1] x\r\n"),
            (b"$ prompt", b"$ prompt")):
        whole = BootFilter()
        text = whole.feed(screen + rest)
        tap.same(text, b"GRUB loading.\r\nBooting `Trivet'\r\n" + wanted)
        tap.same(whole.started, True)
        drops = BootFilter()  # as it comes from a UART
        text = b"".join(drops.feed(bytes([byte])) for byte in screen + rest)
        tap.same(text, b"GRUB loading.\r\nBooting `Trivet'\r\n" + wanted)


def test_boot_filter_sees_that_grub_gives_up():
    grub = BootFilter()
    grub.feed(b"Booting `Trivet'\r\nerror: no such file.\r\n"
              b"  Failed to boot both default and fallback entries.\r\n")
    tap.same((grub.failure, grub.started), ("error: no such file.", False))


def judged(text, status=0):
    job = program.Tap("unit", "x", [], SPOT)
    result = job.judge(status, text)
    return result.passed, result.failed, result.skipped


def test_harness_counts_tap():
    tap.same(judged("1..2\nok 1 - a\nok 2 - b\n"), (2, 0, 0))
    tap.same(judged("1..2\nok 1 - a\nnot ok 2 - b\n", 1), (1, 1, 0))
    tap.same(judged("1..2\nok 1 - a\nok 2 # SKIP b\n"), (1, 0, 1))
    tap.same(judged("1..1\nok 1 - a\n1..1\nok 1 - b\n"), (2, 0, 0))
    # A crash after the first, in the last, and before any.
    tap.same(judged("1..3\nok 1 - a\n", -11), (1, 2, 0))
    tap.same(judged("1..1\nok 1 - a\nERROR: LeakSanitizer\n", 1), (1, 1, 0))
    tap.same(judged("", -6), (0, 1, 0))
    tap.same(judged(""), (0, 1, 0))


def test_harness_judges_boots():
    boot = machine.Boot("x", expect=("one", "^two$"), reject=("bad",), status=4)
    boot.bench = file("bench.log")
    judge = boot._judge  # pylint: disable=protected-access
    tap.same(judge(4, "one\ntwo\n"), None)
    tap.has(judge(4, "two\none\n"), "too early")
    tap.has(judge(4, "one\n"), "never said: ^two$")
    tap.has(judge(4, "one\ntwo\nbad\n"), "said: bad")
    tap.has(judge(0, "one\ntwo\n"), "ended with 0 (clean end), not 4")
    file("bench.log", "0001e[CPU0  ] VMENTER FAIL: whatever\n")
    tap.has(judge(4, "one\ntwo\n"), "refused an entry")


def test_harness_reads_guests():
    file("guests/alpha.S", "/* EXPECT first: [0-9]+\n * EXPECT second */\n"
         "// MODEL haswell\n# MODEL skylake\n; OPTIONS log=debug\n"
         " * STATUS 1\n * LONG\n * EXPECTED nothing of this\n")
    file("guests/beta.c", "no test\n")
    file("guests/gamma/main.c", "/*\n * EXPECT hello\n * ARGS a=1 b\n */\n")
    jobs = guests.guest_jobs(os.path.join(SPOT, "guests"), "/b")
    tap.same([job.name for job in jobs],
             ["guest/alpha haswell", "guest/alpha skylake", "guest/gamma"])
    alpha, _, gamma = jobs
    tap.same([one.pattern for one in alpha.expect], ["first: [0-9]+", "second"])
    tap.same((alpha.statuses, alpha.long), ((1,), True))
    tap.has(" ".join(alpha.words), "--cmdline log=debug --model haswell")
    tap.has(" ".join(gamma.words), "--module /b/gamma.bin=a=1 b")


if __name__ == "__main__":
    shutil.rmtree(SPOT, ignore_errors=True)
    os.makedirs(SPOT)
    sys.exit(tap.main(globals()))
