/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds firmware as the kernel will (drivers/base/firmware_loader/main.c): in each directory of its
 * path the plain file, then in each the one with .zst, then with .xz. What the kernel would not
 * take does not go in either. Images keep the directories, so that one that is there for a single
 * kernel or as an update still counts more than the others.
 *
 * Most of what drivers name is not installed on most machines, and what is not there has never
 * kept one from booting: it is counted, not complained of.
 */
#include "image/modules/firmware.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/modules/decompress.h"

#define FIRMWARE_SIZE_MAX (256U << 20)

/* A directory of the search path. */
struct place {
	char *path; /* in the sysroot */
	char *real; /* for this process */
};

struct firmware {
	struct tree *tree;
	const struct sysroot *sysroot;
	bool can_read[STORED_XZ + 1];
	bool is_compressing;
	struct place places[8];
	size_t n_places;
	struct strmap seen; /* what each name that was asked for came to */
	size_t n_missing;
};

/* A file that was found. */
struct found {
	enum stored_as stored;
	char *path; /* in the sysroot, with the suffix */
};

static int add_name(struct firmware *firmware, const char *name, const char *why);

static char in_image[] = "in the image", missing[] = "missing";

struct firmware *firmware_free(struct firmware *firmware)
{
	if (firmware) {
		for (size_t i = 0; i < firmware->n_places; i++) {
			free(firmware->places[i].path);
			free(firmware->places[i].real);
		}
		strmap_done(&firmware->seen, NULL);
		free(firmware);
	}
	return NULL;
}

static void cleanup_firmware(struct firmware **firmware)
{
	(void)firmware_free(*firmware);
}

static bool has_place(const struct firmware *firmware, const char *real)
{
	for (size_t i = 0; i < firmware->n_places; i++)
		if (str_equal(firmware->places[i].real, real))
			return true;
	return false;
}

/* Takes over @path. One that is not there, or is there by another name, is passed over. */
static int add_place(struct firmware *firmware, char *path)
{
	_cleanup_free_ char *owned = path, *real = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysroot_resolve(firmware->sysroot, path, &real);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (has_place(firmware, real))
		return 0;
	firmware->places[firmware->n_places++] =
		(struct place){ .path = TAKE_PTR(owned), .real = TAKE_PTR(real) };
	return 0;
}

/*
 * The kernel knows /lib only, which in an image is a link. /usr/lib is for trees that a
 * distribution without that link has been put into.
 */
static int add_places(struct firmware *firmware, const char *kver)
{
	static const char *const bases[] = { "/lib/firmware", "/usr/lib/firmware" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(bases); i++) {
		r = add_place(firmware, str_format("%s/updates/%s", bases[i], kver));
		if (r >= 0)
			r = add_place(firmware, str_format("%s/updates", bases[i]));
		if (r >= 0)
			r = add_place(firmware, str_format("%s/%s", bases[i], kver));
		if (r >= 0)
			r = add_place(firmware, strdup(bases[i]));
	}
	return r;
}

int firmware_new(struct tree *tree, const struct sysroot *sysroot, const char *kver,
		 const struct kernel_config *config, bool is_compressing,
		 struct firmware **ret_firmware)
{
	_cleanup_(cleanup_firmware) struct firmware *firmware = calloc(1, sizeof(*firmware));
	enum kernel_config_value zstd = kernel_config_get(config, "FW_LOADER_COMPRESS_ZSTD");
	enum kernel_config_value xz = kernel_config_get(config, "FW_LOADER_COMPRESS_XZ");
	int r;

	if (!firmware)
		return -ENOMEM;
	firmware->tree = tree;
	firmware->sysroot = sysroot;
	firmware->can_read[STORED_PLAIN] = true;
	firmware->can_read[STORED_ZSTD] = zstd != KERNEL_CONFIG_NO;
	/* Until 5.19 there was xz only, without a symbol of its own. */
	firmware->can_read[STORED_XZ] =
		xz != KERNEL_CONFIG_NO ||
		(zstd == KERNEL_CONFIG_NO &&
		 kernel_config_get(config, "FW_LOADER_COMPRESS") == KERNEL_CONFIG_YES);
	firmware->is_compressing = is_compressing && zstd == KERNEL_CONFIG_YES;
	r = add_places(firmware, kver);
	if (r >= 0)
		*ret_firmware = TAKE_PTR(firmware);
	return r;
}

/* A name is a path below the directories; the kernel refuses to leave them as well. */
static bool is_inside(const char *name)
{
	const char *rest = name;

	if (!*name || *name == '/')
		return false;
	while (rest) {
		if (strncmp(rest, "..", 2) == 0 && (rest[2] == '/' || !rest[2]))
			return false;
		rest = strchr(rest, '/');
		rest = rest ? rest + 1 : NULL;
	}
	return true;
}

