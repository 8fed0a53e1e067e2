/* SPDX-License-Identifier: MIT */
/*
 * Splitting command lines, and guessing which name was meant.
 */
#include "kernel/option_words.h"

#include "kernel/options.h"
#include "lib/error.h"
#include "lib/string.h"

#define NAME_MAX 16

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int option_next_word(const char **cmdline, char *word, size_t size)
{
	const char *s = *cmdline;
	bool quoted = false, fits = true;
	size_t n = 0;

	while (is_blank(*s))
		s++;
	*cmdline = s;
	if (!*s)
		return -ERR_NOENT;
	for (; *s && (quoted || !is_blank(*s)); s++) {
		if (*s == '"') {
			quoted = !quoted;
			continue;
		}
		if (*s == '\\' && s[1])
			s++;
		if (n < size - 1)
			word[n++] = *s;
		else
			fits = false;
	}
	word[n] = 0;
	*cmdline = s;
	if (quoted)
		return -ERR_CORRUPT;
	return fits ? (int)n : -ERR_RANGE;
}

unsigned option_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	/* d[i][j]: from the first i letters of a to the first j of b. */
	unsigned char d[NAME_MAX + 1][NAME_MAX + 1];

	if (a_length > NAME_MAX || b_length > NAME_MAX)
		return NAME_MAX + 1;
	for (size_t i = 0; i <= a_length; i++) {
		for (size_t j = 0; j <= b_length; j++) {
			unsigned best;

			if (!i || !j) {
				d[i][j] = (unsigned char)(i + j);
				continue;
			}
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = MIN(best, d[i - 1][j] + 1u);
			best = MIN(best, d[i][j - 1] + 1u);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, d[i - 2][j - 2] + 1u);
			d[i][j] = (unsigned char)best;
		}
	}
	return d[a_length][b_length];
}

int option_find(const char *cmdline, const char *name, const char **value)
{
	size_t n = strlen(name);
	int length = -ERR_NOENT;

	for (const char *s = cmdline; *s;) {
		const char *word;

		while (is_blank(*s))
			s++;
		word = s;
		while (*s && !is_blank(*s))
			s++;
		/* The last one wins, as on our own command line. */
		if ((size_t)(s - word) > n && !strncmp(word, name, n) && word[n] == '=') {
			*value = word + n + 1;
			length = (int)(s - *value);
		}
	}
	return length;
}
