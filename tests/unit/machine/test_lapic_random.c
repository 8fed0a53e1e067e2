/* SPDX-License-Identifier: MIT */
/*
 * Random sequences against a slow, obvious model: three local APICs and an
 * I/O APIC as arrays of flags, each rule as the manual has it in words. And
 * the same with a processor that virtualizes the APIC, in part or in full.
 */
#include "tests/unit/machine/lapic_machine.h"

#define STEPS 100000
#define PINS  6 /* of the I/O APIC, that take part */

struct model_cpu {
	bool irr[256], isr[256], tmr[256];
	bool level[256]; /* its next EOI ends a level */
	u8 tpr, ldr;
	bool x2apic, enabled, cluster, suppress;
};

struct model_entry {
	u8 vector, destination;
	bool logical, level, low_active, masked, remote_irr;
};

static struct model_cpu model[CPUS];
static struct model_entry table[PINS];
static bool high[PINS];
static u64 seed;

static u32 dice(u32 sides)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(seed >> 33) % sides;
}

/* Few vectors, so that they meet. */
static u8 some_vector(void)
{
	return (u8)(16 + dice(8) * 16 + dice(3) + (dice(20) ? 0 : 96));
}

/* ---- The model --------------------------------------------------------------------- */

static unsigned model_ppr(const struct model_cpu *m)
{
	unsigned isrv = 0;

	for (unsigned v = 0; v < 256; v++)
		if (m->isr[v])
			isrv = v;
	if (m->tpr / 16 >= isrv / 16)
		return m->tpr;
	return isrv / 16 * 16;
}

static int model_next(const struct model_cpu *m)
{
	int found = -1;

	for (unsigned v = 0; v < 256; v++)
		if (m->irr[v] && v / 16 > model_ppr(m) / 16)
			found = (int)v;
	return found;
}

static bool model_matches(unsigned cpu, u32 destination, bool logical)
{
	const struct model_cpu *m = &model[cpu];

	if (destination == ~0U)
		return true;
	if (!logical)
		return destination == cpu;
	if (m->x2apic)
		return destination < 65536 && destination >> cpu & 1;
	if (destination > 255)
		return false;
	if (!m->cluster)
		return destination & m->ldr;
	return destination / 16 == m->ldr / 16 && destination % 16 & m->ldr % 16;
}

static bool model_send(u32 destination, bool logical, u8 vector, bool level)
{
	bool accepted = false;

	for (unsigned i = 0; i < CPUS; i++) {
		if (!model_matches(i, destination, logical) || !model[i].enabled)
			continue;
		model[i].irr[vector] = true;
		model[i].tmr[vector] = model[i].level[vector] = level;
		accepted = true;
	}
	return accepted;
}

static bool model_active(unsigned pin)
{
	return high[pin] != table[pin].low_active;
}

static void model_pin_send(unsigned pin)
{
	struct model_entry *e = &table[pin];
	u32 destination = e->destination == 255 ? ~0U : e->destination;

	if (model_send(destination, e->logical, e->vector, e->level) && e->level)
		e->remote_irr = true;
}

static void model_level(unsigned pin)
{
	struct model_entry *e = &table[pin];

	if (e->level && !e->masked && !e->remote_irr && model_active(pin))
		model_pin_send(pin);
}

static void model_io_eoi(unsigned vector)
{
	for (unsigned pin = 0; pin < PINS; pin++)
		if (table[pin].remote_irr && table[pin].vector == vector) {
			table[pin].remote_irr = false;
			model_level(pin);
		}
}

static void model_eoi(unsigned cpu)
{
	struct model_cpu *m = &model[cpu];
	bool level;

	for (unsigned v = 256; v-- > 0;)
		if (m->isr[v]) {
			level = vcpus[cpu].apic.delivers ? m->level[v] : m->tmr[v];
			m->isr[v] = m->level[v] = false;
			if (level && !m->suppress)
				model_io_eoi(v);
			return;
		}
}

/* ---- Both do the same -------------------------------------------------------------- */

