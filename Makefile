# SPDX-License-Identifier: MIT
# Trivet's table of contents: every object by hand, room by room, in reading order.

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:

# ---- What you may set ------------------------------------------------------------------

RUNNER ?= auto
GUEST ?=
ARGS ?=
CPUS ?= 1
MEM ?= 512
MODEL ?=
CMDLINE ?=
TIMEOUT ?=
INITRD ?=
CORE ?=
COM2 ?=
TESTS ?=

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
LD := $(CROSS_COMPILE)ld
OBJCOPY := $(CROSS_COMPILE)objcopy
NM := $(CROSS_COMPILE)nm

# ---- The rooms, low to high ------------------------------------------------------------

lib := error string format number

boot := header.S entry.S say.S unpack trampoline.S multiboot2

kernel := main options option_table option_words \
	log log_ring log_guest console console_init serial trace_port vga_text framebuffer screen \
	cpu cpu_features traps trap_stubs.S fixup msr_safe image \
	panic panic_dump backtrace symbols outcome power \
	acpi acpi_init acpi_tables acpi_aml acpi_register \
	time time_sources time_calibrate time_choose apic pic smp smp_call smp_page

mm := layout reserve frame frame_tree frame_node bits512 walker walker_lookup host_map host_map_load

vmx := vmcs caps controls control_names requirements preflight vmx \
	setup host_state switch switch_msrs reset entry_state registers control_registers pdpte ept bitmaps \
	guest_walk guest_memory segment descriptor \
	entry.S vcpu stop record record_text record_line recorder recorder_create stats \
	trace trace_setup trace_filter trace_state event apic_virtual apic_virtual_access exits exit_simple exit_interrupt exit_cr exit_dr exit_msr \
	exit_io exit_io_string io_breakpoint exit_memory exit_apic exit_descriptor instruction_prefix \
	mmio mmio_fetch mmio_prefix mmio_decode mmio_opcodes mmio_bmi_opcodes mmio_vector_opcodes mmio_execute mmio_alu mmio_bits mmio_bmi mmio_operand \
	mmio_stack mmio_pair mmio_string mmio_vector mmio_masked mmio_system vector_registers \
	exit_task task_plan task_switch tss descriptor_load descriptor_registers errors \
	dump dump_text dump_exit dump_flags dump_vmcs dump_walk dump_code autopsy autopsy_reenact autopsy_delivery autopsy_stack surprise \
	vmcs_image vmcs_read entry_words entry_rule entry_rules_execution entry_rules_ept entry_rules_controls \
	entry_rules_host entry_rules_guest entry_rules_segments entry_rules_tables entry_rules_state \
	entry_rules_memory entry_text entry_bits entry_doctor entry_check \
	entry_mutate entry_bases entry_try.S entry_selftest

machine := pc interrupts device_memory vm vm_report stats_report hints stuck stuck_text ram rom shadow bus timer clock tsc \
	cpuid cpuid_build cpuid_timing cpuid_policy msr msr_refused mtrr memory_type hypercall \
	uart uart_receiver guest_console \
	monitor monitor_run monitor_line monitor_command monitor_look monitor_memory monitor_act \
	pic pic_chip tick_debt pit pit_channel pit_count \
	lapic lapic_pins lapic_reset lapic_access lapic_timer lapic_bus ioapic rtc rtc_time rtc_cmos rtc_host \
	pm i8042 keyboard board pci chipset \
	memory_map bios bios_code bios_data bios_disk bios_edd bios_geometry bios_keyboard bios_power bios_screen bios_system bios_time bios_video \
	acpi_build mp_build \
	loader loader_boot loader_place loader_start loader_words loader_raw loader_disk loader_firmware \
	loader_linux loader_linux_place loader_elf loader_elf_load loader_pvh \
	loader_multiboot loader_multiboot_flat loader_multiboot_symbols loader_multiboot1 loader_multiboot2 loader_multiboot2_info

# V=1 shows the commands.
quiet = $(if $(V),,@printf "  %-5s %s\n" $(1) $@;)

