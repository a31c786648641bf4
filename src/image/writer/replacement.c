/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phases: lock the directory; make the new file under a name of its own, 0600 from birth as it may
 * hold keys; the caller fills it; sync it; keep the old one; rename; sync the directory, so that a
 * power cut cannot undo the rename.
 *
 * At any moment the target's name leads to the old file or to the new one. What is left of a
 * process that was killed begins with a dot, so that no boot loader takes it for an image, and is
 * removed by whoever comes next: with the lock, there is nobody whose it could be.
 */
#include "image/writer/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/reader/image-file.h"
#include "image/reader/image-origin.h"

#define TEMPORARY_MARK ".kindling-"
#define COMPARED_BYTES ((size_t)256 * 1024) /* at a time */

/* The last is what becomes of a mapped file that the disk does not give. */
static const int fatal_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGBUS };

/* What is to go when a signal ends the program; there is one replacement at a time. */
static struct {
	int dir_fd;
	char name[NAME_MAX + 1];
	volatile sig_atomic_t is_there;
} left_behind;

static void on_fatal_signal(int signal_number)
{
	if (left_behind.is_there)
		(void)unlinkat(left_behind.dir_fd, left_behind.name, 0);
	(void)raise(signal_number); /* by now with its default action */
}

/* Keeps what the caller of the program wanted ignored, as nohup(1) does. */
static void catch_signals(const struct replacement *replacement)
{
	const struct sigaction action = {
		.sa_handler = on_fatal_signal,
		.sa_flags = (int)SA_RESETHAND,
	};

	left_behind.dir_fd = replacement->dir_fd;
	(void)snprintf(left_behind.name, sizeof(left_behind.name), "%s", replacement->temporary);
	left_behind.is_there = 1;
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++) {
		struct sigaction before;

		if (sigaction(fatal_signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			(void)sigaction(fatal_signals[i], &action, NULL);
	}
}

/* A link is followed: what it leads to is replaced. A link to nowhere is replaced itself. */
static int find_target(const char *path, char **ret_path)
{
	*ret_path = realpath(path, NULL);
	if (!*ret_path && errno == ENOENT)
		*ret_path = strdup(path);
	else if (!*ret_path && errno != ENOMEM)
		return log_err_errno(-errno, "cannot use %s for the image, giving up", path);
	return *ret_path ? 0 : -ENOMEM;
}

/* The directory that the file at @path is in; NULL without memory. */
static char *get_directory(const char *path)
{
	size_t size = (size_t)(str_basename(path) - path);

	return size ? strndup(path, size) : strdup(".");
}

/* Whether a new file can be made beside the old one. */
static int check_directory(const char *path)
{
	_cleanup_free_ char *target = NULL, *directory = NULL;
	int r;

	r = find_target(path, &target);
	if (r < 0)
		return r;
	directory = get_directory(target);
	if (!directory)
		return -ENOMEM;
	if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) < 0)
		return log_err_errno(-errno, "the image cannot be written in the directory %s",
				     directory);
	return 0;
}

int replacement_check_target(const char *path, bool is_forced)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT
			       ? check_directory(path)
			       : log_err_errno(-errno, "cannot use %s for the image, giving up",
					       path);
	if (!S_ISREG(st.st_mode)) {
		log_err("%s is %s; name a file for the image with --output", path,
			S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
		return S_ISDIR(st.st_mode) ? -EISDIR : -EEXIST;
	}
	if (st.st_size > 0 && !is_forced && !image_file_is_image(path)) {
		log_err("%s is there and no initramfs; --force replaces it all the same", path);
		return -EEXIST;
	}
	return check_directory(path);
}

static bool is_left_behind(const struct replacement *replacement, const char *name)
{
	const char *rest = name[0] == '.' ? str_after_prefix(name + 1, replacement->name) : NULL;

	return rest && str_after_prefix(rest, TEMPORARY_MARK);
}

