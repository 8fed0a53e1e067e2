/* SPDX-License-Identifier: MIT */
/*
 * The table of options. To add one: a field in struct options, a row here.
 */
#include "kernel/option_table.h"

#define FIELD(member)                                                                              \
	.offset = offsetof(struct options, member), .size = sizeof(((struct options *)0)->member)

const struct option option_table[] = {
	{
		.name = "help",
		.kind = KIND_FLAG,
		FIELD(help),
		.sentence = "Print this list and end the run.",
	},
	{
		.name = "log",
		.kind = KIND_CHOICE,
		FIELD(log),
		.standard = "info",
		.sentence = "How much is logged; quiet leaves reports and guest text only.",
		.choices = {{"quiet", LOG_QUIET},
			    {"error", LOG_ERROR},
			    {"warn", LOG_WARN},
			    {"info", LOG_INFO},
			    {"debug", LOG_DEBUG}},
	},
	{
		.name = "console",
		.kind = KIND_SET,
		FIELD(console),
		.standard = "auto",
		.sentence = "Where to log, as a comma list; auto is every console that is found.",
		.choices = {{"auto", CONSOLE_AUTO},
			    {"serial", CONSOLE_SERIAL},
			    {"vga", CONSOLE_VGA},
			    {"fb", CONSOLE_FB},
			    {"none", 0}},
	},
	{
		.name = "serial",
		.kind = KIND_PORT,
		FIELD(serial_port),
		.standard = "auto",
		.values = "PORT",
		.example = "0x3f8",
		.sentence = "I/O port of the serial console; auto asks the BIOS, then tries 0x3f8.",
		.choices = {{"auto", 0}},
	},
	{
		.name = "baud",
		.kind = KIND_BAUD,
		FIELD(baud),
		.standard = "115200",
		.values = "N",
		.example = "115200",
		.sentence = "Speed of the serial console; must divide 115200.",
	},
	{
		.name = "onexit",
		.kind = KIND_CHOICE,
		FIELD(onexit),
		.standard = "poweroff",
		.sentence = "What to do with this computer when the last guest has ended.",
		.choices = {{"poweroff", ONEXIT_POWEROFF},
			    {"reboot", ONEXIT_REBOOT},
			    {"halt", ONEXIT_HALT}},
	},
	{
		.name = "runner",
		.kind = KIND_CHOICE,
		FIELD(runner),
		.standard = "none",
		.sentence =
			"The emulator to report the outcome to; never set this on real hardware.",
		.choices = {{"none", RUNNER_NONE}, {"bochs", RUNNER_BOCHS}, {"qemu", RUNNER_QEMU}},
	},
	{
		.name = "mem",
		.kind = KIND_SIZE,
		FIELD(guest_memory),
		.standard = "auto",
		.values = "SIZE",
		.example = "256M",
		.sentence = "Memory of the guest, with K, M or G; auto goes by what there is.",
		.choices = {{"auto", 0}},
	},
	{
		.name = "load",
		.kind = KIND_ADDRESS,
		FIELD(load),
		.standard = "auto",
		.values = "ADDRESS",
		.example = "0x7c00",
		.sentence = "Where a guest without a known header is loaded; auto is 0x7c00.",
		.choices = {{"auto", ~0UL}},
	},
	{
		.name = "entry",
		.kind = KIND_ADDRESS,
		FIELD(entry),
		.standard = "auto",
		.values = "ADDRESS",
		.example = "0x7c00",
		.sentence = "Where such a guest starts, in real mode; auto is where it was loaded.",
		.choices = {{"auto", ~0UL}},
	},
	{
		.name = "doctor",
		.kind = KIND_COUNT,
		FIELD(doctor),
		.standard = "off",
		.values = "N",
		.example = "300",
		.sentence = "Try N broken VM entries instead of a guest; compare with the rules.",
		.choices = {{"off", 0}},
	},
	{
		.name = "seed",
		.kind = KIND_COUNT,
		FIELD(seed),
		.standard = "1",
		.values = "N",
		.example = "1",
		.sentence = "Start of the random numbers of doctor=; the same gives the same.",
	},
	{
		.name = "check",
		.kind = KIND_CHOICE,
		FIELD(check),
		.standard = "off",
		.sentence = "Judge each VM entry by the SDM's rules before it happens; slow.",
		.choices = {{"off", false}, {"on", true}},
	},
};

const struct option *const option_table_end = option_table + ARRAY_SIZE(option_table);
