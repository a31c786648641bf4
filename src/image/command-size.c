/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `kindling size`: what costs how much in an image. Sizes are those of the
 * files as the archive stores them: a compressed module counts with its compressed size.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/inspect.h"
#include "image/reader/contents.h"
#include "image/report/cost-group.h"
#include "image/report/json.h"
#include "image/report/size-text.h"
#include "image/report/treemap-svg.h"

#define DEFAULT_TOP 15

static const char help[] =
	"Usage: kindling size [OPTION]... [IMAGE]\n"
	"\n"
	"Shows what costs how much in an image of any tool, the running kernel's by default:\n"
	"groups of files, classes of kernel modules, the largest files, and the archives that\n"
	"the image is made of. Files count with the size that they are stored with.\n"
	"\n"
	"      --top N       how many of the largest files to list (default: 15)\n"
	"      --json        a JSON object with all of it\n"
	"      --svg FILE    a picture in place of the table: a treemap, with - for FILE on\n"
	"                    standard output\n"
	"      --force       write it even if FILE is there and no picture\n"
	"  -h, --help        show this text\n"
	"\n"
	"Exit status: 0 shown, 1 failure, 2 wrong usage, 6 not an image, or a damaged one,\n"
	"7 the output cannot be written.\n";

/* Light boxes with dark text, told apart also by those who see fewer colours. */
static const struct treemap_group picture_groups[COST_GROUP_COUNT] = {
	[COST_MODULES] = { NULL, "#e9a15b", "#3d1f05" },
	[COST_FIRMWARE] = { NULL, "#cf6a50", "#fff4ee" },
	[COST_LIBRARIES] = { NULL, "#7fa8c9", "#10283c" },
	[COST_PROGRAMS] = { NULL, "#3f6d8f", "#f1f7fc" },
	[COST_INDEXES] = { NULL, "#b9b08f", "#2d2914" },
	[COST_OTHER] = { NULL, "#c9c4bd", "#2f2b27" },
};

/* Files that are counted together. */
struct cost {
	char *name;
	uint64_t size;
	size_t n_files;
};

struct report {
	const char *image, *svg;
	uint64_t n_top;
	bool is_json, is_forced;
	char *image_path;
	uint64_t image_size;
	struct contents contents;
	struct vec files; /* struct contents_entry of regular files, by path, each content once */
	uint64_t total;
	struct cost groups[COST_GROUP_COUNT];
	struct strmap classes_by_name;
	struct vec classes; /* struct cost of kernel modules, the largest first */
};

static void cost_free(void *item)
{
	struct cost *cost = item;

	free(cost->name);
	free(cost);
}

static void report_done(struct report *report)
{
	free(report->image_path);
	contents_done(&report->contents);
	vec_done(&report->files, NULL);
	strmap_done(&report->classes_by_name, NULL);
	vec_done(&report->classes, cost_free);
}

static void count(struct cost *cost, const struct contents_entry *entry)
{
	cost->size += entry->file->size;
	cost->n_files++;
}

static int count_class(struct report *report, const struct contents_entry *entry)
{
	size_t size;
	const char *class = cost_module_class(entry->path, &size);
	_cleanup_free_ char *name = strndup(class, size);
	struct cost *cost;
	int r;

	if (!name)
		return -ENOMEM;
	cost = strmap_get(&report->classes_by_name, name);
	if (!cost) {
		cost = calloc(1, sizeof(*cost));
		if (!cost || vec_push(&report->classes, cost) < 0) {
			free(cost);
			return -ENOMEM;
		}
		r = strmap_set(&report->classes_by_name, name, cost);
		if (r < 0)
			return r;
		cost->name = TAKE_PTR(name);
	}
	count(cost, entry);
	return 0;
}

