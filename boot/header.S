/* SPDX-License-Identifier: MIT */
/*
 * The Multiboot2 header: how GRUB knows the image and what the image asks of
 * it. Must lie within the first 32 KiB of the file, on 8 bytes.
 * Multiboot2 Specification "OS image format".
 */
#define MAGIC	     0xe85250d6
#define ARCHITECTURE 0 /* i386: entered in 32-bit protected mode */

#define TAG_END		  0
#define TAG_CONSOLE	  4
#define TAG_FRAMEBUFFER	  5
#define TAG_MODULE_ALIGN  6
#define OPTIONAL	  1 /* a loader that cannot do it starts us all the same */
#define EGA_TEXT	  2 /* we can show text without a framebuffer */
#define BITS_PER_PIXEL	  32

	.section .boot.header, "a", @progbits
	.balign 8
header:
	.long MAGIC
	.long ARCHITECTURE
	.long header_end - header
	.long -(MAGIC + ARCHITECTURE + (header_end - header))

	.balign 8
	.short TAG_CONSOLE, OPTIONAL
	.long 12
	.long EGA_TEXT

	/* Any width and height: the firmware's own mode is the screen's best. */
	.balign 8
	.short TAG_FRAMEBUFFER, OPTIONAL
	.long 20
	.long 0, 0, BITS_PER_PIXEL

	.balign 8
	.short TAG_MODULE_ALIGN, 0
	.long 8

	.balign 8
	.short TAG_END, 0
	.long 8
header_end:

	.section .note.GNU-stack, "", @progbits
