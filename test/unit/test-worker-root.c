/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What workers look for in the root: its fstab, and its init. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strbuf.h"
#include "init/worker.h"
#include "recent-log.h"
#include "support.h"

static struct worker_message reply;

static const char *in_root(const char *path)
{
	static char full[512];

	(void)snprintf(full, sizeof(full), "%s/root%s", scratch_directory(), path);
	return full;
}

static void make_link(const char *target, const char *path)
{
	assert_int_equal(symlink(target, in_root(path)), 0);
}

static int set_up(void **state)
{
	static const char *const directories[] = { "", "/etc", "/sbin", "/usr", "/usr/lib" };

	remove_tree(in_root(""));
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdir(in_root(directories[i]), 0755), 0);
	worker_message_init(&reply, 0, 0);
	return 0;
}

static int ask(int (*job)(const struct worker_message *, struct worker_message *), const char *more)
{
	struct worker_message request;

	worker_message_init(&request, 0, 0);
	assert_int_equal(worker_message_add(&request, in_root("")), 0);
	assert_int_equal(worker_message_add(&request, more), 0);
	return job(&request, &reply);
}

/* --- fstab --- */

struct fstab_row {
	const char *name, *text, *expected;
};

static const struct fstab_row fstab_rows[] = {
	{ "empty", "", "" },
	{ "nothing that matters", "UUID=1 / ext4\nUUID=2 /home ext4\nUUID=3 none swap\n", "" },
	{ "usr and others",
	  "# comment\nUUID=1 / ext4 ro 0 1\n\nUUID=2\t/usr ext4 ro 0 2 # so\nUUID=3 /home ext4\n"
	  "UUID=4 /var ext4 x-initrd.mount",
	  "UUID=2\t/usr ext4 ro 0 2 # so\nUUID=4 /var ext4 x-initrd.mount\n" },
	{ "noauto", "UUID=2 /usr ext4 noauto\n", "" },
	{ "two for one path", "UUID=2 /usr ext4\nUUID=3 /usr/ ext4\n", "UUID=2 /usr ext4\n" },
	{ "two for one path, the first not for us", "UUID=2 /usr ext4 noauto\nUUID=3 /usr ext4\n",
	  "" },
	{ "bad lines", "lone\nUUID=2 /usr ext4 ro 0 x\nUUID=1 /\n",
	  "UUID=2 /usr ext4 ro 0 x\n"
	  "|line 1 of fstab has no mount point for lone, ignoring it"
	  "|line 2 of fstab: x is no number of a pass of fsck, taking 0"
	  "|line 3 of fstab has no type for UUID=1, ignoring it" },
};

static void reads_fstab(void **state)
{
	const struct fstab_row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	write_text(in_root("/etc/fstab"), row->text);
	assert_int_equal(ask(worker_read_fstab, ""), 0);
	strbuf_append(&text, worker_message_get(&reply, 0));
	for (unsigned int i = 1; *worker_message_get(&reply, i); i++)
		strbuf_printf(&text, "|%s", worker_message_get(&reply, i));
	assert_string_equal(strbuf_string(&text), row->expected);
}

/* As a crash may leave them; what comes after them must not be lost. */
static void test_nul_bytes_in_fstab(void **state)
{
	static const char text[] = "UUID=1 / ext4\0\0\nUUID=2 /usr ext4\n";
	FILE *file = fopen(in_root("/etc/fstab"), "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
	assert_int_equal(fclose(file), 0);
	recent_log_start();
	assert_int_equal(ask(worker_read_fstab, ""), 0);
	assert_string_equal(worker_message_get(&reply, 0), "UUID=2 /usr ext4\n");
	expect_message("NUL bytes in the root's fstab");
}

static void test_no_fstab(void **state)
{
	assert_int_equal(ask(worker_read_fstab, ""), -ENOENT);
}

/* An absolute link is one inside the root: this one is wrong when followed from outside. */
static void test_fstab_is_a_link(void **state)
{
	write_text(in_root("/usr/lib/fstab"), "UUID=2 /usr ext4\n");
	make_link("/usr/lib/fstab", "/etc/fstab");
	assert_int_equal(ask(worker_read_fstab, ""), 0);
	assert_string_equal(worker_message_get(&reply, 0), "UUID=2 /usr ext4\n");
}

static void test_fstab_leads_out(void **state)
{
	write_text(scratch_path("outside"), "UUID=2 /usr ext4\n");
	make_link("../../../outside", "/etc/fstab");
	assert_int_equal(ask(worker_read_fstab, ""), -ENOENT);
}

/* Nobody would ever write into it. */
static void test_fstab_is_a_fifo(void **state)
{
	assert_int_equal(mkfifo(in_root("/etc/fstab"), 0600), 0);
	assert_int_equal(ask(worker_read_fstab, ""), -EINVAL);
}

static void test_fstab_is_a_directory(void **state)
{
	assert_int_equal(mkdir(in_root("/etc/fstab"), 0755), 0);
	assert_int_equal(ask(worker_read_fstab, ""), -EISDIR);
}

static void test_warnings_do_not_push_out_what_matters(void **state)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	for (unsigned int i = 0; i < 1000; i++)
		strbuf_append(&text, "lone\n");
	strbuf_append(&text, "UUID=2 /usr ext4\n");
	write_text(in_root("/etc/fstab"), strbuf_string(&text));
	assert_int_equal(ask(worker_read_fstab, ""), 0);
	assert_string_equal(worker_message_get(&reply, 0), "UUID=2 /usr ext4\n");
	assert_true(*worker_message_get(&reply, 50));
}