static int count_file(struct report *report, const struct contents_entry *entry)
{
	enum cost_group group;
	int r;

	/* Of hard links, one stands for all. */
	if (!entry->file || entry->file->owner != entry)
		return 0;
	r = vec_push(&report->files, (void *)entry);
	if (r < 0)
		return r;
	group = cost_group_of(entry);
	count(&report->groups[group], entry);
	report->total += entry->file->size;
	return group == COST_MODULES ? count_class(report, entry) : 0;
}

static int compare_costs(const void *a, const void *b)
{
	const struct cost *const *cost_a = a, *const *cost_b = b;

	if ((*cost_a)->size != (*cost_b)->size)
		return (*cost_a)->size < (*cost_b)->size ? 1 : -1;
	return strcmp((*cost_a)->name, (*cost_b)->name);
}

static int count_all(struct report *report)
{
	const struct contents_entry *entry;
	struct vec entries;
	int r;

	r = contents_sort(&report->contents, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries) {
		r = count_file(report, entry);
		if (r < 0)
			break;
	}
	vec_done(&entries, NULL);
	if (r >= 0)
		vec_sort(&report->classes, compare_costs);
	return r;
}

static double percent(const struct report *report, uint64_t size)
{
	return report->total ? 100 * (double)size / (double)report->total : 0;
}

/* A file by the name that stands for it; that it has others explains its size. */
static void print_file(const struct contents_entry *entry)
{
	inspect_print(entry->path);
	if (entry->file->n_names > 1)
		(void)printf(" (has %zu names)", entry->file->n_names);
	(void)putchar('\n');
}

static void print_cost(const struct report *report, const char *indent, const char *name,
		       uint64_t size, size_t n_files)
{
	(void)printf("%9s %5.1f%% %7zu  %s", size_text(size).text, percent(report, size), n_files,
		     indent);
	inspect_print(*name ? name : "(no class)");
	(void)putchar('\n');
}

static void print_groups(const struct report *report)
{
	const struct cost *class;

	(void)printf("%9s %6s %7s  %s\n", "SIZE", "SHARE", "FILES", "WHAT");
	for (enum cost_group group = 0; group < COST_GROUP_COUNT; group++) {
		const struct cost *cost = &report->groups[group];

		if (cost->n_files == 0)
			continue;
		print_cost(report, "", cost_group_name(group), cost->size, cost->n_files);
		if (group != COST_MODULES)
			continue;
		vec_for_each(class, &report->classes)
			print_cost(report, "  ", class->name, class->size, class->n_files);
	}
	print_cost(report, "", "all files", report->total, report->files.n_items);
}

static int compare_files(const void *a, const void *b)
{
	const struct contents_entry *const *entry_a = a, *const *entry_b = b;
	uint64_t size_a = (*entry_a)->file->size, size_b = (*entry_b)->file->size;

	if (size_a != size_b)
		return size_a < size_b ? 1 : -1;
	return strcmp((*entry_a)->path, (*entry_b)->path);
}

/* The largest files first; the vec is the caller's. */
static int sort_by_size(const struct report *report, struct vec *ret_files)
{
	const struct contents_entry *entry;
	struct vec files = { 0 };

	vec_for_each(entry, &report->files) {
		if (vec_push(&files, (void *)entry) < 0) {
			vec_done(&files, NULL);
			return -ENOMEM;
		}
	}
	vec_sort(&files, compare_files);
	files.n_items = (size_t)MIN(files.n_items, report->n_top);
	*ret_files = files;
	return 0;
}

/* What it takes in the image file, up to the next one that does not share a stream with it. */
static uint64_t get_stored_size(const struct report *report, const struct contents_segment *segment)
{
	const struct contents_segment *other;

	vec_for_each(other, &report->contents.segments)
		if (other->offset > segment->offset)
			return other->offset - segment->offset;
	return report->image_size - segment->offset;
}

