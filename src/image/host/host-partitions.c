/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs does not tell the types of partitions, and no device is opened here; udev's database does.
 */
#include "image/host/host-partitions.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "config/discoverable-partitions.h"
#include "image/host/host-sysfs.h"
#include "kindling/image-layout.h"

/* What the file of one device says. */
struct record {
	const char *type; /* NULL if it is no partition */
	uint64_t flags;
};

/* Cuts @text, which what it finds is a part of. */
static void parse_record(char *text, struct record *ret_record)
{
	struct record record = { 0 };
	const char *line;

	while ((line = strsep(&text, "\n"))) {
		const char *type = str_after_prefix(line, "E:ID_PART_ENTRY_TYPE="),
			   *flags = str_after_prefix(line, "E:ID_PART_ENTRY_FLAGS=");

		if (type)
			record.type = type;
		if (flags)
			record.flags = strtoull(flags, NULL, 16);
	}
	*ret_record = record;
}

static int push_device(struct host_reader *reader, const char *number, struct vec *paths)
{
	char *path;
	int r = host_sysfs_follow(reader, "dev/block", number, &path);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = vec_push(paths, path);
	if (r < 0)
		free(path);
	return r;
}

/* @name is "b8:1". 1 if it is a partition, whatever its type, 0 if not, or -ENOMEM. */
static int read_record(struct host_reader *reader, const char *name, const char *type,
		       struct vec *paths)
{
	_cleanup_free_ char *path = str_format(RUN_UDEV_DATA "/%s", name), *text = NULL;
	struct record record;
	int r;

	if (!path)
		return -ENOMEM;
	r = host_reader_read_file(reader, path, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	parse_record(text, &record);
	if (!record.type)
		return 0;
	if (strcasecmp(record.type, type) == 0 && !(record.flags & GPT_FLAG_NO_AUTO))
		r = push_device(reader, name + 1, paths);
	return r < 0 ? r : 1;
}

static bool is_block_device(const char *name)
{
	return name[0] == 'b';
}

int host_partitions_find(struct host_reader *reader, const char *type, struct vec *ret_paths)
{
	_cleanup_free_ char *real = NULL;
	bool are_known = false;
	struct vec names;
	const char *name;
	int r = sysroot_resolve(reader->sysroot, RUN_UDEV_DATA, &real);

	*ret_paths = (struct vec){ 0 };
	if (r >= 0)
		r = file_list_directory(real, is_block_device, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_for_each(name, &names) {
		r = read_record(reader, name, type, ret_paths);
		are_known |= r > 0;
		if (r < 0)
			break;
	}
	vec_done(&names, free);
	return r < 0 ? r : are_known;
}
