/* SPDX-License-Identifier: MIT */
/*
 * The options of GRUB's command line. One table (kernel/option_table.c) parses
 * them, documents them (`help`) and rejects what it does not know, by name.
 */
#pragma once

#include "kernel/log.h"
#include "lib/types.h"

enum option_stats { STATS_OFF, STATS_ON, STATS_FULL };
enum option_onexit { ONEXIT_POWEROFF, ONEXIT_REBOOT, ONEXIT_HALT };
enum option_apicv { APICV_OFF, APICV_ON, APICV_AUTO };
enum option_runner { RUNNER_NONE, RUNNER_BOCHS, RUNNER_QEMU };

/* Bits. */
enum option_console {
	CONSOLE_SERIAL = 1,
	CONSOLE_VGA = 2,
	CONSOLE_FB = 4,
	CONSOLE_AUTO = 7,
};

#define OPTION_TEXT_MAX 128

struct options {
	bool help;
	enum log_level log;
	unsigned console; /* CONSOLE_ bits; 0 with console=none */
	u16 serial_port;  /* I/O port; 0 = the BIOS data area's first, or 3f8 */
	u32 baud;
	enum option_onexit onexit;
	enum option_runner runner;
	u64 guest_memory; /* bytes; 0 = chosen by the memory there is */
	u64 load;	  /* guest-physical; ~0 = not given */
	u64 entry;	  /* guest-physical; ~0 = not given */
	u32 doctor;	  /* so many mutated VM entries instead of a guest; 0 = none */
	u64 seed;	  /* of their random numbers */
	u32 recorder;	  /* exits that the flight recorder keeps; 0 = off */
	enum option_stats stats; /* statistics of exits */
	char trace[OPTION_TEXT_MAX]; /* words of vmx/trace_filter.h */
	u8 monitor;	  /* the key that opens it; 0 = off */
	bool paused;	  /* begin at the monitor's prompt */
	enum option_apicv apicv; /* APIC virtualization, where the CPU has it */
	bool check;	  /* judge each VM entry by all rules of the SDM */
};

extern struct options options;

/* A complaint about one word: what it is, the value, the remedy, in one line of LOG_LINE_MAX. */
typedef void (*option_complain_fn)(const char *message);

/*
 * Parse `cmdline` into `o`, starting from the defaults. Every bad word is
 * complained about (unless complain is NULL) and skipped; returns the number
 * of complaints.
 */
unsigned options_parse(struct options *o, const char *cmdline, option_complain_fn complain);

/* Print the table: each option, its values, its default and a sentence. */
void options_help(void (*print_line)(const char *line));

/*
 * The value of `name=` in a module's command line. Returns its length and
 * sets *value to its start, or returns -ERR_NOENT. The value ends at white space.
 */
int option_find(const char *cmdline, const char *name, const char **value);
