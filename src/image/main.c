/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling`: which sub-command, and the few options before it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/commands.h"
#include "image/heap.h"

static const struct command {
	const char *name;
	const char *full_name; /* what getopt_long() begins its messages with */
	const char *purpose;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "build", "kindling build", "build an initramfs image", command_build },
	{ "verify", "kindling verify", "tell whether an image brings this machine to its root",
	  command_verify },
	{ "ls", "kindling ls", "list the files of an image, whichever tool made it", command_ls },
	{ "cat", "kindling cat", "write files of an image to standard output", command_cat },
	{ "unpack", "kindling unpack", "unpack an image into a directory", command_unpack },
	{ "why", "kindling why", "show why something is in an image", command_why },
	{ "diff", "kindling diff", "show what differs between two images", command_diff },
	{ "size", "kindling size", "show what costs how much in an image", command_size },
};

enum exit_code exit_code_of_image(int result)
{
	if (result >= 0)
		return EXIT_CODE_OK;
	if (result != -ENOMEM)
		return EXIT_CODE_IMAGE;
	log_err("there is not enough memory to read the image");
	return EXIT_CODE_FAILED;
}

static void show_help(void)
{
	(void)printf("Usage: kindling COMMAND [OPTION]...\n"
		     "       kindling --help | --version\n"
		     "\n"
		     "Makes initramfs images that boot with Kindling's event-driven /init.\n"
		     "\n"
		     "Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)printf("  %-10s%s\n", commands[i].name, commands[i].purpose);
	(void)printf(
		"\n"
		"`kindling COMMAND --help` shows the options of a command.\n"
		"Exit status: 0 success; 1 failure; 2 wrong usage; 3 the image would not bring\n"
		"this machine to its root; 4 no such kernel; 5 a file to go in is broken;\n"
		"6 no image, or a damaged one; 7 the result cannot be written.\n");
}

int main(int argc, char **argv)
{
	log_set_name("kindling");
	heap_prepare();
	(void)signal(SIGXFSZ, SIG_IGN); /* write(2) tells as well if a file may not be so large */
	if (argc < 2) {
		log_err("say what to do: `kindling --help` lists the commands");
		return EXIT_CODE_USAGE;
	}
	if (str_equal(argv[1], "--help") || str_equal(argv[1], "-h")) {
		show_help();
		return EXIT_CODE_OK;
	}
	if (str_equal(argv[1], "--version")) {
		(void)puts("kindling " KINDLING_VERSION);
		return EXIT_CODE_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!str_equal(argv[1], commands[i].name))
			continue;
		argv[1] = (char *)commands[i].full_name;
		return commands[i].run(argc - 1, argv + 1);
	}
	log_err("there is no command '%s': `kindling --help` lists them", argv[1]);
	return EXIT_CODE_USAGE;
}
