# SPDX-License-Identifier: MIT
"""Every 64-bit Intel model that Bochs has, two from AMD, and one of 1993: each
runs, or refuses and says all that it lacks."""
from harness.machine import Boot

RUNS = (
    "corei5_arrandale_m520", "corei7_sandy_bridge_2600k",
    "corei7_ivy_bridge_3770k", "corei7_haswell_4770", "broadwell_ult",
    "corei7_skylake_x", "corei3_cnl", "corei7_icelake_u", "tigerlake",
)
REFUSES = {
    "pentium": ("no long mode",),
    "core_duo_t2400_yonah": ("no long mode",),
    "p4_prescott_celeron_336": ("missing: VMX ",),
    "core2_penryn_t9600": ("missing: .*enable EPT", "missing: .*unrestricted"),
    "corei5_lynnfield_750": ("missing: .*unrestricted guest",),
    "ryzen": ("missing: VMX ",),
    "trinity_apu": ("missing: VMX ",),
}

TESTS = [
    Boot(f"model/{model}", model=model,
         expect=("^guest: goodbye", "^run: outcome=clean"),
         reject=("missing .*needed",))
    for model in RUNS
] + [
    Boot(f"model/{model}", model=model, status=4, reject=("^guest: ",),
         expect=(*lacks, "^run: outcome=refused"))
    for model, lacks in REFUSES.items()
]
