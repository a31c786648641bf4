/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing a file in the scratch directory, with the file system's faults made by the test. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/writer/replacement.h"
#include "recent-log.h"
#include "support.h"

#define SIZE 1000 /* of the image, as far as the reserve goes */

/* A call that fails: with @error at the call number @at, counted from 1; or always if that is 0. */
struct fault {
	int error;
	unsigned int at, n_calls;
};

static struct {
	struct fault linkat, renameat, renameat2, fsync;
	uint64_t free_bytes, free_without_one;
	unsigned int n_kept; /* names beside the image, when it began */
} faults;

static struct replacement replacement = REPLACEMENT_NONE;

static bool strikes(struct fault *fault)
{
	fault->n_calls++;
	errno = fault->error;
	return fault->error && (fault->at == 0 || fault->at == fault->n_calls);
}

int __real_linkat(int old_dir, const char *old, int new_dir, const char *new, int flags);
int __wrap_linkat(int old_dir, const char *old, int new_dir, const char *new, int flags);
int __wrap_linkat(int old_dir, const char *old, int new_dir, const char *new, int flags)
{
	return strikes(&faults.linkat) ? -1 : __real_linkat(old_dir, old, new_dir, new, flags);
}

int __real_renameat(int old_dir, const char *old, int new_dir, const char *new);
int __wrap_renameat(int old_dir, const char *old, int new_dir, const char *new);
int __wrap_renameat(int old_dir, const char *old, int new_dir, const char *new)
{
	return strikes(&faults.renameat) ? -1 : __real_renameat(old_dir, old, new_dir, new);
}

int __real_renameat2(int old_dir, const char *old, int new_dir, const char *new,
		     unsigned int flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir, const char *new,
		     unsigned int flags);
int __wrap_renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned int flags)
{
	return strikes(&faults.renameat2) ? -1
					  : __real_renameat2(old_dir, old, new_dir, new, flags);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	return strikes(&faults.fsync) ? -1 : __real_fsync(fd);
}

/* In these tests an image tells what it is. */
bool __wrap_image_origin_is_kindling(const char *path);
bool __wrap_image_origin_is_kindling(const char *path)
{
	_cleanup_free_ char *text = NULL;

	return file_read(path, 4096, &text, NULL) >= 0 && !str_after_prefix(text, "foreign");
}

static unsigned int count_kept(void)
{
	return (access(scratch_path("d/image.old"), F_OK) == 0) +
	       (access(scratch_path("d/image.orig"), F_OK) == 0);
}

static int tell_room(struct statvfs *st)
{
	bool has_all = count_kept() == faults.n_kept;

	*st = (struct statvfs){
		.f_frsize = 1,
		.f_bavail = has_all ? faults.free_bytes
				    : MAX(faults.free_bytes, faults.free_without_one),
	};
	return 0;
}

int __wrap_fstatvfs(int fd, struct statvfs *st);
int __wrap_fstatvfs(int fd, struct statvfs *st)
{
	return tell_room(st);
}

/* By that name if files may be large. */
int __wrap_fstatvfs64(int fd, struct statvfs *st);
int __wrap_fstatvfs64(int fd, struct statvfs *st)
{
	return tell_room(st);
}

static int set_up(void **state)
{
	memset(&faults, 0, sizeof(faults));
	faults.free_bytes = 10 * SIZE;
	remove_tree(scratch_path("d"));
	assert_int_equal(mkdir(scratch_path("d"), 0755), 0);
	recent_log_start();
	(void)alarm(10);
	return 0;
}

static int tear_down(void **state)
{
	replacement_done(&replacement);
	(void)alarm(0);
	return 0;
}

static const char *in_dir(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "d/%s", name);
	return scratch_path(path);
}

static void put(const char *name, const char *text)
{
	write_text(in_dir(name), text);
}

/* NULL is for what is not there. */
static void put_kept(const char *previous, const char *backup, const char *original)
{
	if (previous)
		put("image", previous);
	if (backup)
		put("image.old", backup);
	if (original)
		put("image.orig", original);
}

