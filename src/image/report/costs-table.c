/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of `kindling size`. */
#include "image/report/costs-table.h"

#include "base/str.h"
#include "image/report/size-text.h"
#include "image/report/terminal-text.h"

static double percent(const struct costs *costs, uint64_t size)
{
	return costs->all.size ? 100 * (double)size / (double)costs->all.size : 0;
}

static void write_cost(FILE *stream, const struct costs *costs, const char *indent,
		       const char *name, const struct cost *cost)
{
	(void)fprintf(stream, "%9s %5.1f%% %7zu  %s", size_text(cost->size).text,
		      percent(costs, cost->size), cost->n_files, indent);
	terminal_write_text(stream, *name ? name : "(no class)");
	(void)fputc('\n', stream);
}

static void write_groups(FILE *stream, const struct costs *costs)
{
	const struct cost *class;

	(void)fprintf(stream, "%9s %6s %7s  %s\n", "SIZE", "SHARE", "FILES", "WHAT");
	for (enum cost_group group = 0; group < COST_GROUP_COUNT; group++) {
		const struct cost *cost = &costs->groups[group];

		if (cost->n_files == 0)
			continue;
		write_cost(stream, costs, "", cost_group_name(group), cost);
		if (group != COST_MODULES)
			continue;
		vec_for_each(class, &costs->classes)
			write_cost(stream, costs, "  ", class->name, class);
	}
	write_cost(stream, costs, "", "all files", &costs->all);
}

/* A file by the name that stands for it; that it has others explains its size. */
static void write_file(FILE *stream, const struct costs *costs, const struct contents_entry *entry)
{
	const struct contents_file *file = entry->file;

	(void)fprintf(stream, "%9s %5.1f%%  ", size_text(file->size).text,
		      percent(costs, file->size));
	terminal_write_text(stream, entry->path);
	if (file->n_names > 1)
		(void)fprintf(stream, " (has %zu names)", file->n_names);
	(void)fputc('\n', stream);
}

static void write_largest(FILE *stream, const struct costs *costs)
{
	const struct contents_entry *entry;

	if (costs->largest.n_items > 0)
		(void)fprintf(stream, "\n%9s %6s  %s\n", "SIZE", "SHARE", "LARGEST FILES");
	vec_for_each(entry, &costs->largest)
		write_file(stream, costs, entry);
}

static void write_segments(FILE *stream, const struct loaded_image *image)
{
	const struct contents_segment *segment;

	(void)fprintf(stream, "\n%9s %9s %7s  %s\n", "STORED", "UNPACKED", "ENTRIES", "ARCHIVE");
	vec_for_each(segment, &image->contents.segments)
		(void)fprintf(stream, "%9s %9s %7zu  %zu, %s\n",
			      size_text(loaded_image_stored_size(image, segment)).text,
			      size_text(segment->size).text, segment->n_entries, segment_index + 1,
			      str_equal(segment->compression, "none") ? "not compressed"
								      : segment->compression);
	(void)fprintf(stream, "%9s %9s %7s  the image, %s\n", size_text(image->size).text, "", "",
		      image->path);
}

void costs_write_table(FILE *stream, const struct costs *costs)
{
	write_groups(stream, costs);
	write_largest(stream, costs);
	write_segments(stream, costs->image);
}
