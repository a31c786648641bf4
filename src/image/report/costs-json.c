/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `kindling size` tells programs. */
#include "image/report/costs-json.h"

#include <inttypes.h>

#include "image/report/json.h"

/* What is before an object in a list. */
static const char *before(size_t index)
{
	return index ? ",\n  {" : "\n  {";
}

static void write_cost(FILE *stream, size_t index, const char *name, const struct cost *cost)
{
	(void)fputs(before(index), stream);
	json_write_member(stream, "name", name);
	(void)fprintf(stream, ", \"size\": %" PRIu64 ", \"files\": %zu}", cost->size,
		      cost->n_files);
}

static void write_groups(FILE *stream, const struct costs *costs)
{
	const struct cost *class;

	(void)fputs(",\n\"groups\": [", stream);
	for (enum cost_group group = 0; group < COST_GROUP_COUNT; group++)
		write_cost(stream, group, cost_group_name(group), &costs->groups[group]);
	(void)fputs("],\n\"module_classes\": [", stream);
	vec_for_each(class, &costs->classes)
		write_cost(stream, class_index, class->name, class);
	(void)fputs("]", stream);
}

static void write_largest(FILE *stream, const struct costs *costs)
{
	const struct contents_entry *entry;

	(void)fputs(",\n\"largest\": [", stream);
	vec_for_each(entry, &costs->largest) {
		(void)fputs(before(entry_index), stream);
		json_write_member(stream, "path", entry->path);
		(void)fprintf(stream, ", \"size\": %" PRIu64 ", \"names\": %zu}", entry->file->size,
			      entry->file->n_names);
	}
	(void)fputs("]", stream);
}

static void write_segments(FILE *stream, const struct loaded_image *image)
{
	const struct contents_segment *segment;

	(void)fputs(",\n\"segments\": [", stream);
	vec_for_each(segment, &image->contents.segments) {
		(void)fputs(before(segment_index), stream);
		json_write_member(stream, "compression", segment->compression);
		(void)fprintf(stream,
			      ", \"entries\": %zu, \"offset\": %" PRIu64 ", \"stored\": %" PRIu64
			      ", \"unpacked\": %" PRIu64 "}",
			      segment->n_entries, segment->offset,
			      loaded_image_stored_size(image, segment), segment->size);
	}
	(void)fputs("]", stream);
}

void costs_write_json(FILE *stream, const struct costs *costs)
{
	(void)fputs("{", stream);
	json_write_member(stream, "image", costs->image->path);
	(void)fprintf(stream,
		      ", \"image_size\": %" PRIu64 ", \"files\": %zu, \"files_size\": %" PRIu64,
		      costs->image->size, costs->all.n_files, costs->all.size);
	write_groups(stream, costs);
	write_largest(stream, costs);
	write_segments(stream, costs->image);
	(void)fputs("}\n", stream);
}
