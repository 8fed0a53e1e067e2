/* SPDX-License-Identifier: MIT */
#include "machine/pc.h"

#include "kernel/apic.h"
#include "kernel/asm.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "machine/device_memory.h"
#include "machine/hypercall.h"
#include "machine/interrupts.h"
#include "machine/memory_map.h"
#include "machine/memory_type.h"
#include "machine/tsc.h"
#include "vmx/control_registers.h"

/* How long input may wait for us: rarely any comes, but then more does. */
#define POLL_NS	     10000000UL
#define POLL_KEYS_NS 1000000UL
#define KEYS_NS	     200000000UL

/* ---- Wiring -------------------------------------------------------------------- */

static void attach(struct vm *vm, u16 first, unsigned count, const struct port_device *device,
		   void *state)
{
	panic_on(bus_attach(&vm->bus, first, (u16)(first + count - 1), device, state));
}

static void attach_all(struct vm *vm)
{
	attach(vm, PORT_PIC_MASTER, 2, &pic_master_ports, &vm->pic);
	attach(vm, PORT_PIC_SLAVE, 2, &pic_slave_ports, &vm->pic);
	attach(vm, PORT_PIC_ELCR, 2, &pic_elcr_ports, &vm->pic);
	attach(vm, PORT_PIT, 4, &pit_ports, &vm->pit);
	attach(vm, PORT_SPEAKER, 1, &speaker_ports, &vm->pit);
	attach(vm, PORT_I8042_DATA, 1, &i8042_data_ports, &vm->i8042);
	attach(vm, PORT_I8042_STATUS, 1, &i8042_status_ports, &vm->i8042);
	attach(vm, PORT_RTC, 2, &rtc_ports, &vm->rtc);
	attach(vm, PORT_POST, 1, &board_post_ports, &vm->board);
	attach(vm, PORT_FAST_A20, 1, &board_fast_a20_ports, &vm->board);
	attach(vm, PORT_BIOS, 1, &bios_ports, vm);
	attach(vm, PORT_X87, 2, &board_x87_ports, &vm->board);
	attach(vm, PORT_DEBUG, 1, &board_debug_ports, &vm->board);
	attach(vm, PORT_FIRMWARE_DEBUG, 2, &board_debug_ports, &vm->board);
	attach(vm, PORT_EXIT, 4, &board_exit_ports, &vm->board);
	attach(vm, PORT_COM1, 8, &uart_ports, &vm->uart);
	attach(vm, PORT_PM1A_EVENT, 4, &pm_ports, &vm->pm);
	attach(vm, PORT_PM1A_CONTROL, 4, &pm_control_ports, &vm->pm);
	attach(vm, PORT_PM_TIMER, 4, &pm_timer_ports, &vm->pm);
	attach(vm, PORT_PCI_ADDRESS, 4, &pci_address_ports, &vm->pci);
	attach(vm, PORT_PCI_DATA, 4, &pci_data_ports, &vm->pci);
}

static void send_to_console(void *console, u8 byte)
{
	guest_console_put(console, byte);
}

void pc_create(struct vm *vm, u64 wall_seconds)
{
	struct timers *timers = &vm->timers;

	timers_init(timers, &vm->clock);
	interrupts_create(vm);
	/* As firmware leaves it: its tables say that this interrupt is level-triggered. */
	pic_set_elcr(&vm->pic, BIT(IRQ_SCI));

	vm->pit.irq = interrupts_wire(vm, IRQ_PIT);
	vm->pit.waits = interrupts_wait;
	vm->pit.clock = &vm->clock;
	timer_add(timers, &vm->pit.timer, pit_due, &vm->pit);
	pit_reset(&vm->pit);

	vm->rtc.irq = interrupts_wire(vm, IRQ_RTC);
	vm->rtc.clock = &vm->clock;
	timer_add(timers, &vm->rtc.timer, rtc_due, &vm->rtc);
	rtc_reset(&vm->rtc, wall_seconds, vm->ram.size);

	vm->uart.irq = interrupts_wire(vm, IRQ_COM1);
	vm->uart.clock = &vm->clock;
	vm->uart.send = send_to_console;
	vm->uart.listener = &vm->console;
	timer_add(timers, &vm->uart.timer, uart_timeout, &vm->uart);
	uart_reset(&vm->uart);

	vm->pm.irq = interrupts_wire(vm, IRQ_SCI);
	vm->pm.clock = &vm->clock;
	timer_add(timers, &vm->pm.timer, pm_due, &vm->pm);
	pm_reset(&vm->pm);

	vm->i8042.irq = interrupts_wire(vm, IRQ_KEYBOARD);
	i8042_reset(&vm->i8042);
	pci_reset(&vm->pci);
	board_reset(&vm->board, &vm->console, interrupts_wire(vm, IRQ_X87));
	attach_all(vm);
	shadow_create(&vm->shadow, &vm->ept, &vm->ram, &vm->rom);
	chipset_create(&vm->chipset, &vm->pci, &vm->bus, &vm->shadow);
}

/* ---- What the vCPU asks -------------------------------------------------------- */

