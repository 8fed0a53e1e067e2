/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the loaders: the input's first bytes choose the machine's
 * memory, a second module and what is repaired (checksums are hard to
 * guess); the rest is the file. A panic, a write outside of the guest's
 * memory, a read outside of the file, or a complaint that is no line fails.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/log.h"
#include "kernel/panic.h"
#include "lib/error.h"
#include "machine/loader.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define MEMORY MIB(8)

static struct vm vm;
static u8 *memory;
const u64 entry_gdt_32[4], entry_gdt_64[4];

void log_write(enum log_level level, const char *subsystem, const char *fmt, ...)
{
	(void)level;
	(void)subsystem;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

bool ram_contains(const struct ram *ram, gpa_t gpa, u64 length)
{
	if (!length)
		return true;
	if (gpa < 0xa0000)
		return length <= 0xa0000 - gpa;
	return gpa >= 0xc0000 && gpa <= ram->size && length <= ram->size - gpa;
}

void *ram_pointer(struct ram *ram, gpa_t gpa, u64 length)
{
	if (length > PAGE_SIZE - gpa % PAGE_SIZE || !ram_contains(ram, gpa, length))
		return NULL;
	return memory + gpa;
}

int ram_write(struct ram *ram, gpa_t gpa, const void *from, u64 length)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	if (length)
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

void vcpu_set_real_mode_entry(struct vcpu *v, u16 cs, u16 ip)
{
	(void)v;
	(void)cs;
	(void)ip;
}

void vcpu_set_reset_entry(struct vcpu *v)
{
	(void)v;
}

void chipset_power_on(struct chipset *c)
{
	(void)c;
}

/* The loaders must not give more than there is. */
int rom_create(struct rom *rom, struct ept *ept, const void *data, u64 length)
{
	const volatile u8 *bytes = data;

	(void)ept;
	rom->start = GIB(4) - length;
	return bytes[0] + bytes[length - 1] < 0;
}

void vcpu_set_register(struct vcpu *v, unsigned index, u64 value)
{
	(void)v;
	(void)index;
	(void)value;
}

/* The first instruction must be guest memory below 4 GiB. */
static void check_entry(const struct entry_state *s)
{
	if (!ram_contains(&vm.ram, s->rip, 1) || s->rip >= GIB(4) || !s->gdt)
		abort();
}

void vcpu_set_protected_mode_entry(struct vcpu *v, const struct entry_state *s)
{
	(void)v;
	check_entry(s);
}

void vcpu_set_long_mode_entry(struct vcpu *v, const struct entry_state *s)
{
	(void)v;
	check_entry(s);
	if (!ram_contains(&vm.ram, s->cr3, PAGE_SIZE))
		abort();
}

static void repair(u8 *file, size_t size, unsigned words, u32 magic, size_t align)
{
	for (size_t at = 0; at + 4UL * words <= size; at += align) {
		u32 value, sum = 0;

		memcpy(&value, file + at, 4);
		if (value != magic)
			continue;
		for (unsigned i = 0; i + 1 < words; i++) {
			memcpy(&value, file + at + 4UL * i, 4);
			sum += value;
		}
		value = 0U - sum;
		memcpy(file + at + 4UL * (words - 1), &value, 4);
		return;
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct vcpu vcpu;
	static struct loader_request request;
	static const u8 second[0x5001];
	char why[VM_WHY_MAX] = "";
	u8 *file;
	int error;

	if (size < 4)
		return 0;
	if (!memory)
		memory = calloc(1, MEMORY);
	vm.ram.size = MIB(1) + (data[0] % 8) * MIB(1) - (data[0] & 8 ? PAGE_SIZE : 0);
	if (vm.ram.size < MIB(1))
		vm.ram.size = MIB(1);
	vm.cpus[0].cpuid.basic[1].edx = data[1] & 1 ? ~0U : 0;
	request.load = request.entry = LOADER_NOT_GIVEN;
	request.module_count = data[1] >> 1 & 3;
	for (unsigned i = 0; i < request.module_count; i++)
		request.modules[i] = (struct loader_file){ "module 2", second, sizeof(second) - i, "x" };
	data += 2;
	size -= 2;
	file = malloc(size);
	memcpy(file, data, size);
	repair(file, size, 3, 0x1badb002, 4);
	repair(file, size, 4, 0xe85250d6, 8);
	request.kernel = (struct loader_file){ "module 1", file, size, "console=ttyS0" };
	error = loader_load(&vm, &request, why);
	if (!error)
		vm.enter(&vm, &vcpu);
	else if (!why[0] || strchr(why, '\n') || strlen(why) >= VM_WHY_MAX - 1)
		abort();
	free(file);
	return 0;
}
