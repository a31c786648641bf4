/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes an image out below one directory. Nothing that the image says is trusted: a path is
 * resolved with the directory for its root, so that "..", absolute links and links to links end in
 * it at worst, just as they would in the booted image; the last component is never followed; files
 * are new ones (O_EXCL), private until they are complete, and gone if they are not.
 *
 * As the kernel does it: what comes later replaces what was there, and names of one file in the
 * same archive are links to one another. Other than with the kernel, missing parents are made.
 *
 * Directories get their modes and times at the end, the last one first, since one may be read-only
 * and what is made in it changes its time.
 */
#include "image/reader/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/open-in-root.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "image/reader/hard-link.h"
#include "image/reader/image-path.h"

#define PERMISSIONS 07777

struct unpacker {
	struct image_reader *reader;
	int root_fd;
	const char *directory;
	bool is_root;
	struct vec directories; /* struct directory, in their order */
	struct strmap names;    /* of files with several: hard_link_key() → struct name */
	unsigned int n_devices; /* that were left out */
};

struct directory {
	char *path;
	mode_t permissions;
	uid_t uid;
	gid_t gid;
	int64_t mtime;
};

/* The first name of a file, and what was created there. */
struct name {
	char *path;
	dev_t device;
	ino_t inode;
};

/* Where an entry goes: its directory, and the last component of its path. */
struct place {
	const char *path; /* from image_path_normalise() */
	const char *name;
	int parent_fd;
};

static void free_directory(void *item)
{
	struct directory *directory = item;

	free(directory->path);
	free(directory);
}

static void free_name(void *item)
{
	struct name *name = item;

	free(name->path);
	free(name);
}

static void unpacker_done(struct unpacker *unpacker)
{
	vec_done(&unpacker->directories, free_directory);
	strmap_done(&unpacker->names, free_name);
}

/* Logs what could not be done at @path; -EIO, or -ENOMEM if that is what it was. */
static int failed(const struct unpacker *unpacker, const char *path, int error)
{
	if (error == -ENOMEM)
		return error;
	(void)log_err_errno(error, "%s%s cannot be written", unpacker->directory, path);
	return -EIO;
}

/* Opens the directory @path and makes it if it is not there; the one above it is. */
static int open_or_make(const struct unpacker *unpacker, char *path)
{
	_cleanup_close_ int parent_fd = -1;
	char *slash;
	int r;

	r = open_in_root(unpacker->root_fd, path, O_PATH | O_DIRECTORY);
	if (r != -ENOENT)
		return r;
	slash = strrchr(path, '/');
	*slash = '\0';
	parent_fd = open_in_root(unpacker->root_fd, *path ? path : "/", O_PATH | O_DIRECTORY);
	*slash = '/';
	if (parent_fd < 0)
		return parent_fd;
	/* What is there and does not exist is a link that leads nowhere. */
	if (mkdirat(parent_fd, slash + 1, 0755) < 0)
		return errno == EEXIST ? -ENOENT : -errno;
	return open_in_root(unpacker->root_fd, path, O_PATH | O_DIRECTORY);
}

/* Opens the directory above @path; missing ones on the way are made. */
static int open_parent(const struct unpacker *unpacker, const char *path)
{
	_cleanup_free_ char *parent = strdup(path);
	char *slash;
	int fd;

	if (!parent)
		return -ENOMEM;
	slash = strrchr(parent, '/');
	*slash = '\0';
	fd = open_in_root(unpacker->root_fd, *parent ? parent : "/", O_PATH | O_DIRECTORY);
	if (fd != -ENOENT)
		return fd;
	slash = parent;
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		fd = open_or_make(unpacker, parent);
		*slash = '/';
		if (fd < 0)
			return fd;
		(void)close(fd);
	}
	return open_or_make(unpacker, parent);
}

