/* SPDX-License-Identifier: MIT */
/*
 * The composition root: the one file that may know every room. Start-up is
 * a plain list, one call a line, in an order that each step relies on.
 */
#include "boot/info.h"
#include "boot/multiboot2.h"
#include "kernel/acpi.h"
#include "kernel/apic.h"
#include "kernel/console_init.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/options.h"
#include "kernel/outcome.h"
#include "kernel/panic.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/traps.h"
#include "lib/error.h"
#include "lib/format.h"
#include "machine/loader.h"
#include "machine/vm.h"
#include "mm/frame.h"
#include "mm/host_map.h"
#include "mm/layout.h"
#include "vmx/dump.h"
#include "vmx/dump_text.h"
#include "vmx/preflight.h"
#include "vmx/record_line.h"
#include "vmx/trace_filter.h"
#include "vmx/vmx.h"

#define VERSION "0.1"

#define LAST_EXITS 16 /* shown when something goes wrong */

void kernel_main(u32 magic, u32 mbi);

static struct boot_info boot;
static unsigned complaints;

/* ---- What lower rooms may use of higher ones ---------------------------------- */

static void *map_console(hpa_t address, u64 length, bool write_combining)
{
	return host_map_device(address, length,
			       write_combining ? HOST_WRITE_COMBINING : HOST_UNCACHED);
}

/* Before host_map_init(): the boot code maps the first 4 GiB where they are. */
static void *map_identity(hpa_t address, u64 length, bool write_combining)
{
	(void)write_combining;
	return address + length <= GIB(4) ? (void *)address : NULL;
}

static const void *map_table(hpa_t address, u64 length)
{
	return host_map_device(address, length, HOST_CACHED);
}

static void *map_device(hpa_t address, u64 length)
{
	return host_map_device(address, length, HOST_UNCACHED);
}

static void *alloc_page(void)
{
	return frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_CPU);
}

static const struct smp_memory smp_memory = {
	.alloc_page = alloc_page,
	.map_stack = host_map_stack,
	.stack_size = STACK_SIZE,
	.load_tables = host_map_load,
};

static void print_in_panic(const char *line)
{
	panic_print("%s", line);
}

/* Straight to the consoles: through the log it would push the recent lines out of it. */
static void panic_show_guest(void)
{
	dump_set_sink(print_in_panic);
	if (cpu_ready && this_cpu()->vmx_on && this_cpu()->current_vcpu) {
		dump_vcpu(this_cpu()->current_vcpu);
		recorder_print(this_cpu()->current_vcpu, LAST_EXITS, RECORD_WORDS);
		vcpu_remember(this_cpu()->current_vcpu);
	}
}

/* ---- Start-up, in order ------------------------------------------------------- */

static void complain(const char *message)
{
	log_report("%s", message);
	complaints++;
}

static void print_line(const char *line)
{
	log_report("%s", line);
}

/* The boot code's identity map is still there: the loader's block can be read where it is. */
static void read_loader(u32 magic, u32 mbi)
{
	const u32 *block = (const u32 *)(u64)mbi;
	int error = -ERR_CORRUPT;

	if (magic == MULTIBOOT2_LOADER_MAGIC)
		error = boot_info_read(&boot, block, block[0]);
	boot.mbi_start = mbi;

	(void)options_parse(&options, boot.cmdline, NULL);
	log_set_level(options.log);
	consoles_init_early(&boot, &options, boot.efi ? NULL : (const u16 *)0x400UL);
	log_info("boot", "Trivet " VERSION " loader=\"%s\" options=\"%s\"", boot.loader, boot.cmdline);
	if (error)
		outcome_end(OUTCOME_BAD_CONFIG, "the loader's Multiboot2 block is unusable (%s): load "
			    "the image with GRUB's multiboot2 command", error_name(error));
}

static void check_options(void)
{
	struct trace_filter filter;
	char why[LOG_LINE_MAX];

	(void)options_parse(&options, boot.cmdline, complain);
	if (trace_filter_parse(&filter, options.trace, why, sizeof(why)))
		complain(why);
	if (options.help) {
		options_help(print_line);
		outcome_end(OUTCOME_CLEAN, "help was asked for");
	}
	/* What was cut off may be what matters. */
	if (boot.cmdline_truncated && boot.truncated_module)
		outcome_end(OUTCOME_BAD_CONFIG, "module %u: its command line has %u characters, "
			    "there is room for %u: shorten it", boot.truncated_module,
			    boot.truncated_length, BOOT_CMDLINE_MAX - 1);
	if (boot.cmdline_truncated)
		outcome_end(OUTCOME_BAD_CONFIG, "Trivet's command line has %u characters, there is "
			    "room for %u: shorten it", boot.truncated_length, BOOT_CMDLINE_MAX - 1);
	if (boot.modules_dropped)
		outcome_end(OUTCOME_BAD_CONFIG, "%u modules were given, there is room for %u: "
			    "leave out some", BOOT_MAX_MODULES + boot.modules_dropped,
			    BOOT_MAX_MODULES);
	if (complaints)
		outcome_end(OUTCOME_BAD_CONFIG, "%u option(s) cannot be used; \"help\" lists all", complaints);
}

