/* SPDX-License-Identifier: MIT */
/* A machine with the BIOS, of which each test program is one; and calls of its services. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "lib/x86.h"
#include "machine/bios.h"
#include "machine/bios_code.h"
#include "machine/memory_map.h"
#include "machine/vm.h"
#include "tests/unit/machine/fake_time.h"
#include "tests/sim/vmx.h"

#define STACK 0x7000 /* IP, CS and FLAGS of the caller */
#define ES    0x1000 /* a segment's base */
#define DS    0x2000

static struct vm vm;
static struct vcpu v;
static u8 bus_map[BUS_PORTS];
static u8 memory[MIB(2)];
static u8 image[5 * BIOS_SECTOR + 100];
static char shown[256];

bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	(void)ram;
	return gpa <= sizeof(memory) && length <= sizeof(memory) - gpa;
}

int ram_write(struct ram *ram, gpa_t gpa, const void *from, u64 length)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	memcpy(memory + gpa, from, length);
	return 0;
}

int ram_read(struct ram *ram, gpa_t gpa, void *to, u64 length)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	memcpy(to, memory + gpa, length);
	return 0;
}

void guest_console_flush(struct guest_console *c)
{
	size_t room = sizeof(shown) - 1 - strlen(shown);

	strncat(shown, (const char *)c->line, MIN(c->length, room));
	c->length = 0;
}

static const char *more = ""; /* keys that wait behind the UART */

int guest_console_take(struct guest_console *c)
{
	(void)c;
	return *more ? (u8)*more++ : -1;
}

static inline const char *text(void)
{
	guest_console_flush(&vm.console);
	return shown;
}

void vcpu_attend(struct vcpu *vcpu, u32 attention)
{
	vcpu->attention |= attention;
}

static inline int setup(void **state)
{
	(void)state;
	sim_vmx_reset();
	fake_time_reset();
	memset(&vm, 0, sizeof(vm));
	memset(&v, 0, sizeof(v));
	memset(memory, 0, sizeof(memory));
	memset(bus_map, 0, sizeof(bus_map));
	memset(shown, 0, sizeof(shown));
	more = "";
	for (unsigned i = 0; i < sizeof(image); i++)
		image[i] = (u8)(i / BIOS_SECTOR + 1);
	bus_init(&vm.bus, bus_map);
	assert_int_equal(bus_attach(&vm.bus, PORT_COM1, PORT_COM1 + 7, &uart_ports, &vm.uart), 0);
	vm.timers.clock = vm.uart.clock = vm.rtc.clock = &vm.clock;
	timer_add(&vm.timers, &vm.uart.timer, uart_timeout, &vm.uart);
	timer_add(&vm.timers, &vm.rtc.timer, rtc_due, &vm.rtc);
	uart_reset(&vm.uart);
	rtc_reset(&vm.rtc, 1795787999, MIB(2)); /* 2026-11-27 13:59:59 */
	vm.ram.size = MIB(2);
	vm.bios.present = true;
	v.vm = &vm;
	bios_disk_insert(&vm.bios, image, sizeof(image), 0x80);
	sim_set(VMCS_GUEST_CS_BASE, MAP_BIOS);
	sim_set(VMCS_GUEST_RSP, 0xabcd0000 | STACK);
	sim_set(VMCS_GUEST_ES_BASE, ES);
	sim_set(VMCS_GUEST_DS_BASE, DS);
	return 0;
}

static inline u16 flags(void)
{
	u16 value;

	memcpy(&value, memory + STACK + 4, sizeof(value));
	return value;
}

/* The OUT of the slot of a vector: the flags that the code behind it sees. */
static inline u64 call(unsigned vector, u32 eax)
{
	v.regs.rax = 0x1122334400000000 | eax;
	sim_set(VMCS_GUEST_RIP, BIOS_CODE + (vector - BIOS_FIRST_VECTOR) * BIOS_SLOT);
	sim_set(VMCS_GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_CF | RFLAGS_ZF);
	assert_int_equal(bios_ports.out(&vm, &v, 0, 1, 0), NEXT);
	return sim_get(VMCS_GUEST_RFLAGS) & (RFLAGS_CF | RFLAGS_ZF);
}

/* A call that is over at once. AX; `carry` is the caller's. */
static inline u16 done(unsigned vector, u32 eax, bool carry)
{
	assert_int_equal(call(vector, eax), 0);
	assert_int_equal(!!(flags() & RFLAGS_CF), carry);
	return (u16)v.regs.rax;
}

static inline void disk(u16 cx, u16 dx, u16 bx)
{
	v.regs.rcx = cx;
	v.regs.rdx = dx;
	v.regs.rbx = bx;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
