/* SPDX-License-Identifier: MIT */
/*
 * A ticket lock: who asks first gets it first, so that no CPU starves. It
 * guards short stretches between CPUs; it knows nothing of interrupts, so
 * a lock that an interrupt handler takes must not be held with them on.
 */
#pragma once

#include "lib/types.h"

struct spinlock {
	u32 next;    /* ticket that the next CPU to come will draw */
	u32 serving; /* ticket of the CPU that holds the lock */
};

#define SPINLOCK_INIT ((struct spinlock){0, 0})

static inline void spin_lock(struct spinlock *lock)
{
	u32 ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		__builtin_ia32_pause();
}

static inline void spin_unlock(struct spinlock *lock)
{
	/* Only the holder writes `serving`: no locked instruction is needed. */
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}
