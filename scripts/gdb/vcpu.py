# SPDX-License-Identifier: MIT
"""A vCPU's registers, and which of them changed since somebody looked."""
from . import exits, guests, image, vmcs

ORDER = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10",
         "r11", "r12", "r13", "r14", "r15")
ATTENTION = ("EVENT", "POLL", "STOP", "CHECK", "WATCH")  # vmx/vcpu.h
IN_VMCS = ("RIP", "RSP", "RFLAGS", "CR3", "EFER")
SEGMENTS = ("ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR")
SEEN = {}  # by vCPU: what differences() saw last


def stop_text(vcpu):
    """Why it stopped, as vm_reason() says it."""
    stop = vcpu["stop"]
    cause = image.names(image.inner("stop_cause_name", "names"))[int(stop["cause"])]
    detail = image.string(stop["detail"])
    text = f"{cause}: {detail}" if detail else cause
    return f"{text} {int(stop['value']):#x}" if detail and int(stop["value"]) else text


def pending(vcpu):
    """What waits to be injected."""
    events = vcpu["events"]
    one = exits.event_text(int(events["next"]["info"]), int(events["next"]["error"]))
    found = [one] if one else []
    found += ["NMI"] * (int(events["nmi_pending"]) + int(events["nmi_pending_second"]))
    return found + ["interrupt line"] * int(events["interrupt_line"])


def registers(vcpu):
    return {name: int(vcpu["regs"][name]) for name in ORDER}


def summary(guest):
    """Lines on what the vCPU is doing, apart from its registers."""
    cpu = guest.vcpu["cpu"]
    where = f"loaded on cpu{int(cpu['index'])}" if int(cpu) else "not loaded"
    yield f"{guest.name}, number {guest.number}: {where}; {stop_text(guest.vcpu)}"
    attention = image.bits(int(guest.vcpu["attention"]), ATTENTION)
    yield (f"  pending: {', '.join(pending(guest.vcpu)) or 'nothing'}; "
           f"attention: {' '.join(attention) or 'none'}")


def show(number=None):
    """vcpu [N]: registers and state; with a number, of that vCPU from now on, in all
    commands"""
    guest = guests.chosen(number)
    yield from summary(guest)
    values = registers(guest.vcpu)
    for start in range(0, len(ORDER), 4):
        yield "  " + " ".join(f"{name:<3}={values[name]:016x}"
                              for name in ORDER[start:start + 4])
    switched = guest.vcpu["switched"]
    if int(guest.vcpu["cpu"]):
        yield "  cr2, dr0-dr3, dr6: in the processor, while it is loaded"
    else:
        debug = " ".join(f"dr{i}={int(switched['dr'][i]):x}" for i in range(4))
        yield (f"  cr2={int(switched['cr2']):016x} {debug} "
               f"dr6={int(switched['dr6']):x} xcr0={int(guest.vcpu['xcr0']):x}")
    try:
        remembered = vmcs.Remembered(guest)
    except image.Unavailable as error:
        yield f"  {error}"
        return
    yield f"  VMCS {remembered.when}:"
    yield from vmcs_lines(remembered)


def vmcs_lines(remembered):
    """What people look for first in a VMCS."""
    get = remembered.get
    yield (f"  rip={get('GUEST_RIP'):016x} rsp={get('GUEST_RSP'):016x} "
           f"rflags={get('GUEST_RFLAGS'):08x} cpl={get('GUEST_SS_ACCESS_RIGHTS') >> 5 & 3} "
           f"[{vmcs.flags('GUEST_RFLAGS', get('GUEST_RFLAGS'))}]")
    yield f"  cr0={remembered.cr0:08x} [{vmcs.flags('GUEST_CR0', remembered.cr0)}]"
    yield (f"  cr3={get('GUEST_CR3'):016x} cr4={remembered.cr4:08x} "
           f"[{vmcs.flags('GUEST_CR4', remembered.cr4)}] efer={get('GUEST_EFER'):x} "
           f"[{vmcs.flags('GUEST_EFER', get('GUEST_EFER'))}]")
    for name in SEGMENTS:
        selector, base, limit, rights = (
            get(f"GUEST_{name}_{part}")
            for part in ("SELECTOR", "BASE", "LIMIT", "ACCESS_RIGHTS"))
        unusable = " unusable" if rights >> 16 & 1 else ""
        yield (f"  {name.lower():<4} selector={selector:04x} base={base:016x} "
               f"limit={limit:08x} rights={rights:05x}{unusable}")
    for name in ("GDTR", "IDTR"):
        yield (f"  {name.lower():<4} base={get(f'GUEST_{name}_BASE'):016x} "
               f"limit={get(f'GUEST_{name}_LIMIT'):04x}")
    yield (f"  last exit: {vmcs.meaning(remembered, 'EXIT_REASON', get('EXIT_REASON'))} "
           f"qualification={get('EXIT_QUALIFICATION'):#x} "
           f"length={get('EXIT_INSTRUCTION_LENGTH')}")


def picture(guest):
    """What differences() compares."""
    values = registers(guest.vcpu)
    try:
        remembered = vmcs.Remembered(guest)
        values.update({name.lower(): remembered.get(f"GUEST_{name}")
                       for name in IN_VMCS})
        values.update(cr0=remembered.cr0, cr4=remembered.cr4)
    except image.Unavailable:
        pass
    try:
        total = exits.Ring(guest.vcpu).total
    except image.Unavailable:
        total = None
    return values, total, int(guest.vcpu["remembered_tsc"])


def differences():
    """regs-diff: which registers changed since regs-diff was last asked, here or in
    another memory image of the same run"""
    guest = guests.chosen()
    new, total, tsc = picture(guest)
    old = SEEN.get(guest.number)
    SEEN[guest.number] = new, total, tsc
    if not old:
        yield (f"{guest.name}: nothing to compare with yet; kept "
               f"{len(new)} registers for the next time")
        return
    changed = [f"{name}={old[0].get(name, 0):#x}->{value:#x}"
               for name, value in new.items() if value != old[0].get(name)]
    between = ("" if None in (total, old[1]) else
               f", {total - old[1]} exits later" if total >= old[1] else
               ", of an earlier moment or another run")
    same = ("; rip, rsp, rflags, cr* and efer are of one stop and cannot differ"
            if tsc == old[2] else "")
    yield f"{guest.name}: {len(changed)} changed{between}{same}"
    for one in changed:
        yield f"  {one}"
