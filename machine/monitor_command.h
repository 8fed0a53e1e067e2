/* SPDX-License-Identifier: MIT */
/*
 * A command of the monitor: its words, and what commands share. For
 * machine/monitor*.c alone.
 */
#pragma once

#include "lib/types.h"

struct monitor;
struct vcpu;

#define COMMAND_WORDS 6
#define COMMAND_REST  255 /* as `most`: all that follows is one argument */

/* A command line, cut into words; the command's name is the first. */
struct command_words {
	unsigned count;
	char *word[COMMAND_WORDS];
};

struct command {
	const char *name;
	const char *arguments; /* as help shows them: "[N]", or "" */
	const char *sentence;
	void (*run)(struct vcpu *v, const struct command_words *w);
	u8 least, most; /* arguments */
};

/* In the order in which help lists them; the last one has no name. */
extern const struct command command_table[];

/* Cut and run one line; the text is written to. */
void command_run(struct vcpu *v, char *line);

/*
 * The commands that begin with these n characters: how many, the first of
 * them, and how many characters they have in common. Pure.
 */
unsigned command_match(const char *text, size_t n, const struct command **first, size_t *common);

/* One line: `"WORD": WRONG; REMEDY`. */
void command_complain(const char *word, const char *wrong, const char *remedy);

/* An argument as a number; complains. */
bool command_number(const char *word, u64 *value);

/* An address: a number, or $ and the name of a register. Complains. */
bool command_address(struct vcpu *v, const char *word, u64 *value);

/* ---- The guest under the monitor: monitor_run.c ------------------------------------ */

void monitor_pause(struct vcpu *v);
void monitor_resume(struct vcpu *v); /* if it is paused */

/* If it is paused: its clock counts as if the pause began now. */
void monitor_hold_time(struct vcpu *v);

/* Has it stopped by a fault, and can never go on? Complains. */
bool monitor_has_fallen(const struct vcpu *v, const char *word);

/* Its exits so far; with the flight recorder off, since the last `stats reset`. */
u64 monitor_exits(const struct vcpu *v);

/*
 * While it steps, at each turn of the run loop: have there been exits enough?
 * Then it is paused and the exits are shown.
 */
bool monitor_stepped(struct vcpu *v);

/* ---- Commands, by the files they are in ------------------------------------------ */

typedef void command_fn(struct vcpu *v, const struct command_words *w);

/* The last exits of the flight recorder, which there must be. */
void monitor_show_exits(struct vcpu *v, u64 count);

/* monitor_look.c */
command_fn command_vm, command_regs, command_vmcs, command_gva, command_ept, command_exits,
	command_stats;

/* monitor_memory.c */
command_fn command_examine;

/* monitor_act.c */
command_fn command_trace, command_inject, command_log, command_reboot, command_quit;

/* monitor_run.c */
command_fn command_pause, command_cont, command_step;

/* monitor.c */
command_fn command_close;

/* monitor_command.c */
command_fn command_help;