rooms := lib boot kernel mm vmx machine

# ---- Guests: programs that run inside ---------------------------------------------------

# Each guest is guest/NAME.c with the common start and library, or guest/NAME.S alone.
guest_library := interrupts interrupt_stubs.S user print
guests_c := bundled bench $(basename $(notdir $(wildcard guest/test_*.c)))
guests_s := $(basename $(notdir $(wildcard guest/test_*.S)))
# Of these, some are started by a boot loader's protocol: ELF files, and one like Linux.
guests_elf32 := test_multiboot1
guests_elf64 := test_multiboot2 test_pvh test_elf
guests_kernel := $(guests_elf32) $(guests_elf64) test_linux
guests := $(addprefix build/guest/,$(addsuffix .bin,$(guests_c) $(guests_s)))

# ---- Flags -------------------------------------------------------------------------------

warnings := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
CPPFLAGS := -I.
CFLAGS := -std=gnu11 -O2 -g $(warnings) -ffreestanding -fno-pic -fno-pie \
	-mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-strict-aliasing -fwrapv \
	-fcf-protection=none -ffunction-sections -fdata-sections
ASFLAGS := -g -D__ASSEMBLER__
LDFLAGS := -nostdlib -static -z max-page-size=0x1000 -z noexecstack --build-id=none --gc-sections -T boot/trivet.lds

# Counted: two instructions less an exit.
build/vmx/stats.o: CFLAGS += -fno-tree-pre

# A name without an ending is a C file.
object = $(patsubst %,build/%.o,$(basename $(1)))
image_objects = $(objects) build/font.o build/dsdt.o build/guest_blob.o
objects := $(foreach room,$(rooms),$(call object,$(addprefix $(room)/,$($(room)))))

# Only what runs at an exit is in a hurry.
hot := $(addprefix build/vmx/,vcpu recorder stats event exits exit_simple exit_interrupt exit_cr exit_dr exit_msr \
	exit_io exit_io_string exit_memory exit_apic apic_virtual mmio mmio_fetch mmio_execute mmio_operand registers control_registers guest_walk guest_memory instruction_prefix ept) \
	$(addprefix build/machine/,pc interrupts device_memory lapic lapic_pins lapic_access lapic_timer bus cpuid msr hypercall uart uart_receiver pic pic_chip pit pit_channel timer ram) \
	build/mm/walker
$(filter-out $(addsuffix .o,$(hot)),$(objects)): CFLAGS += -Os

# ---- The image -----------------------------------------------------------------------------

.PHONY: all
all: build/trivet.elf build/trivet ## build the image: build/trivet (packed), build/trivet.elf (with symbols)

build/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

build/%.o: %.S
	@mkdir -p $(@D)
	$(call quiet,AS)$(CC) $(CPPFLAGS) $(ASFLAGS) -MMD -MP -c -o $@ $<

build/%.o: build/%.c
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

build/%.o: build/%.S
	@mkdir -p $(@D)
	$(call quiet,AS)$(CC) $(CPPFLAGS) $(ASFLAGS) -MMD -MP -c -o $@ $<

# The image contains a table of its own functions, so it is linked twice; the
# second link must not move them.
build/pass1.elf: $(image_objects) boot/trivet.lds
	$(call quiet,LD)$(LD) $(LDFLAGS) -o $@ $(image_objects)

build/symbols.S: build/pass1.elf scripts/symbols.py
	$(call quiet,NM)scripts/symbols.py $(NM) $< $@

build/trivet.elf: build/pass1.elf build/symbols.o
	$(call quiet,LD)$(LD) $(LDFLAGS) -o $@ $(image_objects) build/symbols.o
	@scripts/symbols.py --check $(NM) $@ build/symbols.S

build/trivet: build/trivet.elf scripts/pack.py
	$(call quiet,PACK)scripts/pack.py $< $@

build/font.c: scripts/font.py
	@mkdir -p $(@D)
	$(call quiet,FONT)scripts/font.py -o $@

