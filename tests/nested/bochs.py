# SPDX-License-Identifier: MIT
"""One run of Bochs: its settings, its serial log line by line, its end.

Relies on Debian's bochs-bin, which starts in its debugger: the command file
says "c" (continue), then what to print and "q" should it ever stop there again.
"""

import signal
import subprocess
import time

SETTINGS = """\
cpu: model={model}, count=1, ips={ips}, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest={memory}, host={memory}
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
vga: extension=none
ata0-master: type=cdrom, path="{cdrom}", status=inserted
boot: cdrom
clock: sync=none, time0=utc
com1: enabled=1, mode=file, dev={serial}
display_library: rfb, options="timeout=0"
log: {log}
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
speaker: enabled=0
sound: driver=dummy
"""


class Bochs:
    """with Bochs(folder, cdrom, ...) as machine: for line in machine.lines()"""

    def __init__(self, folder, cdrom, model, ips, memory):
        self.serial = folder / "serial.log"
        self.log = folder / "bochs.log"
        self.serial.write_bytes(b"")
        self.settings = folder / "bochsrc"
        self.settings.write_text(SETTINGS.format(
            model=model, ips=ips, memory=memory, cdrom=cdrom,
            serial=self.serial, log=self.log))
        self.commands = folder / "debugger"
        self.commands.write_text("c\nr\ncreg\nq\n")
        self.output = folder / "bochs.out"

    def __enter__(self):
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                ["bochs-bin", "-q", "-f", self.settings, "-rc", self.commands],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True)
        self.started = time.monotonic()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def elapsed(self):
        """Seconds since power-on, of the wall clock."""
        return time.monotonic() - self.started

    def lines(self, seconds):
        """Serial lines as they come, until Bochs ends or SECONDS are over."""
        rest = b""
        with open(self.serial, "rb") as serial:
            while True:
                ended = self.process.poll() is not None
                rest += serial.read()
                *whole, rest = rest.split(b"\n")
                for line in whole:
                    yield line.decode(errors="replace").strip("\r")
                if ended or self.elapsed() > seconds:
                    break
                time.sleep(0.1)
        if rest:
            yield rest.decode(errors="replace").strip("\r")

    def last_words(self):
        """Why Bochs ended, as it says itself."""
        if self.process.poll() is None:
            return f"still running after {self.elapsed():.0f} s"
        text = self.output.read_text(errors="replace")
        _, _, after = text.partition("following message:\n")
        return after.splitlines()[0] if after else "ended without a message"

    def stop(self):
        """Stop it in the debugger; returns where it was, with registers."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            return ""
        text = self.output.read_text(errors="replace")
        return text[text.rfind("Next at"):]
