/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lines of the host's crypttab an image gets, and when. */
#include "image/build/host-files.h"

#include <string.h>

#include "kindling/image-layout.h"
#include "support.h"

#define LINE  "cryptroot UUID=12 none luks"
#define OTHER "cryptusr UUID=13 /root.key luks"
#define GIVEN "given UUID=14"

static const struct row {
	const char *name, *lines[2];
	const char *crypttab; /* that the tree gets, or NULL */
	enum build_mode mode;
	bool is_given; /* the user names one */
} rows[] = {
	{ "host", { LINE }, LINE "\n", BUILD_MODE_HOST },
	{ "two lines", { LINE, OTHER }, LINE "\n" OTHER "\n", BUILD_MODE_HOST },
	{ "nothing is encrypted", { NULL }, NULL, BUILD_MODE_HOST },
	{ "any machine", { LINE }, NULL, BUILD_MODE_GENERIC },
	{ "as the user says", { LINE }, GIVEN, BUILD_MODE_HOST, .is_given = true },
};

static void test_crypttab(void **state)
{
	const struct row *row = *state;
	const struct build_options options = { .mode = row->mode };
	const struct tree_entry *entry;
	struct host host = { 0 };
	struct tree tree = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(row->lines) && row->lines[i]; i++)
		assert_int_equal(vec_push(&host.crypttab, strdup(row->lines[i])), 0);
	if (row->is_given)
		assert_int_equal(tree_add_data(&tree, IMAGE_CRYPTTAB, 0644, GIVEN, strlen(GIVEN),
					       "as the user says"),
				 0);
	assert_int_equal(host_files_add(&tree, &options, &host), 0);
	entry = tree_get(&tree, IMAGE_CRYPTTAB);
	if (row->crypttab) {
		assert_non_null(entry);
		assert_int_equal(entry->size, strlen(row->crypttab));
		assert_memory_equal(entry->source, row->crypttab, entry->size);
	} else {
		assert_null(entry);
	}
	tree_done(&tree);
	host_done(&host);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_crypttab, rows);
	return test_list_run(&list);
}
