/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in one directory, named by a hash of their key. Each begins with its key, as hashes may
 * collide, and with a checksum, as nothing here is synced to disk: after a power cut a file may be
 * empty or of zeros.
 *
 * A host file whose inode, size and change time are the same is the same file; the change time is
 * the kernel's, and no program can set it back.
 */
#include "image/writer/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/checksum.h"

#define MAGIC       "kindling-cache-2"
#define FILE_SUFFIX ".cached"

/* The modules of some three kernels; the oldest go when it is more. */
#define BYTES_MAX    ((uint64_t)192 * 1024 * 1024)
#define BYTES_TARGET (BYTES_MAX / 2)

#define HEADER_MAX 512

struct cache {
	int dir_fd;
	atomic_bool has_grown;
	atomic_uint n_put; /* makes the names of files under construction differ */
};

static int find_directory(char **ret_path)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (base && base[0] == '/')
		*ret_path = str_format("%s/kindling", base);
	else if (geteuid() == 0)
		*ret_path = strdup("/var/cache/kindling");
	else if (home && home[0] == '/')
		*ret_path = str_format("%s/.cache/kindling", home);
	else
		return -ENOENT;
	return *ret_path ? 0 : -ENOMEM;
}

/* Whoever could write here could put modules into our images. */
static bool is_trustworthy(int dir_fd)
{
	struct stat st;

	return fstat(dir_fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & 0022);
}

int cache_open(struct cache **ret_cache)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct cache *cache;
	int r;

	*ret_cache = NULL;
	r = find_directory(&path);
	if (r >= 0)
		r = file_make_directories(path, 0700);
	if (r == -ENOMEM)
		return r;
	if (r >= 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		log_debug("there is no cache at %s, going on without it", path ? path : "$HOME");
		return 0;
	}
	if (!is_trustworthy(fd)) {
		log_warn("others could write to the cache %s, going on without it", path);
		return 0;
	}
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return -ENOMEM;
	cache->dir_fd = TAKE_FD(fd);
	*ret_cache = cache;
	return 0;
}

struct cached_file {
	char *name;
	off_t size;
	struct timespec modified;
};

static void cached_file_free(void *item)
{
	struct cached_file *file = item;

	free(file->name);
	free(file);
}

static int compare_age(const void *a, const void *b)
{
	const struct cached_file *const *file_a = a, *const *file_b = b;
	const struct timespec *time_a = &(*file_a)->modified, *time_b = &(*file_b)->modified;

	if (time_a->tv_sec != time_b->tv_sec)
		return time_a->tv_sec < time_b->tv_sec ? -1 : 1;
	return time_a->tv_nsec < time_b->tv_nsec ? -1 : time_a->tv_nsec > time_b->tv_nsec;
}

static int note_file(struct vec *files, int dir_fd, const char *name, uint64_t *total)
{
	struct cached_file *file;
	struct stat st;
	int r;

	if (!str_has_suffix(name, FILE_SUFFIX) ||
	    fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	*file = (struct cached_file){
		.name = strdup(name),
		.size = st.st_size,
		.modified = st.st_mtim,
	};
	r = file->name ? vec_push(files, file) : -ENOMEM;
	if (r < 0)
		cached_file_free(file);
	else
		*total += (uint64_t)st.st_size;
	return r;
}

/* Nothing depends on it: what cannot be listed or removed is left for the next time. */
static void trim(int dir_fd)
{
	_cleanup_closedir_ DIR *stream = NULL;
	struct vec files = { 0 };
	const struct dirent *entry;
	struct cached_file *file;
	uint64_t total = 0;
	int r = 0, fd;

	fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stream = fd < 0 ? NULL : fdopendir(fd);
	while (r >= 0 && stream && (entry = readdir(stream)))
		r = note_file(&files, dir_fd, entry->d_name, &total);
	if (total > BYTES_MAX) {
		vec_sort(&files, compare_age);
		vec_for_each(file, &files) {
			if (total <= BYTES_TARGET)
				break;
			(void)unlinkat(dir_fd, file->name, 0);
			total -= (uint64_t)file->size;
		}
	}
	vec_done(&files, cached_file_free);
}

struct cache *cache_close(struct cache *cache)
{
	if (cache) {
		if (cache->has_grown)
			trim(cache->dir_fd);
		(void)close(cache->dir_fd);
		free(cache);
	}
	return NULL;
}

/* A line that tells the host file and what was made of it. */
static size_t make_key(char key[static HEADER_MAX], const struct stat *st, const char *what)
{
	return (size_t)snprintf(key, HEADER_MAX, "%s %s %ju:%ju %jd %jd.%09ld %jd.%09ld\n", MAGIC,
				what, (uintmax_t)st->st_dev, (uintmax_t)st->st_ino,
				(intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
				st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec,
				st->st_ctim.tv_nsec);
}

static void make_name(char name[static 32], const char *key, size_t size)
{
	(void)snprintf(name, 32, "%016" PRIx64 FILE_SUFFIX, checksum_of(key, size));
}

static bool read_whole(int fd, void *buffer, size_t size)
{
	return file_read_fd(fd, buffer, size) == (ssize_t)size;
}

int cache_get(struct cache *cache, const struct stat *st, const char *what, void **ret_data,
	      size_t *ret_size, uint64_t *ret_checksum)
{
	char key[HEADER_MAX], header[HEADER_MAX + sizeof(uint64_t)], name[32];
	_cleanup_free_ void *data = NULL;
	_cleanup_close_ int fd = -1;
	size_t key_size, size;
	struct stat own;
	uint64_t checksum;

	if (!cache)
		return 0;
	key_size = make_key(key, st, what);
	make_name(name, key, key_size);
	fd = openat(cache->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &own) < 0 || !S_ISREG(own.st_mode) ||
	    (size_t)own.st_size < key_size + sizeof(checksum))
		return 0;
	size = (size_t)own.st_size - key_size - sizeof(checksum);
	data = malloc(size + 1);
	if (!data)
		return -ENOMEM;
	if (!read_whole(fd, header, key_size + sizeof(checksum)) ||
	    memcmp(header, key, key_size) != 0 || !read_whole(fd, data, size))
		return 0;
	memcpy(&checksum, header + key_size, sizeof(checksum));
	if (checksum_of(data, size) != checksum)
		return 0;
	*ret_data = TAKE_PTR(data);
	*ret_size = size;
	*ret_checksum = checksum;
	return 1;
}

void cache_put(struct cache *cache, const struct stat *st, const char *what, const void *data,
	       size_t size, uint64_t checksum)
{
	char key[HEADER_MAX], name[32], temporary[64];
	size_t key_size;
	int fd;

	if (!cache)
		return;
	key_size = make_key(key, st, what);
	make_name(name, key, key_size);
	(void)snprintf(temporary, sizeof(temporary), "new.%jd.%u" FILE_SUFFIX, (intmax_t)getpid(),
		       atomic_fetch_add(&cache->n_put, 1U));
	fd = openat(cache->dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (file_write_fd(fd, key, key_size) < 0 ||
	    file_write_fd(fd, &checksum, sizeof(checksum)) < 0 ||
	    file_write_fd(fd, data, size) < 0 ||
	    renameat(cache->dir_fd, temporary, cache->dir_fd, name) < 0)
		(void)unlinkat(cache->dir_fd, temporary, 0);
	(void)close(fd);
	cache->has_grown = true;
}
