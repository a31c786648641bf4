/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling build`. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "image/build.h"
#include "image/commands.h"

enum option_code {
	OPTION_KVER = 256, /* beyond the characters of short options */
	OPTION_MODULES_DIR,
	OPTION_OUTPUT,
	OPTION_MODE,
	OPTION_INIT,
	OPTION_ADD_MODULE,
	OPTION_ADD_FILE,
};

static const struct option long_options[] = {
	{ "kver", required_argument, NULL, OPTION_KVER },
	{ "modules-dir", required_argument, NULL, OPTION_MODULES_DIR },
	{ "output", required_argument, NULL, OPTION_OUTPUT },
	{ "mode", required_argument, NULL, OPTION_MODE },
	{ "init", required_argument, NULL, OPTION_INIT },
	{ "add-module", required_argument, NULL, OPTION_ADD_MODULE },
	{ "add-file", required_argument, NULL, OPTION_ADD_FILE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"Usage: kindling build [OPTION]...\n"
	"\n"
	"Builds an initramfs image. The old image stays until the new one is complete.\n"
	"\n"
	"      --kver VERSION        the kernel that the image is for (default: the running one)\n"
	"      --modules-dir DIR     where its modules are: the directory with modules.dep.bin,\n"
	"                            or the one above it (default: /lib/modules)\n"
	"      --output FILE         the image (default: /boot/initrd.img-VERSION)\n"
	"      --mode generic        what goes in: drivers for any machine (default)\n"
	"      --init FILE           the program to be /init (default: Kindling's own)\n"
	"      --add-module NAME     a module or alias to add, with what it needs; repeatable\n"
	"      --add-file SRC[:DST]  a file to add, with its libraries if it is a program;\n"
	"                            repeatable\n"
	"  -v, --verbose             say on standard error what is taken, left out, and why\n"
	"  -h, --help                show this text\n"
	"\n"
	"SOURCE_DATE_EPOCH in the environment sets the time of all files (default: 0).\n"
	"Exit status: 0 the image is in place, 1 it could not be built, 2 wrong usage.\n";

static int check_mode(const char *mode)
{
	if (str_equal(mode, "generic"))
		return 0;
	log_err("--mode %s is not known; the one mode is generic", mode);
	return -EINVAL;
}

/* Where the directory of modules depends on it, it may be no path itself. */
static int check_kver(const char *kver)
{
	if (*kver && !strchr(kver, '/') && !str_equal(kver, ".") && !str_equal(kver, ".."))
		return 0;
	log_err("--kver '%s' is no kernel version; directories go with --modules-dir", kver);
	return -EINVAL;
}

/* -EINVAL for what cannot be; it has been logged by then. */
static int apply_option(struct build_options *options, int code)
{
	switch (code) {
	case OPTION_KVER:
		options->kver = optarg;
		return check_kver(optarg);
	case OPTION_MODULES_DIR:
		options->modules_dir = optarg;
		return 0;
	case OPTION_OUTPUT:
		options->output = optarg;
		return 0;
	case OPTION_MODE:
		return check_mode(optarg);
	case OPTION_INIT:
		options->init = optarg;
		return 0;
	case OPTION_ADD_MODULE:
		return vec_push(&options->add_modules, optarg);
	case OPTION_ADD_FILE:
		return vec_push(&options->add_files, optarg);
	case 'v':
		log_set_debug(true);
		return 0;
	default: /* getopt_long() has said what is wrong */
		return -EINVAL;
	}
}

/* 0, 1 when help was asked for and given, -EINVAL for wrong usage, -ENOMEM. */
static int parse_options(struct build_options *options, int argc, char **argv)
{
	int code, r;

	while ((code = getopt_long(argc, argv, "hv", long_options, NULL)) != -1) {
		if (code == 'h') {
			(void)fputs(help, stdout);
			return 1;
		}
		r = apply_option(options, code);
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

int command_build(int argc, char **argv)
{
	struct build_options options = { 0 };
	int code = EXIT_CODE_OK, r;

	r = parse_options(&options, argc, argv);
	if (r == -EINVAL) {
		log_info("`kindling build --help` shows what can be said");
		code = EXIT_CODE_USAGE;
	} else if (r == 0) {
		r = build_image(&options);
		code = r < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
	}
	if (r == -ENOMEM) {
		log_err("there is not enough memory to build the image");
		code = EXIT_CODE_FAILED;
	}
	vec_done(&options.add_modules, NULL);
	vec_done(&options.add_files, NULL);
	return code;
}