/* A NULL @text is for what must not be there. */
static void expect_file(const char *name, const char *text)
{
	_cleanup_free_ char *found = NULL;
	int r = file_read(in_dir(name), 4096, &found, NULL);

	if (!text) {
		assert_int_equal(r, -ENOENT);
		return;
	}
	if (r < 0)
		fail_msg("%s cannot be read", name);
	assert_string_equal(found, text);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_entry(const struct dirent *entry)
{
	return !str_equal(entry->d_name, ".") && !str_equal(entry->d_name, "..");
}

/* All names in the directory, with a blank behind each. */
static void expect_names(const char *expected)
{
	_cleanup_strbuf_ struct strbuf names = { 0 };
	struct dirent **found;
	int n = scandir(scratch_path("d"), &found, is_entry, compare_names);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		strbuf_printf(&names, "%s ", found[i]->d_name);
		free(found[i]);
	}
	free(found);
	assert_string_equal(strbuf_string(&names), expected);
}

static void begin(const char *name, const char *text)
{
	faults.n_kept = count_kept();
	assert_int_equal(replacement_begin(in_dir(name), &replacement), 0);
	assert_int_equal(file_write_fd(replacement.fd, text, strlen(text)), 0);
}

static int commit(void)
{
	int r = replacement_commit(&replacement, SIZE);

	replacement_done(&replacement);
	return r;
}

static ino_t inode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(in_dir(name), &st), 0);
	return st.st_ino;
}

static void test_new(void **state)
{
	begin("image", "new");
	expect_file("image", NULL);
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_names("image ");
	assert_int_equal(faults.fsync.n_calls, 2);
	expect_no_message();
}

static void test_replaced(void **state)
{
	ino_t inode;

	put("image", "old");
	inode = inode_of("image");
	begin("image", "new");
	expect_file("image", "old");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_file("image.old", "old");
	assert_true(inode_of("image.old") == inode);
	expect_names("image image.old ");
	begin("image", "newest");
	assert_int_equal(commit(), 0);
	expect_file("image", "newest");
	expect_file("image.old", "new");
	expect_names("image image.old ");
	expect_no_message();
}

struct foreign_row {
	const char *name;
	const char *previous, *backup, *original; /* before the build, NULL: none */
	int link_error;
	const char *kept_backup, *kept_original; /* after it */
	const char *message;
};

static const struct foreign_row foreign_rows[] = {
	{ "the first build", "foreign", NULL, NULL, 0, "foreign", NULL, NULL },
	{ "the second build", "first", "foreign", NULL, 0, "first", "foreign",
	  "image.old, which another tool made, is " },
	{ "the second build, without links", "first", "foreign", NULL, EPERM, "first", "foreign",
	  "image.orig now" },
	{ "the third build", "second", "first", "foreign", 0, "second", "foreign", NULL },
	{ "the other tool has built again", "foreign 2", "first", "foreign", 0, "foreign 2",
	  "foreign", NULL },
	{ "and then we did", "third", "foreign 2", "foreign", 0, "third", "foreign 2",
	  "image.orig now" },
	{ "nothing to keep", NULL, "foreign", NULL, 0, "foreign", NULL, NULL },
};

static void test_foreign(void **state)
{
	const struct foreign_row *row = *state;

	put_kept(row->previous, row->backup, row->original);
	faults.linkat.error = row->link_error;
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_file("image.old", row->kept_backup);
	expect_file("image.orig", row->kept_original);
	if (row->message)
		expect_message(row->message);
	else
		expect_no_message();
}

static void test_foreign_that_cannot_be_moved(void **state)
{
	put("image", "old");
	put("image.old", "foreign");
	assert_int_equal(mkdir(in_dir("image.orig"), 0755), 0);
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_file("image.old", "foreign");
	expect_message("leaving it, so that the previous image is not kept: Is a dir");
}

