/* SPDX-License-Identifier: MIT */
/* What kind of disk an image is: its size says it, or the user. */
#include "machine/bios_disk.h"

#define HEADS	      16
#define HEADS_MAX     255
#define TRACK	      63
#define CYLINDERS_MAX 1024

#define PARTITIONS     446 /* in the first sector: 4 times 16 bytes */
#define PARTITIONS_END 510

static const struct floppy {
	u16 kib;
	u8 cylinders, heads, track;
	u8 type; /* as INT 13H AH=08H tells it */
} floppies[] = {
	{ 160, 40, 1, 8, 1 },  { 180, 40, 1, 9, 1 },  { 320, 40, 2, 8, 1 },  { 360, 40, 2, 9, 1 },
	{ 720, 80, 2, 9, 3 },  { 1200, 80, 2, 15, 2 },
	{ 1440, 80, 2, 18, 4 }, { 2880, 80, 2, 36, 6 },
};
#define FLOPPY_1440 (&floppies[6])

static const struct floppy *floppy_of(u64 length)
{
	for (unsigned i = 0; i < ARRAY_SIZE(floppies); i++)
		if (length == floppies[i].kib * 1024UL)
			return &floppies[i];
	return NULL;
}

/* Four boot flags, 00H or 80H, and one type at least. */
static bool has_partitions(const u8 *image)
{
	bool any = false;

	for (const u8 *entry = image + PARTITIONS; entry < image + PARTITIONS_END; entry += 16) {
		if (entry[0] & 0x7f)
			return false;
		any |= entry[4] != 0;
	}
	return any;
}

/* One sector has no kind; more of them, and no more than a floppy disk has, are most often one. */
u8 bios_disk_guess(const u8 *image, u64 length)
{
	bool small = length > BIOS_SECTOR && length < FLOPPY_1440->kib * 1024UL;

	return floppy_of(length) || (small && !has_partitions(image)) ? 0 : BIOS_HARD_DISK;
}

void bios_disk_insert(struct bios *bios, const u8 *image, u64 length, u8 drive)
{
	const struct floppy *floppy = floppy_of(length);
	u64 cylinders;

	*bios = (struct bios){ .present = bios->present, .disk = image, .length = length,
			       .drive = drive };
	if (drive < BIOS_HARD_DISK) {
		floppy = floppy ? floppy : FLOPPY_1440;
		bios->cylinders = floppy->cylinders;
		bios->heads = floppy->heads;
		bios->track = floppy->track;
		bios->sectors = (u64)floppy->cylinders * floppy->heads * floppy->track;
		return;
	}
	bios->sectors = (length + BIOS_SECTOR - 1) / BIOS_SECTOR;
	bios->track = TRACK;
	/* Large ones are translated: 16, 32, ... heads, until the cylinders can be told. */
	for (bios->heads = HEADS;; bios->heads = (u8)MIN(2U * bios->heads, (unsigned)HEADS_MAX)) {
		cylinders = bios->sectors / ((u64)bios->heads * TRACK);
		if (cylinders <= CYLINDERS_MAX || bios->heads == HEADS_MAX)
			break;
	}
	bios->cylinders = (u16)MAX(1UL, MIN(cylinders, (u64)CYLINDERS_MAX));
}

u8 bios_floppy_type(const struct bios *b)
{
	const struct floppy *floppy = floppy_of(b->sectors * BIOS_SECTOR);

	return floppy ? floppy->type : 0;
}