static void init_host(void)
{
	cpu_features_read();
	traps_init();
	cpu_init_this(&boot_cpu);
	smp_prepare(&boot);
	if (host_map_init(&boot)) {
		consoles_init_late(&boot, &options, map_identity);
		outcome_end(OUTCOME_REFUSED, "too little memory to start; Trivet needs 16 MiB");
	}
	panic_set_namer(host_map_name);
	panic_add_hook(panic_show_guest);
	consoles_init_late(&boot, &options, map_console);
	check_options();
	acpi_init(&boot, map_table, map_device);
	time_init();
	if (apic_init(map_device))
		log_warn("apic", "no usable local APIC: guests run in time slices");
}

static void cpu_vmx_on(void *result)
{
	*(int *)result = vmx_on();
}

static void cpu_vmx_off(void *unused)
{
	(void)unused;
	if (this_cpu()->vmx_on)
		vmx_off();
}

/* A CPU that cannot is left out; only the boot CPU has to. */
static void init_vmx(unsigned cpus)
{
	int result;

	if (vmx_init()) {
		preflight_report(&vmx_host);
		outcome_end(OUTCOME_REFUSED, "%u requirement(s) missing",
			    preflight_refuse(&vmx_host.caps));
	}
	preflight_report(&vmx_host);
	if (vmx_on())
		outcome_end(OUTCOME_REFUSED, "VMX cannot be switched on");
	for (unsigned i = 1; i < cpus; i++)
		if (smp_run_on(i, cpu_vmx_on, &result) || result)
			log_warn("vmx", "cpu=%u: VMX stays off there", i);
}

static void report_memory(void)
{
	struct frame_stats stats;

	frame_get_stats(&stats);
	log_report("memory: total=%luK", stats.total_bytes / 1024);
	for (enum frame_owner owner = FRAME_ALLOCATOR; owner < FRAME_OWNERS; owner++)
		if (stats.peak[owner])
			log_report("memory: owner=\"%s\" now=%luK peak=%luK", frame_owner_name(owner),
				   stats.bytes[owner] / 1024, stats.peak[owner] / 1024);
}

/* Make the machine, load it, run it, tell how it went, take it apart. */
static enum outcome run_guest(char *reason, size_t size)
{
	struct vm_config config = { .name = "vm0", .memory = options.guest_memory };
	struct loader_request request;
	enum outcome outcome;
	struct vm *vm;

	loader_request_make(&request, &boot, &options);
	if (vm_create(&vm, &config, reason))
		return OUTCOME_BAD_CONFIG;
	if (loader_load(vm, &request, reason)) {
		vm_destroy(vm);
		return OUTCOME_BAD_CONFIG;
	}
	if (options.doctor) {
		vm_doctor(vm, options.doctor, options.seed);
		vm_destroy(vm);
		format(reason, size, "doctor=%u has been done", options.doctor);
		return OUTCOME_CLEAN;
	}
	vm_run(vm);
	vm_report(vm);
	vm_reason(vm, reason, size);
	outcome = vm_outcome(vm);
	vm_destroy(vm);
	return outcome;
}

static void stop_vmx(unsigned cpus)
{
	for (unsigned i = 1; i < cpus; i++)
		if (smp_run_on(i, cpu_vmx_off, NULL))
			log_warn("vmx", "cpu=%u: did not answer; VMX stays on there", i);
	vmx_off();
}

void kernel_main(u32 magic, u32 mbi)
{
	char reason[VM_WHY_MAX];
	enum outcome outcome;
	unsigned cpus;

	read_loader(magic, mbi);
	init_host();
	cpus = smp_start(&smp_memory);
	init_vmx(cpus);
	outcome = run_guest(reason, sizeof(reason));
	stop_vmx(cpus);
	report_memory();
	outcome_end(outcome, "%s", reason);
}
