/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inserts one module. Its dependencies are live by now: the order is the module queue's business,
 * so libkmod is used for the file formats alone, with a context that reads no configuration.
 *
 * A compressed module is best decompressed by the kernel, which then also merges concurrent loads
 * of the same file; that works for the one algorithm that the kernel was built with.
 */
#include "init/worker.h"

#include "config.h"

#if HAVE_LIBKMOD
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "init/kmod-context.h"

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4 /* Linux 5.17 */
#endif

/* Whether the kernel says that it can decompress a file with this name. */
static bool kernel_decompresses(const char *path)
{
	static const struct {
		const char *algorithm, *suffix;
	} formats[] = {
		{ "zstd", ".zst" },
		{ "xz", ".xz" },
		{ "gzip", ".gz" },
	};
	char algorithm[16];

	if (file_read_attribute(AT_FDCWD, "/sys/module/compression", algorithm, sizeof(algorithm)) <
	    0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (str_equal(algorithm, formats[i].algorithm))
			return str_has_suffix(path, formats[i].suffix);
	return false;
}

static int insert_compressed(const char *path, const char *options)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, options, MODULE_INIT_COMPRESSED_FILE) < 0)
		return -errno;
	return 0;
}

static int insert_by_libkmod(const char *path, const char *options)
{
	static const char *const no_configuration[] = { NULL };
	struct kmod_module *module = NULL;
	struct kmod_ctx *ctx;
	int r;

	ctx = kmod_context_new(no_configuration);
	if (!ctx)
		return -ENOMEM;
	r = kmod_module_new_from_path(ctx, path, &module);
	if (r >= 0)
		r = kmod_module_insert_module(module, 0, options);
	kmod_module_unref(module);
	kmod_unref(ctx);
	return r;
}

int worker_load_module(const struct worker_message *request, struct worker_message *reply)
{
	const char *path = worker_message_get(request, 0);
	const char *options = worker_message_get(request, 1);

	if (kernel_decompresses(path)) {
		int r = insert_compressed(path, options);

		if (r != -EOPNOTSUPP)
			return r;
	}
	return insert_by_libkmod(path, options);
}

#else

#include <errno.h>

int worker_load_module(const struct worker_message *request, struct worker_message *reply)
{
	return -ENOTSUP;
}

#endif
