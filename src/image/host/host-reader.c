/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all that read a machine share: its files, and the memory of which devices have been seen, so
 * that none is read twice and no circle of links is walked for ever.
 */
#include "image/host/host-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "image/host/host-needs.h"
#include "image/host/host-sysfs.h"

#define FILE_SIZE_MAX ((size_t)8 << 20) /* a mountinfo of tens of thousands of lines */

enum visit {
	VISIT_NONE,
	VISIT_OPTIONAL,
	VISIT_ESSENTIAL,
};

static int open_sysfs(const struct sysroot *sysroot)
{
	_cleanup_free_ char *path = NULL;

	if (sysroot_resolve(sysroot, "/sys", &path) < 0)
		return -1;
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * A mounted /proc tells of this process, whose root is not the sysroot; a recorded one tells of the
 * machine that it comes from.
 */
static const char *find_mountinfo_root(const struct sysroot *sysroot)
{
	_cleanup_free_ char *path = NULL;
	struct statfs st;

	if (sysroot_resolve(sysroot, "/proc/self/mountinfo", &path) < 0 || statfs(path, &st) < 0)
		return "";
	return st.f_type == PROC_SUPER_MAGIC ? sysroot->path : "";
}

void host_reader_open(const struct sysroot *sysroot, struct host *host,
		      struct host_reader *ret_reader)
{
	*ret_reader = (struct host_reader){
		.sysroot = sysroot,
		.host = host,
		.sys_fd = open_sysfs(sysroot),
		.mountinfo_root = find_mountinfo_root(sysroot),
	};
	host->has_sysfs = host_sysfs_has(ret_reader, "devices", ".");
	if (host_reader_read_file(ret_reader, "/proc/self/mountinfo", &ret_reader->mountinfo) < 0)
		ret_reader->mountinfo = NULL;
}

void host_reader_close(struct host_reader *reader)
{
	strmap_done(&reader->visited, NULL);
	strmap_done(&reader->links, free);
	free(reader->mountinfo);
	reader->sys_fd = safe_close(reader->sys_fd);
}

int host_reader_visit(struct host_reader *reader, const char *path, bool is_essential)
{
	enum visit now = is_essential ? VISIT_ESSENTIAL : VISIT_OPTIONAL;
	uintptr_t before = (uintptr_t)strmap_get(&reader->visited, path);
	int r;

	if (before >= now)
		return 0;
	if (before == VISIT_NONE && reader->visited.n_entries >= HOST_DEVICES_MAX)
		return host_add_gap(reader->host, true,
				    "more than %d devices seem to lead to root, so the rest of "
				    "them was not looked at",
				    HOST_DEVICES_MAX);
	r = strmap_set(&reader->visited, path, (void *)(uintptr_t)now);
	return r < 0 ? r : 1;
}

int host_reader_read_file(const struct host_reader *reader, const char *path, char **ret_text)
{
	_cleanup_free_ char *real = NULL;
	int r = sysroot_resolve(reader->sysroot, path, &real);

	return r < 0 ? r : file_read(real, FILE_SIZE_MAX, ret_text, NULL);
}