/* 1 if there is a file of that name, 0 if there is none, -EISDIR, or -ENOMEM. */
static int is_file(const struct firmware *firmware, const char *path)
{
	_cleanup_free_ char *real = NULL;
	struct stat st;
	int r;

	r = sysroot_resolve(firmware->sysroot, path, &real);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (stat(real, &st) < 0)
		return 0;
	return S_ISDIR(st.st_mode) ? -EISDIR : S_ISREG(st.st_mode);
}

/* 1 if it is found, 0 if not; -EISDIR, with the path, if it is a directory; -ENOMEM. */
static int find(const struct firmware *firmware, const char *name, struct found *ret_found)
{
	for (enum stored_as stored = STORED_PLAIN; stored <= STORED_XZ; stored++) {
		for (size_t i = 0; i < firmware->n_places; i++) {
			_cleanup_free_ char *path = str_format("%s/%s%s", firmware->places[i].path,
							       name, stored_as_suffix(stored));
			int r = path ? is_file(firmware, path) : -ENOMEM;

			if (r == 0)
				continue;
			ret_found->stored = stored;
			ret_found->path = r == -ENOMEM ? NULL : TAKE_PTR(path);
			return r;
		}
	}
	return 0;
}

/* The path in the sysroot of what this process reaches by @real. */
static const char *strip_sysroot(const struct firmware *firmware, const char *real)
{
	const char *rest = str_after_prefix(real, firmware->sysroot->path);

	return rest ? rest : real;
}

/*
 * A plain file that is to be compressed, with .zst added to its name; if it is a link then to what
 * it leads to in the end, which gets the suffix as well.
 */
static int add_to_be_compressed(const struct firmware *firmware, const char *path, const char *why)
{
	_cleanup_free_ char *real = NULL, *parent = NULL, *image_path = NULL, *target = NULL;
	int r;

	r = sysroot_resolve(firmware->sysroot, path, &real);
	if (r >= 0)
		r = sysroot_resolve_parent(firmware->sysroot, path, &parent);
	if (r < 0)
		return r;
	image_path = str_format("%s.zst", path);
	target = str_format("%s.zst", strip_sysroot(firmware, real));
	if (!image_path || !target)
		return -ENOMEM;
	if (str_equal(real, parent))
		return tree_add_compressed_file(firmware->tree, image_path, real, why);
	r = tree_add_symlink(firmware->tree, image_path, target, why);
	return r < 0 ? r : tree_add_compressed_file(firmware->tree, target, real, why);
}

/* A compressed file for a kernel that reads plain ones only. */
static int add_decompressed(const struct firmware *firmware, const struct found *found,
			    const char *why)
{
	_cleanup_strbuf_ struct strbuf content = { 0 };
	_cleanup_free_ char *real = NULL, *image_path = NULL;
	const char *suffix = stored_as_suffix(found->stored);
	int r;

	r = sysroot_resolve(firmware->sysroot, found->path, &real);
	if (r >= 0)
		r = decompress_file(real, found->stored, FIRMWARE_SIZE_MAX, &content);
	if (r < 0)
		return r;
	image_path = strndup(found->path, strlen(found->path) - strlen(suffix));
	if (!image_path)
		return -ENOMEM;
	return tree_add_data(firmware->tree, image_path, 0644, strbuf_string(&content),
			     content.size, why);
}

static int add_found(const struct firmware *firmware, const struct found *found, const char *why)
{
	int r;

	if (!firmware->can_read[found->stored])
		r = add_decompressed(firmware, found, why);
	else if (found->stored == STORED_PLAIN && firmware->is_compressing)
		r = add_to_be_compressed(firmware, found->path, why);
	else
		r = tree_add_host_file(firmware->tree, firmware->sysroot, found->path, why);
	if (r >= 0 || r == -ENOMEM)
		return r;
	return log_err_errno(r, "cannot put the firmware %s into the image, giving up",
			     found->path);
}

static int note_missing(struct firmware *firmware, const char *name, const char *why)
{
	log_debug("the firmware %s (%s) is not installed", name, why);
	firmware->n_missing++;
	return strmap_set(&firmware->seen, name, missing);
}

/* "dir/a.bin.zst" in a directory of the search path is there for those who ask for dir/a.bin. */
static char *make_plain_name(const char *name)
{
	enum stored_as stored = stored_as_from_name(name);

	return strndup(name,
		       strlen(name) - (stored <= STORED_XZ ? strlen(stored_as_suffix(stored)) : 0));
}

