/* SPDX-License-Identifier: MIT */
/*
 * The unpacker on blocks that the lz4 tool makes, whole and damaged, and on
 * blocks made by hand. Each buffer is allocated to the byte, so that the
 * sanitizer sees what is read or written outside.
 */
#include "boot/unpack.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define FRAME_HEADER 11 /* of lz4's own format, with the one block's size */
#define FRAME_END    4

struct bytes {
	u8 *data;
	size_t size;
};

static u64 random_state = 1;

static u8 random_byte(void)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return (u8)(random_state >> 56);
}

static u8 *copy_exactly(const u8 *data, size_t size)
{
	u8 *copy = malloc(size);

	assert_non_null(copy);
	memcpy(copy, data, size);
	return copy;
}

static struct bytes read_all(FILE *file)
{
	struct bytes all = {malloc(MIB(4)), 0};

	assert_non_null(file);
	assert_non_null(all.data);
	all.size = fread(all.data, 1, MIB(4), file);
	return all;
}

/* The one block that lz4 makes of `plain`; -1 is quick, -12 tries hard. */
static struct bytes pack(struct bytes plain, const char *level)
{
	char name[] = "/tmp/test_unpack.XXXXXX", command[128];
	struct bytes frame, block;
	int fd = mkstemp(name);
	FILE *pipe;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, plain.data, plain.size), plain.size);
	close(fd);
	snprintf(command, sizeof(command), "lz4 -q %s -B7 --no-frame-crc <%s", level, name);
	pipe = popen(command, "r");
	frame = read_all(pipe);
	assert_int_equal(pclose(pipe), 0);
	unlink(name);

	assert_true(frame.size > FRAME_HEADER + FRAME_END);
	block.size = frame.size - FRAME_HEADER - FRAME_END;
	block.data = copy_exactly(frame.data + FRAME_HEADER, block.size);
	free(frame.data);
	return block;
}

/* To exactly so many bytes. The caller frees them; NULL when the block was refused. */
static u8 *unpack(const u8 *data, size_t size, size_t to_size)
{
	u8 *block = copy_exactly(data, size), *to = malloc(to_size);

	assert_non_null(to);
	if (!boot_unpack_block(to, to_size, block, size)) {
		free(to);
		to = NULL;
	}
	free(block);
	return to;
}

static void assert_unpacks(const void *data, size_t size, const void *plain, size_t plain_size)
{
	u8 *unpacked = unpack(data, size, plain_size);

	assert_non_null(unpacked);
	assert_memory_equal(unpacked, plain, plain_size);
	free(unpacked);
}

static void assert_refused(const void *data, size_t size, size_t to_size)
{
	assert_null(unpack(data, size, to_size));
}

static void assert_round_trip(struct bytes plain)
{
	static const char *const levels[] = {"-1", "-12"};

	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
		struct bytes block = pack(plain, levels[i]);

		assert_unpacks(block.data, block.size, plain.data, plain.size);
		assert_refused(block.data, block.size, plain.size - 1);
		assert_refused(block.data, block.size, plain.size + 1);
		free(block.data);
	}
}

/* Short and long repetitions at every distance, among bytes that do not repeat. */
static struct bytes make_mixture(size_t size)
{
	struct bytes plain = {malloc(size), size};
	size_t n = 0;

	assert_non_null(plain.data);
	while (n < size) {
		size_t fresh = random_byte() % 40, distance = 1 + random_byte() % 70;
		size_t again = random_byte() < 8 ? 1000 : random_byte() % 60;

		while (n < size && fresh--)
			plain.data[n++] = random_byte();
		while (n >= distance && n < size && again--) {
			plain.data[n] = plain.data[n - distance];
			n++;
		}
	}
	return plain;
}

static void round_trips(void **state)
{
	static const size_t sizes[] = {100, 1000, 4096, 70000, 300001};
	struct bytes zeros = {calloc(1, 100000), 100000}, program;
	FILE *file = fopen("/proc/self/exe", "rb");

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bytes mixture = make_mixture(sizes[i]);

		assert_round_trip(mixture);
		free(mixture.data);
	}
	assert_round_trip(zeros);
	free(zeros.data);

	program = read_all(file);
	fclose(file);
	assert_round_trip(program);
	free(program.data);
}

/* Whatever happens happens inside the buffers; a block that is cut off is always refused. */
static void damaged(void **state)
{
	struct bytes plain = make_mixture(1500), block = pack(plain, "-12");

	(void)state;
	for (size_t size = 0; size < block.size; size++)
		assert_refused(block.data, size, plain.size);
	for (size_t i = 0; i < block.size; i++) {
		u8 kept = block.data[i];

		for (unsigned value = 0; value < 256; value++) {
			block.data[i] = (u8)value;
			free(unpack(block.data, block.size, plain.size));
		}
		block.data[i] = kept;
	}
	assert_unpacks(block.data, block.size, plain.data, plain.size);
	free(block.data);
	free(plain.data);
}