static void remove_left_behind(const struct replacement *replacement)
{
	_cleanup_closedir_ DIR *stream = NULL;
	const struct dirent *entry;
	int fd = openat(replacement->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	stream = fd < 0 ? NULL : fdopendir(fd);
	while (stream && (entry = readdir(stream)))
		if (is_left_behind(replacement, entry->d_name))
			(void)unlinkat(replacement->dir_fd, entry->d_name, 0);
}

static int wait_for_lock(const struct replacement *replacement)
{
	if (flock(replacement->dir_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -errno;
	log_info("another build is writing beside %s, waiting for its end", replacement->path);
	while (flock(replacement->dir_fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Where directories cannot be locked, on NFS for one, nothing is removed that may be in use. */
static void lock_directory(const struct replacement *replacement)
{
	int r = wait_for_lock(replacement);

	if (r < 0)
		log_debug_errno(r, "the directory of %s cannot be locked, going on",
				replacement->path);
	else
		remove_left_behind(replacement);
}

static int open_directory(struct replacement *replacement)
{
	_cleanup_free_ char *parent = get_directory(replacement->path);

	if (!parent)
		return -ENOMEM;
	replacement->dir_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (replacement->dir_fd < 0)
		return log_err_errno(-errno, "cannot open the directory of %s, giving up",
				     replacement->path);
	lock_directory(replacement);
	return 0;
}

/* A name like the temporary one, with another end. */
static char *make_hidden_name(const struct replacement *replacement, const char *end)
{
	return str_format(".%s" TEMPORARY_MARK "%s", replacement->name, end);
}

static int create_temporary(struct replacement *replacement)
{
	_cleanup_free_ char *name = NULL;
	char end[17];
	uint64_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != (ssize_t)sizeof(number))
		number = (uint64_t)getpid();
	(void)snprintf(end, sizeof(end), "%016" PRIx64, number);
	name = make_hidden_name(replacement, end);
	if (!name)
		return -ENOMEM;
	replacement->fd =
		openat(replacement->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (replacement->fd < 0)
		return log_err_errno(-errno, "cannot create a file beside %s, giving up",
				     replacement->path);
	replacement->temporary = TAKE_PTR(name);
	catch_signals(replacement);
	return 0;
}

int replacement_begin(const char *path, struct replacement *ret_replacement)
{
	struct replacement replacement = REPLACEMENT_NONE;
	int r;

	r = find_target(path, &replacement.path);
	if (r < 0)
		return r;
	replacement.name = str_basename(replacement.path);
	r = open_directory(&replacement);
	if (r >= 0)
		r = create_temporary(&replacement);
	if (r < 0)
		replacement_done(&replacement);
	else
		*ret_replacement = replacement;
	return r;
}

char *replacement_get_path(const struct replacement *replacement)
{
	return str_format("%.*s%s", (int)(replacement->name - replacement->path), replacement->path,
			  replacement->temporary);
}

static uint64_t free_bytes(const struct replacement *replacement)
{
	struct statvfs st;

	if (fstatvfs(replacement->dir_fd, &st) < 0)
		return UINT64_MAX;
	return (uint64_t)st.f_bavail * st.f_frsize;
}

/* Whether another tool made the image that is kept as @path; what is no file is nobody's. */
static bool is_foreign(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && !image_origin_is_kindling(path);
}

/* Unless @size bytes are free as it is. */
static void remove_kept(const struct replacement *replacement, uint64_t size, const char *path)
{
	if (free_bytes(replacement) >= size)
		return;
	if (unlink(path) == 0)
		log_info("removed %s, as the room is needed", path);
	else if (errno != ENOENT)
		log_warn_errno(-errno, "cannot remove %s, though its room is needed, leaving it",
			       path);
}

/*
 * Gives up what is kept, one after the other, until @size bytes are free. What another tool has
 * made nobody here can make again, so that goes last, and the later one of two such after the
 * earlier.
 */
static int make_room(const struct replacement *replacement, uint64_t size)
{
	_cleanup_free_ char *backup = str_format("%s.old", replacement->path);
	_cleanup_free_ char *original = str_format("%s.orig", replacement->path);
	bool is_foreign_last;

	if (free_bytes(replacement) >= size)
		return 0;
	if (!backup || !original)
		return -ENOMEM;
	is_foreign_last = is_foreign(backup);
	remove_kept(replacement, size, is_foreign_last ? original : backup);
	remove_kept(replacement, size, is_foreign_last ? backup : original);
	return 0;
}

int replacement_reserve(const struct replacement *replacement, uint64_t size)
{
	int r = make_room(replacement, size);

	if (r < 0 || free_bytes(replacement) >= size)
		return r;
	log_err("there is no room for the image: %s needs some %.1f MB beside the present one, and "
		"%.1f MB are free; keeping the present one",
		replacement->path, (double)size / 1e6, (double)free_bytes(replacement) / 1e6);
	return -ENOSPC;
}

/* Gives the old file a second name; file systems without hard links cannot. */
static int link_backup(const struct replacement *replacement, const char *backup)
{
	_cleanup_free_ char *hidden = make_hidden_name(replacement, "old");
	int r = 0;

	if (!hidden)
		return -ENOMEM;
	(void)unlinkat(replacement->dir_fd, hidden, 0);
	if (linkat(replacement->dir_fd, replacement->name, replacement->dir_fd, hidden, 0) < 0 ||
	    renameat(replacement->dir_fd, hidden, replacement->dir_fd, backup) < 0)
		r = -errno;
	(void)unlinkat(replacement->dir_fd, hidden, 0); /* a rename onto itself does nothing */
	return r;
}

/*
 * "NAME.old" is for the previous image. What another tool made is moved out of its way, or the
 * first build would keep the distribution's image, and the second one lose it. False if it is in
 * the way still.
 */
static bool keep_foreign(const struct replacement *replacement)
{
	_cleanup_free_ char *backup = str_format("%s.old", replacement->path);
	_cleanup_free_ char *original = str_format("%s.orig", replacement->path);

	if (!backup || !original)
		return false;
	if (!is_foreign(backup))
		return true;
	if (rename(backup, original) < 0) {
		log_warn_errno(-errno,
			       "%s, which another tool made, cannot be moved to %s: leaving it, so "
			       "that the previous image is not kept",
			       backup, original);
		return false;
	}
	log_info("%s, which another tool made, is %s now", backup, original);
	return true;
}

/*
 * 1 if by now the old file has the temporary name and the new one is in place, 0 if the new one is
 * still to be renamed. That there is no backup in the end is no failure.
 */
static int keep_old(struct replacement *replacement)
{
	_cleanup_free_ char *backup = str_format("%s.old", replacement->name);
	int dir_fd = replacement->dir_fd, r;

	if (!backup)
		return -ENOMEM;
	if (faccessat(dir_fd, replacement->name, F_OK, 0) < 0 || !keep_foreign(replacement))
		return 0;
	r = link_backup(replacement, backup);
	if (r >= 0 || r == -ENOMEM)
		return r;
	/* vfat, since Linux 6.0 */
	if (renameat2(dir_fd, replacement->temporary, dir_fd, replacement->name, RENAME_EXCHANGE) <
	    0) {
		log_debug_errno(r, "%s cannot be kept as %s.old, going on", replacement->path,
				replacement->name);
		return 0;
	}
	if (renameat(dir_fd, replacement->temporary, dir_fd, backup) < 0)
		(void)unlinkat(dir_fd, replacement->temporary, 0);
	return 1;
}

static void forget_temporary(struct replacement *replacement)
{
	left_behind.is_there = 0;
	free(TAKE_PTR(replacement->temporary));
}

/* Some file systems have no way to sync a directory; that is no failure. */
static int sync_directory(const struct replacement *replacement)
{
	if (fsync(replacement->dir_fd) < 0 && errno != EINVAL)
		return log_err_errno(-errno,
				     "%s is in place, but its directory cannot be synced: a power "
				     "cut now may bring back the old one",
				     replacement->path);
	return 0;
}

/* What cannot be read is not the same; an old file on bad sectors is one more reason for a new one.
 */
static bool have_same_bytes(int a, int b, size_t size)
{
	_cleanup_free_ char *data_a = malloc(COMPARED_BYTES), *data_b = malloc(COMPARED_BYTES);
	size_t at = 0, part;

	if (!data_a || !data_b)
		return false;
	for (; at < size; at += part) {
		part = MIN(size - at, COMPARED_BYTES);
		if (pread(a, data_a, part, (off_t)at) != (ssize_t)part ||
		    pread(b, data_b, part, (off_t)at) != (ssize_t)part ||
		    memcmp(data_a, data_b, part) != 0)
			return false;
	}
	return true;
}

bool replacement_is_same(const struct replacement *replacement)
{
	_cleanup_close_ int fd =
		openat(replacement->dir_fd, replacement->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat old, new;

	return fd >= 0 && fstat(fd, &old) == 0 && fstat(replacement->fd, &new) == 0 &&
	       new.st_size > 0 && old.st_size == new.st_size && !(old.st_mode & 0177) &&
	       have_same_bytes(fd, replacement->fd, (size_t) new.st_size);
}

/* Better no backup than no room for the next image; but what another tool made is kept. */
static void give_up_old(const struct replacement *replacement)
{
	_cleanup_free_ char *backup = str_format("%s.old", replacement->path);

	if (access(replacement->path, F_OK) < 0)
		return;
	log_warn("there is no room to keep the previous image beside %s", replacement->path);
	if (backup && !is_foreign(backup))
		remove_kept(replacement, UINT64_MAX, backup);
}

int replacement_commit(struct replacement *replacement, uint64_t size)
{
	int r = 0;

	if (fsync(replacement->fd) < 0)
		return log_err_errno(-errno, "cannot write the image to disk, keeping %s as it is",
				     replacement->path);
	if (free_bytes(replacement) >= size)
		r = keep_old(replacement);
	else
		give_up_old(replacement);
	if (r < 0)
		return r;
	if (r == 0 && renameat(replacement->dir_fd, replacement->temporary, replacement->dir_fd,
			       replacement->name) < 0)
		return log_err_errno(-errno, "cannot put the new image at %s, keeping it as it is",
				     replacement->path);
	forget_temporary(replacement);
	return sync_directory(replacement);
}

void replacement_done(struct replacement *replacement)
{
	if (replacement->temporary) {
		(void)unlinkat(replacement->dir_fd, replacement->temporary, 0);
		forget_temporary(replacement);
	}
	safe_close(replacement->fd);
	safe_close(replacement->dir_fd);
	free(replacement->path);
	*replacement = REPLACEMENT_NONE;
}
