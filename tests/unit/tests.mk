# SPDX-License-Identifier: MIT
# Host unit tests: each program and the sources it is made of, besides its own.
# Names are paths without .c; sim/ and unit/ are below tests/.

frames := mm/frame mm/frame_node mm/frame_tree mm/bits512 mm/layout sim/pool sim/panic
tables := $(frames) mm/walker mm/walker_lookup
host_map := $(tables) mm/host_map mm/host_map_load mm/reserve lib/error sim/asm \
	unit/kernel/fake_log unit/mm/fake_pc
acpi := kernel/acpi kernel/acpi_aml kernel/acpi_tables unit/kernel/fake_acpi unit/kernel/fake_log
exits := vmx/vmcs vmx/vcpu vmx/stop vmx/record vmx/recorder vmx/stats vmx/event vmx/apic_virtual vmx/exits vmx/exit_simple vmx/exit_interrupt vmx/exit_cr \
	vmx/exit_dr vmx/exit_msr vmx/exit_io vmx/exit_io_string vmx/io_breakpoint vmx/mmio_operand vmx/exit_memory vmx/exit_apic vmx/exit_task \
	vmx/exit_descriptor vmx/errors vmx/registers vmx/control_registers vmx/pdpte \
	vmx/guest_walk vmx/guest_memory vmx/segment vmx/descriptor vmx/descriptor_load vmx/descriptor_registers \
	vmx/tss vmx/task_plan vmx/task_switch vmx/instruction_prefix kernel/cpu_features \
	sim/vmx sim/asm sim/panic unit/vmx/fake_machine unit/vmx/fake_host unit/vmx/fake_trace unit/vmx/fake_surprise

# The VM-entry doctor: rules, and what their tests share.
entry_rules := vmx/vmcs_image vmx/entry_rule vmx/entry_words vmx/entry_text vmx/entry_bits vmx/entry_doctor \
	vmx/entry_rules_execution vmx/entry_rules_ept vmx/entry_rules_controls vmx/entry_rules_host \
	vmx/entry_rules_guest vmx/entry_rules_segments vmx/entry_rules_tables vmx/entry_rules_state \
	vmx/entry_rules_memory vmx/control_names lib/format
entry_cases := $(entry_rules) $(addprefix unit/vmx/,entry_fixture entry_cases_controls entry_cases_host \
	entry_cases_guest entry_cases_segments)

unit_tests := \
	lib/test_format lib/test_number lib/test_string lib/test_spinlock \
	boot/test_multiboot2 boot/test_multiboot2_bad boot/test_unpack \
	kernel/test_options kernel/test_log kernel/test_log_ring kernel/test_log_storm kernel/test_log_ring_storm kernel/test_serial \
	kernel/test_console_init kernel/test_screen kernel/test_framebuffer kernel/test_vga_text \
	kernel/test_cpu_features kernel/test_traps kernel/test_panic kernel/test_backtrace \
	kernel/test_symbols kernel/test_outcome \
	kernel/test_acpi kernel/test_acpi_tables kernel/test_acpi_aml kernel/test_acpi_init kernel/test_acpi_fuzz \
	kernel/test_time kernel/test_time_calibrate kernel/test_time_choose \
	kernel/test_apic kernel/test_apic_timer kernel/test_smp_call kernel/test_smp_page \
	mm/test_bits512 mm/test_frame mm/test_frame_bugs mm/test_frame_random mm/test_frame_range \
	mm/test_walker mm/test_walker_limits mm/test_walker_memory mm/test_walker_random \
	mm/test_reserve mm/test_host_map mm/test_host_map_device \
	machine/test_bus machine/test_timer machine/test_lapic machine/test_lapic_access \
	machine/test_lapic_timer machine/test_lapic_bus machine/test_lapic_random machine/test_ioapic machine/test_pic machine/test_pic_chip machine/test_pit \
	machine/test_pit_channel machine/test_rtc machine/test_rtc_time machine/test_uart \
	machine/test_pm machine/test_pci machine/test_chipset machine/test_board machine/test_keyboard machine/test_cpuid machine/test_mtrr machine/test_msr \
	machine/test_guest_console machine/test_monitor machine/test_monitor_line machine/test_hypercall machine/test_ram machine/test_shadow machine/test_loader \
	machine/test_loader_boot machine/test_rtc_host machine/test_clock machine/test_vm machine/test_pc \
	vmx/test_controls vmx/test_decode vmx/test_event vmx/test_control_registers vmx/test_run_loop vmx/test_recorder vmx/test_stats \
	vmx/test_guest_walk vmx/test_guest_walk_random vmx/test_guest_memory vmx/test_segment \
	vmx/test_exit_io_string vmx/test_task_switch vmx/test_task_faults vmx/test_exit_descriptor

