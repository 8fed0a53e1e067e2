/* SPDX-License-Identifier: MIT */
#include "unit/vmx/fake_vector.h"

#include <string.h>

#include "vmx/vector_registers.h"

struct fake_vectors vectors;

void vector_mmx_read(unsigned reg, u64 *to)
{
	*to = vectors.mmx[reg];
}

void vector_mmx_write(unsigned reg, const u64 *from)
{
	vectors.mmx[reg] = *from;
}

bool vector_x87_pending(void)
{
	return vectors.x87_pending;
}

void vector_xmm_read(unsigned reg, u64 *to)
{
	memcpy(to, vectors.ymm[reg], 16);
}

void vector_xmm_write(unsigned reg, const u64 *from)
{
	memcpy(vectors.ymm[reg], from, 16);
}

void vector_ymm_read(unsigned reg, u64 *to)
{
	vectors.avx++;
	memcpy(to, vectors.ymm[reg], 32);
}

void vector_ymm_write(unsigned reg, const u64 *from)
{
	vectors.avx++;
	memcpy(vectors.ymm[reg], from, 32);
}
