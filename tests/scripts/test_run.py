#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/run in every bench that needs no VMX of this computer's, with a
stand-in for Trivet that ends in each way there is."""
import glob
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True
import tap

KERNEL = os.path.join(tap.FOLDER, "kernel.elf")
SPOT = os.path.join(tap.FOLDER, "tmp")
BENCHES = ("bochs", "qemu-tcg")
ENDINGS = (
    ("clean", 0, "clean end"), ("guest", 1, "guest stopped by a fault of its own"),
    ("bad", 2, "bad configuration"), ("panic", 3, "panic in Trivet"),
    ("refused", 4, "machine refused"), ("dies", 4, "machine refused"),
    ("triple", 5, "triple fault"), ("soft", 0, "clean end"),
)


def build():
    source = os.path.join(tap.TOP, "tests", "scripts", "kernel.S")
    compiler = os.environ.get("CC", "gcc").split()
    part = KERNEL[:-4] + ".o"
    subprocess.run(compiler + ["-m32", "-g", "-c", source, "-o", part],
                   check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-Ttext=0x100000", "-e", "_start",
                    "-o", KERNEL, part], check=True)


def run(bench, how, *words, stdin="", seconds=60):
    return tap.call("run", "--runner", bench, "--cmdline", how, "--timeout",
                    str(seconds), *words, KERNEL, stdin=stdin, TMPDIR=SPOT)


class Terminal:
    """scripts/run on a terminal of its own."""

    def __init__(self, bench, how):
        self.said = b""
        try:
            self.child, self.end = pty.fork()
        except OSError as error:
            raise tap.Skip(error) from error
        if not self.child:
            os.environ["TMPDIR"] = SPOT
            script = os.path.join(tap.SCRIPTS, "run")
            os.execv(script, [script, "--runner", bench, "--cmdline", how,
                              "--timeout", "60", KERNEL])
        self.mode = termios.tcgetattr(self.end)

    def wait_for(self, text):
        stop = time.monotonic() + 60
        while text not in self.said and time.monotonic() < stop:
            if select.select([self.end], [], [], 1)[0]:
                self.said += os.read(self.end, 4096)
        tap.has(self.said.decode(), text.decode())

    def type(self, text):
        os.write(self.end, text)

    def close(self):
        """Its exit status, once it has given the terminal back."""
        stop = time.monotonic() + 60
        status = None
        while status is None and time.monotonic() < stop:
            if select.select([self.end], [], [], 0.1)[0]:
                try:
                    self.said += os.read(self.end, 4096)
                except OSError:
                    pass  # nobody holds the other end any more
            child, code = os.waitpid(self.child, os.WNOHANG)
            status = os.waitstatus_to_exitcode(code) if child else None
        return status


def nothing_left():
    """No process and no file of a run that has been ended."""
    stop = time.monotonic() + 5
    while strays() and time.monotonic() < stop:
        time.sleep(0.05)
    tap.same(strays(), [])


def strays():
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read()
        except OSError:
            continue
        if SPOT.encode() in words:
            found.append(words)
    return found


def test_each_ending_has_its_status_and_words():
    for bench in BENCHES:
        for how, wanted, words in ENDINGS:
            status, said = run(bench, how)
            tap.same(status, wanted, f"{bench} {how}: {said}")
            last = said.strip().splitlines()[-1]
            tap.has(last, f"run: {words}" if status < 5 else words)
            if how != "triple":
                tap.has(last, "the end")


def test_a_hang_is_a_timeout_and_tells_where():
    for bench in BENCHES:
        status, said = run(bench, "hang", seconds=4)
        tap.same(status, 124, said)
        tap.has(said, "run: time-out")
        tap.has(said, "hang (kernel.S:")
        nothing_left()


def test_the_console_shows_text_and_no_screen_codes():
    for bench in BENCHES:
        _, said = run(bench, "clean")
        tap.has(said, "Trivet's stand-in: runner=")
        tap.lacks(said, "\x1b")


def test_input_from_a_pipe_arrives_whole():
    text = "The quick brown fox jumps over the lazy dog. " * 5
    text = text.replace("q", "Q")
    for bench in BENCHES:
        status, said = run(bench, "echo", stdin=text + "q")
        tap.same(status, 0, said)
        tap.has(said, "".join(f"<{key}>" for key in text))


def test_keys_arrive_one_by_one_and_the_terminal_comes_back():
    for bench in BENCHES:
        terminal = Terminal(bench, "echo")
        terminal.wait_for(b"ready")
        for key in (b"a", b"\r", b"\x1b", b"\x1a"):
            terminal.type(key)
            terminal.wait_for(b"<" + key + b">")
        terminal.type(b"q")
        tap.same(terminal.close(), 0, terminal.said)
        tap.same(termios.tcgetattr(terminal.end), terminal.mode)
        nothing_left()


def test_ctrl_c_ends_all():
    for bench in BENCHES:
        terminal = Terminal(bench, "hang")
        terminal.wait_for(b"stand-in")
        terminal.type(b"\x03")
        tap.same(terminal.close(), 130, terminal.said)
        tap.has(terminal.said.decode(), "run: interrupted")
        tap.same(termios.tcgetattr(terminal.end), terminal.mode)
        nothing_left()
        tap.same(os.listdir(SPOT), [])


def test_a_signal_ends_all():
    for bench in BENCHES:
        for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            terminal = Terminal(bench, "hang")
            terminal.wait_for(b"stand-in")
            os.kill(terminal.child, how)
            wanted = -how if how == signal.SIGKILL else 130
            tap.same(terminal.close(), wanted, terminal.said)
            nothing_left()


def test_boots_as_cd_disk_and_usb():
    for bench, media in (("bochs", "disk"), ("qemu-tcg", "disk"),
                         ("qemu-tcg", "usb"), ("uefi", "cd"),
                         ("uefi", "disk"), ("uefi", "usb")):
        status, said = run(bench, "clean", "--media", media)
        tap.same(status, 0, f"{bench} {media}: {said}")


def test_an_iso_that_knows_no_bench():
    iso = os.path.join(SPOT, "plain.iso")
    tap.same(tap.call("image", "-o", iso, "--options", "soft", KERNEL)[0], 0)
    for bench in BENCHES:
        status, said = tap.call("run", "--runner", bench, iso, TMPDIR=SPOT)
        tap.same(status, 0, said)
        tap.has(said, "run: clean end")


def test_what_grub_cannot_load():
    status, said = tap.call("run", "--runner", "qemu-tcg", "/bin/sh",
                            TMPDIR=SPOT)
    tap.same(status, 2, said)
    tap.has(said, "GRUB cannot load it: error: no multiboot header found")


def test_bad_words_are_refused():
    for words in (("--runner", "vbox", KERNEL), ("--cpus", "0", KERNEL),
                  ("--mem", "lots", KERNEL), ("--until", "(", KERNEL),
                  ("/nowhere/trivet.elf",), (),
                  ("--runner", "bochs", "--model", "z80", KERNEL),
                  ("--runner", "qemu-tcg", "--model", "z80", KERNEL),
                  ("--runner", "bochs", "--media", "usb", KERNEL),
                  ("--module", "/nowhere/guest", "--runner", "bochs", KERNEL)):
        status, said = tap.call("run", *words, TMPDIR=SPOT)
        tap.same(status, 2, f"{words}: {said}")


def test_the_choice_of_a_bench_is_told():
    status, said = run("auto", "clean")
    tap.same(status, 0, said)
    tap.has(said.splitlines()[0] + said, "run: bench ")


def test_no_serial_port():
    for bench in BENCHES:
        tap.same(run(bench, "refused", "--no-serial")[0], 4)


def test_gdb_stops_at_kernel_main():
    if not shutil.which("gdb"):
        raise tap.Skip("no gdb")
    status, said = run("auto", "clean", "--debug", stdin="bt\nkill\n")
    tap.same(status, 0, said)
    tap.has(said, "kernel_main () at")


if __name__ == "__main__":
    os.makedirs(tap.FOLDER, exist_ok=True)
    shutil.rmtree(SPOT, ignore_errors=True)
    os.makedirs(SPOT)
    build()
    sys.exit(tap.main(globals()))