static void step_ipi(void)
{
	unsigned from = dice(CPUS), shorthand = dice(4);
	struct lapic *l = &lapics[from];
	bool logical = dice(2);
	u8 vector = some_vector();
	u32 destination = dice(2) ? dice(4) : dice(256);
	u32 command = vector | (logical ? APIC_ICR_LOGICAL : 0) | shorthand << 18;

	if (model[from].x2apic) {
		if (!dice(8))
			destination = ~0U;
		assert_int_equal(lapic_msr_write(l, LAPIC_MSR_FIRST + APIC_ICR / 16,
						 (u64)destination << 32 | command),
				 0);
	} else {
		set_of(l, APIC_ICR_HIGH, destination << 24);
		set_of(l, APIC_ICR, command);
		if (destination == 255)
			destination = ~0U;
	}
	if (shorthand == APIC_TO_DESTINATION)
		model_send(destination, logical, vector, false);
	/* The one difference: a processor that virtualizes IPIs to itself leaves TMR as it was. */
	if (shorthand == APIC_TO_SELF && l->vcpu->apic.delivers && l->vcpu->apic.access == APIC_BY_PAGE) {
		model[from].irr[vector] = true;
		return;
	}
	for (unsigned i = 0; i < CPUS && shorthand; i++)
		if (shorthand == APIC_TO_ALL || (i == from) == (shorthand == APIC_TO_SELF))
			model_send(i, false, vector, false);
}

static void step_take(void)
{
	unsigned cpu = dice(CPUS);
	int vector = model_next(&model[cpu]);

	assert_int_equal(take(cpu), vector);
	if (vector < 0)
		return;
	model[cpu].irr[vector] = false;
	model[cpu].isr[vector] = true;
}

static void step_eoi(void)
{
	unsigned cpu = dice(CPUS);

	set_of(&lapics[cpu], APIC_EOI, 0);
	model_eoi(cpu);
}

static void step_tpr(void)
{
	unsigned cpu = dice(CPUS);
	u8 tpr = dice(3) ? 0 : (u8)dice(256);

	if (dice(2)) {
		set_of(&lapics[cpu], APIC_TPR, tpr);
	} else {
		if (vcpus[cpu].apic.shadow)
			virtual_write_cr8(&lapics[cpu], tpr / 16);
		else
			lapic_set_cr8(&lapics[cpu], tpr / 16);
		tpr &= 0xf0;
	}
	model[cpu].tpr = tpr;
}

static void step_mode(void)
{
	unsigned cpu = dice(CPUS);
	struct model_cpu *m = &model[cpu];
	struct lapic *l = &lapics[cpu];

	switch (dice(5)) {
	case 0:
		m->enabled = dice(4);
		m->suppress = !dice(4);
		set_of(l, APIC_SPURIOUS,
		       0xff | (m->enabled ? 0x100U : 0) | (m->suppress ? 0x1000U : 0));
		break;
	case 1:
		if (m->x2apic)
			break;
		m->ldr = (u8)(1U << dice(8) | dice(256) * !dice(4));
		set_of(l, APIC_LDR, (u32)m->ldr << 24);
		break;
	case 2:
		if (m->x2apic)
			break;
		m->cluster = dice(2);
		set_of(l, APIC_DFR, m->cluster ? 0 : ~0U);
		break;
	case 3:
		if (m->x2apic || dice(10))
			break;
		m->x2apic = true;
		enter_x2apic(l);
		break;
	case 4:
		if (dice(20))
			break;
		memset(m, 0, sizeof(*m));
		assert_int_equal(lapic_set_base(l, APIC_BASE_DEFAULT), 0);
		assert_int_equal(lapic_set_base(l, APIC_BASE_DEFAULT | APIC_BASE_ENABLE), 0);
		break;
	}
}

static void step_pin(void)
{
	unsigned pin = dice(PINS);
	bool was = model_active(pin);

	high[pin] = dice(2);
	ioapic_set_line(&ioapic, pin, high[pin]);
	if (table[pin].masked)
		return;
	if (table[pin].level)
		model_level(pin);
	else if (!was && model_active(pin))
		model_pin_send(pin);
}

