/* SPDX-License-Identifier: MIT */
/*
 * Each ring has one writer, its CPU, and one reader, the holder of the log's
 * draining flag: two counters suffice. A bit per CPU says where to look.
 */
#include "kernel/log_guest.h"

#include "kernel/cpu.h"
#include "lib/string.h"

struct guest_ring {
	u32 head; /* bytes ever put: the writer's */
	u32 tail; /* bytes ever shown: the reader's */
	u64 lost; /* bytes not yet complained about */
	char bytes[LOG_GUEST_SIZE];
};

static struct guest_ring rings[CPU_MAX];
static u64 pending;

_Static_assert(CPU_MAX <= 64, "one bit of `pending` for each CPU");

static void announce(unsigned cpu)
{
	__atomic_fetch_or(&pending, 1UL << cpu, __ATOMIC_SEQ_CST);
}

size_t log_guest_put(unsigned cpu, const char *text, size_t length)
{
	struct guest_ring *ring = &rings[cpu];
	u32 head = ring->head;
	u32 room = LOG_GUEST_SIZE - (head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE));
	u32 at = head % LOG_GUEST_SIZE;
	size_t first;

	length = MIN(length, room);
	if (!length)
		return 0;
	first = MIN(length, LOG_GUEST_SIZE - at);
	memcpy(ring->bytes + at, text, first);
	memcpy(ring->bytes, text + first, length - first);
	__atomic_store_n(&ring->head, head + (u32)length, __ATOMIC_RELEASE);
	announce(cpu);
	return length;
}

void log_guest_lost(unsigned cpu, size_t length)
{
	__atomic_fetch_add(&rings[cpu].lost, length, __ATOMIC_SEQ_CST);
	announce(cpu);
}

bool log_guest_pending(void)
{
	return __atomic_load_n(&pending, __ATOMIC_SEQ_CST) != 0;
}

static void show_ring(struct guest_ring *ring, void (*show)(const char *text, size_t length))
{
	u32 head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	while (ring->tail != head) {
		u32 at = ring->tail % LOG_GUEST_SIZE;
		u32 length = MIN(head - ring->tail, LOG_GUEST_SIZE - at);

		show(ring->bytes + at, length);
		__atomic_store_n(&ring->tail, ring->tail + length, __ATOMIC_RELEASE);
	}
}

void log_guest_show(void (*show)(const char *text, size_t length),
		    void (*lost)(unsigned cpu, u64 bytes))
{
	/* Cleared before looking: what comes later sets its bit again. */
	u64 todo = __atomic_exchange_n(&pending, 0, __ATOMIC_SEQ_CST);

	for (; todo; todo &= todo - 1) {
		unsigned cpu = (unsigned)__builtin_ctzl(todo);
		u64 bytes;

		show_ring(&rings[cpu], show);
		bytes = __atomic_exchange_n(&rings[cpu].lost, 0, __ATOMIC_SEQ_CST);
		if (bytes)
			lost(cpu, bytes);
	}
}
