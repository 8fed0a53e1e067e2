# SPDX-License-Identifier: MIT
"""QEMU's gdb stub, as far as tests need it: break, look, poke, go on."""
import socket
import time


class Stub:
    """A connection to a machine that is stopped. Raises OSError when the
    machine goes away, which a test may be waiting for."""

    def __init__(self, path, seconds=60):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(seconds)
        end = time.monotonic() + 10
        while True:
            try:
                self._socket.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self._rest = b""
        # Only who has asked for its registers' names may write them.
        self.ask("qSupported:xmlRegisters=i386")
        self.ask("qXfer:features:read:target.xml:0,ffb")

    def ask(self, text):
        self.send(text)
        return self.receive()

    def send(self, text):
        data = text.encode()
        self._socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))

    def receive(self):
        """The next packet, acknowledged."""
        while self._rest.count(b"#") < 1 or len(self._rest.partition(b"#")[2]) < 2:
            data = self._socket.recv(65536)
            if not data:
                raise OSError("QEMU hung up")
            self._rest = (self._rest + data).lstrip(b"+")
        packet, _, rest = self._rest.partition(b"#")
        self._rest = rest[2:].lstrip(b"+")
        self._socket.sendall(b"+")
        return packet.lstrip(b"+$").decode("ascii", "replace")

    def run_to(self, address):
        """Until a CPU is about to execute there; the breakpoint goes again."""
        # A breakpoint in memory would be overwritten by GRUB: the processor's.
        self._ok(f"Z1,{address:x},1")
        stopped = self.ask("vCont;c" if self.ask("vCont?") else "c")
        if not stopped.startswith("T05"):
            raise OSError(f"stopped by {stopped}")
        self._ok(f"z1,{address:x},1")
        thread = stopped.partition("thread:")[2].partition(";")[0]
        self._ok(f"Hg{thread}")

    def go(self):
        """Let it run, for good."""
        self.send("c")

    def read(self, address, size):
        return bytes.fromhex(self.ask(f"m{address:x},{size:x}"))

    def poke(self, address, data):
        """Whatever the page tables say."""
        self._ok(f"M{address:x},{len(data):x}:{data.hex()}")

    def register(self, number, value):
        self._ok(f"P{number:x}={value.to_bytes(8, 'little').hex()}")

    def monitor(self, words):
        self.send("qRcmd," + words.encode().hex())
        while self.receive() != "OK":
            pass

    def close(self):
        self._socket.close()

    def _ok(self, text):
        answer = self.ask(text)
        if answer != "OK":
            raise OSError(f"gdb stub: {text}: {answer or 'unknown'}")