unit_tests += machine/test_bios machine/test_bios_disk machine/test_bios_keyboard machine/test_bios_screen machine/test_memory_map machine/test_acpi_guest machine/test_loader_place machine/test_loader_firmware machine/test_mp_build machine/test_rom machine/test_loader_linux \
	machine/test_loader_elf machine/test_loader_multiboot1 machine/test_loader_multiboot2 vmx/test_entry_state
unit_tests += $(addprefix machine/test_loader_fields_,linux elf multiboot1 multiboot2 raw)
unit_tests += vmx/test_apic_virtual vmx/test_exit_apic vmx/test_switch_msrs vmx/test_io_breakpoint
unit_tests += vmx/test_mmio vmx/test_mmio_string vmx/test_mmio_vector vmx/test_mmio_masked vmx/test_mmio_special vmx/test_mmio_vector_native vmx/test_mmio_native vmx/test_mmio_random \
	vmx/test_mmio_decode vmx/test_mmio_capstone
mmio_decode := vmx/mmio_prefix vmx/mmio_decode vmx/mmio_opcodes vmx/mmio_bmi_opcodes vmx/mmio_vector_opcodes
mmio := $(exits) vmx/mmio vmx/mmio_fetch $(mmio_decode) vmx/mmio_execute vmx/mmio_alu vmx/mmio_bits vmx/mmio_bmi \
	vmx/mmio_stack vmx/mmio_pair vmx/mmio_string vmx/mmio_vector vmx/mmio_masked vmx/mmio_system unit/vmx/fake_vector unit/vmx/fake_device
needs_vmx/test_mmio := $(mmio)
needs_vmx/test_mmio_string := $(mmio)
needs_vmx/test_mmio_vector := $(mmio)
needs_vmx/test_mmio_masked := $(mmio)
needs_vmx/test_mmio_special := $(mmio)
needs_vmx/test_mmio_vector_native := $(mmio)
needs_vmx/test_mmio_native := $(mmio)
needs_vmx/test_mmio_random := $(mmio)
needs_vmx/test_mmio_decode := $(mmio_decode)
needs_vmx/test_mmio_capstone := $(mmio_decode)
libs_vmx/test_mmio_capstone := -lcapstone
unit_tests += vmx/test_entry_rules
needs_vmx/test_entry_rules := $(entry_cases)
unit_tests += vmx/test_entry_doctor vmx/test_entry_check scripts/test_dump
needs_vmx/test_entry_check := $(entry_cases) vmx/entry_check vmx/vmcs_read vmx/vmcs sim/vmx sim/cpu
needs_vmx/test_entry_doctor := $(entry_cases) vmx/vmcs_read vmx/entry_mutate vmx/vmcs sim/vmx
needs_scripts/test_dump := $(entry_rules) scripts/doctor/dump scripts/doctor/sections scripts/doctor/names \
	scripts/doctor/models
