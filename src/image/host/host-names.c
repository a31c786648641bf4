/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a device's name to the device. A UUID or a label is a link below /dev to udev, and so are
 * most other names. Where /dev has no links, as in a container, udev's database may list them, of
 * which each file tells the links of one device. What is asked of no device is never read from one.
 */
#include "image/host/host-names.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/device-spec.h"
#include "image/host/host-sysfs.h"

#define UDEV_DATABASE "/run/udev/data"
#define BY_UUID       "disk/by-uuid"

/* systemd, src/shared/device-nodes.c: encode_devnode_name() */
static char *encode(const char *value)
{
	_cleanup_strbuf_ struct strbuf encoded = { 0 };

	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (isalnum(c) || c >= 0x80 || strchr("#+-.:=@_", c))
			strbuf_append_bytes(&encoded, value, 1);
		else
			strbuf_printf(&encoded, "\\x%02x", c);
	}
	strbuf_append(&encoded, "");
	return strbuf_steal(&encoded);
}

/* The link below /dev that udev makes for a tag. */
static char *make_tag_link(const struct device_spec *spec, const char *directory)
{
	_cleanup_free_ char *encoded = encode(spec->value);

	return encoded ? str_format("disk/%s/%s", directory, encoded) : NULL;
}

static int make_link(const struct device_spec *spec, char **ret_link)
{
	char *link = NULL;

	if (spec->partition_offset)
		return -EINVAL; /* another partition than the one that has the UUID */
	switch (spec->kind) {
	case DEVICE_SPEC_NODE:
		link = strdup(spec->value);
		break;
	case DEVICE_SPEC_MAPPER:
		link = str_format("mapper/%s", spec->value);
		break;
	case DEVICE_SPEC_UUID:
		link = make_tag_link(spec, "by-uuid");
		break;
	case DEVICE_SPEC_LABEL:
		link = make_tag_link(spec, "by-label");
		break;
	case DEVICE_SPEC_PARTUUID:
		link = make_tag_link(spec, "by-partuuid");
		break;
	case DEVICE_SPEC_PARTLABEL:
		link = make_tag_link(spec, "by-partlabel");
		break;
	case DEVICE_SPEC_ID:
		link = str_format("disk/by-id/%s", spec->value);
		break;
	case DEVICE_SPEC_PATH:
		link = str_format("disk/by-path/%s", spec->value);
		break;
	case DEVICE_SPEC_NONE:
	case DEVICE_SPEC_NUMBER:
	case DEVICE_SPEC_UUID_PART:
	case DEVICE_SPEC_SERIAL:
	case DEVICE_SPEC_GPT_AUTO:
	case DEVICE_SPEC_VIRTIOFS:
	case DEVICE_SPEC_9P:
		return -EINVAL;
	}
	*ret_link = link;
	return link ? 0 : -ENOMEM;
}

/* What the spec stands for, relative to /dev. */
static int spec_to_link(const char *text, char **ret_link)
{
	struct device_spec spec = { 0 };
	const char *name;
	int r = device_spec_parse(text, &spec);

	if (r == -EOPNOTSUPP) { /* what /init cannot resolve, udev has resolved here */
		name = str_after_prefix(text, "/dev/");
		*ret_link = name ? strdup(name) : NULL;
		return !name ? -EINVAL : *ret_link ? 0 : -ENOMEM;
	}
	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	r = make_link(&spec, ret_link);
	device_spec_done(&spec);
	return r;
}

/* "cciss/c0d0" is "cciss!c0d0" in sysfs. */
static int find_kernel_name(struct host_reader *reader, const char *name, char **ret_path)
{
	_cleanup_free_ char *mangled = strdup(name);

	if (!mangled)
		return -ENOMEM;
	for (char *slash = mangled; (slash = strchr(slash, '/'));)
		*slash = '!';
	return host_sysfs_follow(reader, "class/block", mangled, ret_path);
}