static void print_segments(const struct report *report)
{
	const struct contents_segment *segment;

	(void)printf("\n%9s %9s %7s  %s\n", "STORED", "UNPACKED", "ENTRIES", "ARCHIVE");
	vec_for_each(segment, &report->contents.segments)
		(void)printf("%9s %9s %7zu  %zu, %s\n",
			     size_text(get_stored_size(report, segment)).text,
			     size_text(segment->size).text, segment->n_entries, segment_index + 1,
			     str_equal(segment->compression, "none") ? "not compressed"
								     : segment->compression);
	(void)printf("%9s %9s %7s  the image, %s\n", size_text(report->image_size).text, "", "",
		     report->image_path);
}

static int print_report(const struct report *report)
{
	const struct contents_entry *entry;
	struct vec largest;
	int r;

	r = sort_by_size(report, &largest);
	if (r < 0)
		return r;
	print_groups(report);
	if (largest.n_items > 0)
		(void)printf("\n%9s %6s  %s\n", "SIZE", "SHARE", "LARGEST FILES");
	vec_for_each(entry, &largest) {
		(void)printf("%9s %5.1f%%  ", size_text(entry->file->size).text,
			     percent(report, entry->file->size));
		print_file(entry);
	}
	vec_done(&largest, NULL);
	print_segments(report);
	return 0;
}

static void print_cost_json(const char *separator, const char *name, const struct cost *cost)
{
	(void)printf("%s{\"name\": ", separator);
	json_write_string(stdout, name);
	(void)printf(", \"size\": %" PRIu64 ", \"files\": %zu}", cost->size, cost->n_files);
}

static void print_groups_json(const struct report *report)
{
	const struct cost *class;

	(void)printf(",\n\"groups\": [");
	for (enum cost_group group = 0; group < COST_GROUP_COUNT; group++)
		print_cost_json(group ? ",\n  " : "\n  ", cost_group_name(group),
				&report->groups[group]);
	(void)printf("],\n\"module_classes\": [");
	vec_for_each(class, &report->classes)
		print_cost_json(class_index ? ",\n  " : "\n  ", class->name, class);
	(void)printf("]");
}

static void print_segments_json(const struct report *report)
{
	const struct contents_segment *segment;

	(void)printf(",\n\"segments\": [");
	vec_for_each(segment, &report->contents.segments) {
		(void)printf("%s{\"compression\": ", segment_index ? ",\n  " : "\n  ");
		json_write_string(stdout, segment->compression);
		(void)printf(", \"entries\": %zu, \"offset\": %" PRIu64 ", \"stored\": %" PRIu64
			     ", \"unpacked\": %" PRIu64 "}",
			     segment->n_entries, segment->offset, get_stored_size(report, segment),
			     segment->size);
	}
	(void)printf("]");
}

static int print_report_json(const struct report *report)
{
	const struct contents_entry *entry;
	struct vec largest;
	int r;

	r = sort_by_size(report, &largest);
	if (r < 0)
		return r;
	(void)printf("{\"image\": ");
	json_write_string(stdout, report->image_path);
	(void)printf(", \"image_size\": %" PRIu64 ", \"files\": %zu, \"files_size\": %" PRIu64,
		     report->image_size, report->files.n_items, report->total);
	print_groups_json(report);
	(void)printf(",\n\"largest\": [");
	vec_for_each(entry, &largest) {
		(void)printf("%s{\"path\": ", entry_index ? ",\n  " : "\n  ");
		json_write_string(stdout, entry->path);
		(void)printf(", \"size\": %" PRIu64 ", \"names\": %zu}", entry->file->size,
			     entry->file->n_names);
	}
	(void)printf("]");
	vec_done(&largest, NULL);
	print_segments_json(report);
	(void)printf("}\n");
	return 0;
}

/* One line on what the picture shows. */
static int describe(const struct report *report, char **ret_text)
{
	struct vec kvers;
	int r;

	r = contents_list_kernels(&report->contents, &kvers);
	if (r < 0)
		return r;
	*ret_text = str_format("%s in %zu files, %s as an image%s%s", size_text(report->total).text,
			       report->files.n_items, size_text(report->image_size).text,
			       kvers.n_items == 1 ? ", for kernel " : "",
			       kvers.n_items == 1 ? (const char *)kvers.items[0] : "");
	vec_done(&kvers, free);
	return *ret_text ? 0 : -ENOMEM;
}

