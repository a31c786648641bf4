/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `kindling build`. It is read twice: first to see that it is right and where
 * kindling.conf is, then, after that has been applied, once more, so that it has the last word.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "image/build/build-config.h"
#include "image/build/build-options.h"
#include "image/build/build.h"
#include "image/command-line.h"
#include "image/commands.h"

#define LONG_OPTION_BASE 256 /* beyond the characters of short options */
#define LONG_OPTIONS_MAX 32

static const struct {
	char character;
	const char *name;
} short_options[] = {
	{ 'f', "force" },
	{ 'j', "jobs" },
	{ 'o', "output" },
	{ 'v', "verbose" },
};

static char find_short(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(short_options); i++)
		if (strcmp(short_options[i].name, name) == 0)
			return short_options[i].character;
	return '\0';
}

static void show_option(const struct build_option *option)
{
	char left[40], character = find_short(option->name);

	(void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s", character ? '-' : ' ',
		       character ? character : ' ', character ? ", " : "  ", option->name,
		       option->form ? " " : "", option->form ? option->form : "");
	(void)printf("  %-26s %s\n", left, option->meaning);
}

static void show_help(void)
{
	(void)printf(
		"Usage: kindling build [OPTION]...\n"
		"Builds an initramfs image, proves it, and then replaces the one that is there.\n");
	for (unsigned int i = 0; i < n_build_options; i++)
		if (build_options_table[i].meaning)
			show_option(&build_options_table[i]);
	(void)puts("  -h, --help                 show this text");
}

/* For getopt_long(): rows of the table by LONG_OPTION_BASE and their index. */
static void make_long_options(struct option long_options[static LONG_OPTIONS_MAX])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_build_options; i++)
		if (build_options_table[i].meaning)
			long_options[n++] = (struct option){
				.name = build_options_table[i].name,
				.has_arg = build_options_table[i].form ? required_argument
								       : no_argument,
				.val = LONG_OPTION_BASE + (int)i,
			};
	long_options[n++] = (struct option){ .name = "help", .val = 'h' };
	long_options[n] = (struct option){ 0 };
}

static const struct build_option *find_option(int code)
{
	if (code >= LONG_OPTION_BASE)
		return &build_options_table[code - LONG_OPTION_BASE];
	for (size_t i = 0; i < ARRAY_SIZE(short_options); i++)
		if (short_options[i].character == code)
			return build_option_find(short_options[i].name);
	return NULL;
}

/* Of a word that getopt_long() does not know: some is said in kindling.conf alone. */
static void hint_at_file(const char *word)
{
	const struct build_option *option;
	_cleanup_free_ char *name = NULL;

	if (!word || strncmp(word, "--", 2) != 0)
		return;
	name = strndup(word + 2, strcspn(word + 2, "="));
	option = name ? build_option_find(name) : NULL;
	if (option && !option->meaning)
		log_info("%s is said in kindling.conf, as `%s = …`: kindling.conf(5) has more",
			 option->name, option->name);
}

/* 0, 1 when help was asked for and given, -EINVAL for wrong usage, which has been logged, -ENOMEM.
 */
static int parse_command_line(struct build_options *options, int argc, char **argv)
{
	struct option long_options[LONG_OPTIONS_MAX];
	int code;

	make_long_options(long_options);
	optind = 0; /* glibc and musl: from the beginning */
	while ((code = getopt_long(argc, argv, "fhj:o:v", long_options, NULL)) != -1) {
		const struct build_option *option = find_option(code);
		const char *complaint;
		int r;

		if (code == 'h') {
			show_help();
			return 1;
		}
		if (!option) { /* getopt_long() has said what is wrong */
			hint_at_file(argv[optind - 1]);
			return -EINVAL;
		}
		r = build_options_set(options, option, optarg, &complaint);
		if (r == -EINVAL)
			log_err("--%s %s: that %s", option->name, optarg, complaint);
		if (r < 0)
			return r;
	}
	if (optind < argc) {
		log_err("build takes no argument '%s'; the image is named with --output",
			argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static enum exit_code fail_without_memory(void)
{
	log_err("there is not enough memory to build the image");
	return EXIT_CODE_FAILED;
}

static enum exit_code build(const struct build_options *from_command_line, int argc, char **argv)
{
	struct build_options options = { 0 };
	struct sysroot sysroot = SYSROOT_NONE;
	enum exit_code code = EXIT_CODE_FAILED;
	int r;

	r = sysroot_open(from_command_line->sysroot, &sysroot);
	if (r < 0 && r != -ENOMEM)
		log_err_errno(r, "cannot use --sysroot %s", from_command_line->sysroot);
	if (r >= 0)
		r = build_config_read(&options, &sysroot, from_command_line->config);
	if (r >= 0)
		r = parse_command_line(&options, argc, argv);
	if (r >= 0) {
		log_set_debug(options.is_verbose);
		code = build_image(&options, &sysroot);
	} else if (r == -ENOMEM) {
		code = fail_without_memory();
	}
	build_options_done(&options);
	sysroot_close(&sysroot);
	return code;
}

int command_build(int argc, char **argv)
{
	struct build_options from_command_line = { 0 };
	enum exit_code code = EXIT_CODE_OK;
	int r;

	r = parse_command_line(&from_command_line, argc, argv);
	if (r == 0)
		code = build(&from_command_line, argc, argv);
	else if (r < 0)
		code = r == -EINVAL ? command_line_refuse("build") : fail_without_memory();
	build_options_done(&from_command_line);
	return (int)code;
}
