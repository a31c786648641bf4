/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/fstab.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/str.h"
#include "config/fields.h"
#include "config/warnings.h"

static void free_entry(void *item)
{
	struct fstab_entry *entry = item;

	free(entry->source);
	device_spec_done(&entry->device);
	free(entry->path);
	free(entry->type);
	free(entry->options);
	free(entry);
}

/* "/usr/" is "/usr". */
static void cut_slashes(char *path)
{
	size_t size = strlen(path);

	while (size > 1 && path[size - 1] == '/')
		path[--size] = '\0';
}

/* "auto" after "noauto" takes it back; of the others there is no opposite. */
static void apply_options(struct fstab_entry *entry)
{
	const char *item, *rest = entry->options;
	size_t size;

	while ((item = str_next_item(&rest, &size))) {
		if (str_item_is(item, size, "noauto"))
			entry->noauto = true;
		else if (str_item_is(item, size, "auto"))
			entry->noauto = false;
	}
	entry->is_bind =
		str_list_has(entry->options, "bind") || str_list_has(entry->options, "rbind");
	entry->nofail = str_list_has(entry->options, "nofail");
	entry->initrd_mount = str_list_has(entry->options, "x-initrd.mount");
}

/* The source of a bind mount is a directory, also if it is below /dev. */
static int find_device(struct fstab_entry *entry)
{
	int r = entry->is_bind
			? -EINVAL
			: device_spec_parse_mount(entry->source, entry->type, &entry->device);

	return r == -ENOMEM ? r : 0;
}

static int add_entry(struct fstab *fstab, const char *const fields[static 4], unsigned int passno,
		     unsigned int number)
{
	struct fstab_entry *entry = calloc(1, sizeof(*entry));
	int r = -ENOMEM;

	if (!entry)
		return r;
	*entry = (struct fstab_entry){
		.source = strdup(fields[0]),
		.path = strdup(fields[1]),
		.type = strdup(fields[2]),
		.options = strdup(fields[3] ? fields[3] : "defaults"),
		.passno = passno,
		.line = number,
	};
	if (entry->source && entry->path && entry->type && entry->options) {
		cut_slashes(entry->path);
		apply_options(entry);
		r = find_device(entry);
	}
	if (r >= 0)
		r = vec_push(&fstab->entries, entry);
	if (r < 0)
		free_entry(entry);
	return r;
}

/* The last field; the one before it, of dump(8), is read by nobody. */
static int parse_passno(struct fstab *fstab, const char *text, unsigned int number,
			unsigned int *ret_passno)
{
	uint64_t passno = 0;

	if (text && (str_parse_uint64(text, &passno) < 0 || passno > UINT_MAX)) {
		*ret_passno = 0;
		return warnings_add(&fstab->warnings,
				    "line %u of fstab: %s is no number of a pass of fsck, taking 0",
				    number, text);
	}
	*ret_passno = (unsigned int)passno;
	return 0;
}

static int parse_line(void *userdata, char *text, unsigned int number)
{
	struct fstab *fstab = userdata;
	const char *fields[6] = { fields_first(&text) };
	unsigned int passno;
	int r;

	if (!fields[0])
		return 0;
	for (size_t i = 1; i < ARRAY_SIZE(fields); i++)
		fields[i] = fields_next(&text);
	if (!fields[2])
		return warnings_add(&fstab->warnings,
				    "line %u of fstab has no %s for %s, ignoring it", number,
				    fields[1] ? "type" : "mount point", fields[0]);
	r = parse_passno(fstab, fields[5], number, &passno);
	return r < 0 ? r : add_entry(fstab, fields, passno, number);
}

int fstab_parse(const char *text, struct fstab *ret_fstab)
{
	*ret_fstab = (struct fstab){ 0 };
	return lines_for_each(text, parse_line, ret_fstab);
}

const struct fstab_entry *fstab_find(const struct fstab *fstab, const char *path)
{
	const struct fstab_entry *entry;

	vec_for_each(entry, &fstab->entries) {
		if (str_equal(entry->path, path))
			return entry;
	}
	return NULL;
}

void fstab_done(struct fstab *fstab)
{
	vec_done(&fstab->entries, free_entry);
	vec_done(&fstab->warnings, free);
}
