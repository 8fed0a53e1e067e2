# SPDX-License-Identifier: MIT
"""Bochs' word on the VM-entry rules: what doctor= has tried, compared with
the line that Bochs logged for each failed entry.

TEXTS: Bochs' complaint -> the rules that it may mean. KNOWN: where Bochs 2.7
and the SDM differ; docs/doctor.md has the judgment on each.
"""
import re

SEGMENT = "(ES|CS|SS|DS|FS|GS|LDTR|TR)"
BYTES = "limit_bytes|limit_pages|reserved"

TEXTS = [(re.compile(text), rules) for text, rules in (
    (r"pin-based controls allowed", "pin_allowed"),
    (r"VMX proc-based controls allowed", "proc_allowed"),
    (r"secondary (proc-based )?controls allowed", "proc2_allowed"),
    (r"vmexit controls allowed", "exit_allowed"),
    (r"vmentry controls allowed", "entry_allowed"),
    (r"too may CR3 targets", "cr3_target_count"),
    (r"I/O bitmap A", "io_bitmap_a"),
    (r"I/O bitmap B", "io_bitmap_b"),
    (r"MSR bitmap", "msr_bitmap"),
    (r"misconfigured virtual NMI",
     "virtual_nmis_need_nmi_exiting|nmi_window_needs_virtual_nmis"),
    (r"VMREAD bitmap", "vmread_bitmap"),
    (r"VMWRITE bitmap", "vmwrite_bitmap"),
    (r"#VE information address", "ve_information"),
    (r"virtual apic phy addr", "virtual_apic_page"),
    (r"virtual interrupt delivery must be set together",
     "interrupt_delivery_needs_interrupt_exiting"),
    (r"TPR threshold too big", "tpr_threshold_reserved"),
    (r"TPR threshold > TPR shadow", "tpr_threshold_not_above_vtpr"),
    (r"apic virtualization is enabled without TPR shadow",
     "(x2apic_mode|apic_registers|interrupt_delivery)_needs?_tpr_shadow"),
    (r"apic access page", "apic_access_page"),
    (r"virtualize X2APIC mode enabled together", "x2apic_mode_or_apic_accesses"),
    (r"invalid EPTPTR", "eptp_.*"),
    (r"unrestricted guest without EPT", "unrestricted_guest_needs_ept"),
    (r"guest VPID == 0", "vpid_not_zero"),
    (r"VM Functions control reserved", "vm_functions_allowed"),
    (r"EPTP-SWITCHING: EPT disabled", "eptp_switching_needs_ept"),
    (r"EPTP-SWITCHING: eptp list", "eptp_list"),
    (r"PML is enabled without EPT", "pml_needs_ept"),
    (r"PML base", "pml_address"),
    (r"SPP is enabled without EPT", "sub_page_needs_ept"),
    (r"SPP base", "sub_page_table"),
    (r"TSC multiplier", "tsc_multiplier"),
    (r"save_VMX_preemption_timer", "save_preemption_needs_timer"),
    (r"VMEXIT CTRL: msr store addr malformed", "exit_msr_store_address"),
    (r"VMEXIT CTRL: msr store addr too high", "exit_msr_store_end"),
    (r"VMEXIT CTRL: msr load addr malformed", "exit_msr_load_address"),
    (r"VMEXIT CTRL: msr load addr too high", "exit_msr_load_end"),
    (r"VMENTRY CTRL: msr load addr malformed", "entry_msr_load_address"),
    (r"VMENTRY CTRL: msr load addr too high", "entry_msr_load_end"),
    (r"dual-monitor treatment", "entry_end_dual_monitor"),
    (r"broken interruption info", "inject_reserved"),
    (r"bad injected event vector", "inject_(nmi|exception)_vector"),
    (r"bad injected event instr length", "inject_length(_zero)?"),
    (r"bad MTF injection", "inject_other_vector"),
    (r"bad injected event type", "inject_type|inject_other_event"),
    (r"broken error code", "inject_error_code_(type|real_mode|vector|absent)"),
    (r"bad error code", "inject_error_code_reserved"),
    (r"x86-64 host control invalid", "host_64_from_long_mode"),
    (r"x86-64 guest.*controls invalid", "guest_64_from_legacy_mode"),
    (r"host state invalid CR0", "host_cr0_fixed"),
    (r"host state invalid CR3", "host_cr3_width"),
    (r"host state invalid CR4", "host_cr4_fixed"),
    (r"host segreg 0 ", "host_es_selector"), (r"host segreg 1 ", "host_cs_selector"),
    (r"host segreg 2 ", "host_ss_selector"), (r"host segreg 3 ", "host_ds_selector"),
    (r"host segreg 4 ", "host_fs_selector"), (r"host segreg 5 ", "host_gs_selector"),
    (r"host CS selector 0", "host_cs_not_null"),
    (r"host SS selector 0", "host_ss_not_null"),
    (r"invalid host TR selector", "host_tr_(selector|not_null)"),
    (r"host (TR|FS|GS|GDTR|IDTR) BASE", "host_{0}_base"),
    (r"host SYSENTER_(ESP|EIP)_MSR", "host_sysenter_{0}"),
    (r"Memory Type in host MSR_PAT", "host_pat"),
    (r"host EFER reserved", "host_efer_reserved"),
    (r"host EFER .*inconsistent", "host_efer_lm[ae]"),
    (r"host CR4.PAE=0", "host_pae"),
    (r"host RIP non-canonical", "host_rip"),
    (r"RFLAGS reserved", "guest_rflags_reserved"),
    (r"RFLAGS\[1\]", "guest_rflags_one"),
    (r"x86-64 guest with RFLAGS.VM", "guest_rflags_vm"),
    (r"CR0.PG without CR0.PE", "guest_paging_needs_protection|guest_cr0_fixed"),
    # Bochs says CR0 for all three of them.
    (r"guest invalid CR0", "guest_cr[04]_fixed"),
    (r"guest invalid CR3", "guest_cr3_width"),
    (r"guest invalid CR4", "guest_cr4_fixed"),
    (r"CR4.PAE=0 in x86-64", "guest_long_mode_needs_pae"),
    (r"CR4.PCIDE set", "guest_pcide_legacy"),
    (r"invalid DR7", "guest_dr7"),
    (rf"v8086 guest bad {SEGMENT}.BASE", "guest_{0}_v86_base"),
    (rf"v8086 guest {SEGMENT}.LIMIT", "guest_{0}_v86_limit"),
    (rf"v8086 guest {SEGMENT}.AR", "guest_{0}_v86_rights"),
    (rf"guest {SEGMENT}.BASE non canonical", "guest_{0}_base"),
    (rf"guest {SEGMENT}.BASE > 32 bit", "guest_{0}_base_high"),
    (rf"guest {SEGMENT} not segment", "guest_{0}_system"),
    (rf"guest {SEGMENT} is not system segment", "guest_{0}_system"),
    (rf"guest {SEGMENT} not present", "guest_{0}_present"),
    (rf"guest {SEGMENT}.AR/LIMIT malformed", f"guest_{{0}}_({BYTES})"),
    (rf"guest {SEGMENT} not ACCESSED", "guest_{0}_accessed"),
    (rf"CODE segment {SEGMENT} not READABLE", "guest_{0}_readable"),
    # Its own check, see docs/doctor.md: it comes before others.
    (r"non-conforming CS.RPL", ".*"),
    (rf"non-conforming {SEGMENT}.RPL", "guest_{0}_privilege"),
    (r"guest CS.TYPE", "guest_cs_type"),
    (r"unrestricted guest CS.DPL", "guest_cs_dpl_data"),
    (r"wrong CS.D_B/L", "guest_cs_long"),
    (r"guest SS.TYPE", "guest_ss_type"),
    (r"CS.RPL != SS.RPL", "guest_ss_rpl"),
    (r"SS.RPL <> SS.DPL", "guest_ss_dpl|guest_ss_rpl"),
    (r"unrestricted guest SS.DPL", "guest_ss_dpl_real_mode"),
    (r"IDTR/IDTR.BASE", "guest_[gi]dtr_base"),
    (r"GDTR/IDTR limit", "guest_[gi]dtr_limit"),
    (rf"guest {SEGMENT}.TI set", "guest_{0}_ti"),
    (r"incorrect LDTR type", "guest_ldtr_type"),
    (r"guest TR invalid", "guest_tr_usable"),
    (r"incorrect TR type", "guest_tr_type"),
    (r"guest SYSENTER_(ESP|EIP)_MSR", "guest_sysenter_{0}"),
    (r"Memory Type in guest MSR_PAT", "guest_pat"),
    (r"guest EFER reserved", "guest_efer_reserved"),
    (r"EFER.LMA doesn't match", "guest_efer_lma"),
    (r"guest EFER .*inconsistent", "guest_efer_lme"),
    (r"guest RIP > 32 bit", "guest_rip_high"),
    (r"link pointer malformed", "link_pointer"),
    (r"link pointer must indicate shadow", "link_pointer_shadow"),
    (r"link pointer incorrect revision", "link_pointer_(revision|shadow)"),
    (r"link pointer equal", "link_pointer_not_current"),
    (r"tmpDR6 reserved", "pending_debug_(reserved|bus_lock|rtm_.*)"),
    (r"guest activity state", "activity_known"),
    (r"HLT state with SS.DPL", "activity_hlt_privilege"),
    (r"interruptibility state broken when", "activity_blocked"),
    (r"interruptibility state broken",
     "interruptibility_(reserved|sti_or_mov_ss|no_enclaves)"),
    (r"can't be blocked by STI", "interruptibility_sti_needs_if"),
    (r"blocked when injecting external", "interruptibility_interrupt|guest_rflags_if"),
    (r"blocked when injecting NMI", "interruptibility_nmi(_sti)?"),
    (r"entering Wait-For-Sipi", "activity_sipi_event"),
    (r"entering shutdown state", "activity_shutdown_event"),
    (r"SMM guest should block SMI", "entry_to_smm"),
    (r"SMI blocked when not in SMM", "interruptibility_smi"),
    (r"PDPTRs Checks Failed", "guest_pdpte.|pdptes_in_memory"),
    (r"LoadMSRs", "entry_msr_load_list"),
)]