static void test_more_than_fits(void **state)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	for (unsigned int i = 0; i < 1000; i++)
		strbuf_printf(&text, "UUID=%u /x%u ext4 x-initrd.mount\n", i, i);
	write_text(in_root("/etc/fstab"), strbuf_string(&text));
	assert_int_equal(ask(worker_read_fstab, ""), -EMSGSIZE);
}

/* --- init --- */

static void write_program(const char *path, mode_t mode)
{
	write_text(in_root(path), "#!/bin/sh\n");
	assert_int_equal(chmod(in_root(path), mode), 0);
}

static void test_usual_init(void **state)
{
	write_program("/usr/lib/init", 0755);
	write_program("/etc/init", 0755);
	make_link("/usr/lib/init", "/sbin/init");
	assert_int_equal(ask(worker_find_init, ""), 0);
	assert_string_equal(worker_message_get(&reply, 0), "/sbin/init");
}

/* As where /usr is not mounted. */
static void test_next_usual_init(void **state)
{
	make_link("/usr/lib/init", "/sbin/init");
	write_program("/etc/init", 0755);
	assert_int_equal(ask(worker_find_init, ""), 0);
	assert_string_equal(worker_message_get(&reply, 0), "/etc/init");
}

static void test_no_init(void **state)
{
	write_program("/sbin/init", 0644);
	assert_int_equal(ask(worker_find_init, ""), -ENOENT);
	assert_string_equal(worker_message_get(&reply, 0),
			    "the root has no init: neither /sbin/init nor any other usual one");
}

struct wanted_row {
	const char *init;
	int result;
	const char *said;
};

static const struct wanted_row wanted_rows[] = {
	{ "/etc/init", 0, "/etc/init" },
	{ "/etc/link", 0, "/etc/link" },
	{ "/etc/out", -ENOENT,
	  "init=/etc/out cannot be run from the root: No such file or directory" },
	{ "/etc/data", -EACCES, "init=/etc/data cannot be run from the root: Permission denied" },
	{ "/etc", -EISDIR, "init=/etc cannot be run from the root: Is a directory" },
};

static void wanted_init(void **state)
{
	const struct wanted_row *row = *state;

	write_program("/sbin/init", 0755);
	write_program("/etc/init", 0755);
	write_program("/etc/data", 0644);
	make_link("/etc/init", "/etc/link");
	make_link("/bin/sh", "/etc/out");
	assert_int_equal(ask(worker_find_init, row->init), row->result);
	assert_string_equal(worker_message_get(&reply, 0), row->said);
}

static void test_no_root(void **state)
{
	remove_tree(in_root(""));
	assert_int_equal(ask(worker_find_init, ""), -ENOENT);
	assert_non_null(str_after_prefix(worker_message_get(&reply, 0), "cannot enter "));
	assert_int_equal(ask(worker_read_fstab, ""), -ENOENT);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, reads_fstab, fstab_rows);
	TEST(&list, test_nul_bytes_in_fstab);
	TEST(&list, test_no_fstab);
	TEST(&list, test_fstab_is_a_link);
	TEST(&list, test_fstab_leads_out);
	TEST(&list, test_fstab_is_a_fifo);
	TEST(&list, test_fstab_is_a_directory);
	TEST(&list, test_warnings_do_not_push_out_what_matters);
	TEST(&list, test_more_than_fits);
	TEST(&list, test_usual_init);
	TEST(&list, test_next_usual_init);
	TEST(&list, test_no_init);
	TEST_ROWS(&list, wanted_init, wanted_rows);
	TEST(&list, test_no_root);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