static void write_io(unsigned reg, u32 value)
{
	ioapic_page_write(&ioapic, 0, 4, reg);
	ioapic_page_write(&ioapic, 0x10, 4, value);
}

static void step_entry(void)
{
	unsigned pin = dice(PINS);
	struct model_entry *e = &table[pin];

	e->destination = dice(3) ? (u8)dice(CPUS) : (u8)dice(256);
	write_io(0x11 + 2 * pin, (u32)e->destination << 24);
	model_level(pin);
	e->vector = some_vector();
	e->logical = dice(2);
	e->level = dice(2);
	e->low_active = dice(2);
	e->masked = !dice(3);
	if (!e->level)
		e->remote_irr = false;
	write_io(0x10 + 2 * pin, e->vector | (u32)e->logical << 11 | (u32)e->low_active << 13 |
					 (u32)e->level << 15 | (u32)e->masked << 16);
	model_level(pin);
}

static void step_io_eoi(void)
{
	u8 vector = some_vector();

	ioapic_page_write(&ioapic, 0x40, 4, vector);
	model_io_eoi(vector);
}

static void compare(void)
{
	for (unsigned i = 0; i < CPUS; i++) {
		for (unsigned v = 0; v < 256; v++) {
			assert_int_equal(bit_of(&lapics[i], APIC_IRR, v), model[i].irr[v]);
			assert_int_equal(bit_of(&lapics[i], APIC_ISR, v), model[i].isr[v]);
			assert_int_equal(bit_of(&lapics[i], APIC_TMR, v), model[i].tmr[v]);
		}
		assert_int_equal(get_of(&lapics[i], APIC_TPR), model[i].tpr);
	}
	for (unsigned pin = 0; pin < PINS; pin++)
		assert_int_equal(ioapic.entries[pin] >> 14 & 1, table[pin].remote_irr);
}

/* Is one on its way? If TPR has gone up unseen, the line still tells so until it is looked at. */
static bool on_its_way(unsigned cpu)
{
	struct vcpu *v = &vcpus[cpu];

	if (!v->apic.shadow)
		return interrupt(cpu);
	virtual_enter(&lapics[cpu]);
	if (v->apic.delivers) {
		assert_false(v->events.interrupt_line);
		return (RVI(v) & 0xf0U) > (pages[cpu][APIC_PPR / 4] & 0xf0);
	}
	return v->events.interrupt_line && model_next(&model[cpu]) >= 0;
}

enum virtualization { NONE, TPR_AND_PAGE, REGISTERS, ALL };

static void run_random(enum virtualization what)
{
	static void (*const steps[])(void) = {
		step_ipi, step_ipi, step_take, step_take,  step_take,
		step_eoi, step_eoi, step_eoi,  step_tpr,   step_mode,
		step_pin, step_pin, step_pin,  step_entry, step_io_eoi,
	};
	static const u32 controls[] = {
		[REGISTERS] = PROC2_APIC_REGISTER,
		[ALL] = PROC2_APIC_REGISTER | PROC2_VIRTUAL_INTERRUPT,
	};
	unsigned taken = 0;

	virtual_exits = 0;
	for (seed = 1; seed < 6; seed++) {
		u64 round = seed;

		machine_reset();
		for (unsigned i = 0; i < CPUS && what != NONE; i++) {
			virtual_processor_create(&vcpus[i], controls[what]);
			lapic_reset(&lapics[i], i == 0);
		}
		memset(model, 0, sizeof(model));
		memset(table, 0, sizeof(table));
		memset(high, 0, sizeof(high));
		for (unsigned pin = 0; pin < PINS; pin++)
			table[pin].masked = true;
		for (unsigned i = 0; i < STEPS / 5; i++) {
			steps[dice(ARRAY_SIZE(steps))]();
			for (unsigned cpu = 0; cpu < CPUS; cpu++) {
				assert_int_equal(on_its_way(cpu), model_next(&model[cpu]) >= 0);
				assert_int_equal(get_of(&lapics[cpu], APIC_PPR),
						 model_ppr(&model[cpu]));
				taken += model_next(&model[cpu]) >= 0;
			}
			if (i % 16 == 0)
				compare();
		}
		seed = round;
	}
	assert_true(taken > STEPS / 10); /* the sequences are not trivial */
}

