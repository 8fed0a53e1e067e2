# SPDX-License-Identifier: MIT
"""Which bench is this computer good for? QEMU with KVM where a machine in it
really gets VMX, else Bochs, which needs nothing.

/dev/kvm alone says little: it may be a KVM without nesting, one of another
make, or an AMD processor's. So three files are looked at, and then a machine
is started and asked.
"""
import os
import struct

from . import process

PROBE_OK = 0x51
PROBE_SECONDS = 10


def kvm_refusal(folder):
    """Why QEMU with KVM cannot run Trivet here, or None."""
    if not os.path.exists("/dev/kvm"):
        return "no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm may not be opened by this user (group kvm?)"
    if " vmx " not in f"{cpu_flags()} ":
        return "this processor has no VMX, or hides it"
    nested = read("/sys/module/kvm_intel/parameters/nested").strip()
    if not nested:
        return "KVM here is not kvm_intel"
    if nested not in ("Y", "1"):
        return "kvm_intel has nested=0 (cure: modprobe kvm_intel nested=1)"
    return probe(folder, ["-accel", "kvm", "-cpu", "host,+vmx"])


def cpu_flags():
    for line in read("/proc/cpuinfo").splitlines():
        if line.startswith("flags"):
            return line.partition(":")[2]
    return ""


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def probe(folder, how):
    """Start a machine whose only program looks for a usable VMX; tells what
    is wrong, or None."""
    kernel = os.path.join(folder, "probe")
    with open(kernel, "wb") as file:
        file.write(probe_kernel())
    log = os.path.join(folder, "probe.log")
    command = ["qemu-system-x86_64", "-nodefaults", "-display", "none",
               "-no-reboot", "-m", "64", "-kernel", kernel, "-device",
               "isa-debug-exit,iobase=0x501,iosize=2"] + how
    try:
        child = process.start(command, log)
    except OSError as error:
        return f"QEMU does not start ({error.strerror})"
    ended = process.wait(child, PROBE_SECONDS)
    process.stop(child)
    if not ended:
        return "a probe machine under KVM hung"
    if child.returncode != 2 * PROBE_OK + 1:
        return "a probe machine under KVM got no usable VMX"
    return None


def probe_kernel():
    """A Multiboot 1 kernel of 70 bytes: if CPUID has VMX, and FEATURE_CONTROL
    does not forbid it, write PROBE_OK to QEMU's exit port; else write 1."""
    code = bytes.fromhex(
        "b801000000"      # mov  $1, %eax
        "0fa2"            # cpuid
        "0fbae105"        # bt   $5, %ecx       VMX
        "7313"            # jnc  no
        "b93a000000"      # mov  $0x3a, %ecx    IA32_FEATURE_CONTROL
        "0f32"            # rdmsr
        "a801"            # test $1, %al        locked?
        "7404"            # jz   yes
        "a804"            # test $4, %al        VMXON outside SMX?
        "7404"            # jz   no
        f"b0{PROBE_OK:02x}"  # yes: mov $PROBE_OK, %al
        "eb02"            # jmp  tell
        "b001"            # no:  mov $1, %al
        "66ba0105"        # tell: mov $0x501, %dx
        "ee"              # out  %al, (%dx)
        "ebfe")           # jmp  .
    magic, flags, base = 0x1BADB002, 1 << 16, 0x100000
    end = base + 32 + len(code)
    header = struct.pack("<8I", magic, flags, -(magic + flags) & 0xffffffff,
                         base, base, end, end, base + 32)
    return header + code
