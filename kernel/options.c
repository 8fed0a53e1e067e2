/* SPDX-License-Identifier: MIT */
/*
 * Parsing, help and complaints, all from kernel/option_table.c; the defaults
 * are parsed by the same code as what the user wrote.
 */
#include "kernel/options.h"

#include "kernel/option_table.h"
#include "kernel/option_words.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/number.h"
#include "lib/string.h"

#define COMPLAINT_MAX LOG_LINE_MAX
#define WORD_MAX      OPTION_TEXT_MAX

struct options options;

/* Names of the choices joined by `between`, after what comes before. */
static size_t list_choices(char *to, size_t size, const struct option *o, const char *between)
{
	size_t n = 0;

	if (o->values)
		n = format(to, size, "%s", o->values);
	for (unsigned i = 0; i < ARRAY_SIZE(o->choices) && o->choices[i].name; i++)
		n += format(to + n, size - n, "%s%s", n ? between : "", o->choices[i].name);
	return n;
}

static void store(const struct option *o, struct options *to, u64 value)
{
	memcpy((char *)to + o->offset, &value, o->size);
}

static bool find_choice(const struct option *o, const char *name, size_t n, u64 *value)
{
	for (unsigned i = 0; i < ARRAY_SIZE(o->choices) && o->choices[i].name; i++) {
		if (strlen(o->choices[i].name) == n && !strncmp(o->choices[i].name, name, n)) {
			*value = o->choices[i].value;
			return true;
		}
	}
	return false;
}

static bool find_set(const struct option *o, const char *text, u64 *value)
{
	u64 sum = 0, one;

	for (;;) {
		const char *comma = strchr(text, ',');
		size_t n = comma ? (size_t)(comma - text) : strlen(text);

		if (!find_choice(o, text, n, &one))
			return false;
		sum |= one;
		if (!comma)
			break;
		text = comma + 1;
	}
	*value = sum;
	return true;
}

/* ^A to ^_, but no key that every terminal needs: ^H ^I ^J ^M ^[. */
static bool convert_key(const char *text, size_t n, u64 *value)
{
	if (n != 2 || text[0] != '^' || text[1] < '@' || text[1] > 'z')
		return false;
	*value = text[1] & 0x1f;
	return *value && !strchr("\b\t\n\r\x1b", (int)*value);
}

/* Convert one value; returns what is wrong with it, or NULL. */
static const char *convert(const struct option *o, const char *text, u64 *value)
{
	size_t n = strlen(text);

	if (o->kind == KIND_SET)
		return find_set(o, text, value) ? NULL : "value must be one or more of";
	if (find_choice(o, text, n, value))
		return NULL;
	switch (o->kind) {
	case KIND_PORT:
		if (number_parse(text, n, value) || *value < 0x100 || *value > 0xfff8 || *value % 8)
			return "not a serial port";
		return NULL;
	case KIND_BAUD:
		if (number_parse(text, n, value) || *value < 50 || *value > 115200 ||
		    115200 % *value)
			return "not a speed that divides 115200";
		return NULL;
	case KIND_SIZE:
		if (number_parse_size(text, n, value))
			return "not a size";
		if (!*value || *value % PAGE_SIZE)
			return "not a multiple of 4K";
		return NULL;
	case KIND_ADDRESS:
		/* All ones is the mark of an option that was not given. */
		return number_parse(text, n, value) || *value == ~0UL ? "not an address" : NULL;
	case KIND_COUNT:
		return number_parse(text, n, value) || *value > ~0U ? "not a number" : NULL;
	case KIND_RECORDS:
		return number_parse(text, n, value) || !*value || *value > 65536 ?
			       "not a number from 1 to 65536" : NULL;
	case KIND_TEXT:
		return *text ? NULL : "needs a value";
	case KIND_KEY:
		return convert_key(text, n, value) ? NULL : "not a control key that can be spared";
	default:
		return "value must be one of";
	}
}