/* Only the text of the link matters: in a recorded tree its target may be missing. */
static int find_dev_link(struct host_reader *reader, const char *link, char **ret_path)
{
	_cleanup_free_ char *path = str_format("/dev/%s", link), *real = NULL;
	char target[PATH_MAX];
	ssize_t size;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysroot_resolve_parent(reader->sysroot, path, &real);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	size = readlink(real, target, sizeof(target) - 1);
	if (size < 0)
		return -ENOENT;
	target[size] = '\0';
	return find_kernel_name(reader, str_basename(target), ret_path);
}

/* Which device has a link, if several claim it. */
struct claim {
	int priority;
	char number[]; /* "8:1" */
};

static int add_claim(struct host_reader *reader, const char *link, int priority, const char *number)
{
	struct claim *other = strmap_get(&reader->links, link), *claim;
	int r;

	if (other && other->priority >= priority)
		return 0;
	claim = malloc(sizeof(*claim) + strlen(number) + 1);
	if (!claim)
		return -ENOMEM;
	claim->priority = priority;
	(void)strcpy(claim->number, number);
	r = strmap_set(&reader->links, link, claim);
	free(r < 0 ? claim : other);
	return r;
}

/* The one of the line "L:100"; without it 0, as udev has it. */
static int find_priority(const char *text)
{
	const char *line = str_after_prefix(text, "L:") ? text : strstr(text, "\nL:");

	return line ? atoi(strchr(line, ':') + 1) : 0;
}

