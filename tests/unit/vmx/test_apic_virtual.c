/* SPDX-License-Identifier: MIT */
/*
 * APIC virtualization by what the processor has, and through the modes of the
 * guest's APIC: controls, the page in the EPT, the MSR bitmaps.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/apic_regs.h"
#include "lib/x86.h"
#include "sim/pool.h"
#include "sim/vmx.h"
#include "mm/frame.h"
#include "mm/layout.h"
#include "vmx/bitmaps.h"
#include "vmx/ept.h"
#include "vmx/vmx.h"

#define PAGE 0xfee00000UL
#define CAPS (EPTCAP_WB | EPTCAP_2M | EPTCAP_INVEPT_SINGLE)

#define ALL                                                                                        \
	(PROC2_VIRTUAL_APIC_ACCESS | PROC2_VIRTUAL_X2APIC | PROC2_APIC_REGISTER |                  \
	 PROC2_VIRTUAL_INTERRUPT)

struct vmx_host vmx_host;

static struct ept ept;
static struct vcpu_config config;
static struct vcpu vcpu;
static u8 *closed, *open;

void vcpu_attend(struct vcpu *v, u32 attention)
{
	v->attention |= attention;
}

static hpa_t frame(void)
{
	void *frame = frame_alloc_zeroed(FRAME_ORDER_4K, FRAME_VCPU);

	assert_non_null(frame);
	return virt_to_phys(frame);
}

static int setup(void **state)
{
	(void)state;
	sim_vmx_reset();
	pool_open(GIB(1), GIB(1));
	assert_int_equal(frame_add_range(GIB(1), GIB(1)), 0);
	vmx_host.caps.ept_vpid = CAPS;
	assert_int_equal(ept_create(&ept, CAPS), 0);
	config = (struct vcpu_config){ .msr_bitmap = frame(),
				       .x2apic_bitmap = frame(),
				       .apic_page = frame(),
				       .apic_gpa = PAGE };
	assert_int_equal(ept_map(&ept, PAGE, config.apic_page, PAGE_SIZE,
				 ept_flags(0, MEMORY_WB) | EPT_RESERVED),
			 0);
	closed = phys_to_virt(config.msr_bitmap);
	open = phys_to_virt(config.x2apic_bitmap);
	msr_bitmap_deny_all(closed);
	assert_int_equal(msr_bitmap_allow(closed, MSR_LSTAR, MSR_ACCESS_READ), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pool_close();
	return 0;
}

static void create(u32 proc, u32 proc2)
{
	memset(&vcpu, 0, sizeof(vcpu));
	vcpu.ept = &ept;
	vcpu.virtual_apic = phys_to_virt(frame());
	vcpu.proc_controls = proc | PROC_HLT | PROC_CR8_LOAD | PROC_CR8_STORE;
	vcpu.proc_controls2 = proc2 | PROC2_EPT;
	apic_virtual_create(&vcpu, &config);
}

static u64 permissions(void)
{
	u64 size, *leaf = table_leaf(&ept.table, PAGE, &size);

	assert_non_null(leaf);
	assert_int_equal(size, PAGE_SIZE);
	assert_int_equal(*leaf & BITS(51, 12), config.apic_page);
	return *leaf & EPT_RWX;
}

static void enter(enum apic_access access)
{
	apic_virtual_set_access(&vcpu, access);
	if (vcpu.apic.changed)
		apic_virtual_write(&vcpu);
	assert_int_equal(vcpu.apic.changed, 0);
}

static void without_a_shadow_or_a_page_there_is_nothing(void **state)
{
	(void)state;
	create(0, ALL);
	assert_int_equal(vcpu.proc_controls2, PROC2_EPT);
	assert_int_equal(vcpu.proc_controls, PROC_HLT | PROC_CR8_LOAD | PROC_CR8_STORE);
	assert_false(vcpu.apic.shadow || vcpu.apic.delivers);
	enter(APIC_BY_PAGE);
	assert_int_equal(permissions(), 0);
	config.apic_page = 0; /* switched off */
	create(PROC_TPR_SHADOW, ALL);
	assert_int_equal(vcpu.proc_controls2, PROC2_EPT);
	assert_int_equal(vcpu.proc_controls, PROC_HLT | PROC_CR8_LOAD | PROC_CR8_STORE);
	enter(APIC_BY_MSRS);
	assert_int_equal(vcpu.proc_controls2, PROC2_EPT);
}

