/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/open-in-root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "support.h"

/* How often the kernel is to give up because of a rename. */
static unsigned int n_renames;

long __real_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d);

long __wrap_syscall(long number, long a, long b, long c, long d)
{
	if (number == SYS_openat2 && n_renames > 0) {
		n_renames--;
		errno = EAGAIN;
		return -1;
	}
	return __real_syscall(number, a, b, c, d);
}

static const struct row {
	const char *name, *path;
	int result; /* negative errno, or 0 for the file /inside */
	unsigned int n_renames;
} rows[] = {
	{ "plain", "/inside", 0 },
	{ "relative", "inside", 0 },
	{ "upwards", "/../../inside", 0 },
	{ "absolute link", "/link", 0 },
	{ "link upwards", "/directory/up", 0 },
	{ "outside", "/../outside", -ENOENT },
	{ "link to the outside", "/directory/out", -ENOENT },
	{ "circle", "/circle", -ELOOP },
	{ "something was renamed meanwhile", "/directory/../inside", 0, 5 },
	{ "things are renamed all the time", "/directory/../inside", -EAGAIN, 1000 },
};

static int set_up(void **state)
{
	write_text(scratch_path("outside"), "outside");
	write_text(scratch_path("root/inside"), "inside");
	assert_int_equal(file_make_directories(scratch_path("root/directory"), 0755), 0);
	assert_int_equal(symlink("/inside", scratch_path("root/link")), 0);
	assert_int_equal(symlink("../inside", scratch_path("root/directory/up")), 0);
	assert_int_equal(symlink("../../outside", scratch_path("root/directory/out")), 0);
	assert_int_equal(symlink("circle", scratch_path("root/circle")), 0);
	return 0;
}

static int tear_down(void **state)
{
	n_renames = 0;
	remove_tree(scratch_path("root"));
	return 0;
}

static void test_opens(void **state)
{
	const struct row *row = *state;
	_cleanup_close_ int root_fd = open(scratch_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	char text[16] = "";

	assert_true(root_fd >= 0);
	n_renames = row->n_renames;
	fd = open_in_root(root_fd, row->path, O_RDONLY);
	if (row->result < 0) {
		assert_int_equal(fd, row->result);
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof(text) - 1), strlen("inside"));
	assert_string_equal(text, "inside");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_opens, rows);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
