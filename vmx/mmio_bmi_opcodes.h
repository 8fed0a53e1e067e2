/* SPDX-License-Identifier: MIT */
/*
 * Instructions on general registers that a prefix tells apart, as it does for
 * vectors: CRC32, ADCX, ADOX, MOVDIRI, CLFLUSH and the like, and with VEX
 * those of BMI1 and BMI2. Pure. SDM "Opcode Map".
 */
#pragma once

#include "vmx/mmio_opcodes.h"
#include "vmx/mmio_prefix.h"

/* As mmio_opcode_find(); `opcode` as mmio_opcode_of() gives it. */
const struct mmio_opcode *mmio_bmi_find(const struct mmio_cursor *c, unsigned opcode, unsigned reg,
					enum mmio_op *op);