needs_lib/test_format := lib/format
needs_lib/test_number := lib/number lib/error
needs_boot/test_multiboot2 := boot/multiboot2
needs_boot/test_multiboot2_bad := boot/multiboot2
needs_boot/test_unpack := boot/unpack
needs_kernel/test_options := kernel/options kernel/option_table kernel/option_words lib/format lib/number
needs_kernel/test_log := kernel/log kernel/log_ring kernel/console lib/format
needs_kernel/test_log_ring :=
needs_kernel/test_log_storm := kernel/log kernel/log_guest kernel/log_ring kernel/console lib/format
needs_kernel/test_log_ring_storm := kernel/log_ring
needs_kernel/test_serial := kernel/serial sim/asm
needs_kernel/test_console_init := kernel/console_init
needs_kernel/test_screen := kernel/screen
needs_kernel/test_framebuffer := kernel/screen font
needs_kernel/test_vga_text := kernel/vga_text kernel/screen sim/asm
needs_kernel/test_cpu_features := kernel/cpu_features sim/asm
needs_kernel/test_traps := kernel/traps sim/asm sim/panic unit/kernel/fake_log
needs_kernel/test_panic := kernel/panic kernel/panic_dump kernel/backtrace lib/format sim/asm sim/cpu \
	unit/kernel/fake_log
needs_kernel/test_backtrace := kernel/backtrace
needs_kernel/test_symbols := kernel/symbols
needs_kernel/test_outcome := kernel/outcome lib/format sim/asm sim/cpu
needs_kernel/test_acpi := $(acpi)
needs_kernel/test_acpi_tables := kernel/acpi_tables unit/kernel/fake_log
needs_kernel/test_acpi_aml := kernel/acpi_aml
needs_kernel/test_acpi_init := $(acpi) kernel/acpi_init kernel/acpi_register sim/asm
needs_kernel/test_acpi_fuzz := $(acpi)
needs_kernel/test_time := kernel/time kernel/time_choose sim/asm unit/kernel/fake_log
needs_kernel/test_time_calibrate := kernel/time_calibrate
needs_kernel/test_time_choose := kernel/time_choose
needs_kernel/test_apic := kernel/apic unit/kernel/fake_apic sim/asm sim/cpu unit/kernel/fake_log
needs_kernel/test_apic_timer := kernel/apic unit/kernel/fake_apic sim/asm sim/cpu unit/kernel/fake_log
needs_kernel/test_smp_call := kernel/smp_call sim/asm sim/cpu
needs_kernel/test_smp_page := kernel/smp_page
needs_mm/test_bits512 := mm/bits512
needs_mm/test_frame := $(frames)
needs_mm/test_frame_bugs := $(frames)
needs_mm/test_frame_random := $(frames)
needs_mm/test_frame_range := $(frames)
needs_mm/test_walker := $(tables)
needs_mm/test_walker_limits := $(tables)
needs_mm/test_walker_memory := $(tables)
needs_mm/test_walker_random := $(tables)
needs_mm/test_reserve := mm/reserve
needs_mm/test_host_map := $(host_map)
needs_mm/test_host_map_device := $(host_map)
time := machine/timer unit/machine/fake_time sim/panic
needs_machine/test_bus := machine/bus sim/panic
needs_machine/test_timer := $(time)
apics := machine/lapic machine/lapic_pins machine/lapic_reset machine/lapic_access machine/lapic_timer machine/lapic_bus \
	machine/tick_debt machine/ioapic machine/pic machine/pic_chip unit/machine/fake_apic_virtual $(time)
needs_machine/test_lapic := $(apics)
needs_machine/test_lapic_access := $(apics)
needs_machine/test_lapic_timer := $(apics)
needs_machine/test_lapic_bus := $(apics)
needs_machine/test_lapic_random := $(apics)
needs_machine/test_ioapic := $(apics)
needs_machine/test_pic := machine/pic machine/pic_chip $(time)
needs_machine/test_pic_chip := machine/pic_chip
needs_machine/test_pit := machine/pit machine/tick_debt machine/pit_channel machine/pit_count $(time)
needs_machine/test_pit_channel := machine/pit_channel machine/pit_count
needs_machine/test_rtc := machine/rtc machine/tick_debt machine/rtc_time machine/rtc_cmos $(time)
needs_machine/test_rtc_time := machine/rtc_time
needs_machine/test_uart := machine/uart machine/uart_receiver $(time)
bios := machine/bios $(addprefix machine/bios_,code disk edd geometry keyboard power screen system time video)
needs_machine/test_bios := $(bios) machine/memory_map machine/bus machine/uart machine/uart_receiver machine/rtc machine/tick_debt \
	machine/rtc_time machine/rtc_cmos vmx/stop vmx/vmcs sim/vmx sim/asm $(time)
