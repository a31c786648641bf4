/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a module's own file says of it: the firmware that it may ask for, and the symbols that it
 * takes from others. Indexes do not have either.
 *
 * A plain file is mapped, and costs some 50 microseconds; one that is compressed with xz costs
 * milliseconds. So whoever can answer a question from the indexes does, and asks here last.
 */
#include "image/module-info.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

/* No directory: to libkmod, a file with the name of what is builtin is builtin, whatever it holds.
 */
#define NO_MODULES_DIR "/dev/null"

struct module_info_reader {
	struct kmod_ctx *files, *builtins;
};

void module_info_done(struct module_info *info)
{
	vec_done(&info->firmware, free);
	vec_done(&info->imports, free);
	*info = (struct module_info){ 0 };
}

static void cleanup_module(struct kmod_module **module)
{
	if (*module)
		(void)kmod_module_unref(*module);
}

/* The caller says what is wrong, with the file's name. */
static void _printf_(6, 0) drop_kmod_log(void *userdata, int priority, const char *file, int line,
					 const char *function, const char *format, va_list args)
{
}

static struct kmod_ctx *open_context(const char *modules_dir)
{
	static const char *const no_config[] = { NULL };
	struct kmod_ctx *ctx = kmod_new(modules_dir, no_config);

	if (ctx)
		kmod_set_log_fn(ctx, drop_kmod_log, NULL);
	return ctx;
}

static void cleanup_reader(struct module_info_reader **reader)
{
	(void)module_info_reader_free(*reader);
}

int module_info_reader_new(const char *modules_dir, struct module_info_reader **ret_reader)
{
	_cleanup_(cleanup_reader) struct module_info_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->files = open_context(NO_MODULES_DIR);
	reader->builtins = open_context(modules_dir);
	if (!reader->files || !reader->builtins)
		return -ENOMEM;
	*ret_reader = TAKE_PTR(reader);
	return 0;
}

struct module_info_reader *module_info_reader_free(struct module_info_reader *reader)
{
	if (reader) {
		if (reader->files)
			(void)kmod_unref(reader->files);
		if (reader->builtins)
			(void)kmod_unref(reader->builtins);
		free(reader);
	}
	return NULL;
}

static int push_copy(struct vec *vec, const char *string)
{
	char *copy = strdup(string);
	int r = copy ? vec_push(vec, copy) : -ENOMEM;

	if (r < 0)
		free(copy);
	return r;
}

static int read_firmware(const struct kmod_module *module, struct vec *firmware)
{
	struct kmod_list *list = NULL, *item;
	int r = kmod_module_get_info(module, &list);

	kmod_list_foreach(item,
			  list) if (r >= 0 && str_equal(kmod_module_info_get_key(item), "firmware"))
		r = push_copy(firmware, kmod_module_info_get_value(item));
	kmod_module_info_free_list(list);
	return r;
}

static int read_imports(const struct kmod_module *module, struct vec *imports)
{
	struct kmod_list *list = NULL, *item;
	int r = kmod_module_get_dependency_symbols(module, &list);

	kmod_list_foreach(item, list) if (r >= 0) r =
		push_copy(imports, kmod_module_dependency_symbol_get_symbol(item));
	kmod_module_dependency_symbols_free_list(list);
	return r;
}

/* libkmod's errors depend on its version and on how the file is compressed. */
static int translate_error(int error)
{
	return error >= 0 || error == -ENOMEM || error == -ENOEXEC ? error : -EBADMSG;
}

/* With its own look at the file, as libkmod does not tell an unreadable one from a damaged one. */
static int open_module(struct module_info_reader *reader, const char *host_path,
		       struct kmod_module **ret_module)
{
	_cleanup_close_ int fd = open(host_path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = kmod_module_new_from_path(reader->files, host_path, ret_module);
	return translate_error(r);
}

int module_info_read(struct module_info_reader *reader, const char *host_path, bool with_imports,
		     struct module_info *ret_info)
{
	_cleanup_(cleanup_module) struct kmod_module *module = NULL;
	_cleanup_module_info_ struct module_info info = { 0 };
	int r;

	r = open_module(reader, host_path, &module);
	if (r < 0)
		return r;
	r = translate_error(read_firmware(module, &info.firmware));
	if (r >= 0 && with_imports)
		r = translate_error(read_imports(module, &info.imports));
	if (r < 0)
		return r;
	*ret_info = info;
	info = (struct module_info){ 0 };
	return 0;
}

int module_info_read_builtin(struct module_info_reader *reader, const char *name,
			     struct module_info *ret_info)
{
	_cleanup_(cleanup_module) struct kmod_module *module = NULL;
	_cleanup_module_info_ struct module_info info = { 0 };
	int r;

	r = kmod_module_new_from_name(reader->builtins, name, &module);
	if (r >= 0)
		r = read_firmware(module, &info.firmware);
	if (r == -ENOMEM)
		return r;
	*ret_info = info;
	info = (struct module_info){ 0 };
	return 0;
}