/* Apply `value`, which is NULL in a word without "="; writes the complaint's end into `wrong`. */
static bool apply(const struct option *o, const char *value, struct options *to, char *wrong,
		  size_t size)
{
	u64 number = 1;
	const char *text = NULL;
	size_t n;

	if (o->kind == KIND_FLAG && value)
		text = "takes no value";
	else if (o->kind != KIND_FLAG && !value)
		text = "needs a value";
	else if (o->kind != KIND_FLAG)
		text = convert(o, value, &number);
	if (!text && o->kind == KIND_TEXT)
		format((char *)to + o->offset, o->size, "%s", value);
	else if (!text)
		store(o, to, number);
	if (!text)
		return true;
	n = format(wrong, size, "%s", text);
	wrong += n;
	size -= n;
	if (o->kind == KIND_FLAG) {
		format(wrong, size, "; write %s alone", o->name);
	} else if (o->example) {
		format(wrong, size, "; write for example %s=%s", o->name, o->example);
	} else if (!value) {
		format(wrong, size, "; write for example %s=%s", o->name, o->standard);
	} else {
		n = format(wrong, size, " ");
		list_choices(wrong + n, size - n, o, ", ");
	}
	return false;
}

static const struct option *find_option(const char *name, size_t n)
{
	for (const struct option *o = option_table; o < option_table_end; o++)
		if (strlen(o->name) == n && !strncmp(o->name, name, n))
			return o;
	return NULL;
}

static void unknown(const char *name, size_t n, char *wrong, size_t size)
{
	const char *nearest = NULL;
	unsigned least = 3, distance;
	size_t used;

	for (const struct option *o = option_table; o < option_table_end; o++) {
		distance = option_distance(name, n, o->name, strlen(o->name));
		if (distance < least && distance < strlen(o->name)) {
			least = distance;
			nearest = o->name;
		}
	}
	used = format(wrong, size, "unknown name; ");
	if (nearest)
		used += format(wrong + used, size - used, "did you mean \"%s\"? ", nearest);
	format(wrong + used, size - used, "\"help\" lists all options");
}

/* Apply one word; writes the complaint's end into `wrong`. */
static bool apply_word(const char *word, struct options *to, char *wrong, size_t size)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *o = find_option(word, n);

	if (!o) {
		unknown(word, n, wrong, size);
		return false;
	}
	return apply(o, equals ? equals + 1 : NULL, to, wrong, size);
}

unsigned options_parse(struct options *to, const char *cmdline, option_complain_fn complain)
{
	char word[WORD_MAX], wrong[COMPLAINT_MAX], message[COMPLAINT_MAX];
	unsigned complaints = 0;
	int n;

	memset(to, 0, sizeof(*to));
	for (const struct option *o = option_table; o < option_table_end; o++)
		if (o->standard)
			(void)apply(o, o->standard, to, wrong, sizeof(wrong));

	while ((n = option_next_word(&cmdline, word, sizeof(word))) != -ERR_NOENT) {
		if (n == -ERR_RANGE)
			format(wrong, sizeof(wrong),
			       "too long; no option needs that many characters");
		else if (n == -ERR_CORRUPT)
			format(wrong, sizeof(wrong), "has a quotation mark without its partner");
		else if (apply_word(word, to, wrong, sizeof(wrong)))
			continue;
		format(message, sizeof(message), "option \"%.48s%s\": %s", word,
		       strlen(word) > 48 ? "..." : "", wrong);
		if (complain)
			complain(message);
		complaints++;
	}
	return complaints;
}

void options_help(void (*print_line)(const char *line))
{
	char line[COMPLAINT_MAX];
	size_t n;

	for (const struct option *o = option_table; o < option_table_end; o++) {
		n = format(line, sizeof(line), "  %s", o->name);
		if (o->kind != KIND_FLAG) {
			n += format(line + n, sizeof(line) - n, "=");
			n += list_choices(line + n, sizeof(line) - n, o, "|");
			format(line + n, sizeof(line) - n, "  (default %s)", o->standard);
		}
		print_line(line);
		format(line, sizeof(line), "      %s", o->sentence);
		print_line(line);
	}
}