/* Notes the links of one device, lines "S:disk/by-uuid/…" in a file "b8:1". */
static int read_database_file(struct host_reader *reader, const char *name)
{
	_cleanup_free_ char *path = str_format(UDEV_DATABASE "/%s", name), *text = NULL;
	char *rest, *line;
	int priority, r;

	if (!path)
		return -ENOMEM;
	r = host_reader_read_file(reader, path, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	priority = find_priority(text);
	for (rest = text; r >= 0 && (line = strsep(&rest, "\n"));) {
		const char *link = str_after_prefix(line, "S:");

		if (link)
			r = add_claim(reader, link, priority, name + 1);
	}
	return r;
}

static bool is_block_device(const char *name)
{
	return name[0] == 'b';
}

/* Sorted, so that of two claims of one priority always the same wins. */
static int read_database(struct host_reader *reader)
{
	_cleanup_free_ char *real = NULL;
	struct vec names;
	const char *name;
	int r = sysroot_resolve(reader->sysroot, UDEV_DATABASE, &real);

	reader->has_links = true;
	if (r >= 0)
		r = file_list_directory(real, is_block_device, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_for_each(name, &names) {
		if (r >= 0)
			r = read_database_file(reader, name);
	}
	vec_done(&names, free);
	return r;
}

static int find_in_database(struct host_reader *reader, const char *link, char **ret_path)
{
	const struct claim *claim;
	int r = reader->has_links ? 0 : read_database(reader);

	if (r < 0)
		return r;
	claim = strmap_get(&reader->links, link);
	return claim ? host_sysfs_follow(reader, "dev/block", claim->number, ret_path) : -ENOENT;
}

/* "vg/lv" is the mapped volume "vg-lv", and dashes in it are doubled. */
static char *make_mapper_name(const char *link)
{
	_cleanup_strbuf_ struct strbuf name = { 0 };
	const char *mapped = str_after_prefix(link, "mapper/");

	if (mapped)
		return strdup(mapped);
	for (; *link; link++) {
		if (*link == '/')
			strbuf_append(&name, "-");
		else
			strbuf_append_bytes(&name, link, 1);
		if (*link == '-')
			strbuf_append(&name, "-");
	}
	strbuf_append(&name, "");
	return strbuf_steal(&name);
}

static int find_mapped(struct host_reader *reader, const char *link, char **ret_path)
{
	_cleanup_free_ char *wanted = make_mapper_name(link);
	char found[HOST_ATTRIBUTE_MAX];
	struct vec names;
	const char *name;
	int r = wanted ? host_sysfs_list(reader, "class/block", "dm-", &names) : -ENOMEM;

	if (r < 0)
		return r;
	r = -ENOENT;
	vec_for_each(name, &names) {
		_cleanup_free_ char *device = str_format("class/block/%s", name);

		if (!device)
			r = -ENOMEM;
		else if (host_sysfs_read(reader, device, "dm/name", found) > 0 &&
			 str_equal(found, wanted))
			r = host_sysfs_follow(reader, "class/block", name, ret_path);
		if (r != -ENOENT)
			break;
	}
	vec_done(&names, free);
	return r;
}

static int find_link(struct host_reader *reader, const char *link, char **ret_path)
{
	int r = find_kernel_name(reader, link, ret_path);

	if (r == -ENOENT)
		r = find_dev_link(reader, link, ret_path);
	if (r == -ENOENT)
		r = find_in_database(reader, link, ret_path);
	if (r == -ENOENT)
		r = find_mapped(reader, link, ret_path);
	return r;
}

/* The UUIDs that the user wrote in capitals, and udev did not. */
static int find_lower_case(struct host_reader *reader, char *link, char **ret_path)
{
	if (!str_after_prefix(link, "disk/by-uuid/") &&
	    !str_after_prefix(link, "disk/by-partuuid/"))
		return -ENOENT;
	for (char *c = link; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return find_link(reader, link, ret_path);
}

/* "8:1"; -EINVAL for what is no number. */
static int find_number(struct host_reader *reader, const char *text, char **ret_path)
{
	struct device_spec spec;
	int r = device_spec_parse(text, &spec);

	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	r = spec.kind == DEVICE_SPEC_NUMBER
		    ? host_sysfs_follow(reader, "dev/block", spec.value, ret_path)
		    : -EINVAL;
	device_spec_done(&spec);
	return r;
}

int host_names_find(struct host_reader *reader, const char *text, char **ret_path)
{
	_cleanup_free_ char *link = NULL;
	int r = find_number(reader, text, ret_path);

	if (r != -EINVAL)
		return r;
	r = spec_to_link(text, &link);
	if (r < 0)
		return r;
	r = find_link(reader, link, ret_path);
	return r == -ENOENT ? find_lower_case(reader, link, ret_path) : r;
}

/* The links that there are of some kind, as their names below /dev. */
static int find_part_in_links(const struct host_reader *reader, const char *part)
{
	_cleanup_free_ char *real = NULL;
	struct vec names;
	const char *name;
	bool is_found = false;
	int r = sysroot_resolve(reader->sysroot, "/dev/" BY_UUID, &real);

	if (r >= 0)
		r = file_list_directory(real, NULL, &names);
	if (r < 0)
		return r == -ENOMEM ? r : -ENODATA;
	vec_for_each(name, &names) {
		is_found |= strcasestr(name, part) != NULL;
	}
	vec_done(&names, free);
	return is_found;
}

int host_names_find_uuid_part(struct host_reader *reader, const char *part)
{
	const struct strmap_entry *slot;
	int r = find_part_in_links(reader, part);

	if (r != -ENODATA)
		return r;
	r = reader->has_links ? 0 : read_database(reader);
	if (r < 0)
		return r;
	strmap_for_each(slot, &reader->links) {
		const char *uuid = str_after_prefix(slot->key, BY_UUID "/");

		if (uuid && strcasestr(uuid, part))
			return 1;
	}
	return reader->links.n_entries > 0 ? 0 : -ENODATA;
}

int host_names_are_known(struct host_reader *reader, const char *spec)
{
	_cleanup_free_ char *link = NULL, *directory = NULL, *real = NULL;
	char *slash;
	int r = spec_to_link(spec, &link);

	if (r < 0)
		return r == -ENOMEM ? r : 1;
	slash = strrchr(link, '/');
	if (!slash || str_after_prefix(link, "mapper/"))
		return 1;
	*slash = '\0';
	directory = str_format("/dev/%s", link);
	if (!directory)
		return -ENOMEM;
	r = sysroot_resolve(reader->sysroot, directory, &real);
	if (r == -ENOMEM)
		return r;
	if (r >= 0)
		return 1;
	r = reader->has_links ? 0 : read_database(reader);
	return r < 0 ? r : reader->links.n_entries > 0;
}
