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
	memcpy(to, vectors.zmm[reg], 16);
}

void vector_xmm_write(unsigned reg, const u64 *from)
{
	memcpy(vectors.zmm[reg], from, 16);
}

void vector_ymm_read(unsigned reg, u64 *to)
{
	vectors.avx++;
	memcpy(to, vectors.zmm[reg], 32);
}

void vector_ymm_write(unsigned reg, const u64 *from)
{
	vectors.avx++;
	memset(vectors.zmm[reg], 0, 64);
	memcpy(vectors.zmm[reg], from, 32);
}

void vector_zmm_read(unsigned reg, u64 *to)
{
	vectors.avx_512++;
	memcpy(to, vectors.zmm[reg], 64);
}

void vector_zmm_write(unsigned reg, const u64 *from)
{
	vectors.avx_512++;
	memcpy(vectors.zmm[reg], from, 64);
}

u64 vector_opmask_read(unsigned reg)
{
	vectors.avx_512++;
	return vectors.opmask[reg];
}