/* A rename of one name of a file onto another of its names does nothing, and succeeds. */
static void test_backup_is_the_same_file(void **state)
{
	put("image", "old");
	assert_int_equal(link(in_dir("image"), in_dir("image.old")), 0);
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_file("image.old", "old");
	expect_names("image image.old ");
}

/* As on vfat. */
static void test_no_hard_links(void **state)
{
	put("image", "old");
	put("image.old", "older");
	faults.linkat.error = EPERM;
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_file("image.old", "old");
	expect_names("image image.old ");
}

/* As on vfat before Linux 6.0. */
static void test_neither_links_nor_exchange(void **state)
{
	put("image", "old");
	faults.linkat.error = EPERM;
	faults.renameat2.error = EINVAL;
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_names("image ");
	expect_no_message();
}

/* The old one cannot be kept then, and must not stay under a name that nobody knows. */
static void test_name_of_the_backup_is_taken(void **state)
{
	put("image", "old");
	assert_int_equal(mkdir(in_dir("image.old"), 0755), 0);
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_names("image image.old ");
}

static void test_left_behind(void **state)
{
	put("image", "old");
	put(".image.kindling-0123456789abcdef", "of a killed build");
	put(".image.kindling-old", "of a killed build");
	put(".image.kindling", "of others");
	put(".image", "of others");
	put("image.kindling-1", "of others");
	put(".image2.kindling-1", "of others");
	put(".imag.kindling-1", "of others");
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_names(".imag.kindling-1 .image .image.kindling .image2.kindling-1 image "
		     "image.kindling-1 image.old ");
}

static void test_given_up(void **state)
{
	put("image", "old");
	begin("image", "half");
	replacement_done(&replacement);
	expect_file("image", "old");
	expect_names("image ");
	replacement_done(&replacement);
}

/* While it is written, under a name that no boot loader takes for an image. */
static void test_path_of_the_new_file(void **state)
{
	_cleanup_free_ char *path = NULL, *text = NULL;

	begin("image", "new");
	path = replacement_get_path(&replacement);
	assert_non_null(path);
	assert_int_equal(file_read(path, 100, &text, NULL), 0);
	assert_string_equal(text, "new");
	assert_int_equal(str_basename(path)[0], '.');
	assert_memory_equal(path, scratch_path("d/"), strlen(scratch_path("d/")));
}

static void test_relative_path(void **state)
{
	_cleanup_free_ char *path = NULL;

	assert_int_equal(chdir(scratch_path("d")), 0);
	assert_int_equal(replacement_begin("image", &replacement), 0);
	path = replacement_get_path(&replacement);
	assert_non_null(path);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(commit(), 0);
	expect_names("image ");
	assert_int_equal(chdir("/"), 0);
}

static void test_links(void **state)
{
	assert_int_equal(mkdir(in_dir("elsewhere"), 0755), 0);
	put("elsewhere/real", "old");
	assert_int_equal(symlink("elsewhere/real", in_dir("image")), 0);
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_names("elsewhere image ");
	expect_file("elsewhere/real", "new");
	expect_file("elsewhere/real.old", "old");
	expect_file("image", "new");
}