static int draw(const struct report *report, FILE *stream)
{
	_cleanup_free_ struct treemap_item *items = NULL;
	struct treemap_group groups[COST_GROUP_COUNT];
	_cleanup_free_ char *subtitle = NULL;
	const struct contents_entry *entry;
	int r;

	items = calloc(report->files.n_items + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	vec_for_each(entry, &report->files)
		items[entry_index] = (struct treemap_item){ .path = entry->path,
							    .size = entry->file->size,
							    .group = cost_group_of(entry) };
	for (enum cost_group group = 0; group < COST_GROUP_COUNT; group++) {
		groups[group] = picture_groups[group];
		groups[group].name = cost_group_name(group);
	}
	r = describe(report, &subtitle);
	if (r < 0)
		return r;
	return treemap_write_svg(stream,
				 &(struct treemap_picture){ .title = report->image_path,
							    .subtitle = subtitle,
							    .groups = groups,
							    .n_groups = COST_GROUP_COUNT,
							    .items = items,
							    .n_items = report->files.n_items });
}

/* A file that is there may be replaced if it is such a picture, or has nothing to lose. */
static bool may_replace(const char *path)
{
	_cleanup_fclose_ FILE *file = NULL;
	char beginning[1024];
	struct stat st;
	size_t size;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return true;
	file = fopen(path, "re");
	size = file ? fread(beginning, 1, sizeof(beginning), file) : 0;
	return memmem(beginning, size, "<svg", 4);
}

static enum exit_code draw_to_file(const struct report *report)
{
	_cleanup_fclose_ FILE *file = NULL;
	int r;

	if (str_equal(report->svg, "-")) {
		r = draw(report, stdout);
		return r < 0 ? exit_code_of_image(r) : inspect_finish(stdout, "standard output");
	}
	if (!report->is_forced && !may_replace(report->svg)) {
		log_err("%s is there and no SVG picture; --force replaces it all the same",
			report->svg);
		return EXIT_CODE_OUTPUT;
	}
	file = fopen(report->svg, "we");
	if (!file) {
		log_err_errno(-errno, "cannot write the picture to %s", report->svg);
		return EXIT_CODE_OUTPUT;
	}
	r = draw(report, file);
	return r < 0 ? exit_code_of_image(r) : inspect_finish(file, report->svg);
}

static enum exit_code run(struct report *report)
{
	enum exit_code code;
	int r;

	code = inspect_load(report->image, NULL, NULL, &report->image_path, &report->contents);
	if (code != EXIT_CODE_OK)
		return code;
	report->image_size = inspect_file_size(report->image_path);
	r = count_all(report);
	if (r >= 0 && report->svg)
		return draw_to_file(report);
	if (r >= 0)
		r = report->is_json ? print_report_json(report) : print_report(report);
	return r < 0 ? exit_code_of_image(r) : inspect_finish(stdout, "standard output");
}

int command_size(int argc, char **argv)
{
	_cleanup_(report_done) struct report report = { .n_top = DEFAULT_TOP };
	const char *top = NULL;
	const struct command_option options[] = {
		{ "force", .is_given = &report.is_forced },
		{ "json", .is_given = &report.is_json },
		{ "svg", .value = &report.svg },
		{ "top", .value = &top },
		{ 0 },
	};
	const struct command_line line = {
		.name = "size",
		.help = help,
		.options = options,
		.n_arguments_max = 1,
		.expectation = "size looks into one image",
	};
	enum exit_code code;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	if (top && str_parse_uint64(top, &report.n_top) < 0) {
		log_err("--top %s is not a number of files", top);
		return (int)command_line_refuse(line.name);
	}
	if (report.is_json && report.svg) {
		log_err("--json and --svg exclude each other");
		return (int)command_line_refuse(line.name);
	}
	report.image = argv[optind];
	return (int)run(&report);
}