# The guest's ACPI devices, compiled, are a blob in the image's rodata.
build/dsdt.aml: machine/dsdt.asl
	@mkdir -p $(@D)
	$(call quiet,IASL)iasl -vs -p build/dsdt $< >build/dsdt.log || { cat build/dsdt.log; false; }

build/dsdt.S: build/dsdt.aml
	@printf '.section .rodata.dsdt, "a"\n.globl acpi_dsdt_start, acpi_dsdt_end\nacpi_dsdt_start:\n.incbin "%s"\nacpi_dsdt_end:\n.section .note.GNU-stack, "", @progbits\n' $< > $@

-include $(objects:.o=.d)

# ---- Guests ------------------------------------------------------------------------------

GUEST_CFLAGS := -std=gnu11 -O2 -g $(warnings) -Wno-unused-function -ffreestanding -fno-pic -fno-pie -mno-red-zone \
	-mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none
GUEST_LDFLAGS := -nostdlib -static -z max-page-size=0x1000 -z noexecstack --build-id=none

.PHONY: guests
guests: $(guests) ## build the bundled and the test guests: build/guest/NAME.bin
.SECONDARY:

build/guest/%.o: guest/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

build/guest/start_greet.o: guest/start.S
	@mkdir -p $(@D)
	$(call quiet,AS)$(CC) $(CPPFLAGS) $(ASFLAGS) -DGREET -c -o $@ $<

guest_objects = $(call object,$(addprefix guest/,$(guest_library)))

build/guest/bundled.elf: build/guest/start_greet.o build/guest/bundled.o $(guest_objects) guest/guest.lds
	$(call quiet,LD)$(LD) $(GUEST_LDFLAGS) -T guest/guest.lds -o $@ $(filter %.o,$^)

build/guest/%.elf: build/guest/start.o build/guest/%.o $(guest_objects) guest/guest.lds
	$(call quiet,LD)$(LD) $(GUEST_LDFLAGS) -T guest/guest.lds -o $@ $(filter %.o,$^)

$(patsubst %,build/guest/%.elf,$(filter-out $(guests_kernel),$(guests_s))): build/guest/%.elf: build/guest/%.o guest/guest.lds
	$(call quiet,LD)$(LD) $(GUEST_LDFLAGS) -T guest/guest.lds -o $@ $(filter %.o,$^)

KERNEL_START := 0x100000
build/guest/test_linux.elf: KERNEL_START := 0xfff600

$(guests_kernel:%=build/guest/%.elf): build/guest/%.elf: build/guest/%.o guest/kernel.lds
	$(call quiet,LD)$(LD) $(GUEST_LDFLAGS) --defsym=KERNEL_START=$(KERNEL_START) -T guest/kernel.lds -o $@ $(filter %.o,$^)

$(guests_elf32:%=build/guest/%.bin): build/guest/%.bin: build/guest/%.elf
	$(call quiet,BIN)$(OBJCOPY) -g -O elf32-i386 $< $@

$(guests_elf64:%=build/guest/%.bin): build/guest/%.bin: build/guest/%.elf
	$(call quiet,BIN)$(OBJCOPY) -g $< $@

build/guest/%.bin: build/guest/%.elf
	$(call quiet,BIN)$(OBJCOPY) -O binary $< $@