static void test_link_to_nowhere(void **state)
{
	struct stat st;

	assert_int_equal(symlink("nowhere", in_dir("image")), 0);
	begin("image", "new");
	assert_int_equal(commit(), 0);
	assert_int_equal(lstat(in_dir("image"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	expect_file("image", "new");
	expect_file("nowhere", NULL);
}

static void test_no_directory(void **state)
{
	assert_int_equal(replacement_begin(in_dir("nowhere/image"), &replacement), -ENOENT);
	expect_message("cannot open the directory of");
	assert_int_equal(replacement.fd, -1);
	put("file", "");
	recent_log_start();
	assert_int_equal(replacement_begin(in_dir("file/image"), &replacement), -ENOTDIR);
	expect_message("file/image for the image, giving up: Not a directory");
}

/* From the first moment on, whatever the umask. */
static void test_permissions(void **state)
{
	mode_t before = umask(0);
	struct stat st;

	put("image", "old");
	assert_int_equal(chmod(in_dir("image"), 0666), 0);
	assert_int_equal(replacement_begin(in_dir("image"), &replacement), 0);
	(void)umask(before);
	assert_int_equal(fstat(replacement.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(commit(), 0);
	assert_int_equal(stat(in_dir("image"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

struct target_row {
	const char *name;
	const char *text; /* NULL: none */
	mode_t type;      /* of what is no regular file */
	bool is_forced;
	int result;
	const char *message;
};

static const struct target_row target_rows[] = {
	{ "nothing there", NULL, 0, false, 0, NULL },
	{ "empty", "", 0, false, 0, NULL },
	{ "archive", "070701", 0, false, 0, NULL },
	{ "compressed with gzip", "\x1f\x8b\x08", 0, false, 0, NULL },
	{ "no image", "precious", 0, false, -EEXIST, "image is there and no initramfs; --force" },
	{ "no image, forced", "precious", 0, true, 0, NULL },
	{ "directory", NULL, S_IFDIR, false, -EISDIR, "image is a directory; name a file" },
	{ "directory, forced", NULL, S_IFDIR, true, -EISDIR, "image is a directory" },
	{ "fifo", NULL, S_IFIFO, false, -EEXIST, "image is no regular file" },
	{ "fifo, forced", NULL, S_IFIFO, true, -EEXIST, "image is no regular file" },
};

static void test_target(void **state)
{
	const struct target_row *row = *state;

	if (row->text)
		put("image", row->text);
	if (S_ISDIR(row->type))
		assert_int_equal(mkdir(in_dir("image"), 0755), 0);
	else if (row->type)
		assert_int_equal(mkfifo(in_dir("image"), 0600), 0);
	assert_int_equal(replacement_check_target(in_dir("image"), row->is_forced), row->result);
	if (row->message)
		expect_message(row->message);
	else
		expect_no_message();
}

static void test_other_targets(void **state)
{
	assert_int_equal(replacement_check_target("/dev/null", true), -EEXIST);
	expect_message("/dev/null is no regular file");
	put("precious", "text");
	assert_int_equal(symlink("precious", in_dir("image")), 0);
	assert_int_equal(replacement_check_target(in_dir("image"), false), -EEXIST);
	recent_log_start();
	assert_int_equal(replacement_check_target(in_dir("precious/image"), false), -ENOTDIR);
	expect_message("giving up: Not a directory");
}

static void test_missing_directory(void **state)
{
	assert_int_equal(replacement_check_target(in_dir("missing/image"), true), -ENOENT);
	expect_message("missing/: No such file or directory");
}

/* Known before the work, not after it. Root may write everywhere, so it is nobody for a moment. */
static void test_forbidden_directory(void **state)
{
	uid_t user = geteuid();
	int r;

	put("image", "");
	assert_int_equal(chmod(scratch_directory(), 0755), 0);
	assert_int_equal(chmod(scratch_path("d"), 0555), 0);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	r = replacement_check_target(in_dir("image"), true);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(r, -EACCES);
	expect_message("the image cannot be written in the directory ");
	assert_int_equal(chmod(scratch_path("d"), 0755), 0);
}

struct room_row {
	const char *name;
	uint64_t free_bytes, free_without_backup;
	int result;
	bool keeps_backup;
};

static const struct room_row room_rows[] = {
	{ "just enough", SIZE, 0, 0, true },
	{ "too little", SIZE - 1, SIZE - 1, -ENOSPC, false },
	{ "enough without the backup", SIZE - 1, SIZE, 0, false },
};

static void test_reserve(void **state)
{
	const struct room_row *row = *state;

	put("image", "old");
	put("image.old", "older");
	begin("image", "");
	faults.free_bytes = row->free_bytes;
	faults.free_without_one = row->free_without_backup;
	assert_int_equal(replacement_reserve(&replacement, SIZE), row->result);
	expect_file("image.old", row->keeps_backup ? "older" : NULL);
	if (row->result < 0)
		assert_non_null(strstr(recent_log(), "there is no room for the image"));
	else if (row->keeps_backup)
		expect_no_message();
	else
		expect_message("image.old, as the room is needed");
	replacement_done(&replacement);
	expect_file("image", "old");
}

struct last_row {
	const char *name;
	const char *backup, *original;
	const char *kept_backup, *kept_original; /* where one of them is enough */
};

static const struct last_row last_rows[] = {
	{ "ours", "old", "foreign", NULL, "foreign" },
	{ "an earlier foreign one", "foreign 2", "foreign", "foreign 2", NULL },
	{ "the last foreign one", "foreign", NULL, NULL, NULL },
	{ "the last foreign one, put away", NULL, "foreign", NULL, NULL },
};

static void test_what_goes_last(void **state)
{
	const struct last_row *row = *state;

	put_kept("old", row->backup, row->original);
	begin("image", "");
	faults.free_bytes = SIZE - 1;
	faults.free_without_one = SIZE;
	assert_int_equal(replacement_reserve(&replacement, SIZE), 0);
	expect_file("image.old", row->kept_backup);
	expect_file("image.orig", row->kept_original);
	expect_message("as the room is needed");
}

/* What could be removed by hand is named. */
static void test_backup_that_cannot_be_removed(void **state)
{
	put("image", "old");
	assert_int_equal(mkdir(in_dir("image.old"), 0755), 0);
	begin("image", "");
	faults.free_bytes = SIZE - 1;
	assert_int_equal(replacement_reserve(&replacement, SIZE), -ENOSPC);
	assert_non_null(
		strstr(recent_log(), "image.old, though its room is needed, leaving it: Is a dir"));
}

/* There is nothing to be said of a backup that never was. */
static void test_no_room_and_no_backup(void **state)
{
	put("image", "old");
	begin("image", "");
	faults.free_bytes = SIZE - 1;
	assert_int_equal(replacement_reserve(&replacement, SIZE), -ENOSPC);
	assert_null(strstr(recent_log(), "image.old"));
}

/* Better no backup than no room for the next image. */
static void test_no_room_for_a_backup(void **state)
{
	put("image", "old");
	put("image.old", "older");
	begin("image", "new");
	faults.free_bytes = SIZE - 1;
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_names("image ");
	assert_non_null(strstr(recent_log(), "there is no room to keep the previous image beside"));
	assert_non_null(strstr(recent_log(), "image.old, as the room is needed"));
}

/* Nor is one taken that cannot be made again, as long as the new image fits without. */
static void test_no_room_beside_a_foreign_one(void **state)
{
	put("image", "old");
	put("image.old", "foreign");
	begin("image", "new");
	faults.free_bytes = SIZE - 1;
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_file("image.old", "foreign");
	expect_message("there is no room to keep the previous image beside");
}

struct commit_row {
	const char *name;
	struct fault fsync, linkat, renameat, renameat2;
	int result;
	bool is_replaced;
	const char *backup;
	const char *message;
};

static const struct commit_row commit_rows[] = {
	{ .name = "sync of the file",
	  .fsync = { .error = EIO, .at = 1 },
	  .result = -EIO,
	  .backup = "older",
	  .message = "cannot write the image to disk, keeping" },
	{ .name = "sync of the directory",
	  .fsync = { .error = EIO, .at = 2 },
	  .result = -EIO,
	  .is_replaced = true,
	  .backup = "old",
	  .message = "is in place, but its directory cannot be synced" },
	{ .name = "directory that knows no sync",
	  .fsync = { .error = EINVAL, .at = 2 },
	  .is_replaced = true,
	  .backup = "old" },
	{ .name = "rename to the backup",
	  .renameat = { .error = EIO, .at = 1 },
	  .is_replaced = true,
	  .backup = "old" },
	{ .name = "all renames but the exchange",
	  .renameat = { .error = EIO },
	  .is_replaced = true,
	  .backup = "older" },
	{ .name = "rename into place",
	  .renameat = { .error = EROFS, .at = 2 },
	  .result = -EROFS,
	  .backup = "old",
	  .message = "cannot put the new image at" },
	{ .name = "all ways",
	  .renameat = { .error = EROFS },
	  .renameat2 = { .error = EROFS },
	  .linkat = { .error = EROFS },
	  .result = -EROFS,
	  .backup = "older",
	  .message = "keeping it as it is" },
};

/* The old one is there, whole, unless the new one is; and nothing else stays. */
static void test_commit_fails(void **state)
{
	const struct commit_row *row = *state;

	put("image", "old");
	put("image.old", "older");
	begin("image", "new");
	faults.fsync = row->fsync;
	faults.linkat = row->linkat;
	faults.renameat = row->renameat;
	faults.renameat2 = row->renameat2;
	assert_int_equal(commit(), row->result);
	expect_file("image", row->is_replaced ? "new" : "old");
	expect_file("image.old", row->backup);
	expect_names("image image.old ");
	if (row->message)
		expect_message(row->message);
	else
		expect_no_message();
}

struct same_row {
	const char *name;
	const char *old, *new;
	mode_t mode;
	bool is_same;
};

static const struct same_row same_rows[] = {
	{ "same bytes", "bytes", "bytes", 0600, true },
	{ "same bytes, read-only", "bytes", "bytes", 0400, true },
	{ "other bytes", "bytes", "bytez", 0600, false },
	{ "longer", "bytes", "bytes!", 0600, false },
	{ "shorter", "bytes", "byte", 0600, false },
	{ "for the group", "bytes", "bytes", 0640, false },
	{ "for all", "bytes", "bytes", 0604, false },
	{ "programs", "bytes", "bytes", 0700, false },
	{ "nothing there", NULL, "bytes", 0, false },
	{ "both empty", "", "", 0600, false },
};

static void test_same(void **state)
{
	const struct same_row *row = *state;

	if (row->old) {
		put("image", row->old);
		assert_int_equal(chmod(in_dir("image"), row->mode), 0);
	}
	begin("image", row->new);
	assert_int_equal(replacement_is_same(&replacement), row->is_same);
}

/* Waits for the child that write_in_child() started. */
static int wait_for(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/*
 * A child that has begun; it goes on as the pipe's byte is read, by @act. Assertions are for this
 * process alone.
 */
static pid_t begin_in_child(void (*prepare)(void), void (*act)(struct replacement *in_child))
{
	struct replacement in_child = REPLACEMENT_NONE;
	int ends[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (prepare)
			prepare();
		if (replacement_begin(in_dir("image"), &in_child) < 0 || write(ends[1], "", 1) != 1)
			_exit(1);
		act(&in_child);
		_exit(0);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return child;
}

static void commit_later(struct replacement *in_child)
{
	(void)usleep(200000);
	if (file_write_fd(in_child->fd, "child's", strlen("child's")) < 0 ||
	    replacement_commit(in_child, SIZE) < 0)
		_exit(1);
	replacement_done(in_child);
}

static void test_two_at_a_time(void **state)
{
	pid_t child;

	put("image", "old");
	child = begin_in_child(NULL, commit_later);
	begin("image", "parent's");
	expect_message("another build is writing beside");
	expect_file("image", "child's");
	expect_file("image.old", "old");
	assert_int_equal(commit(), 0);
	assert_int_equal(wait_for(child), 0);
	expect_file("image", "parent's");
	expect_file("image.old", "child's");
	expect_names("image image.old ");
}

static void wait_for_a_signal(struct replacement *in_child)
{
	for (;;)
		(void)pause();
}

struct signal_row {
	const char *name;
	int number;
};

static const struct signal_row signal_rows[] = {
	{ "hang-up", SIGHUP },
	{ "interrupt", SIGINT },
	{ "quit", SIGQUIT },
	{ "termination", SIGTERM },
	{ "nobody reads the messages", SIGPIPE },
	{ "a mapped file cannot be read", SIGBUS },
};

/* A sanitizer has taken some of them. */
static void take_default_signals(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(signal_rows); i++)
		(void)signal(signal_rows[i].number, SIG_DFL);
}

static void test_ended_by_a_signal(void **state)
{
	const struct signal_row *row = *state;
	pid_t child;
	int status;

	put("image", "old");
	child = begin_in_child(take_default_signals, wait_for_a_signal);
	assert_int_equal(kill(child, row->number), 0);
	status = wait_for(child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), row->number);
	expect_names("image ");
}

static void test_killed(void **state)
{
	pid_t child;
	struct dirent **found;
	int n;

	put("image", "old");
	child = begin_in_child(NULL, wait_for_a_signal);
	assert_int_equal(kill(child, SIGKILL), 0);
	(void)wait_for(child);
	n = scandir(scratch_path("d"), &found, is_entry, compare_names);
	assert_int_equal(n, 2);
	for (int i = 0; i < n; i++)
		free(found[i]);
	free(found);
	begin("image", "new");
	assert_int_equal(commit(), 0);
	expect_file("image", "new");
	expect_names("image image.old ");
}

static void ignore_hang_up(void)
{
	(void)signal(SIGHUP, SIG_IGN);
}

static void hang_up(struct replacement *in_child)
{
	(void)raise(SIGHUP);
	if (replacement_commit(in_child, SIZE) < 0)
		_exit(1);
}

/* nohup(1) */
static void test_ignored_signals_stay_ignored(void **state)
{
	assert_int_equal(wait_for(begin_in_child(ignore_hang_up, hang_up)), 0);
	expect_file("image", "");
}

static void interrupt_afterwards(struct replacement *in_child)
{
	if (replacement_commit(in_child, SIZE) < 0)
		_exit(1);
	(void)raise(SIGTERM);
}

static void test_signal_when_it_is_in_place(void **state)
{
	int status = wait_for(begin_in_child(NULL, interrupt_afterwards));

	assert_true(WIFSIGNALED(status));
	expect_names("image ");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_new);
	TEST(&list, test_replaced);
	TEST_ROWS(&list, test_foreign, foreign_rows);
	TEST(&list, test_foreign_that_cannot_be_moved);
	TEST(&list, test_backup_is_the_same_file);
	TEST(&list, test_no_hard_links);
	TEST(&list, test_neither_links_nor_exchange);
	TEST(&list, test_name_of_the_backup_is_taken);
	TEST(&list, test_left_behind);
	TEST(&list, test_given_up);
	TEST(&list, test_path_of_the_new_file);
	TEST(&list, test_relative_path);
	TEST(&list, test_links);
	TEST(&list, test_link_to_nowhere);
	TEST(&list, test_no_directory);
	TEST(&list, test_permissions);
	TEST_ROWS(&list, test_target, target_rows);
	TEST(&list, test_other_targets);
	TEST(&list, test_missing_directory);
	TEST(&list, test_forbidden_directory);
	TEST_ROWS(&list, test_reserve, room_rows);
	TEST_ROWS(&list, test_what_goes_last, last_rows);
	TEST(&list, test_backup_that_cannot_be_removed);
	TEST(&list, test_no_room_and_no_backup);
	TEST(&list, test_no_room_for_a_backup);
	TEST(&list, test_no_room_beside_a_foreign_one);
	TEST_ROWS(&list, test_commit_fails, commit_rows);
	TEST_ROWS(&list, test_same, same_rows);
	TEST(&list, test_two_at_a_time);
	TEST_ROWS(&list, test_ended_by_a_signal, signal_rows);
	TEST(&list, test_killed);
	TEST(&list, test_ignored_signals_stay_ignored);
	TEST(&list, test_signal_when_it_is_in_place);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
