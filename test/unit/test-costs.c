/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/report/costs.h"

#define FILES_MAX   8
#define CLASSES_MAX 4

#define MODULES "/usr/lib/modules/6.1/kernel/"

/* What is in an image; a file without a size of its own is one more name of the first. */
struct stored {
	const char *path;
	uint64_t size;
};

static const struct row {
	const char *name;
	struct stored files[FILES_MAX];
	uint64_t n_largest;
	const char *largest[FILES_MAX];
	uint64_t groups[COST_GROUP_COUNT];
	struct stored classes[CLASSES_MAX];
} rows[] = {
	{ "nothing", {}, 5, {}, {}, {} },
	{ "groups",
	  { { "/a", 1 }, { "/usr/lib/firmware/f", 2 }, { "/usr/lib/l.so", 4 } },
	  5,
	  { "/usr/lib/l.so", "/usr/lib/firmware/f", "/a" },
	  { [COST_OTHER] = 1, [COST_FIRMWARE] = 2, [COST_LIBRARIES] = 4 },
	  {} },
	{ "classes, the largest first, of equals by name",
	  { { MODULES "fs/a.ko", 3 },
	    { MODULES "drivers/block/b.ko", 2 },
	    { MODULES "drivers/block/c.ko", 2 },
	    { MODULES "crypto/d.ko", 3 } },
	  1,
	  { MODULES "crypto/d.ko" },
	  { [COST_MODULES] = 10 },
	  { { "drivers/block", 4 }, { "crypto", 3 }, { "fs", 3 } } },
	{ "the largest alone, of equals by path",
	  { { "/a", 1 }, { "/b", 9 }, { "/c", 5 }, { "/d", 9 } },
	  3,
	  { "/b", "/d", "/c" },
	  { [COST_OTHER] = 24 },
	  {} },
	{ "none of the largest", { { "/a", 1 } }, 0, {}, { [COST_OTHER] = 1 }, {} },
	{ "names of one file count once",
	  { { "/a", 5 }, { "/b", 0 }, { "/c", 3 } },
	  5,
	  { "/a", "/c" },
	  { [COST_OTHER] = 8 },
	  {} },
};

static void fill(struct contents *contents, const struct stored *files)
{
	for (size_t i = 0; i < FILES_MAX && files[i].path; i++) {
		struct contents_entry *entry = calloc(1, sizeof(*entry));

		assert_non_null(entry);
		*entry = (struct contents_entry){ .path = strdup(files[i].path),
						  .mode = S_IFREG | 0644 };
		if (files[i].size > 0) {
			entry->file = calloc(1, sizeof(*entry->file));
			assert_non_null(entry->file);
			*entry->file =
				(struct contents_file){ .size = files[i].size, .owner = entry };
			assert_int_equal(vec_push(&contents->files, entry->file), 0);
		} else {
			entry->file = contents->files.items[0];
		}
		assert_int_equal(strmap_set(&contents->entries, files[i].path, entry), 0);
	}
}

static void check_classes(const struct vec *classes, const struct stored *expected)
{
	const struct cost *class;
	size_t n = 0;

	while (n < CLASSES_MAX && expected[n].path)
		n++;
	assert_int_equal(classes->n_items, n);
	vec_for_each(class, classes) {
		assert_string_equal(class->name, expected[class_index].path);
		assert_int_equal(class->size, expected[class_index].size);
	}
}

static void test_costs(void **state)
{
	const struct row *row = *state;
	_cleanup_loaded_image_ struct loaded_image image = { 0 };
	_cleanup_costs_ struct costs costs = { 0 };
	const struct contents_entry *entry;
	uint64_t total = 0;
	size_t n = 0;

	fill(&image.contents, row->files);
	assert_int_equal(costs_count(&image, row->n_largest, &costs), 0);
	for (enum cost_group group = 0; group < COST_GROUP_COUNT; group++) {
		assert_int_equal(costs.groups[group].size, row->groups[group]);
		total += row->groups[group];
	}
	assert_int_equal(costs.all.size, total);
	assert_int_equal(costs.all.n_files, image.contents.files.n_items);
	while (n < FILES_MAX && row->largest[n])
		n++;
	assert_int_equal(costs.largest.n_items, n);
	vec_for_each(entry, &costs.largest)
		assert_string_equal(entry->path, row->largest[entry_index]);
	check_classes(&costs.classes, row->classes);
}

/* Two archives in one stream, which begin where it does, and one behind it. */
static void test_stored_size(void **state)
{
	struct contents_segment first = { .offset = 0 }, second = { .offset = 512 },
				third = { .offset = 512 }, last = { .offset = 700 };
	struct contents_segment *const segments[] = { &first, &second, &third, &last };
	struct loaded_image image = { .size = 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
		assert_int_equal(vec_push(&image.contents.segments, segments[i]), 0);
	assert_int_equal(loaded_image_stored_size(&image, &first), 512);
	assert_int_equal(loaded_image_stored_size(&image, &second), 188);
	assert_int_equal(loaded_image_stored_size(&image, &third), 188);
	assert_int_equal(loaded_image_stored_size(&image, &last), 300);
	vec_done(&image.contents.segments, NULL);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_costs, rows);
	TEST(&list, test_stored_size);
	return test_list_run(&list);
}