needs_machine/test_bios_disk := $(needs_machine/test_bios)
needs_machine/test_bios_keyboard := $(needs_machine/test_bios)
needs_machine/test_bios_screen := $(needs_machine/test_bios)
vm_all := machine/vm machine/vm_report machine/stuck machine/stuck_text machine/stats_report vmx/stats vmx/record vmx/record_text vmx/recorder machine/pc $(bios) machine/memory_map machine/interrupts machine/device_memory machine/lapic machine/lapic_pins \
	machine/lapic_reset machine/lapic_access machine/lapic_timer machine/lapic_bus machine/ioapic machine/ram machine/rom machine/shadow machine/bus machine/timer machine/cpuid \
	machine/cpuid_build machine/cpuid_timing machine/cpuid_policy machine/msr machine/msr_refused machine/mtrr machine/memory_type machine/hypercall machine/uart \
	machine/uart_receiver machine/guest_console unit/machine/fake_monitor machine/pic machine/pic_chip machine/pit \
	machine/pit_channel machine/pit_count machine/tick_debt machine/rtc machine/rtc_time machine/rtc_cmos machine/pm machine/i8042 machine/keyboard \
	machine/board machine/pci machine/chipset vmx/apic_virtual vmx/apic_virtual_access vmx/ept vmx/bitmaps vmx/vmcs lib/format lib/error sim/vmx sim/asm $(tables) \
	unit/machine/fake_host unit/machine/fake_vcpu unit/machine/fake_time
needs_machine/test_pm := machine/pm $(time) unit/machine/fake_vcpu
needs_machine/test_pci := machine/pci $(time) unit/machine/fake_vcpu
needs_machine/test_chipset := machine/chipset machine/pci machine/bus machine/pm $(time) unit/machine/fake_vcpu
needs_machine/test_keyboard := machine/i8042 machine/keyboard $(time) unit/machine/fake_vcpu
needs_machine/test_board := machine/board machine/i8042 machine/keyboard $(time) unit/machine/fake_vcpu
needs_machine/test_cpuid := machine/cpuid machine/cpuid_build machine/cpuid_timing machine/cpuid_policy sim/asm
needs_machine/test_mtrr := machine/mtrr
needs_machine/test_msr := machine/msr machine/msr_refused kernel/cpu_features machine/mtrr machine/cpuid machine/cpuid_build machine/cpuid_timing machine/cpuid_policy \
	machine/lapic machine/lapic_pins machine/lapic_reset machine/lapic_access machine/lapic_timer machine/lapic_bus machine/tick_debt machine/pic machine/pic_chip \
	unit/machine/fake_apic_virtual machine/timer unit/machine/fake_time unit/machine/fake_vcpu sim/asm sim/panic
needs_machine/test_guest_console := machine/guest_console
needs_machine/test_monitor_line := machine/monitor_line
needs_machine/test_monitor := machine/monitor machine/monitor_run machine/monitor_line machine/monitor_command machine/monitor_look \
	machine/monitor_memory machine/monitor_act lib/format lib/number vmx/vmcs sim/vmx sim/asm sim/panic unit/machine/fake_below
needs_machine/test_hypercall := machine/hypercall unit/machine/fake_vcpu
needs_machine/test_ram := machine/ram vmx/ept sim/vmx vmx/vmcs $(tables)
needs_machine/test_shadow := machine/shadow machine/ram machine/rom vmx/ept sim/vmx vmx/vmcs sim/panic $(tables)
loaders := machine/loader machine/loader_place machine/loader_start machine/loader_words machine/loader_raw machine/loader_disk machine/loader_firmware machine/loader_linux machine/loader_linux_place \
	machine/loader_elf machine/loader_elf_load machine/loader_pvh machine/loader_multiboot machine/loader_multiboot_flat \
	machine/loader_multiboot_symbols machine/loader_multiboot1 \
	machine/loader_multiboot2 machine/loader_multiboot2_info machine/memory_map machine/bios_data machine/bios_code machine/bios_geometry \
	machine/acpi_build machine/mp_build dsdt lib/format lib/number kernel/option_words sim/panic unit/kernel/fake_log \
	unit/machine/fake_loader