LATE = "MSR loading"  # Bochs found nothing before the list that ends it all

# Rules that Bochs 2.7 does not have at all.
NOT_IN_BOCHS = re.compile(
    "guest_debugctl_.*|guest_rip_width|guest_cs_dpl_code|guest_cs_dpl_conforming|"
    "activity_hlt_event|activity_shutdown_event|pending_debug_step|pending_debug_no_step|"
    "guest_long_mode_needs_paging|guest_paging_needs_protection|"
    "interruptibility_virtual_nmi|inject_other_event|guest_rflags_vm|activity_supported")

KNOWN = (
    ("not checked by Bochs",
     lambda d: NOT_IN_BOCHS.fullmatch(d["first"]) and LATE in d["processor"]),
    ("Bochs drops the high half of the pending debug exceptions",
     lambda d: d["first"] == "pending_debug_reserved" and LATE in d["processor"]
     and re.search(r"GUEST_PENDING_DEBUG \S+->0x[0-9a-f]{9,}", d["changes"])),
    ("Bochs compares CS.DPL with CS.RPL",
     lambda d: "33" in d["processor"] and re.search(r"GUEST_[CS]S_(SEL|ACC)", d["changes"])),
    ("Bochs multiplies the MSR count by 16 in 32 bits",
     lambda d: re.search(r"MSR_(STORE|LOAD)_COUNT \S+->0x[1-9a-f][0-9a-f]{7}", d["changes"])),
    ("Bochs checks \"entry to SMM\" as guest state",
     lambda d: d["first"] == "entry_to_smm"),
)