static u32 port_in(struct vcpu *v, u16 port, unsigned size)
{
	return bus_in(&v->vm->bus, port, size);
}

static enum verdict port_out(struct vcpu *v, u16 port, unsigned size, u32 value)
{
	return bus_out(&v->vm->bus, v, port, size, value);
}

static enum verdict memory(struct vcpu *v, const struct memory_access *a)
{
	if (!shadow_holds(&v->vm->shadow, a->gpa) && ram_touch(&v->vm->ram, a->gpa))
		return AGAIN;
	return device_memory_access(v, a);
}

static void *ram(struct vcpu *v, gpa_t gpa, u64 length)
{
	void *at = ram_pointer(&v->vm->ram, gpa, length);

	if (unlikely(at && shadow_holds(&v->vm->shadow, gpa)))
		return shadow_read(&v->vm->shadow, gpa);
	if (unlikely(!at) && gpa % PAGE_SIZE + length <= PAGE_SIZE)
		at = rom_pointer(&v->vm->rom, gpa);
	return at;
}

static int interrupt_acknowledge(struct vcpu *v)
{
	return lapic_acknowledge(vm_lapic(v));
}

static void priority_changed(struct vcpu *v)
{
	lapic_update(vm_lapic(v));
}

static void apic_written(struct vcpu *v, unsigned offset)
{
	lapic_page_written(vm_lapic(v), offset);
}

static void apic_ended(struct vcpu *v, u8 vector)
{
	lapic_ended(vm_lapic(v), vector);
}

static void state_changed(struct vcpu *v)
{
	cpuid_update(v->cpuid_table, guest_cr4(v), v->xcr0);
}

/* ---- Time and input ------------------------------------------------------------ */

static void feed_uart(struct vm *vm)
{
	while (uart_room(&vm->uart)) {
		int byte = guest_console_take(&vm->console);

		if (byte < 0)
			return;
		uart_receive(&vm->uart, (u8)byte);
	}
}

void pc_poll(struct vcpu *v)
{
	struct vm *vm = v->vm;
	bool keys;
	u64 now;

	if (vm->cpus[0].msr.mtrr.changed)
		memory_type_apply(vm);
	guest_console_flush(&vm->console);
	keys = guest_console_fetch(&vm->console);
	if (unlikely(vm->console.diverted))
		monitor_poll(v);
	now = clock_now(&vm->clock);
	if (keys || vm->monitor.open)
		vm->keys_until = now + KEYS_NS;
	feed_uart(vm);
	timers_run(&vm->timers, now < vm->keys_until ? POLL_KEYS_NS : POLL_NS);
	stuck_poll(v, now);
}

static void time_pause(struct vcpu *v)
{
	apic_timer_stop();
	clock_pause(&v->vm->clock);
}

/* The time-stamp counter and the clock that all devices have go on together. */
static void time_resume(struct vcpu *v)
{
	u64 ticks = clock_resume(&v->vm->clock);

	tsc_skip(v, ticks);
	timers_resume(&v->vm->timers);
}

/* Interrupts of the host are off until the wait itself: what comes in between is not lost. */
static void idle(struct vcpu *v)
{
	pc_poll(v);
	if (event_wakes(v))
		return;
	if (apic_timer_works())
		cpu_wait_interrupt();
	else
		cpu_pause();
}

static void x87_error(struct vcpu *v)
{
	irq_set(&v->vm->board.x87_error, true);
}

/* Could one of the devices, as they are set up now, make such an interrupt come? */
static bool can_come(const struct vm *vm, bool (*comes)(const struct vm *vm, unsigned line))
{
	return (timer_pending(&vm->pit.timer) && comes(vm, IRQ_PIT)) ||
	       (timer_pending(&vm->rtc.timer) && comes(vm, IRQ_RTC)) ||
	       (timer_pending(&vm->pm.timer) && comes(vm, IRQ_SCI)) ||
	       (uart_wants_input(&vm->uart) && comes(vm, IRQ_COM1));
}

static bool can_wake(struct vcpu *v)
{
	const struct vm *vm = v->vm;

	/* The monitor may inject something. */
	return vm->monitor.open || lapic_timer_can_wake(vm_lapic(v)) ||
	       can_come(vm, interrupts_would_come);
}

static bool nmi_can_come(struct vcpu *v)
{
	return can_come(v->vm, interrupts_nmi_would_come);
}

const struct vcpu_ops pc_ops = {
	.cpuid = cpuid_answer,
	.port_in = port_in,
	.port_out = port_out,
	.msr_read = msr_read,
	.msr_write = msr_write,
	.memory = memory,
	.devices = &device_memory,
	.hypercall = hypercall,
	.ram = ram,
	.interrupt_acknowledge = interrupt_acknowledge,
	.poll = pc_poll,
	.idle = idle,
	.can_wake = can_wake,
	.nmi_can_come = nmi_can_come,
	.pause = time_pause,
	.resume = time_resume,
	.priority_changed = priority_changed,
	.apic_written = apic_written,
	.apic_ended = apic_ended,
	.state_changed = state_changed,
	.x87_error = x87_error,
};