-include $(wildcard build/guest/*.d)

# The bundled guest is a blob in the image's rodata.
build/guest_blob.S: build/guest/bundled.bin
	@printf '.section .rodata.guest, "a"\n.globl guest_blob_start, guest_blob_end\nguest_blob_start:\n.incbin "%s"\nguest_blob_end:\n' $< > $@

include tests/unit/tests.mk

# ---- Running and testing -------------------------------------------------------------------

# Kernels of Debian's packages, unchanged: build/guests/NAME, made by scripts/guest.
# What each is told in any case; ARGS comes behind it.
debian_linux := console=ttyS0
debian_linux-generic := console=ttyS0
debian_memtest := console=ttyS0,115200
debian_xen := xen com1=115200,8n1 console=com1
debian_guest = $(if $(wildcard $(GUEST)),,$(filter linux linux-generic memtest xen,$(GUEST)))

build/guests/%/kernel: scripts/guest $(wildcard scripts/guests/*)
	@scripts/guest $*

# GUEST=name (of these, or build/guest/name.bin) or a path; ARGS is its command line.
guest_file = $(if $(wildcard $(GUEST)),$(GUEST),$(if $(debian_guest),build/guests/$(GUEST)/kernel,build/guest/$(GUEST).bin))
guest_args = $(strip $(if $(debian_guest),$(debian_$(GUEST))) $(ARGS))
guest_initrd = $(or $(INITRD),$(if $(filter linux%,$(debian_guest)),build/guests/$(GUEST)/initrd))
guest_made = $(filter build/guest/% build/guests/%,$(guest_file))
run_words = --runner $(RUNNER) --cpus $(CPUS) --mem $(MEM) \
	$(if $(MODEL),--model $(MODEL)) $(if $(TIMEOUT),--timeout $(TIMEOUT)) \
	--cmdline '$(CMDLINE)' $(if $(GUEST),--module '$(guest_file)=$(guest_args)') \
	$(if $(guest_initrd),--module '$(guest_initrd)') $(if $(COM2),--com2-log '$(COM2)') $(if $(CORE),--core '$(CORE)')
iso_words = --options '$(CMDLINE)' \
	$(if $(GUEST),--module '$(guest_file)' '$(or $(guest_args),$(notdir $(guest_file)))') \
	$(if $(guest_initrd),--module '$(guest_initrd)' '$(notdir $(guest_initrd))')

# What is missing is installed before anything is compiled.
.PHONY: run debug iso usb test test-long setup-run setup-image setup-debug setup-test
setup-run:
	@scripts/setup run $(if $(debian_guest),guest)
setup-image:
	@scripts/setup build image $(if $(debian_guest),guest)
setup-debug:
	@scripts/setup run debug
setup-test:
	@scripts/setup run test

run: setup-run ## build and boot in the best bench there is; GUEST=, RUNNER=, CPUS=, MEM=, MODEL=, CMDLINE=, COM2=, CORE=
	@$(MAKE) --no-print-directory build/trivet.elf $(if $(GUEST),$(guest_made))
	@scripts/run $(run_words) build/trivet.elf

debug: setup-debug ## the same in QEMU, stopped, with gdb and symbols
	@$(MAKE) --no-print-directory build/trivet.elf
	@scripts/run $(run_words) --debug build/trivet.elf

# Made anew each time: GUEST and the words may be others than last time.
iso: setup-image ## build the hybrid ISO (BIOS and UEFI, CD and USB): build/trivet.iso; GUEST=, ARGS=, INITRD=, CMDLINE=
	@$(MAKE) --no-print-directory build/trivet $(if $(GUEST),$(guest_made))
	$(if $(V),,@printf '  ISO   build/trivet.iso\n';)scripts/image -o build/trivet.iso $(iso_words) build/trivet

usb: iso ## tell how to write that ISO to a USB stick
	@scripts/usb build/trivet.iso

checks = --check "layers" "scripts/check-layers" \
	--check "headers and clang" "scripts/check-headers $(filter-out -fno-pie,$(CFLAGS))" \
	--check "clang-tidy" "scripts/check-tidy $(filter-out -W%,$(CFLAGS))" \
	--check "cppcheck" "scripts/check-cppcheck" \
	--check "scripts" "scripts/check-scripts" \
	--check "titles of the manual" "scripts/check-sdm" \
	--check "every unit test is listed" "scripts/check-unit-list $(unit_tests)"

test: setup-test ## unit and boot tests; ends with "N passed, N failed"; TESTS=words of names
	@$(MAKE) --no-print-directory -j2 all guests unit coverage
	@scripts/test $(checks) $(TESTS)

test-long: setup-test ## also what takes more than 15 minutes
	@$(MAKE) --no-print-directory -j2 all guests unit coverage
	@scripts/test --long $(checks) $(TESTS)

.PHONY: help
help: ## this text
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST)) tests/unit/tests.mk

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build
