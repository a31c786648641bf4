/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serves the kernel's own requests: ciphers of dm-crypt, checksums of file systems, code pages.
 * The process is the kernel's, not a child of PID 1, so it uses libkmod by itself; loads that
 * collide with those of the workers are sorted out by the kernel. Install commands are not run.
 */
#include "init/modprobe.h"

#include "config.h"

#include <stdlib.h>

#if HAVE_LIBKMOD
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "init/kmod-context.h"
#include "kindling/image-layout.h"

/* Leaves a line for the emergency report of PID 1: the index knows @name, the image lacks it. */
static void note_missing(const char *name)
{
	_cleanup_close_ int fd =
		open(RUN_MISSING_MODULES, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)dprintf(fd, "%s\n", name);
}

/* Instead of libkmod's own way, which is a shell: "install" in modprobe.d means "not this one". */
static int refuse_command(struct kmod_module *module, const char *command, void *userdata)
{
	log_warn("not loading %s: modprobe.d replaces it by a command, which is not run here",
		 kmod_module_get_name(module));
	return -EPERM;
}

static int insert(struct kmod_module *module)
{
	const char *path = kmod_module_get_path(module);

	if (path && access(path, R_OK) < 0)
		note_missing(kmod_module_get_name(module));
	return kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY, NULL,
					       refuse_command, NULL, NULL);
}

/* Loads what @alias stands for. 0 if at least one module is live then. */
static int load(struct kmod_ctx *ctx, const char *alias)
{
	struct kmod_list *modules = NULL, *item;
	int r, result;

	r = kmod_module_new_from_lookup(ctx, alias, &modules);
	if (r < 0)
		return r;
	result = -ENOENT;
	kmod_list_foreach(item, modules)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		r = insert(module);
		if (r >= 0 || result == -ENOENT)
			result = r < 0 ? r : 0;
		kmod_module_unref(module);
	}
	kmod_module_unref_list(modules);
	return result;
}

int modprobe_main(int argc, char **argv)
{
	struct kmod_ctx *ctx;
	int first = 1, r;

	log_set_name("kindling-modprobe");
	(void)log_open_kmsg();
	while (first < argc && argv[first][0] == '-')
		first++;
	if (first == argc)
		return EXIT_FAILURE;
	ctx = kmod_context_new(NULL);
	if (!ctx)
		return EXIT_FAILURE;
	r = load(ctx, argv[first]);
	kmod_unref(ctx);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

#else

int modprobe_main(int argc, char **argv)
{
	return EXIT_FAILURE;
}

#endif