TRY = re.compile(r"doctor: try=(\d+) base=\S+ violated=(\d+) rule=(\S+) ")
CHANGES = re.compile(r"doctor: disagree try=(\d+) base=\S+ (?!rules=)(.*)")
DISAGREE = re.compile(r'doctor: disagree try=(\d+) rules=\d+ first=(\S+) '
                      r'expected=".*?" processor="(.*?)" code=(\S+)')
SUMMARY = re.compile(r"doctor: tried=(\d+) agreed=(\d+) disagreed=(\d+)")
BOCHS = re.compile(r"(VMFAIL: .*|VMENTER FAIL: .*|VMENTER: .*|VMX LoadMSRs .*)")


def disagreements(log):
    """Each as a dict: try, changes, first, processor."""
    changes = {one[1]: one[2] for one in CHANGES.finditer(log)}
    return {one[1]: {"changes": changes.get(one[1], ""), "first": one[2],
                     "processor": one[3], "code": one[4]}
            for one in DISAGREE.finditer(log)}


def unexplained(found):
    return [f"try {number}: {one['changes']}: {one['first']} / {one['processor']}"
            for number, one in found.items()
            if not any(test(one) for _, test in KNOWN)]


def misnamed(tries, lines, found):
    """Entries whose one violated rule is not what Bochs complains of."""
    wrong = []
    for (number, violated, rule), line in zip(tries, lines):
        if violated != "1" or number in found:
            continue
        for text, rules in TEXTS:
            match = text.search(line)
            if match:
                groups = [group and group.lower() for group in match.groups()]
                if not re.fullmatch(rules.format(*groups), rule):
                    wrong.append(f"try {number}: we say {rule}, Bochs \"{line}\"")
                break
        else:
            wrong.append(f"try {number}: {rule}: not in the table: \"{line}\"")
    return wrong


def judge(least, log, bench):
    """What is wrong with a run of doctor=, or None."""
    summary = SUMMARY.search(log)
    if not summary or int(summary[1]) < least:
        return f"fewer than {least} entries were tried"
    tries, lines = TRY.findall(log), BOCHS.findall(bench)
    if len(tries) != int(summary[1]) or len(lines) != len(tries):
        return f"{summary[1]} tried, {len(tries)} logged, {len(lines)} refused by Bochs"
    found = disagreements(log)
    if len(found) != int(summary[3]):
        return f"{summary[3]} disagreements, {len(found)} logged"
    wrong = unexplained(found) + misnamed(tries, lines, found)
    return f"{len(wrong)} wrong: " + "; ".join(wrong[:5]) if wrong else None
