/* SPDX-License-Identifier: MIT */
#include "tests/unit/machine/fake_loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "lib/bits.h"
#include "lib/error.h"

struct vm fake_vm;
u8 *fake_memory;
char fake_why[VM_WHY_MAX];
struct loader_request fake_request;
struct fake_start fake_start;
struct vcpu fake_vcpu;
struct fake_rom fake_rom;
bool fake_power_on;

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
	return fake_memory + gpa;
}

int ram_write(struct ram *ram, gpa_t gpa, const void *from, u64 length)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	if (length)
		memcpy(fake_memory + gpa, from, length);
	return 0;
}

int ram_read(struct ram *ram, gpa_t gpa, void *to, u64 length)
{
	if (!ram_contains(ram, gpa, length))
		return -ERR_FAULT;
	memcpy(to, fake_memory + gpa, length);
	return 0;
}

int rom_create(struct rom *rom, struct ept *ept, const void *data, u64 length)
{
	assert_ptr_equal(rom, &fake_vm.rom);
	assert_ptr_equal(ept, &fake_vm.ept);
	fake_rom.data = data;
	fake_rom.length = length;
	rom->start = GIB(4) - length;
	return fake_rom.error;
}

void chipset_power_on(struct chipset *c)
{
	assert_ptr_equal(c, &fake_vm.chipset);
	fake_power_on = true;
}

const u64 entry_gdt_32[4] = { 0, 0, 32 };
const u64 entry_gdt_64[4] = { 0, 0, 64 };

void vcpu_set_real_mode_entry(struct vcpu *v, u16 cs, u16 ip)
{
	assert_ptr_equal(v, &fake_vcpu);
	fake_start.mode = FAKE_REAL;
	fake_start.cs = cs;
	fake_start.ip = ip;
}

void vcpu_set_reset_entry(struct vcpu *v)
{
	assert_ptr_equal(v, &fake_vcpu);
	fake_start.mode = FAKE_RESET;
}

void vcpu_set_register(struct vcpu *v, unsigned index, u64 value)
{
	assert_ptr_equal(v, &fake_vcpu);
	assert_int_equal(index, 4);
	fake_start.sp = value;
}

void vcpu_set_protected_mode_entry(struct vcpu *v, const struct entry_state *s)
{
	assert_ptr_equal(v, &fake_vcpu);
	fake_start.mode = FAKE_PROTECTED;
	fake_start.state = *s;
}

void vcpu_set_long_mode_entry(struct vcpu *v, const struct entry_state *s)
{
	assert_ptr_equal(v, &fake_vcpu);
	fake_start.mode = FAKE_LONG;
	fake_start.state = *s;
}

void fake_loader_reset(u64 memory)
{
	assert_true(memory <= FAKE_MEMORY);
	fake_loader_free();
	fake_memory = mmap(NULL, FAKE_MEMORY + PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(fake_memory, MAP_FAILED);
	mprotect(fake_memory + FAKE_MEMORY, PAGE_SIZE, PROT_NONE);
	memset(&fake_vm, 0, sizeof(fake_vm));
	memset(&fake_vcpu, 0, sizeof(fake_vcpu));
	memset(&fake_start, 0, sizeof(fake_start));
	memset(&fake_rom, 0, sizeof(fake_rom));
	memset(&fake_request, 0, sizeof(fake_request));
	fake_request.load = fake_request.entry = LOADER_NOT_GIVEN;
	fake_why[0] = 0;
	strcpy(fake_vm.name, "vm0");
	fake_vm.ram.size = memory;
}

void fake_loader_free(void)
{
	if (fake_memory)
		munmap(fake_memory, FAKE_MEMORY + PAGE_SIZE);
	fake_memory = NULL;
}

int fake_loader_teardown(void **state)
{
	(void)state;
	fake_loader_free();
	return 0;
}

int fake_load(const void *data, u64 length, const char *cmdline)
{
	u8 *copy = malloc(length ? length : 1); /* so that its end is watched */
	int error;

	memcpy(copy, data, length);
	fake_request.kernel = (struct loader_file){ "module 1", copy, length, cmdline };
	fake_vm.enter = NULL;
	fake_power_on = false;
	fake_why[0] = 0;
	error = loader_load(&fake_vm, &fake_request, fake_why);
	free(copy);
	if (!error) {
		assert_string_equal(fake_why, "");
		assert_non_null(fake_vm.enter);
		fake_vm.enter(&fake_vm, &fake_vcpu);
	}
	return error;
}

void fake_add_module(const void *data, u64 length, const char *cmdline)
{
	struct loader_file *m = &fake_request.modules[fake_request.module_count++];

	*m = (struct loader_file){ "", data, length, cmdline };
	snprintf(m->name, sizeof(m->name), "module %u", fake_request.module_count + 1);
}

void fake_expect_why(const char *part)
{
	if (!strstr(fake_why, part))
		fail_msg("\"%s\" is not in \"%s\"", part, fake_why);
	assert_null(strchr(fake_why, '\n'));
	assert_true(strlen(fake_why) < VM_WHY_MAX - 1);
}

u16 fake_u16(gpa_t at)
{
	u16 value;

	assert_int_equal(ram_read(&fake_vm.ram, at, &value, sizeof(value)), 0);
	return value;
}

u32 fake_u32(gpa_t at)
{
	u32 value;

	assert_int_equal(ram_read(&fake_vm.ram, at, &value, sizeof(value)), 0);
	return value;
}

u64 fake_u64(gpa_t at)
{
	u64 value;

	assert_int_equal(ram_read(&fake_vm.ram, at, &value, sizeof(value)), 0);
	return value;
}
