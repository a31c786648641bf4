/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of `kindling diff`. */
#include "image/report/comparison-table.h"

#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "image/report/file-type.h"
#include "image/report/module-name.h"
#include "image/report/size-text.h"
#include "image/report/terminal-text.h"

/* From what to what. */
static void write_change(FILE *stream, const struct difference *difference, enum change change)
{
	const struct contents_entry *a = difference->a, *b = difference->b;
	const char *form_a = compression_suffix(a->path), *form_b = compression_suffix(b->path);

	switch (change) {
	case CHANGE_TYPE:
		(void)fprintf(stream, "%s → %s", file_type_name(a->mode), file_type_name(b->mode));
		break;
	case CHANGE_CONTENT:
		(void)fputs("content", stream);
		break;
	case CHANGE_FORM:
		(void)fprintf(stream, "form %s → %s", *form_a ? form_a : "plain",
			      *form_b ? form_b : "plain");
		break;
	case CHANGE_TARGET:
		(void)fputs("leads to ", stream);
		terminal_write_text(stream, a->target);
		(void)fputs(" → ", stream);
		terminal_write_text(stream, b->target);
		break;
	case CHANGE_MODE:
		(void)fprintf(stream, "mode %04o → %04o", (unsigned int)(a->mode & 07777),
			      (unsigned int)(b->mode & 07777));
		break;
	case CHANGE_OWNER:
		(void)fprintf(stream, "owner %u:%u → %u:%u", a->uid, a->gid, b->uid, b->gid);
		break;
	case CHANGE_DEVICE:
		(void)fprintf(stream, "device %u:%u → %u:%u", major(a->rdev), minor(a->rdev),
			      major(b->rdev), minor(b->rdev));
		break;
	}
}

static void write_changes(FILE *stream, const struct difference *difference)
{
	const char *separator = "  ";

	for (unsigned int left = difference->changes; left; left &= left - 1) {
		(void)fputs(separator, stream);
		write_change(stream, difference, (enum change)(left & -left));
		separator = ", ";
	}
}

/* The size of a regular file, else nothing, in a column. */
static void write_size(FILE *stream, const struct contents_entry *entry)
{
	(void)fprintf(stream, " %9s",
		      entry && entry->file ? size_text(entry->file->size).text : "");
}

static void write_difference(FILE *stream, const struct difference *difference)
{
	const struct contents_entry *a = difference->a, *b = difference->b;

	if (a)
		(void)fputc(b ? '~' : '-', stream);
	else
		(void)fputc('+', stream);
	write_size(stream, a);
	write_size(stream, b);
	(void)fputs("  ", stream);
	terminal_write_text(stream, difference->path);
	if ((!a || !b) && S_ISDIR((a ? a : b)->mode))
		(void)fputc('/', stream);
	write_changes(stream, difference);
	(void)fputc('\n', stream);
}

static void write_differences(FILE *stream, const struct comparison *comparison)
{
	const struct difference *difference;

	(void)fprintf(stream, "  %9s %9s\n", "A", "B");
	vec_for_each(difference, &comparison->differences)
		write_difference(stream, difference);
}

static uint64_t get_size(const struct contents_entry *entry)
{
	return entry->file ? entry->file->size : 0;
}

/* What the differences sum up to. */
static void write_totals(FILE *stream, const struct comparison *comparison)
{
	size_t n_added = 0, n_removed = 0, n_changed = 0;
	int64_t added = 0, removed = 0, changed = 0;
	const struct difference *difference;

	vec_for_each(difference, &comparison->differences) {
		const struct contents_entry *a = difference->a, *b = difference->b;

		if (!a) {
			n_added++;
			added += (int64_t)get_size(b);
		} else if (!b) {
			n_removed++;
			removed -= (int64_t)get_size(a);
		} else {
			n_changed++;
			changed += (int64_t)(get_size(b) - get_size(a));
		}
	}
	(void)fprintf(stream, "\n%zu added (%s), %zu removed (%s), %zu changed (%s)\n", n_added,
		      size_text_signed(added).text, n_removed, size_text_signed(removed).text,
		      n_changed, size_text_signed(changed).text);
}

static void write_pair(FILE *stream, const char *what, uint64_t a, uint64_t b)
{
	if (a == b)
		(void)fprintf(stream, "%s: %s in both\n", what, size_text(a).text);
	else
		(void)fprintf(stream, "%s: %s → %s (%s)\n", what, size_text(a).text,
			      size_text(b).text, size_text_signed((int64_t)(b - a)).text);
}

static void write_kernels(FILE *stream, const struct comparison *comparison)
{
	(void)fputs("A is for kernel ", stream);
	terminal_write_text(stream, comparison->kver_a);
	(void)fputs(", B for ", stream);
	terminal_write_text(stream, comparison->kver_b);
	(void)fputs(": paths are compared without the version, shown as " COMPARISON_KVER ".\n\n",
		    stream);
}

void comparison_write_table(FILE *stream, const struct comparison *comparison,
			    const struct loaded_image *a, const struct loaded_image *b)
{
	if (comparison->kver_a)
		write_kernels(stream, comparison);
	if (comparison->differences.n_items > 0) {
		write_differences(stream, comparison);
		write_totals(stream, comparison);
	} else {
		(void)fputs("No differences.\n", stream);
	}
	write_pair(stream, "All files", contents_total_size(&a->contents),
		   contents_total_size(&b->contents));
	write_pair(stream, "The image", a->size, b->size);
}
