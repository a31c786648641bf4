/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of hibernated systems in files, and a kernel whose files are plain ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "init/worker.h"
#include "support.h"

#define N_PAGES 8

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A device of some pages, of which one has that signature. */
static void make_device(const char *signature, size_t size, size_t page)
{
	int fd;

	write_text(scratch_path("device"), "");
	fd = open(scratch_path("device"), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(N_PAGES * page_size())), 0);
	assert_int_equal(pwrite(fd, signature, size, (off_t)((page + 1) * page_size() - 10)), size);
	(void)close(fd);
}

static int find_image(const char *path, uint64_t offset, bool *ret_found)
{
	struct worker_message request, reply;
	int r;

	worker_message_init(&request, WORKER_FIND_IMAGE, offset);
	assert_int_equal(worker_message_add(&request, path), 0);
	worker_message_init(&reply, 0, 0);
	r = worker_find_image(&request, &reply);
	*ret_found = reply.number != 0;
	return r;
}

static const struct image_row {
	const char *name;
	const char *signature;
	size_t page;     /* whose signature it is */
	uint64_t offset; /* where it is looked for */
	int result;
	bool found;
} image_rows[] = {
	{ "swap area", "S1SUSPEND", 0, 0, 0, true },
	{ "swap file", "S1SUSPEND", 5, 5, 0, true },
	{ "last page", "S1SUSPEND", N_PAGES - 1, N_PAGES - 1, 0, true },
	{ "swap without an image", "SWAPSPACE2", 0, 0, 0, false },
	{ "image of uswsusp", "ULSUSPEND", 0, 0, 0, false },
	{ "more than the signature", "S1SUSPENDX", 0, 0, 0, false },
	{ "at another offset", "S1SUSPEND", 5, 4, 0, false },
	{ "beyond the device", "S1SUSPEND", 0, N_PAGES, 0, false },
	{ "beyond all devices", "S1SUSPEND", 0, UINT64_MAX, -EOVERFLOW, false },
};

static void finds_image(void **state)
{
	const struct image_row *row = *state;
	bool found;

	make_device(row->signature, 10, row->page);
	assert_int_equal(find_image(scratch_path("device"), row->offset, &found), row->result);
	assert_int_equal(found, row->found);
}

static void finds_no_device(void **state)
{
	bool found;

	assert_int_equal(find_image(scratch_path("none"), 0, &found), -ENOENT);
	assert_false(found);
}

static const struct resume_row {
	const char *name;
	const char *disk;    /* what the kernel has in /sys/power/disk */
	const char *missing; /* a file that it does not have; or NULL */
	const char *log[4];  /* what it says meanwhile */
	int result;
	const char *sentence;     /* in which it ends */
	const char *resumed_from; /* what was written there; "" for nothing */
} resume_rows[] = {
	{ "silent failure",
	  "[shutdown] reboot",
	  NULL,
	  { NULL },
	  -EIO,
	  "the kernel does not say why",
	  "253:1" },
	{ "refusal",
	  "[shutdown] reboot",
	  NULL,
	  { "6,1,1,-;PM: Image signature found, resuming\n",
	    "3,2,1,-;PM: hibernation: Image mismatch: memory size\n SUBSYSTEM=x\n",
	    "3,3,1,-;PM: hibernation: Failed to load image, recovering.\n" },
	  -EIO,
	  "Image mismatch: memory size",
	  "253:1" },
	{ "another kernel's image",
	  "[shutdown] reboot",
	  NULL,
	  { "3,1,1,-;PM: hibernation: Failed to load image, recovering.\n" },
	  -EIO,
	  "Failed to load image, recovering",
	  "253:1" },
	{ "old kernel, old words",
	  "[shutdown] reboot",
	  NULL,
	  { "30,1,1,-;systemd: PM: of no interest\n", "3,1,1,-;blk: PM: nor this\n",
	    "3,2,1,-;PM: Image mismatch: version\n" },
	  -EIO,
	  "Image mismatch: version",
	  "253:1" },
	{ "no record at all",
	  "[shutdown] reboot",
	  NULL,
	  { "x", ";", "" },
	  -EIO,
	  "the kernel does not say why",
	  "253:1" },
	{ "locked down",
	  "[disabled]",
	  NULL,
	  { NULL },
	  -EPERM,
	  "this kernel does not allow it, as when it is locked down",
	  "" },
	{ "kernel without hibernation",
	  "",
	  "resume_offset",
	  { NULL },
	  -ENOENT,
	  "/resume_offset: No such file or directory",
	  "" },
	{ "no way to begin",
	  "",
	  "resume",
	  { NULL },
	  -ENOENT,
	  "/resume: No such file or directory",
	  "" },
};

static void make_kernel(const struct resume_row *row)
{
	remove_tree(scratch_path("power"));
	write_text(scratch_path("power/disk"), row->disk);
	write_text(scratch_path("power/resume_offset"), "");
	write_text(scratch_path("power/resume"), "");
	if (row->missing) {
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/%s", scratch_path("power"), row->missing);
		assert_int_equal(unlink(path), 0);
	}
}

/* A log that gives one record at a time, as the kernel's does. */
static int make_log(const struct resume_row *row, int *ret_writer)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_DIRECT), 0);
	for (size_t i = 0; i < ARRAY_SIZE(row->log) && row->log[i]; i++)
		assert_true(write(fds[1], row->log[i], strlen(row->log[i])) >= 0);
	*ret_writer = fds[1];
	return fds[0];
}

static void expect_written(const char *name, const char *expected)
{
	_cleanup_free_ char *content = NULL;

	assert_int_equal(file_read(scratch_path(name), 100, &content, NULL), 0);
	assert_string_equal(content, expected);
}

static void resumes(void **state)
{
	const struct resume_row *row = *state;
	_cleanup_close_ int writer = -1, log = make_log(row, &writer);
	struct worker_message request, reply;
	const char *sentence;
	char log_path[64];

	make_kernel(row);
	(void)snprintf(log_path, sizeof(log_path), "/proc/self/fd/%d", log);
	worker_message_init(&request, WORKER_RESUME, 38912);
	assert_int_equal(worker_message_add(&request, "/dev/vda1"), 0);
	assert_int_equal(worker_message_add(&request, "253:1"), 0);
	assert_int_equal(worker_message_add(&request, scratch_path("power")), 0);
	assert_int_equal(worker_message_add(&request, log_path), 0);
	worker_message_init(&reply, 0, 0);
	assert_int_equal(worker_resume(&request, &reply), row->result);
	sentence = worker_message_get(&reply, 0);
	assert_true(strlen(sentence) >= strlen(row->sentence));
	assert_string_equal(sentence + strlen(sentence) - strlen(row->sentence), row->sentence);
	if (!row->missing || strcmp(row->missing, "resume") != 0)
		expect_written("power/resume", row->resumed_from);
	if (row->result == -EIO)
		expect_written("power/resume_offset", "38912");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, finds_image, image_rows);
	TEST(&list, finds_no_device);
	TEST_ROWS(&list, resumes, resume_rows);
	return test_list_run(&list);
}
