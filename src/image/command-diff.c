/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling diff`, and how differences are shown. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/inspect.h"
#include "image/reader/contents.h"
#include "image/report/difference.h"
#include "image/report/json.h"
#include "image/report/module-name.h"
#include "image/report/size-text.h"

static const char help[] =
	"Usage: kindling diff [OPTION]... A B\n"
	"\n"
	"Shows what is in only one of two images, or differs: content, type, permissions,\n"
	"owner, link target. Any tool's images will do. Where A and B have modules of\n"
	"different kernels, paths are compared without the kernel's version.\n"
	"\n"
	"      --json    a JSON object with lists of what was added, removed and changed\n"
	"  -h, --help    show this text\n"
	"\n"
	"Lines begin with + if only B has it, - if only A has it, and ~ if both have it; then\n"
	"come the sizes in A and in B.\n"
	"\n"
	"Exit status: 0 compared, whatever was found, 1 failure, 2 wrong usage, 6 not an image,\n"
	"or a damaged one, 7 the output cannot be written.\n";

/* The names of changes, for people and for programs. */
static const struct {
	enum change change;
	const char *name;
} change_names[] = {
	{ CHANGE_TYPE, "type" },     { CHANGE_CONTENT, "content" }, { CHANGE_FORM, "form" },
	{ CHANGE_TARGET, "target" }, { CHANGE_MODE, "mode" },       { CHANGE_OWNER, "owner" },
	{ CHANGE_DEVICE, "device" },
};

/* One of the two. */
struct side {
	const char *name; /* "a" or "b" */
	char *path;
	struct contents contents;
};

struct diff {
	const char *paths[2];
	bool is_json;
	struct side sides[2];
	struct comparison comparison;
};

static void diff_done(struct diff *diff)
{
	comparison_done(&diff->comparison);
	for (size_t i = 0; i < ARRAY_SIZE(diff->sides); i++) {
		free(diff->sides[i].path);
		contents_done(&diff->sides[i].contents);
	}
}

static uint64_t get_size(const struct contents_entry *entry)
{
	return entry && entry->file ? entry->file->size : 0;
}

static const char *name_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFBLK:
		return "block device";
	case S_IFCHR:
		return "character device";
	case S_IFIFO:
		return "pipe";
	case S_IFSOCK:
		return "socket";
	default:
		return "unknown";
	}
}

/* From what to what, for people. */
static void print_change(const struct difference *difference, enum change change)
{
	const struct contents_entry *a = difference->a, *b = difference->b;
	const char *form_a = compression_suffix(a->path), *form_b = compression_suffix(b->path);

	switch (change) {
	case CHANGE_TYPE:
		(void)printf("%s → %s", name_type(a->mode), name_type(b->mode));
		break;
	case CHANGE_CONTENT:
		(void)printf("content");
		break;
	case CHANGE_FORM:
		(void)printf("form %s → %s", *form_a ? form_a : "plain",
			     *form_b ? form_b : "plain");
		break;
	case CHANGE_TARGET:
		(void)printf("leads to ");
		inspect_print(a->target);
		(void)printf(" → ");
		inspect_print(b->target);
		break;
	case CHANGE_MODE:
		(void)printf("mode %04o → %04o", (unsigned int)(a->mode & 07777),
			     (unsigned int)(b->mode & 07777));
		break;
	case CHANGE_OWNER:
		(void)printf("owner %u:%u → %u:%u", a->uid, a->gid, b->uid, b->gid);
		break;
	case CHANGE_DEVICE:
		(void)printf("device %u:%u → %u:%u", major(a->rdev), minor(a->rdev), major(b->rdev),
			     minor(b->rdev));
		break;
	}
}

/* The size of a regular file, else nothing, in a column. */
static void print_size(const struct contents_entry *entry)
{
	(void)printf(" %9s", entry && entry->file ? size_text(entry->file->size).text : "");
}

static void print_changes(const struct difference *difference)
{
	const char *separator = "  ";

	for (size_t i = 0; i < ARRAY_SIZE(change_names); i++) {
		if (!(difference->changes & change_names[i].change))
			continue;
		(void)printf("%s", separator);
		print_change(difference, change_names[i].change);
		separator = ", ";
	}
}

static void print_difference(const struct difference *difference)
{
	const struct contents_entry *a = difference->a, *b = difference->b;

	if (a)
		(void)putchar(b ? '~' : '-');
	else
		(void)putchar('+');
	print_size(a);
	print_size(b);
	(void)printf("  ");
	inspect_print(difference->path);
	if ((!a || !b) && S_ISDIR((a ? a : b)->mode))
		(void)putchar('/');
	print_changes(difference);
	(void)putchar('\n');
}

/* What the differences sum up to. */
struct totals {
	size_t n_added, n_removed, n_changed;
	uint64_t added, removed;
	int64_t changed;
};

static struct totals sum_up(const struct comparison *comparison)
{
	const struct difference *difference;
	struct totals totals = { 0 };

	vec_for_each(difference, &comparison->differences) {
		uint64_t size_a = get_size(difference->a), size_b = get_size(difference->b);

		if (!difference->a) {
			totals.n_added++;
			totals.added += size_b;
		} else if (!difference->b) {
			totals.n_removed++;
			totals.removed += size_a;
		} else {
			totals.n_changed++;
			totals.changed += (int64_t)(size_b - size_a);
		}
	}
	return totals;
}

static void print_pair(const char *what, uint64_t a, uint64_t b)
{
	if (a == b) {
		(void)printf("%s: %s in both\n", what, size_text(a).text);
		return;
	}
	(void)printf("%s: %s → %s (%s)\n", what, size_text(a).text, size_text(b).text,
		     size_text_signed((int64_t)(b - a)).text);
}

static void print_kernels(const struct comparison *comparison)
{
	(void)printf("A is for kernel ");
	inspect_print(comparison->kver_a);
	(void)printf(", B for ");
	inspect_print(comparison->kver_b);
	(void)printf(": paths are compared without the version, shown as " COMPARISON_KVER ".\n\n");
}

static void print_comparison(const struct diff *diff)
{
	const struct comparison *comparison = &diff->comparison;
	const struct side *a = &diff->sides[0], *b = &diff->sides[1];
	struct totals totals = sum_up(comparison);
	const struct difference *difference;

	if (comparison->kver_a)
		print_kernels(comparison);
	if (comparison->differences.n_items > 0)
		(void)printf("  %9s %9s\n", "A", "B");
	vec_for_each(difference, &comparison->differences)
		print_difference(difference);
	if (comparison->differences.n_items > 0)
		(void)printf("\n%zu added (%s), %zu removed (%s), %zu changed (%s)\n",
			     totals.n_added, size_text_signed((int64_t)totals.added).text,
			     totals.n_removed, size_text_signed(-(int64_t)totals.removed).text,
			     totals.n_changed, size_text_signed(totals.changed).text);
	else
		(void)printf("No differences.\n");
	print_pair("All files", contents_total_size(&a->contents),
		   contents_total_size(&b->contents));
	print_pair("The image", inspect_file_size(a->path), inspect_file_size(b->path));
}

static void print_entry_json(const char *key, const struct contents_entry *entry)
{
	(void)printf("\"%s\": {\"path\": ", key);
	json_write_string(stdout, entry->path);
	(void)printf(", \"type\": \"%s\", \"mode\": \"%04o\", \"uid\": %u, \"gid\": %u",
		     name_type(entry->mode), (unsigned int)(entry->mode & 07777), entry->uid,
		     entry->gid);
	if (entry->file)
		(void)printf(", \"size\": %" PRIu64, entry->file->size);
	if (entry->target) {
		(void)printf(", \"target\": ");
		json_write_string(stdout, entry->target);
	}
	if (S_ISBLK(entry->mode) || S_ISCHR(entry->mode))
		(void)printf(", \"device\": \"%u:%u\"", major(entry->rdev), minor(entry->rdev));
	(void)printf("}");
}

static void print_difference_json(const struct difference *difference)
{
	const char *separator = "";

	(void)printf("{\"path\": ");
	json_write_string(stdout, difference->path);
	if (difference->changes) {
		(void)printf(", \"changes\": [");
		for (size_t i = 0; i < ARRAY_SIZE(change_names); i++) {
			if (!(difference->changes & change_names[i].change))
				continue;
			(void)printf("%s\"%s\"", separator, change_names[i].name);
			separator = ", ";
		}
		(void)printf("]");
	}
	if (difference->a) {
		(void)printf(", ");
		print_entry_json("a", difference->a);
	}
	if (difference->b) {
		(void)printf(", ");
		print_entry_json("b", difference->b);
	}
	(void)printf("}");
}

/* Those that only A has, only B has, or both have. */
static void print_list_json(const struct comparison *comparison, const char *key, bool in_a,
			    bool in_b)
{
	const struct difference *difference;
	const char *separator = "\n  ";

	(void)printf(",\n\"%s\": [", key);
	vec_for_each(difference, &comparison->differences) {
		if (!difference->a == in_a || !difference->b == in_b)
			continue;
		(void)printf("%s", separator);
		print_difference_json(difference);
		separator = ",\n  ";
	}
	(void)printf("]");
}

static void print_comparison_json(const struct diff *diff)
{
	const struct comparison *comparison = &diff->comparison;
	const char *const kvers[] = { comparison->kver_a, comparison->kver_b };

	(void)printf("{");
	for (size_t i = 0; i < ARRAY_SIZE(diff->sides); i++) {
		const struct side *side = &diff->sides[i];

		(void)printf("%s\"%s\": {\"image\": ", i ? ",\n" : "", side->name);
		json_write_string(stdout, side->path);
		(void)printf(", \"image_size\": %" PRIu64 ", \"files_size\": %" PRIu64,
			     inspect_file_size(side->path), contents_total_size(&side->contents));
		if (kvers[i]) {
			(void)printf(", \"kernel\": ");
			json_write_string(stdout, kvers[i]);
		}
		(void)printf("}");
	}
	print_list_json(comparison, "added", false, true);
	print_list_json(comparison, "removed", true, false);
	print_list_json(comparison, "changed", true, true);
	(void)printf("}\n");
}

static enum exit_code run(struct diff *diff)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(diff->sides); i++) {
		struct side *side = &diff->sides[i];
		enum exit_code code;

		side->name = i == 0 ? "a" : "b";
		code = inspect_load(diff->paths[i], NULL, NULL, &side->path, &side->contents);
		if (code != EXIT_CODE_OK)
			return code;
	}
	r = comparison_make(&diff->sides[0].contents, &diff->sides[1].contents, &diff->comparison);
	if (r < 0)
		return exit_code_of_image(-ENOMEM);
	if (diff->is_json)
		print_comparison_json(diff);
	else
		print_comparison(diff);
	return inspect_finish(stdout, "standard output");
}

int command_diff(int argc, char **argv)
{
	_cleanup_(diff_done) struct diff diff = { 0 };
	const struct command_option options[] = {
		{ "json", .is_given = &diff.is_json },
		{ 0 },
	};
	const struct command_line line = {
		.name = "diff",
		.help = help,
		.options = options,
		.n_arguments_min = 2,
		.n_arguments_max = 2,
		.expectation = "say which two images to compare",
	};
	enum exit_code code;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	diff.paths[0] = argv[optind];
	diff.paths[1] = argv[optind + 1];
	return (int)run(&diff);
}
