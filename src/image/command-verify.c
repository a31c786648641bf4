/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling verify`. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/inspect.h"
#include "image/report/json.h"
#include "image/tree/sysroot.h"
#include "image/verify/verify.h"

static const char help[] =
	"Usage: kindling verify [OPTION]... [IMAGE]\n"
	"\n"
	"Tells whether IMAGE, of any tool, brings this machine to its root: whether it has\n"
	"every driver from the root's disk up to the bus, its file system, the keyboard,\n"
	"/init with all libraries, and what unlocks the disk. By default the image is that\n"
	"of the running kernel in /boot.\n"
	"\n"
	"      --kver VERSION     the kernel (default: the one that IMAGE has modules of)\n"
	"      --modules-dir DIR  where all its modules are (default: /lib/modules/VERSION)\n"
	"      --sysroot DIR      the machine is the one that DIR is the root of\n"
	"      --json             what is missing, and what could not be checked, as JSON\n"
	"  -h, --help             show this text\n"
	"\n"
	"Exit status: 0 it does, 1 failure, 2 wrong usage, 3 something is missing, 4 DIR has\n"
	"no modules of that kernel, 6 not an image, or a damaged one, 7 the output cannot be\n"
	"written, 8 nothing is known to be missing, but not all could be checked.\n";

struct arguments {
	const char *kver, *modules_dir, *sysroot, *image;
	bool is_json;
};

static void write_list(const char *name, const struct vec *sentences)
{
	const char *sentence, *separator = "";

	(void)printf("\"%s\": [", name);
	vec_for_each(sentence, sentences) {
		(void)fputs(separator, stdout);
		json_write_string(stdout, sentence);
		separator = ", ";
	}
	(void)putchar(']');
}

static void write_json(const struct verification *verification)
{
	(void)putchar('{');
	write_list("missing", &verification->complaints);
	(void)fputs(", ", stdout);
	write_list("unchecked", &verification->doubts);
	(void)fputs(", ", stdout);
	write_list("warnings", &verification->warnings);
	(void)fputs(", ", stdout);
	write_list("notes", &verification->notes);
	(void)puts("}");
}

/* The sentences, and then one that sums them up. 0 or -ENOMEM. */
static int tell(const struct verification *verification, const char *image)
{
	_cleanup_strbuf_ struct strbuf proof = { 0 };

	verification_tell(verification, LOG_INFO);
	switch (verification_get_verdict(verification)) {
	case VERDICT_PROVEN:
		verification_describe(verification, &proof);
		if (proof.failed)
			return -ENOMEM;
		log_info("%s %s", image, strbuf_string(&proof));
		break;
	case VERDICT_UNPROVEN:
		log_info("so it could not be proven that %s brings this machine to its root",
			 image);
		break;
	case VERDICT_REFUTED:
		log_info("so %s would not bring this machine to its root", image);
		break;
	}
	return 0;
}

static enum exit_code code_of(const struct verification *verification)
{
	switch (verification_get_verdict(verification)) {
	case VERDICT_PROVEN:
		return EXIT_CODE_OK;
	case VERDICT_UNPROVEN:
		return EXIT_CODE_UNPROVEN;
	case VERDICT_REFUTED:
		return EXIT_CODE_UNVERIFIED;
	}
	return EXIT_CODE_FAILED;
}

static enum exit_code judge(const struct arguments *arguments, const struct sysroot *sysroot,
			    const struct loaded_image *image)
{
	struct verification verification = { 0 };
	struct host host = { 0 };
	enum exit_code code = EXIT_CODE_FAILED;
	int r;

	r = host_read(sysroot, &host);
	if (r >= 0)
		r = verify_image(&image->contents, &host, sysroot, arguments->modules_dir,
				 arguments->kver, &verification);
	if (r >= 0 && arguments->is_json)
		write_json(&verification);
	else if (r >= 0)
		r = tell(&verification, image->path);
	if (r >= 0)
		code = inspect_finish(stdout, "standard output");
	else if (r == -ESTALE)
		code = EXIT_CODE_KERNEL;
	if (code == EXIT_CODE_OK)
		code = code_of(&verification);
	verification_done(&verification);
	host_done(&host);
	return code;
}

static enum exit_code verify(const struct arguments *arguments)
{
	_cleanup_(sysroot_close) struct sysroot sysroot = SYSROOT_NONE;
	_cleanup_loaded_image_ struct loaded_image image = { 0 };
	enum exit_code code;
	int r;

	r = sysroot_open(arguments->sysroot, &sysroot);
	if (r < 0) {
		log_err_errno(r, "cannot use --sysroot %s", arguments->sysroot);
		return EXIT_CODE_FAILED;
	}
	code = inspect_load(arguments->image, arguments->kver, verify_wants_data, &image);
	return code == EXIT_CODE_OK ? judge(arguments, &sysroot, &image) : code;
}

int command_verify(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const struct command_option options[] = {
		{ "kver", .value = &arguments.kver },
		{ "modules-dir", .value = &arguments.modules_dir },
		{ "sysroot", .value = &arguments.sysroot },
		{ "json", .is_given = &arguments.is_json },
		{ 0 },
	};
	const struct command_line line = {
		.name = "verify",
		.help = help,
		.options = options,
		.n_arguments_max = 1,
		.expectation = "verify takes one image",
	};
	enum exit_code code;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	arguments.image = argv[optind];
	return (int)verify(&arguments);
}
