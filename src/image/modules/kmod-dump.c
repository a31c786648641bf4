/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules/kmod-dump.h"

#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/modules/kmod-child.h"

#define INDEX_HEADER_SIZE 12

/* What the child is to dump. */
struct dump {
	const char *modules_dir;
	enum kmod_index type;
};

static int get_index_type(const char *name)
{
	static const struct {
		const char *name;
		enum kmod_index type;
	} types[] = {
		{ "modules.dep", KMOD_INDEX_MODULES_DEP },
		{ "modules.alias", KMOD_INDEX_MODULES_ALIAS },
		{ "modules.builtin", KMOD_INDEX_MODULES_BUILTIN },
		{ "modules.builtin.alias", KMOD_INDEX_MODULES_BUILTIN_ALIAS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_equal(types[i].name, name))
			return (int)types[i].type;
	return -EINVAL;
}

static void ignore_message(void *userdata, int priority, const char *file, int line,
			   const char *function, const char *format, va_list args)
{
}

static enum kmod_child_result write_dump(const void *userdata, int fd)
{
	static const char *const no_config[] = { NULL };
	const struct dump *dump = userdata;
	struct kmod_ctx *ctx = kmod_new(dump->modules_dir, no_config);

	if (!ctx)
		return KMOD_CHILD_FAILED;
	kmod_set_log_fn(ctx, ignore_message, NULL);
	/* The other way of libkmod, which reads an index as a stream, has no end at a file's end.
	 */
	if (kmod_load_resources(ctx) < 0)
		return KMOD_CHILD_NOT_LOADED;
	return kmod_dump_index(ctx, dump->type, fd) < 0 ? KMOD_CHILD_FAILED : KMOD_CHILD_DONE;
}

static int report_damage(const char *path)
{
	log_err("%s is damaged; run depmod for this kernel and try again", path);
	return -EBADMSG;
}

static int judge(enum kmod_child_result result, const char *modules_dir, const char *path)
{
	if (result == KMOD_CHILD_DONE)
		return 0;
	if (result != KMOD_CHILD_NOT_LOADED)
		return report_damage(path);
	log_err("an index in %s is missing or damaged, as libkmod cannot open it; run depmod for "
		"this kernel and try again",
		modules_dir);
	return -EBADMSG;
}

int kmod_dump(const char *modules_dir, const char *name, char **ret_text, size_t *ret_size)
{
	_cleanup_free_ char *path = str_format("%s/%s.bin", modules_dir, name), *text = NULL;
	int type = get_index_type(name), r;
	enum kmod_child_result result;
	struct stat st;
	size_t size = 0;

	if (!path)
		return -ENOMEM;
	if (type < 0)
		return type;
	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		return -errno;
	r = kmod_child_run(write_dump, &(struct dump){ modules_dir, (enum kmod_index)type },
			   &result, &text, &size);
	if (r >= 0)
		r = judge(result, modules_dir, path);
	if (r < 0)
		return r;
	/* Where a file was cut off, libkmod may have read on in what is beyond it in memory. */
	if (size == 0 && st.st_size > INDEX_HEADER_SIZE)
		return report_damage(path);
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}