static void the_shadow_alone(void **state)
{
	(void)state;
	create(PROC_TPR_SHADOW, 0);
	assert_int_equal(vcpu.proc_controls, PROC_HLT | PROC_TPR_SHADOW);
	assert_int_equal(sim_get(VMCS_VIRTUAL_APIC_ADDRESS), virt_to_phys(vcpu.virtual_apic));
	enter(APIC_BY_PAGE);
	assert_int_equal(permissions(), 0);
	enter(APIC_BY_MSRS);
	assert_int_equal(vcpu.proc_controls2, PROC2_EPT);
}

static void without_delivery(void **state)
{
	(void)state;
	config.no_virtual_delivery = true;
	create(PROC_TPR_SHADOW, ALL);
	assert_true(vcpu.apic.shadow);
	assert_false(vcpu.apic.delivers);
	enter(APIC_BY_PAGE);
	assert_int_equal(sim_get(VMCS_PROC_CONTROLS2),
			 PROC2_EPT | PROC2_APIC_REGISTER | PROC2_VIRTUAL_APIC_ACCESS);
}

static void the_modes(void **state)
{
	const u32 always = PROC2_EPT | PROC2_APIC_REGISTER | PROC2_VIRTUAL_INTERRUPT;
	static const enum apic_access way[] = { APIC_BY_PAGE, APIC_BY_MSRS, APIC_BY_NOTHING,
						APIC_BY_MSRS, APIC_BY_PAGE, APIC_BY_NOTHING };

	(void)state;
	create(PROC_TPR_SHADOW, ALL);
	assert_int_equal(sim_get(VMCS_APIC_ACCESS_ADDRESS), config.apic_page);
	assert_true(vcpu.apic.delivers);
	sim_set(VMCS_MSR_BITMAP, config.msr_bitmap);
	for (unsigned i = 0; i < ARRAY_SIZE(way); i++) {
		bool page = way[i] == APIC_BY_PAGE, msrs = way[i] == APIC_BY_MSRS;
		unsigned invepts = sim_vmx.invepts;

		enter(way[i]);
		assert_int_equal(sim_get(VMCS_PROC_CONTROLS2),
				 always | (page ? PROC2_VIRTUAL_APIC_ACCESS : 0) |
					 (msrs ? PROC2_VIRTUAL_X2APIC : 0));
		assert_int_equal(permissions(), page ? EPT_READ | EPT_WRITE : 0);
		assert_int_equal(sim_get(VMCS_MSR_BITMAP),
				 msrs ? config.x2apic_bitmap : config.msr_bitmap);
		assert_true(sim_vmx.invepts > invepts);
	}
}

/* The host's own APIC must not be in reach: what is open is only what the SDM says is virtualized. */
static void check_bitmap(const u16 *reads, unsigned read_count, const u16 *writes,
			 unsigned write_count)
{
	for (u32 msr = 0; msr < 0x2000; msr++) {
		bool read = false, write = false;

		for (unsigned i = 0; i < read_count; i++)
			read |= reads[i] == msr;
		for (unsigned i = 0; i < write_count; i++)
			write |= writes[i] == msr;
		assert_int_equal(msr_bitmap_exits(open, msr, false), !read);
		assert_int_equal(msr_bitmap_exits(open, msr, true), !write);
		assert_true(msr_bitmap_exits(closed, msr, false));
	}
	assert_false(msr_bitmap_exits(open, MSR_LSTAR, false));
	assert_true(msr_bitmap_exits(open, MSR_LSTAR, true));
}

static void the_bitmaps(void **state)
{
	static const u16 tpr[] = { 0x808 }, writes[] = { 0x808, 0x80b, 0x83f };
	u16 reads[64] = { 0x802, 0x803, 0x808, 0x80a, 0x80d, 0x80f, 0x828, 0x830, 0x838, 0x83e };
	unsigned n = 10;

	(void)state;
	for (u16 msr = 0x810; msr <= 0x827; msr++)
		reads[n++] = msr;
	for (u16 msr = 0x832; msr <= 0x837; msr++)
		reads[n++] = msr;
	create(PROC_TPR_SHADOW, ALL);
	enter(APIC_BY_MSRS);
	check_bitmap(reads, n, writes, 3);
	reads[3] = 0x802; /* PPR is kept only by the one who delivers */
	create(PROC_TPR_SHADOW, ALL & ~(u32)PROC2_VIRTUAL_INTERRUPT);
	enter(APIC_BY_MSRS);
	check_bitmap(reads, n, tpr, 1);
	create(PROC_TPR_SHADOW, PROC2_VIRTUAL_X2APIC);
	enter(APIC_BY_MSRS);
	check_bitmap(tpr, 1, tpr, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_shadow_or_a_page_there_is_nothing),
		TEST(the_shadow_alone),
		TEST(without_delivery),
		TEST(the_modes),
		TEST(the_bitmaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