needs_machine/test_loader := $(loaders)
needs_machine/test_mp_build := $(loaders)
needs_machine/test_loader_place := $(loaders)
needs_machine/test_loader_firmware := $(loaders)
needs_machine/test_rom := machine/rom vmx/ept sim/vmx vmx/vmcs sim/panic $(tables)
needs_machine/test_loader_linux := $(loaders)
needs_machine/test_loader_elf := $(loaders)
needs_machine/test_loader_multiboot1 := $(loaders)
needs_machine/test_loader_multiboot2 := $(loaders)
needs_machine/test_loader_fields_linux := $(loaders) unit/machine/damage
needs_machine/test_loader_fields_elf := $(loaders) unit/machine/damage unit/machine/damage_elf
needs_machine/test_loader_fields_multiboot2 := $(needs_machine/test_loader_fields_elf) unit/machine/damage_multiboot2
needs_machine/test_loader_fields_raw := $(loaders) unit/machine/damage
needs_machine/test_loader_fields_multiboot1 := $(needs_machine/test_loader_fields_elf)
needs_machine/test_memory_map := machine/memory_map
needs_machine/test_acpi_guest := $(loaders) kernel/acpi kernel/acpi_aml kernel/acpi_tables
needs_vmx/test_entry_state := $(exits) vmx/entry_state
needs_machine/test_loader_boot := machine/loader_boot lib/format $(frames)
needs_machine/test_rtc_host := machine/rtc_host machine/rtc_time sim/asm
needs_machine/test_clock := machine/clock machine/tsc sim/vmx sim/panic mm/layout vmx/vmcs
needs_machine/test_vm := $(vm_all)
needs_machine/test_pc := $(vm_all)
needs_vmx/test_controls := vmx/controls vmx/control_names vmx/caps vmx/requirements
needs_vmx/test_decode := $(exits) vmx/bitmaps
needs_vmx/test_event := $(exits)
needs_vmx/test_switch_msrs := vmx/switch_msrs vmx/bitmaps kernel/cpu_features sim/asm sim/panic
needs_vmx/test_exit_apic := $(exits)
needs_vmx/test_apic_virtual := vmx/apic_virtual vmx/apic_virtual_access vmx/bitmaps vmx/ept vmx/vmcs \
	sim/vmx sim/asm $(tables)
needs_vmx/test_control_registers := $(exits)
needs_vmx/test_run_loop := $(exits)
needs_vmx/test_recorder := $(exits) vmx/recorder_create $(frames)
needs_vmx/test_stats := vmx/stats
needs_vmx/test_guest_walk := vmx/guest_walk
needs_vmx/test_guest_walk_random := vmx/guest_walk
needs_vmx/test_guest_memory := $(exits)
needs_vmx/test_segment := $(exits)
needs_vmx/test_exit_io_string := $(exits)
needs_vmx/test_io_breakpoint := $(exits)
needs_vmx/test_task_switch := $(exits) unit/vmx/fake_tasks
needs_vmx/test_task_faults := $(exits) unit/vmx/fake_tasks
needs_vmx/test_exit_descriptor := $(exits) unit/vmx/fake_tasks

# A vCPU's state in words. The doctor's test of its dumps is scripts/test_dump: another name.
dumps := vmx/dump vmx/dump_text vmx/dump_exit vmx/dump_flags vmx/dump_vmcs vmx/dump_walk vmx/dump_code \
	vmx/vmcs_image vmx/entry_bits vmx/control_names vmx/ept lib/format unit/vmx/fake_sink \
	vmx/surprise $(filter-out unit/vmx/fake_surprise,$(exits)) $(tables)
