/* SPDX-License-Identifier: MIT */
/* An instruction names its registers, so each register has one of its own. */
#include "vmx/vector_registers.h"

#include "kernel/asm.h"
#include "lib/bits.h"

#define AVX512BW       BIT(30)
#define X87_STATUS_ES BIT(7)

#define EACH_OF_8(a)  a(0) a(1) a(2) a(3) a(4) a(5) a(6) a(7)
#define EACH_OF_16(a) EACH_OF_8(a) a(8) a(9) a(10) a(11) a(12) a(13) a(14) a(15)
#define EACH_OF_32(a)                                                                              \
	EACH_OF_16(a) a(16) a(17) a(18) a(19) a(20) a(21) a(22) a(23)                              \
	a(24) a(25) a(26) a(27) a(28) a(29) a(30) a(31)
#define READ(insn, reg, n)                                                                         \
	case n:                                                                                    \
		asm volatile(insn " %%" reg #n ", (%0)" : : "r"(to) : "memory");                   \
		break;
#define WRITE(insn, reg, n)                                                                        \
	case n:                                                                                    \
		asm volatile(insn " (%0), %%" reg #n : : "r"(from) : "memory");                    \
		break;

#define MMX_READ(n)  READ("movq", "mm", n)
#define MMX_WRITE(n) WRITE("movq", "mm", n)
#define XMM_READ(n)  READ("movups", "xmm", n)
#define XMM_WRITE(n) WRITE("movups", "xmm", n)
#define YMM_READ(n)  READ("vmovups", "ymm", n)
#define YMM_WRITE(n) WRITE("vmovups", "ymm", n)

#define ZMM_READ(n)  READ("vmovups", "zmm", n)
#define ZMM_WRITE(n) WRITE("vmovups", "zmm", n)
#define K_READ(n)    READ("kmovq", "k", n)
#define K_READ_16(n) READ("kmovw", "k", n)

void vector_mmx_read(unsigned reg, u64 *to)
{
	switch (reg) {
		EACH_OF_8(MMX_READ)
	}
}

void vector_mmx_write(unsigned reg, const u64 *from)
{
	switch (reg) {
		EACH_OF_8(MMX_WRITE)
	}
}

bool vector_x87_pending(void)
{
	u16 status;

	asm volatile("fnstsw %0" : "=a"(status));
	return status & X87_STATUS_ES;
}

void vector_xmm_read(unsigned reg, u64 *to)
{
	switch (reg) {
		EACH_OF_16(XMM_READ)
	}
}

void vector_xmm_write(unsigned reg, const u64 *from)
{
	switch (reg) {
		EACH_OF_16(XMM_WRITE)
	}
}

void vector_ymm_read(unsigned reg, u64 *to)
{
	switch (reg) {
		EACH_OF_16(YMM_READ)
	}
}

void vector_zmm_read(unsigned reg, u64 *to)
{
	switch (reg) {
		EACH_OF_32(ZMM_READ)
	}
}

void vector_zmm_write(unsigned reg, const u64 *from)
{
	switch (reg) {
		EACH_OF_32(ZMM_WRITE)
	}
}

/* Without AVX512BW they have 16 bits, and KMOVQ is none. */
u64 vector_opmask_read(unsigned reg)
{
	u64 value = 0, *to = &value;

	if (cpuid(7, 0).ebx & AVX512BW) {
		switch (reg) {
			EACH_OF_8(K_READ)
		}
	} else {
		switch (reg) {
			EACH_OF_8(K_READ_16)
		}
	}
	return value;
}

void vector_ymm_write(unsigned reg, const u64 *from)
{
	switch (reg) {
		EACH_OF_16(YMM_WRITE)
	}
}
