/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of /etc/initramfs-tools are sourced by a shell, first by the generator and then at each
 * boot, so that in them the last assignment counts.
 */
#include "image/host/host-initramfs-tools.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "config/shell-assignments.h"

#define MAIN_FILE "/etc/initramfs-tools/initramfs.conf"
#define DROP_INS  "/etc/initramfs-tools/conf.d"

static int on_setting(void *userdata, unsigned int line, const char *name, const char *value,
		      const char *problem)
{
	struct initramfs_tools *settings = userdata;
	uint64_t pages;

	if (problem)
		return 0;
	if (str_equal(name, "RESUME"))
		return str_assign(&settings->resume, *value ? value : NULL);
	if (str_equal(name, "resume_offset") && str_parse_uint64(value, &pages) >= 0)
		return str_assign(&settings->resume_offset, *value ? value : NULL);
	return 0;
}

static int read_file(const struct host_reader *reader, const char *path,
		     struct initramfs_tools *settings)
{
	_cleanup_free_ char *text = NULL;
	int r = host_reader_read_file(reader, path, &text);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	settings->is_there = true;
	return shell_assignments_parse(text, on_setting, settings);
}

/* As mkinitramfs has it. */
static bool is_drop_in(const char *name)
{
	if (!isalnum((unsigned char)name[0]) || strstr(name, ".dpkg-"))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

static int read_drop_ins(const struct host_reader *reader, struct initramfs_tools *settings)
{
	_cleanup_free_ char *real = NULL;
	struct vec names;
	const char *name;
	int r = sysroot_resolve(reader->sysroot, DROP_INS, &real);

	if (r >= 0)
		r = file_list_directory(real, is_drop_in, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_for_each(name, &names) {
		_cleanup_free_ char *path = r < 0 ? NULL : str_format(DROP_INS "/%s", name);

		if (r >= 0)
			r = path ? read_file(reader, path, settings) : -ENOMEM;
	}
	vec_done(&names, free);
	return r;
}

int initramfs_tools_read(const struct host_reader *reader, struct initramfs_tools *ret_settings)
{
	int r;

	*ret_settings = (struct initramfs_tools){ 0 };
	r = read_file(reader, MAIN_FILE, ret_settings);
	return r < 0 ? r : read_drop_ins(reader, ret_settings);
}

void initramfs_tools_done(struct initramfs_tools *settings)
{
	free(settings->resume);
	free(settings->resume_offset);
	*settings = (struct initramfs_tools){ 0 };
}