unit_tests += vmx/test_dump_exit vmx/test_dump_flags vmx/test_dump_vcpu vmx/test_dump_vmcs vmx/test_dump_walk \
	vmx/test_dump_code
needs_vmx/test_dump_exit := $(dumps)
needs_vmx/test_dump_flags := $(dumps)
needs_vmx/test_dump_vcpu := $(dumps)
needs_vmx/test_dump_vmcs := $(dumps)
needs_vmx/test_dump_walk := $(dumps)
needs_vmx/test_dump_code := $(dumps)
unit_tests += vmx/test_autopsy
needs_vmx/test_autopsy := $(dumps) vmx/autopsy vmx/autopsy_reenact vmx/autopsy_delivery vmx/autopsy_stack
unit_tests += machine/test_hints machine/test_stuck machine/test_stats_report
needs_machine/test_stats_report := machine/stats_report vmx/stats vmx/record_text lib/format
needs_machine/test_hints := machine/hints machine/msr_refused machine/cpuid machine/bus vmx/stats vmx/record_text lib/format \
	unit/machine/fake_vcpu sim/asm sim/panic
needs_machine/test_stuck := machine/stuck machine/stuck_text machine/bus vmx/recorder vmx/record vmx/record_text \
	vmx/stats vmx/vmcs lib/format sim/vmx sim/panic

# The tracer, and records as text.
record_text := $(filter-out unit/vmx/fake_trace,$(dumps)) vmx/record_text vmx/record_line
trace := $(record_text) vmx/recorder_create vmx/trace vmx/trace_setup vmx/trace_filter vmx/trace_state lib/number unit/vmx/fake_output
unit_tests += vmx/test_trace_filter vmx/test_record_line vmx/test_trace vmx/test_trace_output kernel/test_trace_port
needs_vmx/test_trace_filter := $(exits) vmx/trace_filter lib/format lib/number
needs_vmx/test_record_line := $(record_text) unit/vmx/fake_trace vmx/recorder_create
needs_vmx/test_trace := $(trace)
needs_vmx/test_trace_output := $(trace)
needs_kernel/test_trace_port := kernel/trace_port kernel/serial sim/asm

# ---- The VM-entry doctor as a program of the host, and what it writes -------------------------

doctor_program := scripts/doctor/main scripts/doctor/dump scripts/doctor/sections scripts/doctor/names \
	scripts/doctor/models scripts/doctor/json scripts/doctor/markdown