static void noise(void **state)
{
	u8 block[64];

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		for (unsigned i = 0; i < sizeof(block); i++)
			block[i] = random_byte();
		free(unpack(block, random_byte() % sizeof(block), random_byte()));
	}
}

#define FIVE 0x50, 'v', 'w', 'x', 'y', 'z' /* the last sequence */

static void by_hand(void **state)
{
	static const u8 literals[] = {0x90, '1', '2', '3', '4', '5', '6', '7', '8', '9'};
	static const u8 few[] = {0x30, 'a', 'b', 'c'};
	static const u8 far[] = {0x40, 'a', 'b', 'c', 'd', 4, 0, FIVE};
	static const u8 too_far[] = {0x40, 'a', 'b', 'c', 'd', 5, 0, FIVE};
	static const u8 nowhere[] = {0x40, 'a', 'b', 'c', 'd', 0, 0, FIVE};
	static const u8 itself[] = {0x12, 'a', 1, 0, FIVE};
	static const u8 no_last[] = {0x1f, 'a', 1, 0, 255, 255, 255, 255, 255, 0};
	static const u8 long_match[] = {0x1f, 'a', 1, 0, 255, 0, FIVE};
	static const u8 no_length[] = {0xf0, 255, 255, 255, 255, 255, 255, 255};
	static const u8 no_match_length[] = {0x1f, 'a', 1, 0, 255, 255, 255, 255, 255};
	u8 many[1 + 15 + 255 + 4 + 5];

	(void)state;
	assert_unpacks(literals, sizeof(literals), "123456789", 9);
	assert_refused(literals, sizeof(literals), 8);
	assert_refused(literals, sizeof(literals), 10);
	assert_refused(literals, sizeof(literals) - 1, 9);
	assert_unpacks(few, sizeof(few), "abc", 3);
	assert_refused("", 0, 0);
	assert_refused("", 0, 9);

	assert_unpacks(far, sizeof(far), "abcdabcdvwxyz", 13);
	assert_refused(too_far, sizeof(too_far), 13);
	assert_refused(nowhere, sizeof(nowhere), 13);
	assert_refused(no_last, sizeof(no_last), 1 + 15 + 5 * 255 + 4);
	assert_unpacks(itself, sizeof(itself), "aaaaaaavwxyz", 12);

	memset(many, 'a', sizeof(many) - 5);
	memcpy(many + sizeof(many) - 5, "vwxyz", 5);
	assert_unpacks(long_match, sizeof(long_match), many, sizeof(many));
	assert_refused(long_match, sizeof(long_match), sizeof(many) - 5);
	assert_refused(long_match, sizeof(long_match), 100);
	assert_refused(no_length, sizeof(no_length), 2000);
	assert_refused(no_match_length, sizeof(no_match_length), 2000);
}

static u64 checksum(const u8 *data, size_t size)
{
	u64 sum = 0xcbf29ce484222325UL;

	for (u64 word; size >= sizeof(word); data += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3UL;
	}
	return sum;
}

static void kernel(void **state)
{
	struct bytes plain = make_mixture(4096), block = pack(plain, "-1");
	u8 *to = calloc(1, plain.size);
	struct boot_packed packed = {
		(u64)to, plain.size, (u64)block.data, block.size, checksum(plain.data, plain.size),
	};

	(void)state;
	assert_non_null(to);
	assert_true(boot_unpack(&packed));
	assert_memory_equal(to, plain.data, plain.size);

	packed.checksum ^= 1UL << 63;
	assert_false(boot_unpack(&packed));
	packed.checksum ^= 1UL << 63;
	block.data[block.size - 1] ^= 1; /* a literal */
	assert_false(boot_unpack(&packed));
	packed.size--;
	assert_false(boot_unpack(&packed));

	/* Not packed: nothing to do, nothing done. */
	memset(to, 0x5a, plain.size);
	packed = (struct boot_packed){.to = (u64)to, .to_size = plain.size};
	assert_true(boot_unpack(&packed));
	assert_int_equal(to[0], 0x5a);
	free(to);
	free(block.data);
	free(plain.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips), cmocka_unit_test(damaged), cmocka_unit_test(noise),
		cmocka_unit_test(by_hand),     cmocka_unit_test(kernel),
	};

	return cmocka_run_group_tests_name("boot_unpack", tests, NULL, NULL);
}