/* Removes what is in the way of an entry; a directory may stay for a directory. */
static int make_room(const struct place *place, mode_t mode)
{
	struct stat st;

	if (fstatat(place->parent_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(mode) && S_ISDIR(st.st_mode))
		return 0;
	if (unlinkat(place->parent_fd, place->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return -errno;
	return 0;
}

static void get_times(const struct image_entry *entry, struct timespec times[static 2])
{
	times[0] = (struct timespec){ .tv_nsec = UTIME_OMIT };
	times[1] = (struct timespec){ .tv_sec = entry->mtime };
}

/* Owner first, as changing it drops setuid bits; time last. */
static int finish_file(const struct unpacker *unpacker, int fd, const struct image_entry *entry)
{
	struct timespec times[2];

	get_times(entry, times);
	if (unpacker->is_root && fchown(fd, entry->uid, entry->gid) < 0)
		return -errno;
	if (fchmod(fd, entry->mode & PERMISSIONS) < 0 || futimens(fd, times) < 0)
		return -errno;
	return 0;
}

/* The same for what cannot be opened, and was made at @place just now. */
static int finish_special(const struct unpacker *unpacker, const struct place *place,
			  const struct image_entry *entry)
{
	struct timespec times[2];

	get_times(entry, times);
	if (unpacker->is_root && fchownat(place->parent_fd, place->name, entry->uid, entry->gid,
					  AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(entry->mode) &&
	    fchmodat(place->parent_fd, place->name, entry->mode & PERMISSIONS, 0) < 0)
		return -errno;
	if (utimensat(place->parent_fd, place->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

/* Its errors are the image's, or logged as those of writing. */
static int write_content(struct unpacker *unpacker, int fd, const char *path)
{
	const void *data;
	ssize_t size;

	while ((size = image_reader_read(unpacker->reader, &data)) > 0) {
		int r = file_write_fd(fd, data, (size_t)size);

		if (r < 0)
			return failed(unpacker, path, r);
	}
	return (int)size;
}

/* Remembers the first name of a file for those to come. */
static int remember_name(struct unpacker *unpacker, const char *key, const struct place *place,
			 int fd)
{
	struct name *name = strmap_get(&unpacker->names, key);
	struct stat st;
	char *path;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	path = strdup(place->path);
	if (!path)
		return -ENOMEM;
	if (name) {
		free(name->path);
	} else {
		name = malloc(sizeof(*name));
		r = name ? strmap_set(&unpacker->names, key, name) : -ENOMEM;
		if (r < 0) {
			free(name);
			free(path);
			return r;
		}
	}
	*name = (struct name){ .path = path, .device = st.st_dev, .inode = st.st_ino };
	return 0;
}

/*
 * Makes @place another name of the file. 1, or 0 if what was the first name has been replaced
 * since, or negative errno.
 */
static int link_name(const struct unpacker *unpacker, const struct name *name,
		     const struct place *place)
{
	_cleanup_close_ int parent_fd = open_parent(unpacker, name->path);
	const char *basename = str_basename(name->path);
	struct stat st;

	if (parent_fd < 0)
		return parent_fd;
	if (fstatat(parent_fd, basename, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode) || st.st_dev != name->device || st.st_ino != name->inode)
		return 0;
	if (linkat(parent_fd, basename, place->parent_fd, place->name, 0) < 0)
		return -errno;
	return 1;
}

/* Opens the new name of a file for its content, which it may not permit any more. */
static int open_linked(const struct place *place)
{
	int fd;

	if (fchmodat(place->parent_fd, place->name, 0600, 0) < 0)
		return -errno;
	fd = openat(place->parent_fd, place->name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int create_file(const struct place *place)
{
	int fd = openat(place->parent_fd, place->name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

/* A new file at @place, or a link to the file whose other name came before, if it has content. */
static int open_file(struct unpacker *unpacker, const struct place *place,
		     const struct image_entry *entry, int *ret_fd)
{
	_cleanup_free_ char *key = NULL;
	_cleanup_close_ int fd = -1;
	const struct name *name;
	int r = 0;

	if (entry->nlink > 1) {
		key = hard_link_key(entry);
		if (!key)
			return -ENOMEM;
		name = strmap_get(&unpacker->names, key);
		r = name ? link_name(unpacker, name, place) : 0;
		if (r < 0)
			return r;
	}
	if (r > 0 && entry->size == 0)
		return 0;
	fd = r > 0 ? open_linked(place) : create_file(place);
	if (fd < 0)
		return fd;
	if (key && r == 0) {
		r = remember_name(unpacker, key, place, fd);
		if (r < 0)
			return r;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int unpack_file(struct unpacker *unpacker, const struct place *place,
		       const struct image_entry *entry)
{
	_cleanup_close_ int fd = -1;
	int r;

	r = open_file(unpacker, place, entry, &fd);
	if (r < 0)
		return failed(unpacker, place->path, r);
	if (fd < 0)
		return 0;
	r = write_content(unpacker, fd, place->path);
	if (r < 0) {
		(void)unlinkat(place->parent_fd, place->name, 0);
		return r;
	}
	r = finish_file(unpacker, fd, entry);
	return r < 0 ? failed(unpacker, place->path, r) : 0;
}

static int unpack_directory(struct unpacker *unpacker, const struct place *place,
			    const struct image_entry *entry)
{
	struct directory *directory;
	int r;

	if (mkdirat(place->parent_fd, place->name, 0700) < 0 && errno != EEXIST)
		return failed(unpacker, place->path, -errno);
	directory = malloc(sizeof(*directory));
	if (!directory)
		return -ENOMEM;
	*directory = (struct directory){
		.path = strdup(place->path),
		.permissions = entry->mode & PERMISSIONS,
		.uid = entry->uid,
		.gid = entry->gid,
		.mtime = entry->mtime,
	};
	r = directory->path ? vec_push(&unpacker->directories, directory) : -ENOMEM;
	if (r < 0)
		free_directory(directory);
	return r;
}

static int unpack_symlink(struct unpacker *unpacker, const struct place *place,
			  const struct image_entry *entry)
{
	int r;

	if (symlinkat(entry->target, place->parent_fd, place->name) < 0)
		return failed(unpacker, place->path, -errno);
	r = finish_special(unpacker, place, entry);
	return r < 0 ? failed(unpacker, place->path, r) : 0;
}

/* Devices, pipes and sockets. */
static int unpack_node(struct unpacker *unpacker, const struct place *place,
		       const struct image_entry *entry)
{
	bool is_device = S_ISCHR(entry->mode) || S_ISBLK(entry->mode);
	int r;

	if (is_device && !unpacker->is_root) {
		unpacker->n_devices++;
		return 0;
	}
	if (mknodat(place->parent_fd, place->name, (entry->mode & S_IFMT) | 0600, entry->rdev) <
	    0) {
		if (!is_device || errno != EPERM)
			return failed(unpacker, place->path, -errno);
		/* Root of a container only. */
		unpacker->n_devices++;
		return 0;
	}
	r = finish_special(unpacker, place, entry);
	return r < 0 ? failed(unpacker, place->path, r) : 0;
}

static int unpack_at(struct unpacker *unpacker, const struct place *place,
		     const struct image_entry *entry)
{
	int r;

	r = make_room(place, entry->mode);
	if (r < 0)
		return failed(unpacker, place->path, r);
	switch (entry->mode & S_IFMT) {
	case S_IFREG:
		return unpack_file(unpacker, place, entry);
	case S_IFDIR:
		return unpack_directory(unpacker, place, entry);
	case S_IFLNK:
		return unpack_symlink(unpacker, place, entry);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return unpack_node(unpacker, place, entry);
	default:
		log_warn("%s is of a type that there is not (mode %o), leaving it out", place->path,
			 entry->mode);
		return 0;
	}
}

static int unpack_entry(struct unpacker *unpacker, const struct image_entry *entry)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int parent_fd = -1;
	struct place place;
	int r;

	r = image_path_normalise(entry->name, &path);
	if (r == -EINVAL) {
		log_err("the image is hostile: a file in it is called %s, which leads out of the "
			"directory; unpacking ends here",
			entry->name);
		return -EBADMSG;
	}
	if (r < 0)
		return r;
	/* The directory itself is the caller's, not the image's. */
	if (str_equal(path, "/"))
		return 0;
	parent_fd = open_parent(unpacker, path);
	if (parent_fd < 0)
		return failed(unpacker, path, parent_fd);
	place = (struct place){ .path = path, .name = str_basename(path), .parent_fd = parent_fd };
	return unpack_at(unpacker, &place, entry);
}

/* Something else may be in its place by now, and then there is nothing to do. */
static int finish_directory(const struct unpacker *unpacker, const struct directory *directory)
{
	struct image_entry entry = {
		.mode = directory->permissions,
		.uid = directory->uid,
		.gid = directory->gid,
		.mtime = directory->mtime,
	};
	_cleanup_close_ int fd = -1;
	int r;

	fd = open_in_root(unpacker->root_fd, directory->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd == -ENOTDIR || fd == -ENOENT || fd == -ELOOP)
		return 0;
	r = fd < 0 ? fd : finish_file(unpacker, fd, &entry);
	return r < 0 ? failed(unpacker, directory->path, r) : 0;
}

/* Of entries with the same path, the last one decides. */
static int finish_directories(struct unpacker *unpacker)
{
	struct strmap seen = { 0 };
	int r = 0;

	for (size_t i = unpacker->directories.n_items; r >= 0 && i > 0; i--) {
		struct directory *directory = unpacker->directories.items[i - 1];

		if (strmap_get(&seen, directory->path))
			continue;
		r = strmap_set(&seen, directory->path, directory);
		if (r >= 0)
			r = finish_directory(unpacker, directory);
	}
	strmap_done(&seen, NULL);
	return r;
}

static int unpack_entries(struct unpacker *unpacker)
{
	struct image_entry entry;
	int r;

	while ((r = image_reader_next(unpacker->reader, &entry)) > 0) {
		r = unpack_entry(unpacker, &entry);
		if (r < 0)
			break;
	}
	return r;
}

int unpack_image(struct image_reader *reader, int directory_fd, const char *directory)
{
	_cleanup_(unpacker_done) struct unpacker unpacker = {
		.reader = reader,
		.root_fd = directory_fd,
		.directory = directory,
		.is_root = geteuid() == 0,
	};
	int r, finished;

	r = unpack_entries(&unpacker);
	finished = finish_directories(&unpacker);
	if (unpacker.n_devices > 0)
		log_info("%u device nodes have been left out: only root can make them",
			 unpacker.n_devices);
	return r < 0 ? r : finished;
}
