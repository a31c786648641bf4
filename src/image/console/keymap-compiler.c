/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loadkeys(1) of kbd knows the language of keymaps, with its includes and the kernel's names for
 * symbols; ckbcomp(1) of console-setup translates from XKB. Both run as children with limits, so
 * that a file that sends them in circles is no more than a keymap that cannot be had.
 */
#include "image/console/keymap-compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/bkeymap.h"
#include "image/child/limited-child.h"

static const struct child_limits limits = {
	.cpu_sec = 10,
	.wall_sec = 30,
	.output_size = 4 << 20, /* ckbcomp's text has 300 kB, a compiled keymap at most 64 kB */
};

#define COMPLAINT_MAX      4096
#define STATUS_NOT_STARTED 127 /* as shells have it */

/* A program with its arguments, and what it reads. */
struct command {
	const char *const *argv;
	int input, complaints;
};

static int execute(const void *userdata, int fd)
{
	const struct command *command = userdata;

	(void)dup2(command->input, STDIN_FILENO);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(command->complaints, STDERR_FILENO);
	(void)setenv("LC_ALL", "C", 1);
	(void)execvp(command->argv[0], (char *const *)command->argv);
	return STATUS_NOT_STARTED;
}

/* The first line of what it said, after its own name. */
static char *read_complaint(int fd, const char *program)
{
	_cleanup_free_ char *prefix = str_format("%s: ", program);
	char text[COMPLAINT_MAX + 1], *line = text;
	ssize_t n = pread(fd, text, COMPLAINT_MAX, 0);

	text[MAX(n, 0)] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (prefix && str_after_prefix(text, prefix))
		line += strlen(prefix);
	return str_format("%s says: %s", program, *line ? line : "nothing");
}

static char *explain(const struct command *command, int status)
{
	const char *program = command->argv[0];

	if (WIFSIGNALED(status))
		return str_format("%s took too long or crashed", program);
	if (WEXITSTATUS(status) == STATUS_NOT_STARTED)
		return str_format("there is no program %s, which comes with the package %s",
				  program,
				  str_equal(program, "loadkeys") ? "kbd" : "console-setup");
	return read_complaint(command->complaints, program);
}

/* Runs @argv on @input, a descriptor; appends its output. */
static int run(const char *const *argv, int input, struct strbuf *output, char **ret_why)
{
	_cleanup_close_ int complaints = memfd_create("complaints", MFD_CLOEXEC);
	const struct command command = { argv, input, complaints };
	_cleanup_free_ char *text = NULL;
	size_t size;
	int status, r;

	*ret_why = NULL;
	if (complaints < 0)
		return -errno;
	r = limited_child_run(&limits, execute, &command, &status, &text, &size);
	if (r < 0) {
		*ret_why = str_format("%s cannot be run: %s", argv[0], strerror(-r));
		return r;
	}
	if (status != 0) {
		*ret_why = explain(&command, status);
		return *ret_why ? -ENOEXEC : -ENOMEM;
	}
	strbuf_append_bytes(output, text, size);
	return output->failed ? -ENOMEM : 0;
}

static int compile(const char *const *argv, int input, struct strbuf *compiled, char **ret_why)
{
	struct bkeymap keymap;
	int r = run(argv, input, compiled, ret_why);

	if (r < 0)
		return r;
	r = bkeymap_parse(compiled->data, compiled->size, &keymap);
	if (r < 0)
		*ret_why = strdup("what loadkeys made of it is no compiled keymap");
	return r;
}

int keymap_compile(const char *path, const char *toggle, struct strbuf *compiled, char **ret_why)
{
	const char *const argv[] = {
		"loadkeys", "--quiet", "--bkeymap", "--unicode", "--", path, toggle, NULL,
	};
	_cleanup_close_ int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	*ret_why = NULL;
	return nothing < 0 ? -errno : compile(argv, nothing, compiled, ret_why);
}

/* A file that is nowhere, with this content, to be read from its start. */
static int open_text(const struct strbuf *text)
{
	_cleanup_close_ int fd = memfd_create("keymap", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write_fd(fd, text->data, text->size);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : TAKE_FD(fd);
}

int keymap_compile_xkb(const struct vconsole *keyboard, struct strbuf *compiled, char **ret_why)
{
	const char *const loadkeys[] = {
		"loadkeys", "--quiet", "--bkeymap", "--unicode", "-", NULL,
	};
	const char *const ckbcomp[] = {
		"ckbcomp",
		"-charmap",
		"UTF-8",
		"-model",
		keyboard->xkb_model ? keyboard->xkb_model : "pc105",
		"-layout",
		keyboard->xkb_layout,
		"-variant",
		keyboard->xkb_variant ? keyboard->xkb_variant : "",
		"-option",
		keyboard->xkb_options ? keyboard->xkb_options : "",
		NULL,
	};
	_cleanup_close_ int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), fd = -1;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	int r;

	*ret_why = NULL;
	r = nothing < 0 ? -errno : run(ckbcomp, nothing, &text, ret_why);
	if (r < 0)
		return r;
	fd = open_text(&text);
	return fd < 0 ? fd : compile(loadkeys, fd, compiled, ret_why);
}
