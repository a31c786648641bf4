/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of /.extra the plug-ins for tokens, and the host, find in /run. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "init/stub-files.h"
#include "recent-log.h"
#include "support.h"

#define SIGNATURE "/tpm2-pcr-signature.json"
#define KEY       "/tpm2-pcr-public-key.pem"

static int clear(void **state)
{
	remove_tree(scratch_path(".extra"));
	remove_tree(scratch_path("run"));
	recent_log_start();
	return 0;
}

static void expect_copy(const char *path, const char *text)
{
	_cleanup_free_ char *content = NULL;
	struct stat st;

	assert_int_equal(file_read(scratch_path(path), 1024, &content, NULL), 0);
	assert_string_equal(content, text);
	assert_int_equal(stat(scratch_path(path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
}

static void test_copied(void **state)
{
	write_text(scratch_path(".extra" SIGNATURE), "{}");
	write_text(scratch_path(".extra" KEY), "-----BEGIN");
	write_text(scratch_path(".extra/credentials/x.cred"), "secret");
	stub_files_copy(scratch_directory());
	expect_copy("run/systemd" SIGNATURE, "{}");
	expect_copy("run/systemd" KEY, "-----BEGIN");
	assert_int_equal(access(scratch_path("run/systemd/credentials"), F_OK), -1);
	assert_string_equal(recent_log(), "");
}

static void test_none(void **state)
{
	stub_files_copy(scratch_directory());
	assert_int_equal(access(scratch_path("run"), F_OK), -1);
	assert_string_equal(recent_log(), "");
}

static void test_too_large(void **state)
{
	write_text(scratch_path(".extra" SIGNATURE), "");
	assert_int_equal(truncate(scratch_path(".extra" SIGNATURE), (1 << 20) + 1), 0);
	write_text(scratch_path(".extra" KEY), "-----BEGIN");
	stub_files_copy(scratch_directory());
	assert_string_equal(recent_log(), "cannot copy /.extra" SIGNATURE
					  " to /run/systemd, going on without it: File too "
					  "large\n");
	expect_copy("run/systemd" KEY, "-----BEGIN");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_copied);
	TEST(&list, test_none);
	TEST(&list, test_too_large);
	test_list_set_fixtures(&list, clear, NULL);
	return test_list_run(&list);
}