static int push_plain_name(struct vec *names, const char *name)
{
	char *plain = make_plain_name(name);
	int r = plain ? vec_push(names, plain) : -ENOMEM;

	if (r < 0)
		free(plain);
	return r;
}

/* Not directories that are links: they could lead in circles. */
static bool is_directory_link(int dir_fd, const char *name)
{
	struct stat own, target;

	return fstatat(dir_fd, name, &own, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(own.st_mode) &&
	       fstatat(dir_fd, name, &target, 0) == 0 && S_ISDIR(target.st_mode);
}

/* Adds to @names what is in the directory @name, which is at @path in the sysroot. */
static int list_directory(const struct firmware *firmware, const char *name, const char *path,
			  struct vec *names)
{
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_free_ char *real = NULL;
	const struct dirent *entry;
	int r;

	r = sysroot_resolve(firmware->sysroot, path, &real);
	if (r >= 0) {
		dir = opendir(real);
		r = dir ? 0 : -errno;
	}
	while (r >= 0 && (entry = readdir(dir))) {
		_cleanup_free_ char *child = NULL;

		if (entry->d_name[0] == '.' || is_directory_link(dirfd(dir), entry->d_name))
			continue;
		child = str_format("%s/%s", name, entry->d_name);
		r = child ? push_plain_name(names, child) : -ENOMEM;
	}
	return r;
}

static int add_directory(struct firmware *firmware, const char *name, const char *path,
			 const char *why)
{
	struct vec names = { 0 };
	const char *child;
	int r;

	r = list_directory(firmware, name, path, &names);
	if (r < 0 && r != -ENOMEM)
		log_err_errno(r, "cannot read the firmware in %s, giving up", path);
	vec_for_each(child, &names) {
		if (r < 0)
			break;
		r = add_name(firmware, child, why);
	}
	vec_done(&names, free);
	return r;
}

static int add_name(struct firmware *firmware, const char *name, const char *why)
{
	struct found found = { 0 };
	int r;

	if (strmap_get(&firmware->seen, name))
		return 0;
	r = find(firmware, name, &found);
	if (r == 0)
		return note_missing(firmware, name, why);
	if (r > 0)
		r = add_found(firmware, &found, why);
	else if (r == -EISDIR)
		r = add_directory(firmware, name, found.path, why);
	free(found.path);
	return r < 0 ? r : strmap_set(&firmware->seen, name, in_image);
}

/* glob(3) takes a backslash before what is meant as it is. */
static void append_escaped(struct strbuf *pattern, const char *path)
{
	for (; *path; path++) {
		if (strchr("*?[\\", *path))
			strbuf_append(pattern, "\\");
		strbuf_append_bytes(pattern, path, 1);
	}
}

/* Adds to @names what fits @pattern in one directory of the search path. */
static int match_in_place(const struct place *place, const char *pattern, const char *suffix,
			  struct vec *names)
{
	_cleanup_strbuf_ struct strbuf full = { 0 };
	glob_t matches = { 0 };
	int r = 0;

	append_escaped(&full, place->real);
	strbuf_printf(&full, "/%s%s", pattern, suffix);
	if (full.failed)
		return -ENOMEM;
	switch (glob(full.data, 0, NULL, &matches)) {
	case 0:
		break;
	case GLOB_NOSPACE:
		return -ENOMEM;
	default:
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < matches.gl_pathc; i++)
		r = push_plain_name(names, matches.gl_pathv[i] + strlen(place->real) + 1);
	globfree(&matches);
	return r;
}

static int match(const struct firmware *firmware, const char *pattern, struct vec *names)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < firmware->n_places; i++)
		for (enum stored_as stored = STORED_PLAIN; r >= 0 && stored <= STORED_XZ; stored++)
			r = match_in_place(&firmware->places[i], pattern, stored_as_suffix(stored),
					   names);
	return r;
}

static int add_pattern(struct firmware *firmware, const char *pattern, const char *why)
{
	struct vec names = { 0 };
	const char *name;
	int r;

	if (strmap_get(&firmware->seen, pattern))
		return 0;
	r = match(firmware, pattern, &names);
	if (r >= 0 && names.n_items == 0)
		r = note_missing(firmware, pattern, why);
	vec_for_each(name, &names) {
		if (r < 0)
			break;
		r = add_name(firmware, name, why);
	}
	vec_done(&names, free);
	return r;
}

int firmware_add(struct firmware *firmware, const char *name, const char *why)
{
	if (!is_inside(name)) {
		log_debug("'%s' (%s) is no name of firmware, ignoring it", name, why);
		return 0;
	}
	if (strpbrk(name, "*?["))
		return add_pattern(firmware, name, why);
	return add_name(firmware, name, why);
}

size_t firmware_count_missing(const struct firmware *firmware)
{
	return firmware->n_missing;
}