build/vmcs-doctor: $(addsuffix .c,$(doctor_program) $(entry_rules)) $(wildcard vmx/entry_*.h vmx/vmcs*.h scripts/doctor/*.h)
	@mkdir -p $(@D)
	$(call quiet,HOST)$(HOST_CC) -std=gnu11 -g -O1 -Wall -Wextra -I. -o $@ $(filter %.c,$^)

HOST_CC ?= cc

docs/vm-entry-checks.md: build/vmcs-doctor ## write the list of VM-entry checks
	$< --markdown > $@

# libFuzzer with ASan and UBSan, for FUZZ_SECONDS each.
FUZZ_SECONDS ?= 20
FUZZ_CFLAGS := -std=gnu11 -g -O1 -I. -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
fuzz_rules := $(entry_rules)
fuzz_dump := $(entry_rules) $(filter-out %/main %/json %/markdown,$(doctor_program))

fuzz_loader := $(filter machine/% lib/% kernel/%,$(loaders))

build/fuzz/fuzz_loader: tests/fuzz/fuzz_loader.c build/dsdt.S $(addsuffix .c,$(fuzz_loader))
	@mkdir -p $(@D)
	$(call quiet,FUZZ)clang $(FUZZ_CFLAGS) -o $@ $^

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(addsuffix .c,$(fuzz_dump))
	@mkdir -p $(@D)
	$(call quiet,FUZZ)clang $(FUZZ_CFLAGS) -o $@ $< $(addsuffix .c,$(fuzz_$*))

.PHONY: fuzz
fuzz: build/fuzz/fuzz_dump build/fuzz/fuzz_rules build/fuzz/fuzz_loader ## libFuzzer on the VM-entry doctor and the loaders, FUZZ_SECONDS= each
	@mkdir -p build/fuzz/corpus_dump build/fuzz/corpus_rules
	build/fuzz/fuzz_dump -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/ build/fuzz/corpus_dump tests/fuzz/seeds
	build/fuzz/fuzz_rules -len_control=0 -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/ build/fuzz/corpus_rules
	@mkdir -p build/fuzz/corpus_loader
	tests/fuzz/loader_seeds.py build/fuzz/seeds_loader
	build/fuzz/fuzz_loader -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -verbosity=0 -print_final_stats=1 \
		-dict=tests/fuzz/loader.dict -artifact_prefix=build/fuzz/ build/fuzz/corpus_loader build/fuzz/seeds_loader

# ---- How they are built: twice, by gcc and by clang, with ASan and UBSan ----------------------

UNIT_CC_gcc := gcc
UNIT_CC_clang := clang
UNIT_CC_coverage := gcc
sanitizers := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_EXTRA_gcc := -O1 $(sanitizers)
UNIT_EXTRA_clang := -O1 $(sanitizers)
UNIT_EXTRA_coverage := -O0 --coverage
UNIT_CFLAGS := -std=gnu11 -g -Wall -Wextra -Werror -Itests/sim -Itests -I. -fno-omit-frame-pointer

unit_source = $(if $(filter sim/% unit/%,$(1)),tests/$(1).c,$(if $(filter font,$(1)),build/font.c,$(1).c))

define unit_rules
build/unit/$(1)/font.o: build/font.c
	@mkdir -p $$(@D)
	$$(call quiet,CC)$$(UNIT_CC_$(1)) $$(UNIT_CFLAGS) $$(UNIT_EXTRA_$(1)) -MMD -MP -c -o $$@ $$<

build/unit/$(1)/dsdt.o: build/dsdt.S
	@mkdir -p $$(@D)
	$$(call quiet,AS)$$(UNIT_CC_$(1)) -c -o $$@ $$<

build/unit/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call quiet,CC)$$(UNIT_CC_$(1)) $$(UNIT_CFLAGS) $$(UNIT_EXTRA_$(1)) -MMD -MP -c -o $$@ $$<

build/unit/$(1)/%.o: tests/%.c
	@mkdir -p $$(@D)
	$$(call quiet,CC)$$(UNIT_CC_$(1)) $$(UNIT_CFLAGS) $$(UNIT_EXTRA_$(1)) -MMD -MP -c -o $$@ $$<
endef

define unit_program
build/unit/$(1)/$(notdir $(2)): $(patsubst %,build/unit/$(1)/%.o,unit/$(2) $(needs_$(2)))
	$$(call quiet,LD)$$(UNIT_CC_$(1)) $$(UNIT_CFLAGS) $$(UNIT_EXTRA_$(1)) -o $$@ $$^ -lcmocka -lpthread $(libs_$(2))
endef

unit_compilers := gcc clang
unit_programs = $(foreach cc,$(unit_compilers),$(addprefix build/unit/$(cc)/,$(notdir $(unit_tests))))

$(foreach cc,$(unit_compilers) coverage,$(eval $(call unit_rules,$(cc))))
$(foreach cc,$(unit_compilers) coverage,$(foreach t,$(unit_tests),$(eval $(call unit_program,$(cc),$(t)))))

-include $(foreach cc,$(unit_compilers) coverage,$(wildcard build/unit/$(cc)/*/*.d build/unit/$(cc)/*/*/*.d))

# Which lines the unit tests reach, room by room: printed by make test.
.PHONY: coverage
coverage: $(addprefix build/unit/coverage/,$(notdir $(unit_tests))) ## print the unit tests' line coverage
	@scripts/coverage build/unit/coverage

.PHONY: unit
unit: $(unit_programs) ## build the unit tests
