/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the host's crypttab and of its hibernation an image gets, and when. */
#include "image/build/host-files.h"

#include <stdlib.h>
#include <string.h>

#include "kindling/image-layout.h"
#include "recent-log.h"
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

#define WORDS "resume=UUID=15"

static const struct resume_row {
	const char *name;
	const char *crypttab, *cmdline; /* that the user gives, or NULL */
	bool is_in_volume;              /* an encrypted one that crypttab opens */
	enum build_mode mode;
	bool is_added, is_told;
} resume_rows[] = {
	{ "host", .mode = BUILD_MODE_HOST, .is_added = true },
	{ "in a volume", .is_in_volume = true, .mode = BUILD_MODE_HOST, .is_added = true },
	{ "in a volume, and the user brings a crypttab", GIVEN, NULL, true, BUILD_MODE_HOST,
	  .is_told = true },
	{ "in a volume, and the user names another", NULL, "rd.luks.uuid=14", true, BUILD_MODE_HOST,
	  .is_told = true },
	{ "in a volume, and none is opened", NULL, "rd.luks=0", true, BUILD_MODE_HOST,
	  .is_told = true },
	{ "in a volume, and crypttab does not count", NULL, "rd.luks.crypttab=0", true,
	  BUILD_MODE_HOST, .is_told = true },
	{ "volumes do not matter", GIVEN, "rd.luks.uuid=14", false, BUILD_MODE_HOST,
	  .is_added = true },
	{ "other words", NULL, "quiet", false, BUILD_MODE_HOST, .is_added = true },
	{ "the user says where", NULL, "resume=/dev/sda2", false, BUILD_MODE_HOST },
	{ "the user does not want it", NULL, "noresume", false, BUILD_MODE_HOST },
	{ "any machine", .mode = BUILD_MODE_GENERIC, .is_told = true },
	{ "any machine, and the user says where", NULL, "resume=/dev/sda2", false,
	  BUILD_MODE_GENERIC },
};

static void add_volume(struct host *host)
{
	struct host_volume *volume = calloc(1, sizeof(*volume));

	assert_non_null(volume);
	volume->is_for_resume = true;
	assert_int_equal(vec_push(&host->volumes, volume), 0);
}

static void test_resume(void **state)
{
	const struct resume_row *row = *state;
	const struct build_options options = { .mode = row->mode, .cmdline = row->cmdline };
	struct host host = { .resume = strdup(WORDS) };
	const struct tree_entry *entry;
	struct tree tree = { 0 };

	if (row->is_in_volume)
		add_volume(&host);
	if (row->crypttab)
		assert_int_equal(tree_add_data(&tree, IMAGE_CRYPTTAB, 0644, row->crypttab,
					       strlen(row->crypttab), "as the user says"),
				 0);
	recent_log_start();
	assert_int_equal(host_files_add(&tree, &options, &host), 0);
	entry = tree_get(&tree, IMAGE_CMDLINE_HOST);
	assert_int_equal(entry != NULL, row->is_added);
	if (entry)
		assert_memory_equal(entry->source, WORDS "\n", entry->size);
	if (row->is_told)
		expect_message(WORDS);
	else
		expect_no_message();
	tree_done(&tree);
	host_done(&host);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_crypttab, rows);
	TEST_ROWS(&list, test_resume, resume_rows);
	return test_list_run(&list);
}
