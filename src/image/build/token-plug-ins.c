/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcryptsetup loads a plug-in from a directory that was fixed when it was built, so it is asked
 * for that, by way of the helper that links it. systemd's plug-ins are thin: what they load by
 * dlopen(3) is in a library of systemd that calls it a suggestion in its notes, if it has any,
 * since to everybody else it is one. So that is a table here.
 */
#include "image/build/token-plug-ins.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/token-kind.h"
#include "image/child/limited-child.h"
#include "kindling/image-layout.h"
#include "kindling/unlock-message.h"

#define STATUS_NOT_STARTED 127 /* as shells have it */

/* No smart cards: they want pcscd(8), which nobody would start. */
static const struct plug_in {
	enum token_kind kind;
	const char *libraries; /* all of them are needed, with spaces between */
} plug_ins[] = {
	/* The last one is that for devices, as others would want a daemon. */
	{ TOKEN_KIND_TPM2,
	  "libtss2-esys.so.0 libtss2-rc.so.0 libtss2-mu.so.0 libtss2-tcti-device.so.0" },
	{ TOKEN_KIND_FIDO2, "libfido2.so.1" },
};

/* A limited_child_cb. */
static int execute_helper(const void *userdata, int fd)
{
	const char *helper = userdata;

	(void)dup2(fd, STDOUT_FILENO);
	(void)execl(helper, helper, UNLOCK_TELL_PLUG_INS, NULL);
	return STATUS_NOT_STARTED;
}

/* One for another machine, or that knows no plug-ins, has no directory: -ENOENT. */
static int ask_for_directory(const char *helper, char **ret_directory)
{
	static const struct child_limits limits = {
		.cpu_sec = 5,
		.wall_sec = 20,
		.output_size = 4096,
	};
	_cleanup_free_ char *output = NULL;
	size_t size = 0;
	int status, r;

	r = limited_child_run(&limits, execute_helper, helper, &status, &output, &size);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	if (status != 0 || size < 2 || output[0] != '/')
		return -ENOENT;
	output[strcspn(output, "\n")] = '\0';
	*ret_directory = TAKE_PTR(output);
	return 0;
}

/* In a host image those for hardware that is there, or that somebody may plug in. */
static bool may_be_of_use(enum token_kind kind, const struct build_options *options,
			  const struct host *host)
{
	if (options->mode != BUILD_MODE_HOST)
		return true;
	if (host->volumes.n_items == 0 && host->crypttab.n_items == 0)
		return false;
	return kind != TOKEN_KIND_TPM2 || host->has_tpm;
}

/* 1 with the first of its libraries that is missing, or NULL; -ENOMEM. */
static int find_missing(struct elf_closure *programs, char *libraries, const char **ret_missing)
{
	char *next = libraries, *library;

	*ret_missing = NULL;
	while ((library = strsep(&next, " "))) {
		int r = elf_closure_has_library(programs, IMAGE_UNLOCK, library);

		if (r < 0)
			return r;
		if (r == 0) {
			*ret_missing = library;
			return 1;
		}
	}
	return 1;
}

static int add_libraries(struct elf_closure *programs, const char *path, const char *libraries)
{
	_cleanup_free_ char *copy = strdup(libraries);
	char *next = copy, *library;
	int r = copy ? 0 : -ENOMEM;

	while (r >= 0 && (library = strsep(&next, " ")))
		r = elf_closure_add_library(programs, path, library);
	return r;
}

/* 1, or 0 if it is not installed, or lacks what it loads. */
static int add_plug_in(struct elf_closure *programs, const struct sysroot *machine,
		       const char *directory, const struct plug_in *plug_in)
{
	const char *title = token_kind_get_title(plug_in->kind);
	_cleanup_free_ char *path = str_format("%s/libcryptsetup-token-%s.so", directory,
					       token_kind_get_type(plug_in->kind));
	_cleanup_free_ char *copy = strdup(plug_in->libraries), *real = NULL;
	_cleanup_free_ char *why = str_format("opens LUKS volumes by %s", title);
	const char *missing;
	int r;

	if (!path || !copy || !why)
		return -ENOMEM;
	r = sysroot_resolve(machine, path, &real);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = find_missing(programs, copy, &missing);
	if (r < 0)
		return r;
	if (missing) {
		log_info("%s is not here, so %s will not open LUKS volumes", missing, title);
		return 0;
	}
	r = elf_closure_add(programs, real, path, why);
	if (r >= 0)
		r = add_libraries(programs, path, plug_in->libraries);
	return r < 0 ? r : 1;
}

static int add_from(struct tree *tree, struct elf_closure *programs, const struct sysroot *machine,
		    const char *directory, const struct build_options *options,
		    const struct host *host)
{
	bool has_any = false;

	for (size_t i = 0; i < ARRAY_SIZE(plug_ins); i++) {
		int r = may_be_of_use(plug_ins[i].kind, options, host)
				? add_plug_in(programs, machine, directory, &plug_ins[i])
				: 0;

		if (r < 0)
			return r;
		has_any |= r > 0;
	}
	return has_any ? tree_add_symlink(tree, IMAGE_TOKEN_PLUG_INS, directory,
					  "tells /init to look for tokens of LUKS volumes first")
		       : 0;
}

int token_plug_ins_add(struct tree *tree, struct elf_closure *programs,
		       const struct sysroot *machine, const struct build_options *options,
		       const struct host *host)
{
	const struct tree_entry *helper = tree_get(tree, IMAGE_UNLOCK);
	_cleanup_free_ char *directory = NULL;
	int r;

	if (!helper)
		return 0;
	r = ask_for_directory(helper->source, &directory);
	if (r == -ENOENT)
		log_debug("%s knows no directory of plug-ins for tokens, going on without them",
			  helper->source);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return add_from(tree, programs, machine, directory, options, host);
}
