/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the settings of `kindling build` are found in files, and in which order they count. */
#include "image/build/build-config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/keyfile.h"

#define MAIN_FILE       "/etc/kindling.conf"
#define ADMIN_DROP_INS  "/etc/kindling.conf.d"
#define VENDOR_DROP_INS "/usr/lib/kindling.conf.d"

#define FILE_MAX ((size_t)1024 * 1024)

struct source {
	struct build_options *options;
	const char *path;
};

static int on_setting(void *userdata, unsigned int line, const char *key, const char *value)
{
	const struct source *source = userdata;
	const struct build_option *option;
	const char *complaint;
	int r;

	if (!key) {
		log_warn("%s:%u: '%s' is no setting; they look like KEY = VALUE; ignoring it",
			 source->path, line, value);
		return 0;
	}
	option = build_option_find(key);
	if (!option || !option->is_for_files) {
		log_warn("%s:%u: '%s' is %s; ignoring it", source->path, line, key,
			 option ? "for the command line only" : "no known key");
		return 0;
	}
	r = build_options_set(source->options, option, value, &complaint);
	if (r == -EINVAL) {
		log_warn("%s:%u: %s = %s: that %s; ignoring it", source->path, line, key, value,
			 complaint);
		return 0;
	}
	return r;
}

static int read_file(struct build_options *options, const char *path, const char *name)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = file_read(path, FILE_MAX, &text, NULL);
	return r < 0 ? r : keyfile_parse(text, on_setting, &(struct source){ options, name });
}

/* A file of the sysroot, which need not be there. */
static int read_if_there(struct build_options *options, const struct sysroot *sysroot,
			 const char *path)
{
	_cleanup_free_ char *name = str_format("%s%s", sysroot->path, path), *real = NULL;
	int r;

	if (!name)
		return -ENOMEM;
	r = sysroot_resolve(sysroot, path, &real);
	if (r >= 0)
		r = read_file(options, real, name);
	if (r < 0 && r != -ENOMEM && r != -ENOENT)
		log_warn_errno(r, "cannot read %s, ignoring it", name);
	return r == -ENOMEM ? r : 0;
}

/*
 * 1 if the directory @hiding, which may be NULL, has a file of that name; 0 or -ENOMEM. A link to
 * /dev/null will do, also where the sysroot has no such device.
 */
static int is_hidden(const struct sysroot *sysroot, const char *hiding, const char *name)
{
	_cleanup_free_ char *path = NULL, *real = NULL;
	struct stat st;
	int r;

	if (!hiding)
		return 0;
	path = str_format("%s/%s", hiding, name);
	if (!path)
		return -ENOMEM;
	r = sysroot_resolve_parent(sysroot, path, &real);
	return r == -ENOMEM ? r : r >= 0 && lstat(real, &st) == 0;
}

static int read_drop_in(struct build_options *options, const struct sysroot *sysroot,
			const char *dir, const char *hiding, const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, name);
	int r = path ? is_hidden(sysroot, hiding, name) : -ENOMEM;

	return r == 0 ? read_if_there(options, sysroot, path) : MIN(r, 0);
}

static int read_drop_ins(struct build_options *options, const struct sysroot *sysroot,
			 const char *dir, const char *hiding)
{
	_cleanup_free_ char *real = NULL;
	struct vec names;
	const char *name;
	int r;

	r = sysroot_resolve(sysroot, dir, &real);
	if (r >= 0)
		r = file_list_directory(real, file_is_drop_in, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_for_each(name, &names) {
		if (r >= 0)
			r = read_drop_in(options, sysroot, dir, hiding, name);
	}
	vec_done(&names, free);
	return r;
}

int build_config_read(struct build_options *options, const struct sysroot *sysroot,
		      const char *path)
{
	int r;

	if (path) {
		r = read_file(options, path, path);
		return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot read %s, giving up", path)
					     : r;
	}
	r = read_drop_ins(options, sysroot, VENDOR_DROP_INS, ADMIN_DROP_INS);
	if (r >= 0)
		r = read_if_there(options, sysroot, MAIN_FILE);
	return r < 0 ? r : read_drop_ins(options, sysroot, ADMIN_DROP_INS, NULL);
}