static void test_random(void **state)
{
	(void)state;
	run_random(NONE);
}

static void test_random_virtual(void **state)
{
	unsigned exits;

	(void)state;
	run_random(TPR_AND_PAGE);
	run_random(REGISTERS);
	exits = virtual_exits;
	run_random(ALL);
	assert_in_range(virtual_exits, 100, exits * 2 / 3);
}

/* Vectors change their trigger mode: only the end of a level is told, once. */
static void test_ends_of_levels(void **state)
{
	(void)state;
	machine_reset();
	virtual_processor_create(&vcpus[0], PROC2_VIRTUAL_INTERRUPT);
	lapic_reset(lapic, true);
	enable(lapic);
	virtual_exits = 0;
	for (unsigned i = 0; i < 3; i++) {
		assert_true(lapic_accept(lapic, 0x51, true));
		assert_int_equal(take(0), 0x51);
		eoi();
		assert_int_equal(virtual_exits, i + 1);
		assert_int_equal(broadcasts, i + 1);
		self(0x51);
		assert_int_equal(take(0), 0x51);
		eoi();
		assert_true(lapic_accept(lapic, 0x51, false));
		assert_int_equal(take(0), 0x51);
		eoi();
		assert_int_equal(virtual_exits, i + 1);
	}
}

/* Switched off it takes not even what it sends itself: then the processor must not send it. */
static void test_off_is_not_virtual(void **state)
{
	(void)state;
	machine_reset();
	virtual_processor_create(&vcpus[0], PROC2_VIRTUAL_INTERRUPT);
	lapic_reset(lapic, true);
	for (unsigned x2apic = 0; x2apic < 2; x2apic++) {
		assert_int_equal(vcpus[0].apic.access, APIC_BY_NOTHING);
		self(0x51);
		assert_int_equal(take(0), -1);
		enable(lapic);
		assert_int_equal(vcpus[0].apic.access, x2apic ? APIC_BY_MSRS : APIC_BY_PAGE);
		set(APIC_SPURIOUS, 0xff);
		enter_x2apic(lapic);
	}
}

/* The count against one that ticks one by one. */
static void test_random_timer(void **state)
{
	static const u8 dividers[] = { 0xb, 0x0, 0x1, 0x2 };
	u32 initial = 0, current = 0;
	unsigned shift = 0, fired = 0, periodic = 0;
	u64 fraction = 0;

	(void)state;
	machine_reset();
	enable(lapic);
	set(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
	set(APIC_LVT_TIMER, 0x40);
	seed = 99;
	for (unsigned i = 0; i < 20000; i++) {
		u64 ns = dice(300);

		switch (dice(12)) {
		case 0:
			initial = current = dice(5000);
			fraction = 0;
			set(APIC_TIMER_INITIAL, initial);
			break;
		case 1:
			periodic = dice(2);
			set(APIC_LVT_TIMER, 0x40 | periodic << 17);
			break;
		case 2: {
			unsigned which = dice(4);

			/* A running tick begins anew. */
			if (shift != which)
				fraction = 0;
			shift = which;
			set(APIC_TIMER_DIVIDE, dividers[which]);
			break;
		}
		}
		for (u64 n = 0; n < ns; n++) {
			if (!current || ++fraction < BIT(shift))
				continue;
			fraction = 0;
			if (--current == 0) {
				fired++;
				if (periodic)
					current = initial;
			}
		}
		advance(ns);
		assert_int_equal(get(APIC_TIMER_CURRENT), current);
		if (!periodic) {
			while (take(0) >= 0)
				eoi();
		}
	}
	assert_true(fired > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_virtual),
		cmocka_unit_test(test_ends_of_levels),
		cmocka_unit_test(test_off_is_not_virtual),
		cmocka_unit_test(test_random_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
