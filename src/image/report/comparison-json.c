/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `kindling diff` tells programs. */
#include "image/report/comparison-json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/macro.h"
#include "image/report/file-type.h"
#include "image/report/json.h"

static const struct {
	enum change change;
	const char *name;
} changes[] = {
	{ CHANGE_TYPE, "type" },     { CHANGE_CONTENT, "content" }, { CHANGE_FORM, "form" },
	{ CHANGE_TARGET, "target" }, { CHANGE_MODE, "mode" },       { CHANGE_OWNER, "owner" },
	{ CHANGE_DEVICE, "device" },
};

static void write_changes(FILE *stream, const struct difference *difference)
{
	const char *separator = "";

	(void)fputs(", \"changes\": [", stream);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (!(difference->changes & changes[i].change))
			continue;
		(void)fprintf(stream, "%s\"%s\"", separator, changes[i].name);
		separator = ", ";
	}
	(void)fputs("]", stream);
}

static void write_entry(FILE *stream, const char *key, const struct contents_entry *entry)
{
	(void)fprintf(stream, ", \"%s\": {", key);
	json_write_member(stream, "path", entry->path);
	(void)fprintf(stream, ", \"type\": \"%s\", \"mode\": \"%04o\", \"uid\": %u, \"gid\": %u",
		      file_type_name(entry->mode), (unsigned int)(entry->mode & 07777), entry->uid,
		      entry->gid);
	if (entry->file)
		(void)fprintf(stream, ", \"size\": %" PRIu64, entry->file->size);
	if (entry->target) {
		(void)fputs(", ", stream);
		json_write_member(stream, "target", entry->target);
	}
	if (S_ISBLK(entry->mode) || S_ISCHR(entry->mode))
		(void)fprintf(stream, ", \"device\": \"%u:%u\"", major(entry->rdev),
			      minor(entry->rdev));
	(void)fputs("}", stream);
}

static void write_difference(FILE *stream, const struct difference *difference)
{
	(void)fputs("{", stream);
	json_write_member(stream, "path", difference->path);
	if (difference->changes)
		write_changes(stream, difference);
	if (difference->a)
		write_entry(stream, "a", difference->a);
	if (difference->b)
		write_entry(stream, "b", difference->b);
	(void)fputs("}", stream);
}

/* Those that only A has, only B has, or both have. */
static void write_list(FILE *stream, const struct comparison *comparison, const char *key,
		       bool in_a, bool in_b)
{
	const struct difference *difference;
	const char *separator = "\n  ";

	(void)fprintf(stream, ",\n\"%s\": [", key);
	vec_for_each(difference, &comparison->differences) {
		if (!difference->a == in_a || !difference->b == in_b)
			continue;
		(void)fputs(separator, stream);
		write_difference(stream, difference);
		separator = ",\n  ";
	}
	(void)fputs("]", stream);
}

/* @kver is NULL where paths were compared as they are. */
static void write_image(FILE *stream, const char *key, const struct loaded_image *image,
			const char *kver)
{
	(void)fprintf(stream, "\"%s\": {", key);
	json_write_member(stream, "image", image->path);
	(void)fprintf(stream, ", \"image_size\": %" PRIu64 ", \"files_size\": %" PRIu64,
		      image->size, contents_total_size(&image->contents));
	if (kver) {
		(void)fputs(", ", stream);
		json_write_member(stream, "kernel", kver);
	}
	(void)fputs("}", stream);
}

void comparison_write_json(FILE *stream, const struct comparison *comparison,
			   const struct loaded_image *a, const struct loaded_image *b)
{
	(void)fputs("{", stream);
	write_image(stream, "a", a, comparison->kver_a);
	(void)fputs(",\n", stream);
	write_image(stream, "b", b, comparison->kver_b);
	write_list(stream, comparison, "added", false, true);
	write_list(stream, comparison, "removed", true, false);
	write_list(stream, comparison, "changed", true, true);
	(void)fputs("}\n", stream);
}
