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
	const char *purpose;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "build", "build an initramfs image", command_build },
	{ "verify", "tell whether an image brings this machine to its root", command_verify },
	{ "ls", "list the files of an image, whichever tool made it", command_ls },
	{ "cat", "write files of an image to standard output", command_cat },
	{ "unpack", "unpack an image into a directory", command_unpack },
	{ "why", "show why something is in an image", command_why },
	{ "diff", "show what differs between two images", command_diff },
	{ "size", "show what costs how much in an image", command_size },
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
		     "       kindling help [COMMAND]\n"
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
		"6 no image, or a damaged one; 7 the result cannot be written; 8 whether the "
		"image\n"
		"brings this machine to its root cannot be told: build writes it then and ends\n"
		"with 0, as its last line says; verify ends with 8.\n");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_equal(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int run_command(int argc, char **argv)
{
	const struct command *command = find_command(argv[0]);

	if (!command) {
		log_err("there is no command '%s': `kindling --help` lists them", argv[0]);
		return EXIT_CODE_USAGE;
	}
	argv[0] = (char *)"kindling";
	return command->run(argc, argv);
}

/* `kindling help COMMAND` is `kindling COMMAND --help`. */
static int help(int argc, char **argv)
{
	char *words[] = { argv[1], (char *)"--help", NULL };

	if (argc > 1)
		return run_command(2, words);
	show_help();
	return EXIT_CODE_OK;
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
	if (str_equal(argv[1], "help") || str_equal(argv[1], "--help") || str_equal(argv[1], "-h"))
		return help(argc - 1, argv + 1);
	if (str_equal(argv[1], "--version")) {
		(void)puts("kindling " KINDLING_VERSION);
		return EXIT_CODE_OK;
	}
	return run_command(argc - 1, argv + 1);
}
