/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files of modprobe.d(5) count: of those with one name the first in the order of the
 * directories, even if it is empty or a link to /dev/null, which is how a file is masked. Their
 * content is libkmod's business. /run is not looked at: what is there ends with this boot, and
 * the image outlives it.
 */
#include "image/modules/modprobe-config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

static const char *const directories[] = {
	"/etc/modprobe.d",
	"/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d",
	"/lib/modprobe.d",
};

void modprobe_config_file_free(void *item)
{
	struct modprobe_config_file *file = item;

	free(file->path);
	free(file->host_path);
	free(file);
}

/* 0 if it is a file to read, -ENOENT if it masks others. */
static int check_file(const char *host_path)
{
	struct stat st;

	if (stat(host_path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	return access(host_path, R_OK) < 0 ? -errno : 0;
}

/* Notes the file @path of the sysroot, of which @error is known already, if it is not 0. */
static int add_file(const struct sysroot *sysroot, const char *path, int error,
		    struct strmap *files)
{
	struct modprobe_config_file *file = calloc(1, sizeof(*file));
	int r = -ENOMEM;

	if (!file)
		return -ENOMEM;
	file->error = error;
	if (!file->error)
		file->error = sysroot_resolve(sysroot, path, &file->host_path);
	if (file->error >= 0)
		file->error = check_file(file->host_path);
	file->path = strdup(path);
	if (file->path)
		r = strmap_set(files, str_basename(path), file);
	if (r < 0)
		modprobe_config_file_free(file);
	return r;
}

static int add_files(const struct sysroot *sysroot, const char *path, DIR *directory,
		     struct strmap *files)
{
	const struct dirent *entry;

	while ((entry = readdir(directory))) {
		_cleanup_free_ char *file = NULL;
		int r;

		if (!file_is_drop_in(entry->d_name) || strmap_get(files, entry->d_name))
			continue;
		file = str_format("%s/%s", path, entry->d_name);
		r = file ? add_file(sysroot, file, 0, files) : -ENOMEM;
		if (r < 0)
			return r;
	}
	return 0;
}

/* One that cannot be read stands for its files. */
static int add_directory(const struct sysroot *sysroot, const char *path, struct strmap *files)
{
	_cleanup_free_ char *host_path = NULL;
	_cleanup_closedir_ DIR *directory = NULL;
	int r = sysroot_resolve(sysroot, path, &host_path);

	if (r >= 0) {
		directory = opendir(host_path);
		r = directory ? 0 : -errno;
	}
	if (r >= 0)
		return add_files(sysroot, path, directory, files);
	return r == -ENOENT ? 0 : r == -ENOMEM ? r : add_file(sysroot, path, r, files);
}

static int compare_files(const void *a, const void *b)
{
	const struct modprobe_config_file *const *file_a = a, *const *file_b = b;

	return strcmp(str_basename((*file_a)->path), str_basename((*file_b)->path));
}

/* Moves those that are not masks. */
static int take_files(struct strmap *files, struct vec *ret_files)
{
	struct strmap_entry *entry;

	strmap_for_each(entry, files) {
		struct modprobe_config_file *file = entry->value;
		int r;

		if (file->error == -ENOENT)
			continue;
		r = vec_push(ret_files, file);
		if (r < 0)
			return r;
		entry->value = NULL;
	}
	vec_sort(ret_files, compare_files);
	return 0;
}

static void free_if_left(void *file)
{
	if (file)
		modprobe_config_file_free(file);
}

int modprobe_config_list(const struct sysroot *sysroot, struct vec *ret_files)
{
	struct strmap files = { 0 };
	struct vec list = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(directories); i++)
		r = add_directory(sysroot, directories[i], &files);
	if (r >= 0)
		r = take_files(&files, &list);
	strmap_done(&files, free_if_left);
	if (r < 0)
		vec_done(&list, modprobe_config_file_free);
	else
		*ret_files = list;
	return r;
}

int modprobe_config_add_to_tree(const struct sysroot *sysroot, struct tree *tree)
{
	const struct modprobe_config_file *file;
	struct vec files;
	int r = modprobe_config_list(sysroot, &files);

	if (r < 0)
		return r;
	vec_for_each(file, &files) {
		if (file->error < 0) {
			log_info("cannot read %s (%s), going on without it", file->path,
				 strerror(-file->error));
			continue;
		}
		r = tree_add_host_file(tree, sysroot, file->path, "says how modules are loaded");
		if (r < 0) {
			if (r != -ENOMEM)
				log_err_errno(r, "cannot put %s into the image, giving up",
					      file->path);
			break;
		}
	}
	vec_done(&files, modprobe_config_file_free);
	return r;
}
