# SPDX-License-Identifier: MIT
"""Names of what a record has as numbers. The reasons are those of
vmx/exit_reason.h, in its order (a test compares); the verdicts vmx/vcpu_ops.h's."""

_FIRST = """
EXCEPTION_NMI EXTERNAL_INTERRUPT TRIPLE_FAULT INIT SIPI IO_SMI OTHER_SMI
INTERRUPT_WINDOW NMI_WINDOW TASK_SWITCH CPUID GETSEC HLT INVD INVLPG RDPMC
RDTSC RSM VMCALL VMCLEAR VMLAUNCH VMPTRLD VMPTRST VMREAD VMRESUME VMWRITE
VMXOFF VMXON CR_ACCESS MOV_DR IO RDMSR WRMSR ENTRY_GUEST_STATE
ENTRY_MSR_LOADING - MWAIT MONITOR_TRAP_FLAG - MONITOR PAUSE
ENTRY_MACHINE_CHECK - TPR_BELOW_THRESHOLD APIC_ACCESS VIRTUALIZED_EOI
GDTR_IDTR_ACCESS LDTR_TR_ACCESS EPT_VIOLATION EPT_MISCONFIGURATION INVEPT
RDTSCP PREEMPTION_TIMER INVVPID WBINVD XSETBV APIC_WRITE RDRAND INVPCID
VMFUNC ENCLS RDSEED PML_FULL XSAVES XRSTORS PCONFIG SPP_EVENT UMWAIT TPAUSE
LOADIWKEY ENCLV - ENQCMD_PASID ENQCMDS_PASID BUS_LOCK INSTRUCTION_TIMEOUT
SEAMCALL TDCALL RDMSRLIST WRMSRLIST
"""
REASONS = {name: number for number, name in enumerate(_FIRST.split())
           if name != "-"}
_REASON_NAMES = {number: name for name, number in REASONS.items()}

VERDICTS = {"NEXT": 0, "AGAIN": 1, "WAIT": 2, "STOP": 3, "NONE": 255}
VERDICT_NAMES = {number: name for name, number in VERDICTS.items()}


def reason_name(number):
    """As Trivet prints it, but a reserved number stays a number."""
    return _REASON_NAMES.get(number, str(number))


def reason_number(name):
    """ValueError: no such reason."""
    if name in REASONS:
        return REASONS[name]
    if name.isdecimal() and int(name) <= 0xffff:
        return int(name)
    raise ValueError(f"unknown reason {name}")


# What the key of these reasons is, see vmx/record_text.c.
KEYS = {"CPUID": "leaf", "RDMSR": "msr", "WRMSR": "msr", "VMCALL": "call",
        "XSETBV": "xcr", "EPT_MISCONFIGURATION": "page"}


def detail(reason, key, qual):
    """What key and qualification say in short, for the reasons that people
    ask about; "" for the others. SDM "Exit Qualification"."""
    if reason in KEYS:
        name = KEYS[reason]
        return f"{name} {key << 12 if name == 'page' else key:#x}"
    if reason == "IO":
        size = (qual & 7) + 1
        way = "in" if qual & 8 else "out"
        return f"{way}{size * 8} port {qual >> 16 & 0xffff:#x}"
    if reason == "CR_ACCESS":
        kind = ("to cr{}", "from cr{}", "clts", "lmsw")[qual >> 4 & 3]
        return kind.format(qual & 15)
    if reason == "EPT_VIOLATION":
        wanted = ("read", "write", "fetch")
        ways = "+".join(word for bit, word in enumerate(wanted)
                        if qual >> bit & 1)
        return f"{ways} page {key << 12:#x}".lstrip()
    if reason == "MOV_DR":
        return f"{'from' if qual & 16 else 'to'} dr{qual & 7}"
    return ""
